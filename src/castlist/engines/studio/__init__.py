"""The embedded engine: pictures of the character from the reference's own pixels, on any machine.

Found by the catalogue like every engine. Picture libraries are loaded at the first job, not at import.
"""

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from castlist.domain.cards import EngineOptions
from castlist.domain.tasks import Made, Outcome, Task, Watch
from castlist.engines.base import Local
from castlist.engines.studio.card import CARD, StudioOptions

if TYPE_CHECKING:
    from castlist.engines.studio.reference import Shelf

__all__ = ["CARD", "StudioEngine", "StudioOptions"]

MODEL = "studio-1"


class StudioEngine(Local):
    """Re-renders the reference: see `card.CARD` for what it can and cannot do."""

    card = CARD

    def __init__(self, options: EngineOptions | None = None, secrets: Mapping[str, str] | None = None) -> None:
        super().__init__(options, secrets)
        self._shelf: Shelf | None = None

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """Make the task's images one after the other; the same task gives the same bytes."""
        from castlist.engines.studio import picture
        from castlist.engines.studio.reference import Shelf

        watch.check()
        if self._shelf is None:
            self._shelf = Shelf()
        prepared = self._shelf.get(task.references[0])
        watch.check()
        for shot in task.shots:
            started = time.perf_counter()
            pixels, notes = picture.make(prepared, task, shot, watch)
            watch.progress(shot.index, 1.0)
            yield Made(shot.index, pixels, shot.seed, MODEL, time.perf_counter() - started, notes)

    def close(self) -> None:
        """Forget prepared references."""
        if self._shelf is not None:
            self._shelf.clear()
