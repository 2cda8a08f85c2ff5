"""Sums that all processes add to: counters and the buckets of histograms. One row a series, never one an event."""

import json
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from castlist.store.database import Tx
from castlist.store.tables import meters

Key = tuple[str, tuple[str, ...]]
"""A series: its name, and the values of its labels in the order of `domain.metrics`."""


async def add(tx: Tx, sums: Mapping[Key, float]) -> None:
    """Add to the sums."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    # Always in one order, so that two processes never wait for each other's rows.
    rows = [{"name": name, "labels": _text(labels), "value": value} for (name, labels), value in sorted(sums.items())]
    fresh = dialect.insert(meters)
    change = fresh.on_conflict_do_update(
        index_elements=["name", "labels"], set_={"value": meters.c.value + fresh.excluded.value}
    )
    await tx.execute(change, rows)


async def read(tx: Tx) -> dict[Key, float]:
    """Return all sums."""
    rows = (await tx.execute(select(meters))).all()
    return {(row.name, tuple(json.loads(row.labels))): row.value for row in rows}


def _text(labels: tuple[str, ...]) -> str:
    return json.dumps(labels, separators=(",", ":"))
