"""Says how a job stands for a worker that lost its claim. The queue still counts on that worker to see the job end.

If it called the job ended and the worker that holds it now died, nobody would take the job up.
"""

from enum import Enum

from castlist.flow.service import Service
from castlist.store import jobs, workers


class Standing(Enum):
    """What has become of a job."""

    ENDED = "ended"
    HELD = "held"
    """A worker that lives has claimed it."""
    FREE = "free"
    """Nobody that lives holds it."""


async def standing(service: Service, job_id: str) -> Standing:
    """Return how a job stands."""
    async with service.database.read() as tx:
        job = await jobs.get(tx, job_id)
        living = await workers.living(tx, now_ms=service.clock())
    if job is None or job.status.terminal:
        return Standing.ENDED
    return Standing.HELD if job.worker_id in living else Standing.FREE
