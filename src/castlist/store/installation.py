"""What all processes of an installation must have in common, as the first of them found it: compared at start-up.

A process with another secret would refuse everybody's keys; one with another place for files would lose pictures.
"""

from sqlalchemy import select

from castlist.store.database import Tx
from castlist.store.tables import installation
from castlist.store.upsert import Upsert

_INSERT = Upsert(installation, ["name"])


async def agree(tx: Tx, name: str, value: str, *, now_ms: int) -> str:
    """Return the value that the installation has under a name; `value` becomes it when there is none yet."""
    await tx.execute(_INSERT.on(tx), {"name": name, "value": value, "created_ms": now_ms})
    return await get(tx, name) or value


async def get(tx: Tx, name: str) -> str | None:
    """Return the value under a name, or None."""
    return (await tx.execute(select(installation.c.value).where(installation.c.name == name))).scalar_one_or_none()


async def replace(tx: Tx, name: str, value: str, *, now_ms: int) -> None:
    """Let a value be the installation's from now on, whatever it was: for an operator who has moved or lost the old."""
    await agree(tx, name, value, now_ms=now_ms)
    await tx.execute(installation.update().where(installation.c.name == name).values(value=value))
