"""Sums that all processes add to: counters and the buckets of histograms. One row a series, never one an event."""

import json
from collections.abc import Mapping

from sqlalchemy import select

from castlist.store.database import Tx
from castlist.store.tables import meters
from castlist.store.upsert import Upsert

_ADD = Upsert(meters, ["name", "labels"], lambda new: {"value": meters.c.value + new.value})

Key = tuple[str, tuple[str, ...]]
"""A series: its name, and the values of its labels in the order of `domain.metrics`."""


async def add(tx: Tx, sums: Mapping[Key, float]) -> None:
    """Add to the sums."""
    # Always in one order, so that two processes never wait for each other's rows.
    rows = [{"name": name, "labels": _text(labels), "value": value} for (name, labels), value in sorted(sums.items())]
    await tx.execute(_ADD.on(tx), rows)


async def read(tx: Tx) -> dict[Key, float]:
    """Return all sums."""
    rows = (await tx.execute(select(meters))).all()
    return {(row.name, tuple(json.loads(row.labels))): row.value for row in rows}


def _text(labels: tuple[str, ...]) -> str:
    return json.dumps(labels, separators=(",", ":"))
