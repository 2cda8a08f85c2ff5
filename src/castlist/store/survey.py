"""One look at how things stand: queue, workers, outbox, holds. Only reads, and only what an index finds.

Called by `flow.survey`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from castlist.domain.jobs import JobStatus
from castlist.store import clock
from castlist.store.database import Tx
from castlist.store.tables import deliveries, jobs, workers
from castlist.store.workers import is_living


@dataclass(frozen=True, slots=True)
class Alive:
    """A worker with a valid lease."""

    id: str
    pool: str
    started_ms: int
    jobs: tuple[str, ...]
    """Ids of what it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand at `now_ms`. Times are Unix milliseconds."""

    now_ms: int
    waiting: Mapping[str, int]
    """Jobs that wait, by model type."""
    running: int
    oldest_ms: int | None
    """When the oldest waiting job came."""
    workers: tuple[Alive, ...]
    webhooks_due: int
    webhook_oldest_ms: int | None
    """When the most overdue webhook should have been sent."""
    held_millis: int

    @property
    def queue_seconds(self) -> float:
        """For how long the oldest waiting job has waited."""
        return 0.0 if self.oldest_ms is None else max(0.0, (self.now_ms - self.oldest_ms) / 1000)

    @property
    def webhook_seconds(self) -> float:
        """By how much the most overdue webhook is late."""
        return 0.0 if self.webhook_oldest_ms is None else max(0.0, (self.now_ms - self.webhook_oldest_ms) / 1000)


async def look(tx: Tx, *, now_ms: int) -> Standing:
    """Return how things stand. Who lives is told by the database's clock, as their leases are."""
    pending = select(jobs.c.model_type, func.count(), func.min(jobs.c.created_ms), func.sum(jobs.c.held_millis))
    pending = pending.where(jobs.c.status == JobStatus.PENDING.value).group_by(jobs.c.model_type)
    waiting = (await tx.execute(pending)).all()
    processing = select(jobs.c.id, jobs.c.worker_id, jobs.c.held_millis).where(
        jobs.c.status == JobStatus.PROCESSING.value
    )
    running = (await tx.execute(processing)).all()
    leases = select(workers).where(is_living(await clock.now_ms(tx, now_ms))).order_by(workers.c.started_ms)
    due = select(func.count(), func.min(deliveries.c.next_ms)).where(
        deliveries.c.state == "due", deliveries.c.next_ms <= now_ms
    )
    webhooks, webhook_oldest_ms = (await tx.execute(due)).one()
    return Standing(
        now_ms=now_ms,
        waiting={model_type: count for model_type, count, _, _ in waiting},
        running=len(running),
        oldest_ms=min((oldest for _, _, oldest, _ in waiting), default=None),
        workers=tuple(
            Alive(row.id, row.pool, row.started_ms, tuple(job.id for job in running if job.worker_id == row.id))
            for row in (await tx.execute(leases)).all()
        ),
        webhooks_due=webhooks,
        webhook_oldest_ms=webhook_oldest_ms,
        held_millis=sum(int(held) for _, _, _, held in waiting) + sum(job.held_millis for job in running),
    )
