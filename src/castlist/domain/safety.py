"""What a safety classifier says of a picture, and when that is too much. Values and rules; asked by `flow.screen`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from castlist.domain.tasks import Pixels

Reading = Mapping[str, float]
"""How sure a classifier is of each of its classes, 0–1. Classes may overlap, so they need not add up to 1."""
Limits = Mapping[str, float]
"""From which value, 0–1, a class is refused. A class without a limit is allowed."""

DEFAULT_LIMITS: Limits = {"explicit": 0.85}
"""Above all that was measured on harmless pictures; see docs/safety.md."""


class Classifier(Protocol):
    """Sorts pictures. `vision.safety` is the bundled one; another comes in by the entry point `castlist.classifiers`.

    Called from several threads at once.
    """

    @property
    def name(self) -> str:
        """What the settings call it."""
        ...

    @property
    def classes(self) -> Mapping[str, str]:
        """Each class it measures, with words that complete "The picture looks …": {"explicit": "sexually explicit"}."""
        ...

    def read(self, pixels: Pixels) -> Reading:
        """Return how sure it is of each of its classes. pixels: uint8 [H, W, 3], sRGB."""
        ...


def objection(reading: Reading, limits: Limits, words: Mapping[str, str]) -> str | None:
    """Return why a picture is refused, as the end of a sentence that begins with the picture; None lets it pass.

    Args:
        words: of every class, as the classifier gives them. Of several classes over their limits the surest is named.
    """
    over = [name for name, limit in limits.items() if name in reading and reading[name] >= limit]
    if not over:
        return None
    worst = max(over, key=lambda name: reading[name])
    measured = f"{reading[worst]:.2f}; {limits[worst]:.2f} is the limit"
    return f"looks {words.get(worst, worst)} to the safety classifier ({measured})"
