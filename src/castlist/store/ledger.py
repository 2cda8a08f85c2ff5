"""The ledger: appends entries, reads balances. No entry is ever changed or removed.

Called by `flow` (hold, capture, release) and by the command line (grant, adjust), always inside their transaction.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from castlist.domain.credits import EntryKind, balance_change_millis, to_credits
from castlist.domain.errors import InsufficientCredits
from castlist.store.database import Tx
from castlist.store.tables import accounts, entries

_INSERT = entries.insert()
_LOCK = select(accounts.c.id).where(accounts.c.id == bindparam("account")).with_for_update()
_LAST = (
    select(entries.c.sequence, entries.c.balance_millis)
    .where(entries.c.account_id == bindparam("account"))
    .order_by(entries.c.sequence.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account's ledger."""

    sequence: int
    kind: EntryKind
    amount_millis: int
    change_millis: int
    balance_millis: int
    job_id: str | None
    note: str
    created_ms: int


async def append(
    tx: Tx,
    account_id: str,
    kind: EntryKind,
    amount_millis: int,
    *,
    now_ms: int,
    job_id: str | None = None,
    note: str = "",
    locked: bool = False,
) -> int:
    """Append an entry and return the balance after it, in thousandths of a credit.

    Args:
        locked: the transaction holds the account's lock already.

    Raises:
        InsufficientCredits: the balance would fall below zero; nothing was appended.
    """
    if not locked:
        await lock(tx, account_id)
    sequence, balance = await _last(tx, account_id)
    change = balance_change_millis(kind, amount_millis)
    if balance + change < 0:
        raise InsufficientCredits(
            f"This takes {to_credits(-change)} credits; {to_credits(balance)} are left.",
            credits_remaining=to_credits(balance),
        )
    entry = Entry(sequence + 1, kind, amount_millis, change, balance + change, job_id, note, now_ms)
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    await tx.execute(_INSERT, {**values, "account_id": account_id, "kind": kind.value})
    return balance + change


async def lock(tx: Tx, account_id: str) -> None:
    """Make writers to one account wait for each other until the transaction ends; SQLite has one writer anyway."""
    await tx.execute(_LOCK, {"account": account_id})


async def balance_millis(tx: Tx, account_id: str) -> int:
    """Return the spendable balance of an account, in thousandths of a credit."""
    return (await _last(tx, account_id))[1]


async def history(tx: Tx, account_id: str, limit: int = 100) -> list[Entry]:
    """Return the newest entries of an account, newest first."""
    columns = [column for column in entries.c if column.name != "account_id"]
    query = select(*columns).where(entries.c.account_id == account_id).order_by(entries.c.sequence.desc()).limit(limit)
    rows = [dict(row) for row in (await tx.execute(query)).mappings()]
    return [Entry(kind=EntryKind(row.pop("kind")), **row) for row in rows]


async def _last(tx: Tx, account_id: str) -> tuple[int, int]:
    row = (await tx.execute(_LAST, {"account": account_id})).first()
    return (row.sequence, row.balance_millis) if row else (0, 0)
