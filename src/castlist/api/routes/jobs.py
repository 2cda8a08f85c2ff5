"""Answers about jobs: one by its id, many by pages. Only reads."""

import base64
import binascii
import re
from typing import Annotated

from fastapi import APIRouter, Path, Query

from castlist.api.answers import JobAnswer, JobsAnswer, Status
from castlist.api.auth import MayRead
from castlist.api.context import ApiOf, BaseUrl
from castlist.api.errors import documented
from castlist.api.present import Presenter
from castlist.domain.errors import FieldProblem, Forbidden, InvalidApiKey, InvalidRequest, JobNotFound, ServerError
from castlist.domain.jobs import JobStatus
from castlist.store import jobs
from castlist.store.database import Tx
from castlist.store.jobs import Image, Job

router = APIRouter(tags=["jobs"])
JOB_ID = re.compile(r"job_[0-9A-Za-z]{22}")
JobId = Annotated[
    str, Path(description="As `jobId` of a submitted job.", json_schema_extra={"pattern": f"^{JOB_ID.pattern}$"})
]
_CURSOR = re.compile(r"([0-9]{1,15}) (job_[0-9A-Za-z]{22})")


@router.get(
    "/jobs/{jobId}",
    operation_id="getJob",
    summary="State and output of a job",
    response_model_exclude_unset=True,
    responses=documented(InvalidApiKey, Forbidden, JobNotFound, ServerError),
)
async def get_job(jobId: JobId, caller: MayRead, api: ApiOf, base_url: BaseUrl) -> JobAnswer:
    """Answer in every state. A job is over when `status` is completed or failed."""
    async with api.service.database.read() as tx:
        job, images = await owned(tx, jobId, caller.account_id)
    return Presenter(base_url, api.service.secret).job(job, images)


async def owned(tx: Tx, job_id: str, account_id: str) -> tuple[Job, list[Image]]:
    """Return an account's job and its images so far; JobNotFound when it has no such job."""
    job = await jobs.get(tx, job_id, account_id) if JOB_ID.fullmatch(job_id) else None
    if job is None:
        raise JobNotFound
    return job, (await jobs.images_of(tx, [job.id]))[job.id]


@router.get(
    "/jobs",
    operation_id="listJobs",
    summary="The account's jobs, newest first",
    response_model_exclude_unset=True,
    responses=documented(InvalidRequest, InvalidApiKey, Forbidden, ServerError),
)
async def list_jobs(
    *,
    caller: MayRead,
    api: ApiOf,
    base_url: BaseUrl,
    status: Annotated[Status | None, Query(description="Only jobs in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Jobs a page.")] = 20,
    cursor: Annotated[str | None, Query(max_length=200, description="`nextCursor` of the page before.")] = None,
) -> JobsAnswer:
    """Follow `nextCursor` until it is null."""
    before = _read_cursor(cursor) if cursor is not None else None
    wanted = JobStatus(status) if status else None
    async with api.service.database.read() as tx:
        found = await jobs.newest(tx, caller.account_id, status=wanted, limit=limit + 1, before=before)
        page = found[:limit]
        images = await jobs.images_of(tx, [job.id for job in page])
    presenter = Presenter(base_url, api.service.secret)
    return JobsAnswer(
        jobs=[presenter.job(job, images[job.id]) for job in page],
        next_cursor=_cursor(page[-1]) if len(found) > limit else None,
    )


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(f"{job.created_ms} {job.id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None:
        problem = FieldProblem("cursor", "This is not a nextCursor of an earlier page.")
        raise InvalidRequest("The cursor is not valid.", details=(problem,))
    return int(match[1]), match[2]
