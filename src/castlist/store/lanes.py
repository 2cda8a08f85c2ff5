"""Keeps what all workers know in common about each engine, one row an engine. Read by anybody, changed by `flow`.

A change locks the row until its transaction ends, so limits are exact over all workers of a database. On PostgreSQL the
time is the database's own: clocks of several machines differ, and a rate kept by them would too.
"""

from collections.abc import Callable

from sqlalchemy import bindparam, select

from castlist.domain.lanes import Lane, Wait, from_text, to_text
from castlist.store import clock
from castlist.store.database import Tx
from castlist.store.tables import lanes
from castlist.store.upsert import Upsert

Step = Callable[[Lane, int], Lane | Wait]
"""What is known and the time, in Unix milliseconds; returns what is known then, or how long to wait."""
_INSERT = Upsert(lanes, ["engine"])
_LOCK = select(lanes.c.lane).where(lanes.c.engine == bindparam("name")).with_for_update()
_CHANGE = lanes.update().where(lanes.c.engine == bindparam("name"))


async def change(tx: Tx, engine: str, step: Step, *, now_ms: int) -> Wait | None:
    """Take a step for an engine; returns how long to wait when it could not be taken, and nothing has changed then."""
    await tx.execute(_INSERT.on(tx), {"engine": engine, "lane": to_text(Lane())})
    before = from_text((await tx.execute(_LOCK, {"name": engine})).scalar_one())
    after = step(before, await clock.now_ms(tx, now_ms))
    if isinstance(after, Wait):
        return after
    if after != before:
        await tx.execute(_CHANGE, {"name": engine, "lane": to_text(after)})
    return None


async def known(tx: Tx) -> dict[str, Lane]:
    """Return what is known, by engine."""
    return {row.engine: from_text(row.lane) for row in await tx.execute(select(lanes))}
