"""A toy engine: small coloured pictures at once, the same for the same seed. It makes no character and says so.

For tests of what surrounds engines. Not in the package that is scanned for engines, so no installation can run it.
"""

import colorsys
import dataclasses
import random
from collections.abc import Iterator, Mapping

import numpy as np

from castlist.domain.cards import BACKGROUNDS, TRANSPARENT, Card
from castlist.domain.errors import ImageRefused
from castlist.domain.tasks import Made, NotMade, Outcome, Pixels, Shot, Task, Watch
from castlist.engines.base import Local

SHRINK = 16
"""The toy's pictures are this many times smaller on each side than what was asked for."""


class ToyEngine(Local):
    """Paints a disc on a ground, both in colours drawn from the seed."""

    card = Card(
        id="toy",
        title="Toy",
        summary="Coloured discs for tests.",
        model_types=("toy",),
        kind="local",
        stand_in=True,
        references=(1, 3),
        backgrounds=(*BACKGROUNDS, TRANSPARENT),
        seed="exact",
        progress=True,
        cancel=True,
        price_credits="0.5",
        min_identity=0.0,
        licence="Apache-2.0",
        source="this file",
        cannot=("Show a character.",),
    )

    def __init__(self, *, fails: Mapping[int, Exception] | None = None, why_unready: str | None = None) -> None:
        """Make one.

        Args:
            fails: by index of the image, what happens instead of it. `ImageRefused` loses that image alone; any other
                exception breaks the whole run off there.
            why_unready: what `unready` answers.
        """
        super().__init__()
        self._fails, self._why_unready = dict(fails or {}), why_unready

    def unready(self) -> str | None:
        """See `engines.base.Engine`."""
        return self._why_unready

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """See `engines.base.Local`."""
        for shot in task.shots:
            watch.check()
            failure = self._fails.get(shot.index)
            if isinstance(failure, ImageRefused):
                yield NotMade(shot.index, failure.code, failure.message)
            elif failure is not None:
                raise failure
            else:
                watch.progress(shot.index, 0.5)
                yield Made(shot.index, paint(task, shot), shot.seed, model="toy-1", seconds=0.0, notes=("A toy.",))


def paint(task: Task, shot: Shot) -> Pixels:
    """Return the picture of a shot: uint8 [H, W, 3], or [H, W, 4] with a transparent ground."""
    height_px, width_px = task.height_px // SHRINK, task.width_px // SHRINK
    down, right = np.mgrid[0:height_px, 0:width_px]
    radius_px = min(height_px, width_px) / 3
    disc = (down - height_px / 2) ** 2 + (right - width_px / 2) ** 2 < radius_px**2
    pixels = np.empty((height_px, width_px, 4), np.uint8)
    pixels[...] = (*_colour(shot.seed), 0 if task.background == TRANSPARENT else 255)
    pixels[disc] = (*_colour(shot.seed // 7 + 1), 255)
    return pixels if task.background == TRANSPARENT else np.ascontiguousarray(pixels[..., :3])


def _colour(seed: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(seed % 997 / 997, 0.6, 0.9)
    return round(red * 255), round(green * 255), round(blue * 255)


class DriftingToy(Local):
    """Shows its reference's character in some takes and somebody else in the others, as the seed of the take falls."""

    card = dataclasses.replace(
        ToyEngine.card, id="drifting", model_types=("drifting",), stand_in=False, min_identity=0.5
    )

    def __init__(self, good_share: float) -> None:
        """Make one whose takes are good with this probability, each independently."""
        super().__init__()
        self._good_share = good_share

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """See `engines.base.Local`."""
        for shot in task.shots:
            watch.check()
            good = self.shows(shot.seed)
            pixels = task.references[0].pixels[:, ::-1]
            pixels = pixels if good else 255 - np.roll(pixels, 1, axis=2)[::-1]
            yield Made(shot.index, np.ascontiguousarray(pixels), shot.seed, model="drifting-1", seconds=0.0)

    def shows(self, seed: int) -> bool:
        """Tell whether a take with this seed shows the character."""
        return random.Random(seed).random() < self._good_share
