"""A queue in memory: remembers what was enqueued, runs it when told to. For tests of everything but durability."""

import asyncio
from typing import Any

from castlist.domain.pools import DEFAULT_POOL
from castlist.flow.perform import perform
from castlist.flow.service import Service


class MemoryQueue:
    """A `JobQueue`. What a rolled-back transaction enqueued is harmless: there is no such job to claim."""

    def __init__(self) -> None:
        self.job_ids: list[str] = []

    async def enqueue(self, tx: Any, job_id: str, order: int = 1, pool: str = DEFAULT_POOL) -> None:
        """See `flow.service.JobQueue`."""
        self.job_ids.append(job_id)

    def close(self) -> None:
        """See `flow.service.JobQueue`."""


async def run_all(service: Service, worker_id: str = "w-test") -> int:
    """Run every job of a service's `MemoryQueue` to its end, in order, and return how many there were."""
    queue = service.queue
    assert isinstance(queue, MemoryQueue)
    done = 0
    while queue.job_ids:
        await perform(service, queue.job_ids.pop(0), worker_id, asyncio.Event())
        done += 1
    return done
