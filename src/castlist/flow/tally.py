"""What counts as what: one function an event, called after its commit, so that nothing is counted that did not stay.

See `domain.metrics` for the list.
"""

from castlist.domain.credits import to_credits
from castlist.flow.make import Landed, Lost
from castlist.flow.meter import Meter
from castlist.store.jobs import Job

DELIVERED = "delivered"


def submitted(meter: Meter, job: Job) -> None:
    """A job was accepted."""
    meter.count("jobs_submitted_total", model_type=job.model_type)
    meter.count("credits_total", to_credits(job.held_millis), kind="held")


def started(meter: Meter, job: Job) -> None:
    """A worker has taken a job; what counts is how long it waited for the first one."""
    if job.attempt == 1 and job.started_ms is not None:
        meter.observe("job_wait_seconds", (job.started_ms - job.created_ms) / 1000, model_type=job.model_type)


def kept(meter: Meter, result: Landed | Lost, engine: str, store_seconds: float) -> None:
    """An image was kept, or it was noted that there will be none."""
    meter.count("takes_total", result.attempts, engine=engine)
    if isinstance(result, Lost):
        meter.count("images_total", engine=engine, outcome=result.reason.code)
        return
    meter.count("images_total", engine=engine, outcome=DELIVERED)
    for stage, seconds in {**result.stages, "store": store_seconds}.items():
        meter.observe("stage_seconds", seconds, stage=stage, engine=engine)


def ended(meter: Meter, job: Job) -> None:
    """A job has ended, however."""
    meter.count("jobs_ended_total", status=job.status.value, code=job.error_code or "")
    meter.count("credits_total", to_credits(job.captured_millis or 0), kind="captured")
    meter.count("credits_total", to_credits(job.released_millis or 0), kind="released")
    if job.finished_ms is not None:
        meter.observe("job_seconds", (job.finished_ms - job.created_ms) / 1000, model_type=job.model_type)
