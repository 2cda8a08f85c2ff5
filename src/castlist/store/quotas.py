"""What an account may have at most, and what it has. Read in the transaction that would add to it."""

from dataclasses import dataclass, fields

from sqlalchemy import bindparam, func, or_, select, update

from castlist.domain.jobs import JobStatus
from castlist.store.database import Tx
from castlist.store.tables import OPEN, accounts, jobs, uploads


@dataclass(frozen=True, slots=True)
class Quota:
    """An account's limits; None is no limit. Days are UTC."""

    most_open_jobs: int | None = None
    most_images_a_day: int | None = None
    most_millis_a_day: int | None = None
    most_upload_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What an account has submitted since a moment: images asked for and thousandths of a credit held or charged."""

    images: int
    millis: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The pictures that an account has brought in and that are kept: bytes, and when the first of them goes."""

    size_bytes: int
    first_expires_ms: int | None


COLUMNS = tuple(field.name for field in fields(Quota))
_LOCK = select(*(accounts.c[name] for name in COLUMNS)).where(accounts.c.id == bindparam("account")).with_for_update()


async def lock(tx: Tx, account_id: str) -> Quota:
    """Return an account's quota and make writers to the account wait for each other, as `ledger.lock` does."""
    return Quota(*(await tx.execute(_LOCK, {"account": account_id})).one())


async def of_accounts(tx: Tx) -> dict[str, Quota]:
    """Return all quotas, by account."""
    query = select(accounts.c.id, *(accounts.c[name] for name in COLUMNS))
    return {row.id: Quota(*row[1:]) for row in (await tx.execute(query)).all()}


async def change(tx: Tx, account_id: str, values: dict[str, int | None]) -> None:
    """Set some of an account's limits, by their names in `Quota`."""
    await tx.execute(update(accounts).where(accounts.c.id == account_id).values(**values))


async def open_jobs(tx: Tx, account_id: str) -> int:
    """Return how many of an account's jobs have not ended."""
    query = select(func.count()).select_from(jobs).where(jobs.c.account_id == account_id, OPEN)
    return (await tx.execute(query)).scalar_one()


async def since(tx: Tx, account_id: str, first_ms: int) -> Day:
    """Return what an account has submitted since a moment; what failed and cost nothing does not count."""
    query = select(
        func.coalesce(func.sum(jobs.c.num_images), 0),
        func.coalesce(func.sum(func.coalesce(jobs.c.captured_millis, jobs.c.held_millis)), 0),
    ).where(
        jobs.c.account_id == account_id,
        jobs.c.created_ms >= first_ms,
        or_(jobs.c.status != JobStatus.FAILED.value, jobs.c.captured_millis > 0),
    )
    row = (await tx.execute(query)).one()
    return Day(int(row[0]), int(row[1]))


async def stored(tx: Tx, account_id: str, *, now_ms: int, without: str) -> Stored:
    """Return what is kept for an account beside the file `without`; the same picture brought in twice counts once."""
    size, end = func.max(uploads.c.size_bytes), func.max(uploads.c.expires_ms)
    own = (
        select(uploads.c.file, size.label("size"), end.label("end"))
        .where(uploads.c.account_id == account_id, uploads.c.expires_ms > now_ms, uploads.c.file != without)
        .group_by(uploads.c.file)
        .subquery()
    )
    row = (await tx.execute(select(func.coalesce(func.sum(own.c.size), 0), func.min(own.c.end)))).one()
    return Stored(int(row[0]), row[1])
