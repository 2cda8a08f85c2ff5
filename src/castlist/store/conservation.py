"""Proves that no credit appeared or vanished: compares entries, balances, jobs and delivered images. Only reads.

Called by the command line and by tests. What is compared was written by different hands (`ledger`, `jobs`,
`flow.finish`), and the sums here are not theirs.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, select, text

from castlist.domain.jobs import JobStatus
from castlist.store.database import Tx
from castlist.store.tables import entries, images, jobs

OPEN = [status.value for status in JobStatus if not status.terminal]
OF_A_JOB = ("hold", "capture", "release")


@dataclass(frozen=True, slots=True)
class Findings:
    """What was looked at, and each thing that does not add up, in a sentence."""

    accounts: int
    entries: int
    jobs: int
    faults: list[str] = field(default_factory=list[str])


async def verify(tx: Tx) -> Findings:
    """Check the whole ledger as it was at one moment, while others go on writing.

    Args:
        tx: a transaction in which nothing was read yet.
    """
    if tx.dialect.name == "postgresql":
        await tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    accounts = (await tx.execute(select(func.count(entries.c.account_id.distinct())))).scalar_one()
    count, job_count = [
        (await tx.execute(select(func.count()).select_from(table))).scalar_one() for table in (entries, jobs)
    ]
    found = Findings(accounts, count, job_count)
    for check in (_balances, _strangers, _jobs):
        found.faults.extend([fault async for fault in check(tx)])
    return found


async def _balances(tx: Tx) -> AsyncGenerator[str]:
    """Walk each account's entries in order, adding up."""
    walk: dict[str, Any] = {"partition_by": entries.c.account_id, "order_by": entries.c.sequence}
    change = case((entries.c.kind == "hold", -1), (entries.c.kind == "capture", 0), else_=1) * entries.c.amount_millis
    walked = select(
        entries,
        cast(func.sum(change).over(**walk), BigInteger).label("total"),
        func.row_number().over(**walk).label("place"),
        change.label("due"),
    ).subquery()
    at = walked.c
    wrong = (at.total != at.balance_millis) | (at.place != at.sequence) | (at.due != at.change_millis) | (at.total < 0)
    for row in (await tx.execute(select(walked).where(wrong).order_by(at.account_id, at.sequence))).all():
        where = f"{row.account_id}, entry {row.sequence}"
        if row.place != row.sequence:
            yield f"{where}: it is the {row.place}. of its account, so entries are missing or there are too many"
        if row.due != row.change_millis:
            yield f"{where}: a {row.kind} of {row.amount_millis} is {row.due} to the balance, not {row.change_millis}"
        if row.total != row.balance_millis:
            yield f"{where}: the entries up to here sum to {row.total}, it says {row.balance_millis}"
        if row.total < 0:
            yield f"{where}: the balance is negative, {row.total}"


async def _strangers(tx: Tx) -> AsyncGenerator[str]:
    """Look for entries of a job that is not there, or is somebody else's."""
    query = (
        select(entries.c.account_id, entries.c.sequence, entries.c.kind, entries.c.job_id, jobs.c.account_id)
        .outerjoin(jobs, jobs.c.id == entries.c.job_id)
        .where(entries.c.kind.in_(OF_A_JOB))
        .where(jobs.c.id.is_(None) | (jobs.c.account_id != entries.c.account_id))
    )
    for account, sequence, kind, job_id, owner in (await tx.execute(query)).all():
        whose = f"{job_id}, which is {owner}'s" if owner else f"{job_id or 'no job'}, which does not exist"
        yield f"{account}, entry {sequence}: a {kind} for {whose}"


async def _jobs(tx: Tx) -> AsyncGenerator[str]:
    """Compare what each job says of its money with its entries and with the images it delivered."""
    made = select(func.count()).where(images.c.job_id == jobs.c.id, images.c.file.is_not(None)).scalar_subquery()
    query: Select[Any] = select(
        jobs.c.id,
        jobs.c.status,
        jobs.c.num_images,
        jobs.c.price_millis,
        jobs.c.held_millis,
        func.coalesce(jobs.c.captured_millis, 0).label("captured"),
        func.coalesce(jobs.c.released_millis, 0).label("released"),
        made.label("delivered"),
        *(_entered(kind).label(f"{kind}_entered") for kind in OF_A_JOB),
    )
    found = query.subquery()
    at = found.c
    is_open = at.status.in_(OPEN)
    held_wrong = (at.held_millis != at.num_images * at.price_millis) | (at.hold_entered != at.held_millis)
    end_wrong = (at.captured != at.capture_entered) | (at.released != at.release_entered)
    open_wrong = is_open & ((at.captured != 0) | (at.released != 0))
    ended_wrong = ~is_open & (
        (at.captured + at.released != at.held_millis) | (at.captured != at.delivered * at.price_millis)
    )
    wrong = select(found).where(held_wrong | end_wrong | open_wrong | ended_wrong).order_by(at.id)
    for row in (await tx.execute(wrong)).all():
        for sentence in _of_job(row):
            yield f"{row.id}: {sentence}"


def _entered(kind: str) -> ColumnElement[int]:
    amount = cast(func.coalesce(func.sum(entries.c.amount_millis), 0), BigInteger)
    return select(amount).where(entries.c.job_id == jobs.c.id, entries.c.kind == kind).scalar_subquery()


def _of_job(row: Any) -> list[str]:
    found: list[str] = []
    if row.held_millis != row.num_images * row.price_millis:
        found.append(f"it holds {row.held_millis} for {row.num_images} images at {row.price_millis}")
    for kind, said in (("hold", row.held_millis), ("capture", row.captured), ("release", row.released)):
        entered = getattr(row, f"{kind}_entered")
        if entered != said:
            found.append(f"its {kind} is {said}, the ledger has {entered}")
    if row.status in OPEN:
        if row.captured or row.released:
            found.append(f"it is {row.status}, yet {row.captured} are captured and {row.released} released")
        return found
    if row.captured + row.released != row.held_millis:
        found.append(f"{row.captured} captured and {row.released} released are not the {row.held_millis} held")
    if row.captured != row.delivered * row.price_millis:
        found.append(f"{row.captured} are captured for {row.delivered} delivered images at {row.price_millis}")
    return found
