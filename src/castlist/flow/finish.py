"""Ends a job: its state, the division of its hold, the message in the outbox, in one transaction. Nowhere else."""

from dataclasses import dataclass

from castlist.domain.credits import EntryKind, settle
from castlist.domain.errors import CastlistError, EngineFailed, JobCanceled
from castlist.domain.jobs import JobStatus
from castlist.flow.service import Service
from castlist.store import deliveries, jobs, ledger, remotes
from castlist.store.database import Tx
from castlist.store.jobs import Ending, Job


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The line was walked to its end; what the job delivers is in its images."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ends here. Images that landed before are delivered and paid.

    The error shows when there are none, and always when the job was canceled.
    """

    error: CastlistError


Result = Succeeded | Failed


async def finish(tx: Tx, service: Service, job: Job, result: Result, *, attempt: int | None = None) -> bool:
    """End a job; False, changing nothing, when it has ended already or claim `attempt` no longer holds it."""
    now_ms = service.clock()
    await jobs.lock(tx, job.id)
    images = (await jobs.images_of(tx, [job.id]))[job.id]
    delivered = sum(image.file is not None for image in images)
    settlement = settle(job.held_millis, job.price_millis, delivered)
    canceled = isinstance(result, Failed) and isinstance(result.error, JobCanceled)
    completed = delivered > 0 and not canceled
    error = None if completed else _why_none(result, [(image.code, image.message) for image in images])
    ending = Ending(
        status=JobStatus.COMPLETED if completed else JobStatus.FAILED,
        settlement=settlement,
        expires_ms=now_ms + service.terms.output_ms,
        error_code=error[0] if error else None,
        error_message=error[1] if error else None,
    )
    if not await jobs.end(tx, job.id, ending, now_ms=now_ms, attempt=attempt):
        return False
    await remotes.forget(tx, job.id)
    for kind, amount in (
        (EntryKind.CAPTURE, settlement.captured_millis),
        (EntryKind.RELEASE, settlement.released_millis),
    ):
        if amount:
            await ledger.append(tx, job.account_id, kind, amount, now_ms=now_ms, job_id=job.id)
    if url := job.request["webhook_url"]:
        await deliveries.add(tx, job.id, job.account_id, url, now_ms=now_ms)
    return True


def _why_none(result: Result, not_made: list[tuple[str | None, str | None]]) -> tuple[str, str]:
    if isinstance(result, Failed):
        return result.error.code, result.error.message
    for code, message in not_made:
        if code:
            return code, message or ""
    return EngineFailed.code, EngineFailed().message
