"""A classifier for tests: it calls pictures explicit whose red outweighs everything, and counts what it was shown.

No real indecent picture is ever needed to test what a refusal leads to.
"""

from collections.abc import Mapping

from castlist.domain.tasks import Pixels


class RedIsExplicit:
    """See `domain.safety.Classifier`. `explicit` is the share of pixels that are nearly pure red."""

    name = "red"
    classes: Mapping[str, str] = {"explicit": "sexually explicit"}

    def __init__(self) -> None:
        """Make one that has seen nothing."""
        self.seen = 0

    def read(self, pixels: Pixels) -> dict[str, float]:
        """See `domain.safety.Classifier`."""
        self.seen += 1
        red = (pixels[..., 0] > 200) & (pixels[..., 1:].max(axis=2) < 60)
        return {"explicit": float(red.mean())}
