"""What keys have used of their rate, for several API processes on one PostgreSQL: one statement a request, exact.

Called by the API's turnstile. On SQLite, where one process serves, the turnstile keeps the same numbers in memory.
"""

from sqlalchemy import BigInteger, case, delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from castlist.domain.rates import MINUTE_US, step_us
from castlist.store.database import Tx
from castlist.store.tables import rates


async def take(tx: Tx, key_id: str, limit: int, *, now_us: int) -> tuple[int, bool]:
    """Let one request of a key pass if it may: `domain.rates.taken` inside the database, which makes takers queue up.

    Args:
        limit: requests a minute, 1 or more.

    Returns:
        the moment of fullness after it, and whether it passed.
    """
    now = literal(now_us, BigInteger)
    latest, step = now + MINUTE_US, step_us(limit)
    begin = case((rates.c.full_us < now, now), (rates.c.full_us > latest, latest), else_=rates.c.full_us)
    passes = begin + step <= latest
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = dialect.insert(rates).values(key_id=key_id, full_us=now_us + step, allowed=True)
    change = {"full_us": case((passes, begin + step), else_=begin), "allowed": passes}
    statement = row.on_conflict_do_update(index_elements=["key_id"], set_=change)
    taken = (await tx.execute(statement.returning(rates.c.full_us, rates.c.allowed))).one()
    return taken.full_us, bool(taken.allowed)


async def used(tx: Tx, key_id: str) -> int | None:
    """Return a key's moment of fullness without taking anything, or None when it has used nothing yet."""
    return (await tx.execute(select(rates.c.full_us).where(rates.c.key_id == key_id))).scalar_one_or_none()


async def forget(tx: Tx, *, now_us: int) -> None:
    """Remove what says nothing any more: keys that have their whole minute again."""
    await tx.execute(delete(rates).where(rates.c.full_us < now_us))
