"""Adds up what happens in this process and writes the sums into the database, where those of all processes meet.

So one scrape of any node gives the numbers of the whole installation, they outlive every process, and a worker needs no
port of its own. A process that is killed takes with it what it counted in the last seconds.
"""

import bisect
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from castlist.domain.metrics import METRICS
from castlist.store import meters
from castlist.store.meters import Key

if TYPE_CHECKING:
    from castlist.store.database import Database

FLUSH_SECONDS = 5.0


class Meter:
    """Counts for one process; safe to call from any thread."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._sums: dict[Key, float] = {}
        self._lock = threading.Lock()

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self._add({(name, _ordered(name, labels)): value})

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add one duration to a histogram."""
        ordered, buckets = _ordered(name, labels), METRICS[name].buckets
        place = bisect.bisect_left(buckets, seconds)
        edge = str(buckets[place]) if place < len(buckets) else "+Inf"
        self._add({(f"{name}_bucket", (*ordered, edge)): 1, (f"{name}_sum", ordered): max(seconds, 0.0)})

    async def flush(self, database: "Database") -> None:
        """Add what was counted since the last time to the sums in the database; nothing is lost if that fails."""
        with self._lock:
            sums, self._sums = self._sums, {}
        if not sums:
            return
        try:
            async with database.write() as tx:
                await meters.add(tx, sums)
        except BaseException:
            self._add(sums)
            raise

    def _add(self, sums: Mapping[Key, float]) -> None:
        with self._lock:
            for key, value in sums.items():
                self._sums[key] = self._sums.get(key, 0.0) + value


def _ordered(name: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    wanted = METRICS[name].labels
    if set(labels) != set(wanted):
        raise ValueError(f"{name} has the labels {wanted}, not {tuple(labels)}")
    return tuple(labels[label] for label in wanted)
