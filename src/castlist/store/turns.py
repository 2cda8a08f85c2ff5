"""The two numbers that a job's turn depends on, kept with the jobs themselves; see `domain.fairness`."""

from dataclasses import dataclass

from sqlalchemy import func, select, update

from castlist.store.database import Tx
from castlist.store.tables import BEGUN, OPEN, jobs


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where the virtual clock stands, and where the last job of a key finishes on it."""

    clock: int
    last_finish: int


async def read(tx: Tx, key_id: str | None) -> Clocks:
    """Return the clocks for a key's next job; its account must be locked, or two jobs may get the same turn."""
    clock = select(func.max(jobs.c.clock)).where(BEGUN).scalar_subquery()
    finish = select(func.max(jobs.c.finish)).where(jobs.c.key_id.is_not_distinct_from(key_id)).scalar_subquery()
    row = (await tx.execute(select(clock, finish))).one()
    return Clocks(row[0] or 0, row[1] or 0)


async def begin_anew(tx: Tx, *, beyond: int) -> bool:
    """Set the virtual clock back to zero if it is beyond a number and no job is open; tell whether it was."""
    open_jobs = select(jobs.c.id).where(OPEN).limit(1)
    if (await read(tx, None)).clock <= beyond or (await tx.execute(open_jobs)).first() is not None:
        return False
    await tx.execute(update(jobs).values(clock=0, finish=0))
    return True
