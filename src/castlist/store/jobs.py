"""Jobs and their images as rows. The only place that changes a job's status, always as compare-and-set.

Called by `flow`; `api` and the command line only read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select, tuple_, update

from castlist.domain.credits import Settlement
from castlist.domain.jobs import ARROWS, JobStatus
from castlist.domain.pools import DEFAULT_POOL
from castlist.store.database import Tx
from castlist.store.tables import OPEN, images, jobs
from castlist.store.upsert import Upsert

MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job's row. Times are Unix milliseconds, money thousandths of a credit. `clock`, `finish`: domain.fairness."""

    id: str
    account_id: str
    key_id: str | None
    model_type: str
    engine: str
    substituted: bool
    request: dict[str, Any]
    seed: int
    num_images: int
    price_millis: int
    held_millis: int
    captured_millis: int | None = None
    released_millis: int | None = None
    status: JobStatus = JobStatus.PENDING
    attempt: int = 0
    put_down: int = 0
    worker_id: str | None = None
    fraction: float = 0.0
    error_code: str | None = None
    error_message: str | None = None
    request_id: str | None = None
    pool: str = DEFAULT_POOL
    clock: int = 0
    finish: int = 0
    created_ms: int
    started_ms: int | None = None
    finished_ms: int | None = None
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that was made (`file` is set) or given up (`code` and `message` say why)."""

    job_id: str
    position: int
    pose: str
    seed: int
    engine: str
    model: str = ""
    file: str | None = None
    content_type: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    identity: dict[str, Any] | None = None
    attempts: int = 1
    seconds: float = 0.0
    notes: Sequence[str] = ()
    prompt: str | None = None
    mark: str | None = None
    code: str | None = None
    message: str | None = None
    created_ms: int
    swept_ms: int | None = None


def _may_become(target: JobStatus) -> ColumnElement[bool]:
    return jobs.c.status.in_([source.value for source, targets in ARROWS.items() if target in targets])


_THIS = jobs.c.id == bindparam("job_id")
_HELD = and_(_THIS, jobs.c.status == JobStatus.PROCESSING.value, jobs.c.attempt == bindparam("claim"))
_INSERT = jobs.insert()
_GET = select(jobs).where(_THIS)
_GET_OWN = _GET.where(jobs.c.account_id == bindparam("owner"))
_CLAIM = update(jobs).where(_THIS, _may_become(JobStatus.PROCESSING)).values(attempt=jobs.c.attempt + 1)
_PUT_DOWN = update(jobs).where(_HELD).values(put_down=jobs.c.put_down + 1)
_IS_HELD = select(jobs.c.id).where(_HELD)
_HOLDS = _IS_HELD.with_for_update()
_LOCK = select(jobs.c.id).where(_THIS).with_for_update()
_REPORT = update(jobs).where(_HELD)
_END = {status: update(jobs).where(_THIS, _may_become(status)) for status in JobStatus}
_END_CLAIMED = {status: change.where(jobs.c.attempt == bindparam("claim")) for status, change in _END.items()}
_IMAGE_KEY = ("job_id", "position")
_PUT_IMAGE = Upsert(images, _IMAGE_KEY, lambda new: {each.name: each for each in new if each.name not in _IMAGE_KEY})
_IMAGES = (
    select(images)
    .where(images.c.job_id.in_(bindparam("job_ids", expanding=True)))
    .order_by(images.c.job_id, images.c.position)
)


async def insert(tx: Tx, job: Job) -> None:
    """Insert a new job."""
    await tx.execute(_INSERT, _values(job))


async def get(tx: Tx, job_id: str, account_id: str | None = None) -> Job | None:
    """Return a job, if given an account only when it is that account's."""
    query = _GET if account_id is None else _GET_OWN
    row = (await tx.execute(query, {"job_id": job_id, "owner": account_id})).mappings().first()
    return _job(dict(row)) if row else None


async def many(tx: Tx, job_ids: Sequence[str]) -> list[Job]:
    """Return those of these jobs that there are."""
    found: list[Job] = []
    for part in _parts(job_ids):
        found += [_job(dict(row)) for row in (await tx.execute(select(jobs).where(jobs.c.id.in_(part)))).mappings()]
    return found


@dataclass(frozen=True, slots=True)
class Mark:
    """What differs between two looks at a job whenever anything that can be told about it does."""

    status: str
    attempt: int
    fraction: float
    images: int


async def marks(tx: Tx, job_ids: Sequence[str]) -> dict[str, Mark]:
    """Return the marks of jobs, by job id."""
    found: dict[str, Mark] = {}
    count = select(func.count()).where(images.c.job_id == jobs.c.id).scalar_subquery()
    for part in _parts(job_ids):
        query = select(jobs.c.id, jobs.c.status, jobs.c.attempt, jobs.c.fraction, count).where(jobs.c.id.in_(part))
        found |= {row[0]: Mark(*row[1:]) for row in (await tx.execute(query)).all()}
    return found


