"""Sums over an account's jobs: what was asked for, delivered and charged. Only reads."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from castlist.store.database import Tx
from castlist.store.tables import OPEN, api_keys, images, jobs

DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Usage:
    """One day (UTC, of submission), key and model type. `charged_millis` is thousandths of a credit."""

    day: date
    key_id: str | None
    key_name: str | None
    model_type: str
    requests: int
    images: int
    charged_millis: int


async def by_day(tx: Tx, account_id: str, first: date, last: date) -> list[Usage]:
    """Return an account's usage from the first to the last day, both included, newest day first."""
    day = jobs.c.created_ms // DAY_MS
    # Job by job: a sum over all images, joined, would be made of every image there is.
    delivered = select(func.count()).where(images.c.job_id == jobs.c.id, images.c.file.is_not(None)).scalar_subquery()
    query = (
        select(
            day.label("day"),
            jobs.c.key_id,
            api_keys.c.name,
            jobs.c.model_type,
            func.count(),
            func.coalesce(func.sum(delivered), 0),
            func.coalesce(func.sum(jobs.c.captured_millis), 0),
        )
        .select_from(jobs)
        .outerjoin(api_keys, api_keys.c.id == jobs.c.key_id)
        .where(
            jobs.c.account_id == account_id,
            jobs.c.created_ms >= (first - EPOCH).days * DAY_MS,
            jobs.c.created_ms < ((last - EPOCH).days + 1) * DAY_MS,
        )
        .group_by(day, jobs.c.key_id, api_keys.c.name, jobs.c.model_type)
        .order_by(day.desc(), jobs.c.key_id, jobs.c.model_type)
    )
    rows = (await tx.execute(query)).all()
    return [
        Usage(EPOCH + timedelta(days=number), key_id, key_name, model_type, requests, int(delivered), int(charged))
        for number, key_id, key_name, model_type, requests, delivered, charged in rows
    ]


async def held_millis(tx: Tx, account_id: str) -> int:
    """Return what jobs that have not ended hold, in thousandths of a credit."""
    query = select(func.coalesce(func.sum(jobs.c.held_millis), 0)).where(jobs.c.account_id == account_id, OPEN)
    return int((await tx.execute(query)).scalar_one())
