"""The outbox of webhooks: what is to be sent, what was tried, which secret versions sign. Sends nothing itself."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, or_, select, update

from castlist.domain.ids import new_id
from castlist.store.database import Tx
from castlist.store.tables import deliveries, delivery_tries, webhook_secrets


def _due() -> Select[Any]:
    """Build the query for messages that are due: of each account's the oldest, at most `of_one`."""
    is_due = deliveries.c.next_ms <= bindparam("now_ms")
    place = func.row_number().over(partition_by=deliveries.c.account_id, order_by=deliveries.c.next_ms)
    waiting = select(deliveries.c.id, place.label("place")).where(deliveries.c.state == "due", is_due).subquery()
    chosen = select(waiting.c.id).where(waiting.c.place <= bindparam("of_one")).order_by(waiting.c.place)
    query = select(deliveries).where(deliveries.c.id.in_(chosen.limit(bindparam("limit"))), is_due)
    return query.order_by(deliveries.c.next_ms).with_for_update(skip_locked=True)


_DUE = _due()
_OLD = select(deliveries.c.id).where(deliveries.c.state != "due", deliveries.c.created_ms < bindparam("before_ms"))
_FORGET = (
    delete(delivery_tries).where(delivery_tries.c.delivery_id.in_(_OLD)),
    delete(deliveries).where(deliveries.c.id.in_(_OLD)),
)
_INSERT = deliveries.insert()
_INSERT_TRY = delivery_tries.insert()
_CHANGE = update(deliveries).where(deliveries.c.id == bindparam("delivery"))
_VERSIONS = (
    select(webhook_secrets.c.version)
    .where(webhook_secrets.c.account_id == bindparam("account"))
    .where(or_(webhook_secrets.c.retires_ms.is_(None), webhook_secrets.c.retires_ms > bindparam("now_ms")))
    .order_by(webhook_secrets.c.version.desc())
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one address. `state` is `due`, `delivered` or `given_up`."""

    id: str
    job_id: str
    account_id: str
    url: str
    state: str
    tries: int
    next_ms: int
    created_ms: int


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a delivery: the answer's status, or why there was none."""

    number: int
    at_ms: int
    http_status: int | None
    problem: str | None


async def add(tx: Tx, job_id: str, account_id: str, url: str, *, now_ms: int) -> str:
    """Put a message into the outbox and return its id."""
    delivery = Delivery(new_id("msg"), job_id, account_id, url, "due", 0, now_ms, now_ms)
    await tx.execute(_INSERT, {name: getattr(delivery, name) for name in Delivery.__slots__})
    return delivery.id


async def take_due(tx: Tx, *, now_ms: int, hold_ms: int, limit: int = 200, of_one_account: int = 20) -> list[Delivery]:
    """Return messages that are due and keep them from others for `hold_ms`; a sender that dies loses nothing.

    Args:
        of_one_account: so many of one account's at most, so that one with a thousand to a dead receiver delays nobody.
    """
    gaps = {"now_ms": now_ms, "of_one": of_one_account, "limit": limit}
    due = [Delivery(**row) for row in (await tx.execute(_DUE, gaps)).mappings()]
    if not due:
        return []
    ids = [delivery.id for delivery in due]
    await tx.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(next_ms=now_ms + hold_ms))
    return due


async def record(tx: Tx, delivery: Delivery, result: Try, *, state: str, next_ms: int) -> None:
    """Record a try and what becomes of the message."""
    values = {name: getattr(result, name) for name in Try.__slots__}
    await tx.execute(_INSERT_TRY, {**values, "delivery_id": delivery.id})
    change = {"state": state, "tries": result.number, "next_ms": next_ms}
    await tx.execute(_CHANGE, {"delivery": delivery.id, **change})


async def forget(tx: Tx, *, before_ms: int) -> None:
    """Remove messages that were made before a moment and are settled, with their tries."""
    for statement in _FORGET:
        await tx.execute(statement, {"before_ms": before_ms})


async def of_job(tx: Tx, job_id: str) -> list[tuple[Delivery, list[Try]]]:
    """Return a job's messages, oldest first, each with its tries."""
    query = select(deliveries).where(deliveries.c.job_id == job_id).order_by(deliveries.c.created_ms, deliveries.c.id)
    found = [Delivery(**row) for row in (await tx.execute(query)).mappings()]
    tries: dict[str, list[Try]] = {delivery.id: [] for delivery in found}
    rows = select(delivery_tries).where(delivery_tries.c.delivery_id.in_(tries)).order_by(delivery_tries.c.number)
    for row in (await tx.execute(rows)).all():
        tries[row.delivery_id].append(Try(row.number, row.at_ms, row.http_status, row.problem))
    return [(delivery, tries[delivery.id]) for delivery in found]


async def secret_versions(tx: Tx, account_id: str, *, now_ms: int) -> list[int]:
    """Return the versions of an account's signing secret that are valid, newest first; 1 when it was never rotated."""
    return list((await tx.execute(_VERSIONS, {"account": account_id, "now_ms": now_ms})).scalars()) or [1]


async def rotate(tx: Tx, account_id: str, *, now_ms: int, overlap_ms: int) -> int:
    """Start a new version of an account's signing secret and return it; the one before signs along for `overlap_ms`."""
    current = (await secret_versions(tx, account_id, now_ms=now_ms))[0]
    if current == 1 and not await _has_versions(tx, account_id):
        await tx.execute(webhook_secrets.insert().values(account_id=account_id, version=1, created_ms=now_ms))
    old = (webhook_secrets.c.account_id == account_id) & webhook_secrets.c.retires_ms.is_(None)
    await tx.execute(update(webhook_secrets).where(old).values(retires_ms=now_ms + overlap_ms))
    await tx.execute(webhook_secrets.insert().values(account_id=account_id, version=current + 1, created_ms=now_ms))
    return current + 1


async def _has_versions(tx: Tx, account_id: str) -> bool:
    query = select(webhook_secrets.c.version).where(webhook_secrets.c.account_id == account_id).limit(1)
    return (await tx.execute(query)).first() is not None
