"""Accounts and API keys. A key is shown once and kept only as an HMAC; a malformed one never reaches the database."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, or_, select, update

from castlist.domain.fairness import Priority, Share
from castlist.domain.ids import new_id, new_key
from castlist.store.database import Tx
from castlist.store.tables import accounts, api_keys
from castlist.store.upsert import Upsert

SCOPES: tuple[str, ...] = ("run", "read")
"""`run` submits jobs and uploads pictures; `read` looks at models, jobs, credits and usage."""
LAST_USED_GRAIN_MS = 60_000
HINT_CHARS = 4
_FIND = select(api_keys).where(api_keys.c.digest == bindparam("hashed"))
_INSERT_ACCOUNT = Upsert(accounts, ["name"])


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the service knows it: without the key."""

    id: str
    account_id: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_ms: int
    expires_ms: int | None = None
    revoked_ms: int | None = None
    last_used_ms: int | None = None
    rate_a_minute: int | None = None
    """Requests; None is the installation's own, 0 is no limit."""
    weight: int = 1
    priority: str = Priority.NORMAL

    @property
    def share(self) -> Share:
        """The key's part of the workers."""
        return Share(self.weight, Priority(self.priority))

    def is_valid(self, now_ms: int) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


def digest(key: str, pepper: bytes) -> str:
    """Return the HMAC-SHA-256 of a key as hex.

    Enough for 214 random bits; a slow hash would only slow every request.
    """
    return hmac.new(pepper, key.encode(), hashlib.sha256).hexdigest()


async def ensure_account(tx: Tx, name: str, *, now_ms: int) -> str:
    """Return the id of the account of this name, making it if there is none."""
    query = select(accounts.c.id).where(accounts.c.name == name)
    if found := (await tx.execute(query)).scalar_one_or_none():
        return found
    # Another may have been first meanwhile.
    await tx.execute(_INSERT_ACCOUNT.on(tx), {"id": new_id("acc"), "name": name, "created_ms": now_ms})
    return (await tx.execute(query)).scalar_one()


async def find_account(tx: Tx, name: str) -> str | None:
    """Return the id of the account of this name, or None."""
    return (await tx.execute(select(accounts.c.id).where(accounts.c.name == name))).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Account:
    """Whose jobs and credits they are."""

    id: str
    name: str


async def list_accounts(tx: Tx) -> list[Account]:
    """Return all accounts, by name."""
    query = select(accounts.c.id, accounts.c.name).order_by(accounts.c.name)
    return [Account(row.id, row.name) for row in (await tx.execute(query)).all()]


async def create(
    tx: Tx,
    account_id: str,
    name: str,
    *,
    pepper: bytes,
    now_ms: int,
    scopes: tuple[str, ...] = SCOPES,
    expires_ms: int | None = None,
) -> tuple[str, ApiKey]:
    """Make a key and return it with its record; the key itself cannot be had again."""
    key = new_key()
    record = ApiKey(new_id("key"), account_id, name, key[-HINT_CHARS:], scopes, now_ms, expires_ms)
    await tx.execute(
        api_keys.insert().values(
            id=record.id,
            account_id=account_id,
            name=name,
            digest=digest(key, pepper),
            hint=record.hint,
            scopes=list(scopes),
            created_ms=now_ms,
            expires_ms=expires_ms,
        )
    )
    return key, record


async def find(tx: Tx, key: str, *, pepper: bytes) -> ApiKey | None:
    """Return the record of a key, valid or not, or None when there is none."""
    row = (await tx.execute(_FIND, {"hashed": digest(key, pepper)})).mappings().first()
    return _record(dict(row)) if row else None


async def list_all(tx: Tx, account_id: str | None = None) -> list[ApiKey]:
    """Return the keys of an account, or of all, oldest first."""
    query = select(api_keys).order_by(api_keys.c.created_ms, api_keys.c.id)
    if account_id:
        query = query.where(api_keys.c.account_id == account_id)
    return [_record(dict(row)) for row in (await tx.execute(query)).mappings()]


async def revoke(tx: Tx, key_id: str, *, now_ms: int) -> bool:
    """Revoke a key; False when there is none or it is revoked already."""
    change = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_ms.is_(None)).values(revoked_ms=now_ms)
    return (await tx.execute(change)).rowcount > 0


async def change(tx: Tx, key_id: str, values: Mapping[str, object]) -> bool:
    """Give a key other limits, by column; False when there is no such key."""
    query = update(api_keys).where(api_keys.c.id == key_id).values(**values)
    return (await tx.execute(query)).rowcount > 0


async def forget(tx: Tx, *, before_ms: int) -> int:
    """Remove keys that expired or were revoked before a moment, and return how many."""
    gone = or_(api_keys.c.expires_ms < before_ms, api_keys.c.revoked_ms < before_ms)
    return (await tx.execute(delete(api_keys).where(gone))).rowcount


async def touch(tx: Tx, key_id: str, *, now_ms: int) -> None:
    """Record that a key was used, at most once a minute, because every request would otherwise be a write."""
    stale = or_(api_keys.c.last_used_ms.is_(None), api_keys.c.last_used_ms < now_ms - LAST_USED_GRAIN_MS)
    await tx.execute(update(api_keys).where(api_keys.c.id == key_id, stale).values(last_used_ms=now_ms))


def needs_touch(key: ApiKey, now_ms: int) -> bool:
    """Tell whether `touch` would write."""
    return key.last_used_ms is None or key.last_used_ms < now_ms - LAST_USED_GRAIN_MS


def _record(row: dict[str, object]) -> ApiKey:
    fields = {name: row[name] for name in ApiKey.__slots__}
    fields["scopes"] = tuple(row["scopes"])  # pyright: ignore[reportArgumentType]  (a JSON column)
    return ApiKey(**fields)  # pyright: ignore[reportArgumentType]
