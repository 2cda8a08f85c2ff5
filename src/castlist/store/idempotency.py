"""Idempotency keys: which job an account's key stands for. Kept for 30 days, then swept."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from castlist.store.database import Tx
from castlist.store.tables import idempotency_keys

KEPT_MS = 30 * 24 * 3_600_000
_FIND = select(idempotency_keys.c.body_digest, idempotency_keys.c.job_id).where(
    idempotency_keys.c.account_id == bindparam("account"), idempotency_keys.c.key == bindparam("text")
)
_INSERT = idempotency_keys.insert()


@dataclass(frozen=True, slots=True)
class Used:
    """A key that was used before: for which body and which job."""

    body_digest: str
    job_id: str


async def find(tx: Tx, account_id: str, key: str) -> Used | None:
    """Return what a key stands for, or None when it is fresh."""
    row = (await tx.execute(_FIND, {"account": account_id, "text": key})).first()
    return Used(row.body_digest, row.job_id) if row else None


async def remember(tx: Tx, account_id: str, key: str, used: Used, *, now_ms: int) -> None:
    """Record what a key stands for, in the transaction that makes the job."""
    values = {"body_digest": used.body_digest, "job_id": used.job_id, "created_ms": now_ms}
    await tx.execute(_INSERT, {"account_id": account_id, "key": key, **values})


async def forget(tx: Tx, *, now_ms: int) -> None:
    """Remove keys older than 30 days."""
    await tx.execute(delete(idempotency_keys).where(idempotency_keys.c.created_ms < now_ms - KEPT_MS))
