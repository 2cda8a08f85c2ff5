"""What time it is for everybody who uses one database. For what several machines must agree on: leases, rates."""

from sqlalchemy import text

from castlist.store.database import Tx


async def now_ms(tx: Tx, here_ms: int) -> int:
    """Return Unix milliseconds: PostgreSQL's own, because clocks of several machines differ; ours with SQLite."""
    if tx.dialect.name == "sqlite":
        return here_ms
    seconds = (await tx.execute(text("SELECT extract(epoch FROM clock_timestamp())"))).scalar_one()
    return round(float(seconds) * 1000)
