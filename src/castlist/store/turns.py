"""The two numbers that a job's turn depends on, kept with the jobs themselves; see `domain.fairness`."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update

from castlist.store.database import Tx
from castlist.store.tables import BEGUN, OPEN, jobs

_POOL = jobs.c.pool == bindparam("of_pool")
_CLOCK = select(func.max(jobs.c.clock)).where(BEGUN, _POOL).scalar_subquery()
_FINISH = select(func.max(jobs.c.finish)).where(_POOL)
_OF_KEY = select(_CLOCK, _FINISH.where(jobs.c.key_id == bindparam("key")).scalar_subquery())
_OF_NO_KEY = select(_CLOCK, _FINISH.where(jobs.c.key_id.is_(None)).scalar_subquery())


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where the virtual clock stands, and where the last job of a key finishes on it."""

    clock: int
    last_finish: int


async def read(tx: Tx, pool: str, key_id: str | None) -> Clocks:
    """Return the clocks for a key's next job in a pool: every pool has a queue, and so a virtual clock, of its own.

    The key's account must be locked, or two jobs may get the same turn.
    """
    query = _OF_NO_KEY if key_id is None else _OF_KEY
    clock, finish = (await tx.execute(query, {"of_pool": pool, "key": key_id})).one()
    return Clocks(clock or 0, finish or 0)


async def begin_anew(tx: Tx, pools: Sequence[str], *, beyond: int) -> bool:
    """Set all virtual clocks to zero if one of these is beyond a number and no job is open; tell whether it was."""
    if max([(await read(tx, pool, None)).clock for pool in pools]) <= beyond:
        return False
    if (await tx.execute(select(jobs.c.id).where(OPEN).limit(1))).first() is not None:
        return False
    await tx.execute(update(jobs).values(clock=0, finish=0))
    return True
