"""The embedded engine: pictures of the character from the reference's own pixels, on any machine.

Found by the catalogue like every engine. Picture libraries are loaded at the first job, not at import.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from castlist.domain.cards import EngineOptions
from castlist.domain.tasks import Made, Outcome, Task, Watch
from castlist.engines.base import Local
from castlist.engines.studio.card import CARD, StudioOptions

if TYPE_CHECKING:
    from castlist.engines.studio.plates import Collection
    from castlist.engines.studio.reference import Shelf

__all__ = ["CARD", "StudioEngine", "StudioOptions"]

MODEL = "studio-1"


class StudioEngine(Local):
    """Re-renders the reference: see `card.CARD` for what it can and cannot do."""

    card = CARD

    def __init__(self, options: EngineOptions | None = None, secrets: Mapping[str, str] | None = None) -> None:
        super().__init__(options, secrets)
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._collection: Collection | None = None

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """Make the task's images one after the other; the same task gives the same bytes."""
        from castlist.engines.studio import picture

        watch.check()
        shelf, collection = self._kept()
        prepared = shelf.get(task.references[0], watch.check)
        watch.check()
        scene = picture.stage(prepared, task, collection)
        for shot in task.shots:
            started = time.perf_counter()
            pixels, notes = picture.make(scene, shot, watch)
            watch.progress(shot.index, 1.0)
            yield Made(shot.index, pixels, shot.seed, MODEL, time.perf_counter() - started, notes)

    def close(self) -> None:
        """Forget prepared references and loaded plates."""
        with self._lock:
            self._shelf = self._collection = None

    def _kept(self) -> "tuple[Shelf, Collection]":
        """Return what is kept warm between jobs, made at the first."""
        from castlist.engines.studio.plates import Collection
        from castlist.engines.studio.reference import Shelf

        with self._lock:
            if self._shelf is None or self._collection is None:
                folder = self.options.plates if isinstance(self.options, StudioOptions) else None
                self._shelf, self._collection = Shelf(), Collection(Path(folder) if folder else None)
            return self._shelf, self._collection