def _parts(job_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split ids into parts that one statement takes."""
    return (job_ids[first : first + MOST_AT_ONCE] for first in range(0, len(job_ids), MOST_AT_ONCE))


async def newest(
    tx: Tx,
    account_id: str | None = None,
    *,
    status: JobStatus | None = None,
    limit: int = 20,
    before: tuple[int, str] | None = None,
) -> list[Job]:
    """Return jobs, newest first; `before` is the (created_ms, id) of the last one already seen."""
    query = select(jobs).order_by(jobs.c.created_ms.desc(), jobs.c.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(jobs.c.account_id == account_id)
    if status is not None:
        query = query.where(jobs.c.status == status.value)
        if not status.terminal:
            query = query.where(OPEN)  # said again in the words of the index that knows the few open ones
    if before is not None:
        # Compared as a pair: that, unlike the same said with OR, is where the index begins to be read.
        query = query.where(tuple_(jobs.c.created_ms, jobs.c.id) < tuple_(*before))
    return [_job(dict(row)) for row in (await tx.execute(query)).mappings()]


async def claim(tx: Tx, job_id: str, worker_id: str, *, now_ms: int) -> Job | None:
    """Take a job for a worker and return it with its new attempt number; None when it is not to be had any more."""
    values = {"status": JobStatus.PROCESSING.value, "worker_id": worker_id, "started_ms": now_ms}
    if (await tx.execute(_CLAIM, {"job_id": job_id, **values})).rowcount == 0:
        return None
    return await get(tx, job_id)


async def put_down(tx: Tx, job_id: str, attempt: int) -> None:
    """Note that a worker gave claim `attempt` back because it stops: the job did nothing to it."""
    await tx.execute(_PUT_DOWN, {"job_id": job_id, "claim": attempt})


async def holds(tx: Tx, job_id: str, attempt: int) -> bool:
    """Tell whether claim `attempt` still holds the job, and keep it so until the transaction ends."""
    return (await tx.execute(_HOLDS, {"job_id": job_id, "claim": attempt})).first() is not None


async def is_held(tx: Tx, job_id: str, attempt: int) -> bool:
    """Tell whether claim `attempt` still holds the job, keeping nobody from anything."""
    return (await tx.execute(_IS_HELD, {"job_id": job_id, "claim": attempt})).first() is not None


async def lock(tx: Tx, job_id: str) -> None:
    """Make writers to one job wait for each other until the transaction ends, as `holds` does."""
    await tx.execute(_LOCK, {"job_id": job_id})


async def report(tx: Tx, job_id: str, attempt: int, fraction: float) -> bool:
    """Record how far a job is (0–1); False when the claim no longer holds it, so the worker should stop."""
    return (await tx.execute(_REPORT, {"job_id": job_id, "claim": attempt, "fraction": fraction})).rowcount > 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends: its terminal status, the division of its hold, the error of a failed one."""

    status: JobStatus
    settlement: Settlement
    expires_ms: int
    error_code: str | None = None
    error_message: str | None = None


async def end(tx: Tx, job_id: str, ending: Ending, *, now_ms: int, attempt: int | None = None) -> bool:
    """Make a job terminal; False, changing nothing, when it is already or when claim `attempt` no longer holds it."""
    values = {
        "status": ending.status.value,
        "fraction": 1.0,
        "captured_millis": ending.settlement.captured_millis,
        "released_millis": ending.settlement.released_millis,
        "error_code": ending.error_code,
        "error_message": ending.error_message,
        "finished_ms": now_ms,
        "expires_ms": ending.expires_ms,
    }
    change = (_END if attempt is None else _END_CLAIMED)[ending.status]
    return (await tx.execute(change, {"job_id": job_id, "claim": attempt, **values})).rowcount > 0


async def put_image(tx: Tx, image: Image) -> None:
    """Keep an image, in place of an earlier one at the same position."""
    await tx.execute(_PUT_IMAGE.on(tx), _values(image))


async def images_of(tx: Tx, job_ids: Sequence[str]) -> dict[str, list[Image]]:
    """Return the images of jobs, by job id, in order of position."""
    found: dict[str, list[Image]] = {job_id: [] for job_id in job_ids}
    for part in _parts(job_ids):
        for row in (await tx.execute(_IMAGES, {"job_ids": part})).mappings():
            found[row["job_id"]].append(Image(**row))
    return found


def _values(record: Job | Image) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    if isinstance(record, Job):
        values["status"] = record.status.value
    else:
        values["notes"] = list(record.notes)
    return values


def _job(row: dict[str, Any]) -> Job:
    row["status"] = JobStatus(row["status"])
    return Job(**row)
