"""What a worker does for others: it hands back what the dead had begun, and leaves the living alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from castlist.flow.service import Service
from castlist.store import workers
from castlist.testing.service import Clock
from castlist.worker.main import Habits, Worker

LEASE_MS = 5_000


@dataclass
class Queue:
    """What a worker sees of the durable engine: who has begun jobs."""

    begun_by: set[str]
    handed: list[str] = field(default_factory=list[str])

    def holders(self) -> set[str]:
        return set(self.begun_by)

    def hand_back(self, worker_ids: Sequence[str], *, only: Collection[str] | None = None) -> int:
        self.handed += worker_ids
        return len(worker_ids)


async def take_over(service: Service, queue: Queue) -> None:
    worker = Worker(service, cast(Any, None), Habits(lease_ms=LEASE_MS))
    await worker._take_over(cast(Any, queue))  # pyright: ignore[reportPrivateUsage]


async def test_jobs_of_a_worker_without_a_lease_are_handed_back(service: Service) -> None:
    """It was taken for dead and removed, woke up, began a job before it renewed its lease, and died of it."""
    async with service.database.write() as tx:
        await workers.renew(tx, "living", "default", now_ms=service.clock(), lease_ms=3_600_000)
    queue = Queue({"forgotten", "living"})
    await take_over(service, queue)
    assert queue.handed == ["forgotten"]


async def test_jobs_of_a_worker_whose_lease_ran_out_are_handed_back_once(service: Service, clock: Clock) -> None:
    async with service.database.write() as tx:
        await workers.renew(tx, "dead", "default", now_ms=service.clock(), lease_ms=-1)
    queue = Queue({"dead"})
    await take_over(service, queue)
    queue.begun_by.clear()
    await take_over(service, queue)
    assert queue.handed == ["dead"]
