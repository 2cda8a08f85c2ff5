"""Leases: a worker renews its own, everybody can see which ones have run out.

Measured by the database's clock where it has one, so that a machine whose clock is wrong takes nobody for dead. That
clock may be set too: a lease that ends further ahead than a lease can is one from before it was set back, and whoever
held it and lives renews it in time.
"""

from sqlalchemy import ColumnElement, and_, delete, not_, select

from castlist.store import clock
from castlist.store.database import Tx
from castlist.store.tables import workers
from castlist.store.upsert import Upsert

BELIEVED_LEASES = 2
"""How many of its own lengths a lease may still have to go; between one and this, the clock was corrected a little."""
_RENEW = Upsert(workers, ["id"], lambda new: {"lease_until_ms": new.lease_until_ms, "lease_ms": new.lease_ms})


def is_living(now_ms: int) -> ColumnElement[bool]:
    """Build the condition that a worker holds a lease."""
    latest_ms = now_ms + BELIEVED_LEASES * workers.c.lease_ms
    return and_(workers.c.lease_until_ms > now_ms, workers.c.lease_until_ms <= latest_ms)


async def renew(tx: Tx, worker_id: str, pool: str, *, now_ms: int, lease_ms: int) -> None:
    """Start or renew a worker's lease."""
    now_ms = await clock.now_ms(tx, now_ms)
    until_ms = now_ms + lease_ms
    values = {"id": worker_id, "pool": pool, "started_ms": now_ms, "lease_until_ms": until_ms, "lease_ms": lease_ms}
    await tx.execute(_RENEW.on(tx), values)


async def expired(tx: Tx, *, now_ms: int) -> list[str]:
    """Return the workers whose lease has run out."""
    now_ms = await clock.now_ms(tx, now_ms)
    return list((await tx.execute(select(workers.c.id).where(not_(is_living(now_ms))))).scalars())


async def living(tx: Tx, *, now_ms: int) -> list[str]:
    """Return the workers that hold a lease."""
    now_ms = await clock.now_ms(tx, now_ms)
    return list((await tx.execute(select(workers.c.id).where(is_living(now_ms)))).scalars())


async def others(tx: Tx, worker_id: str) -> list[str]:
    """Return every worker but this one. On SQLite, where only one may run, they are all dead."""
    return list((await tx.execute(select(workers.c.id).where(workers.c.id != worker_id))).scalars())


async def alive(tx: Tx, *, now_ms: int) -> int:
    """Return how many workers hold a lease."""
    return len(await living(tx, now_ms=now_ms))


async def remove(tx: Tx, worker_id: str) -> None:
    """Forget a worker."""
    await tx.execute(delete(workers).where(workers.c.id == worker_id))
