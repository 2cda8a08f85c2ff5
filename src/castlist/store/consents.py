"""Statements of accounts about the likeness of people. Append-only: the latest counts, every earlier one stays."""

from dataclasses import dataclass

from sqlalchemy import select

from castlist.domain.ids import new_id
from castlist.store.database import Tx
from castlist.store.tables import accounts, consents


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One statement. `stated` is false when an earlier one is withdrawn."""

    account_id: str
    version: str
    """Of the words that were stated, see `domain.consent`."""
    stated: bool
    key_id: str | None
    """The key that recorded it; None when an operator did."""
    request_id: str | None
    created_ms: int


async def add(tx: Tx, consent: Consent) -> None:
    """Record a statement or its withdrawal."""
    fields = {name: getattr(consent, name) for name in Consent.__slots__}
    await tx.execute(consents.insert().values(id=new_id("con"), **fields))


async def latest(tx: Tx, account_id: str) -> Consent | None:
    """Return what an account last stated or withdrew, or None."""
    found = await history(tx, account_id, limit=1)
    return found[0] if found else None


async def history(tx: Tx, account_id: str, *, limit: int | None = None) -> list[Consent]:
    """Return an account's statements, newest first."""
    query = (
        select(*(consents.c[name] for name in Consent.__slots__))
        .where(consents.c.account_id == account_id)
        .order_by(consents.c.created_ms.desc(), consents.c.id.desc())
        .limit(limit)
    )
    return [Consent(**row) for row in (await tx.execute(query)).mappings()]


async def everyone(tx: Tx) -> list[tuple[str, Consent | None]]:
    """Return every account's name and what it last stated or withdrew, by name."""
    names = (await tx.execute(select(accounts.c.id, accounts.c.name).order_by(accounts.c.name))).all()
    return [(row.name, await latest(tx, row.id)) for row in names]
