"""What keys have used of their rate, for several API processes on one PostgreSQL: one statement a request, exact.

Called by the API's turnstile. On SQLite, where one process serves, the turnstile keeps the same numbers in memory.
"""

from sqlalchemy import BigInteger, bindparam, case, delete, select

from castlist.domain.rates import MINUTE_US, step_us
from castlist.store.database import Tx
from castlist.store.tables import rates
from castlist.store.upsert import Upsert


def _take() -> Upsert:
    """Build `domain.rates.taken` as a statement."""
    now, step = bindparam("now_us", type_=BigInteger), bindparam("step_us", type_=BigInteger)
    latest = now + MINUTE_US
    begin = case((rates.c.full_us < now, now), (rates.c.full_us > latest, latest), else_=rates.c.full_us)
    passes = begin + step <= latest
    change = {"full_us": case((passes, begin + step), else_=begin), "allowed": passes}
    return Upsert(rates, ["key_id"], lambda _: change, rates.c.full_us, rates.c.allowed)


_TAKE = _take()
_USED = select(rates.c.full_us).where(rates.c.key_id == bindparam("key"))


async def take(tx: Tx, key_id: str, limit: int, *, now_us: int) -> tuple[int, bool]:
    """Let one request of a key pass if it may: `domain.rates.taken` inside the database, which makes takers queue up.

    Args:
        limit: requests a minute, 1 or more.

    Returns:
        the moment of fullness after it, and whether it passed.
    """
    step = step_us(limit)
    row = {"key_id": key_id, "full_us": now_us + step, "allowed": True}
    taken = (await tx.execute(_TAKE.on(tx), {**row, "now_us": now_us, "step_us": step})).one()
    return taken.full_us, bool(taken.allowed)


async def used(tx: Tx, key_id: str) -> int | None:
    """Return a key's moment of fullness without taking anything, or None when it has used nothing yet."""
    return (await tx.execute(_USED, {"key": key_id})).scalar_one_or_none()


async def forget(tx: Tx, *, now_us: int) -> None:
    """Remove what says nothing any more: keys that have their whole minute again."""
    await tx.execute(delete(rates).where(rates.c.full_us < now_us))
