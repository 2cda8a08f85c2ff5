"""Makes one image from start to end: view, backdrop, join. Called by the engine for each shot."""

import numpy as np

from castlist.domain.cards import TRANSPARENT
from castlist.domain.tasks import Shot, Task, Watch
from castlist.engines.studio import backdrop, compose, shoot
from castlist.engines.studio.ops import Pixels
from castlist.engines.studio.reference import Prepared


def make(prepared: Prepared, task: Task, shot: Shot, watch: Watch) -> tuple[Pixels, tuple[str, ...]]:
    """Make the image of one shot.

    Returns:
        uint8 [H, W, 3], or [H, W, 4] for a transparent background; and notes for the customer.
    """
    size = task.width_px, task.height_px
    view = shoot.take(prepared, shot, size, inside=task.background == "original")
    watch.progress(shot.index, 0.4)
    watch.check()
    if task.background == TRANSPARENT:
        return np.dstack([view.colour, (view.alpha * 255 + 0.5).astype(np.uint8)]), ()
    colour = view.colour.astype(np.float32)
    if task.background == "original":
        back = backdrop.own_scene(prepared, view.frame, size)
    elif task.background in backdrop.FLAT:
        back = backdrop.flat(task.background, size)
    else:
        standing = prepared.extent.cuts.bottom is None
        back = backdrop.wall(view.alpha, task.job_seed, shot.seed, standing)
    watch.progress(shot.index, 0.7)
    watch.check()
    if task.background == "green screen":
        colour = compose.without_spill(colour, view.alpha)
    return compose.over(colour, view.alpha, back), ()
