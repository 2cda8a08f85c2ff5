"""Enlarges what a shot shows closer than the reference was taken, with the network where it pays. Called by `shoot`.

The network costs 7 µs a pixel of input on two cores, so it gets a budget: the head first, then the rest.
"""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.layers import Layer

if TYPE_CHECKING:
    from castlist.engines.studio.reference import Prepared

Box = tuple[int, int, int, int]

ENOUGH = 1.15
"""Magnification up to which plain interpolation is as sharp."""
BUDGET_PX = 130_000


@dataclass(slots=True, eq=False)
class Closer:
    """Enlarged parts of one reference, made at first need and kept."""

    head: Layer | None = None
    body: Layer | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


def layers_for(prepared: "Prepared", zoom: float) -> list[Layer]:
    """Return the layers to draw at `zoom` output px to a reference px, the farthest first."""
    layers = [prepared.whole]
    if zoom <= ENOUGH:
        return layers
    with prepared.closer.lock:
        head, body = parts(prepared)
        if zoom > 1.4 and body:
            if prepared.closer.body is None:
                prepared.closer.body = _enlarged(prepared, body)
            layers = [prepared.closer.body]
        if head:
            if prepared.closer.head is None:
                prepared.closer.head = _enlarged(prepared, head)
            layers.append(prepared.closer.head)
    return layers


def parts(prepared: "Prepared") -> tuple[Box | None, Box | None]:
    """Return the boxes worth the network: head and body, each None when too large for the budget."""
    height, width = prepared.alpha.shape
    x0, y0, x1, y1 = (int(value) for value in prepared.extent.box)
    whole = (max(0, x0 - 4), max(0, y0 - 4), min(width, x1 + 4), min(height, y1 + 4))
    if prepared.face is None:
        return None, whole if _area(whole) <= 1.5 * BUDGET_PX else None
    face, size = prepared.face, prepared.extent.head_px
    middle_x, middle_y = float(face.centre[0]), float(face.chin[1]) - 0.46 * size
    for reach_x, reach_y in ((0.62, 0.66), (0.5, 0.56)):
        head = (
            max(0, int(middle_x - reach_x * size)),
            max(0, int(middle_y - reach_y * size)),
            min(width, int(middle_x + reach_x * size)),
            min(height, int(middle_y + reach_y * size)),
        )
        if _area(head) <= BUDGET_PX:
            return head, whole if _area(whole) + _area(head) <= 2.2 * BUDGET_PX else None
    return None, None


def _area(box: Box) -> int:
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def _enlarged(prepared: "Prepared", box: Box) -> Layer:
    from castlist.vision import upscale

    x0, y0, x1, y1 = box
    factor = 4 if _area(box) < 70_000 and prepared.extent.head_px < 260 else 2
    colour = upscale.enlarge(np.ascontiguousarray(prepared.colour[y0:y1, x0:x1]), factor)
    alpha = ops.resize(prepared.alpha[y0:y1, x0:x1], colour.shape[1], colour.shape[0], ops.CUBIC)
    return Layer(np.dstack([colour, ops.to_bytes(alpha)]), (x0, y0), factor)
