"""Prepares a reference once: cut-out, face geometry, depth, and layers to draw from. Kept by content hash.

Called by the engine before the first shot. Everything here depends on the reference alone, never on a job.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from castlist.domain.tasks import Reference
from castlist.engines.studio import detail, extend, face, features, fill, ops, relief, turn
from castlist.engines.studio.frame import Cuts, Extent
from castlist.engines.studio.layers import Layer
from castlist.engines.studio.ops import Map, Pixels
from castlist.vision.faces import Face

FACE_PX = 460
"""Faces larger than this are scaled down: a close-up at one megapixel shows no more."""
AREA_PX = 2_300_000
REACH_FACES = 5.0
"""Nobody reaches farther to the side than this many face heights from the middle of the face."""
Box = tuple[float, float, float, float]

BRIEF, BRIEF_FIGURE = 0.012, 0.1
"""What the border cuts off over a shorter stretch than this share of a person, or of another figure, is not hidden: a
hand or an ear that just touches it."""

KEPT = 6
"""References kept warm: about 40 MB each."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A reference ready for shots. All coordinates are px of `colour`, which may be larger than the reference."""

    colour: Pixels
    """uint8 [h, w, 3]: the character's own colours, continued beyond its outline."""
    alpha: Map
    whole: Layer
    """RGBA of the whole character."""
    scene: Layer
    """RGB of the reference with the character filled in by its surroundings."""
    extent: Extent
    face: face.FaceShape | None
    features: features.Features
    depth: turn.Depth
    relief: relief.Relief
    drawn: bool
    """A drawing on plain paper rather than a photograph."""
    people: int
    """Faces found, the chosen one included."""
    closer: detail.Closer = field(default_factory=detail.Closer)


class Shelf:
    """Prepared references by content hash, the latest few. Safe for several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, reference: Reference, check: Callable[[], None]) -> Prepared:
        """Return the prepared reference, preparing it when it is new.

        Args:
            check: called between the steps; may raise to give up.

        Raises:
            NoSubjectFound: nothing stands out in it.
        """
        with self._lock:
            found = self._kept.get(reference.sha256)
        if found is None:  # outside the lock: other jobs go on, and two of the same reference agree anyway
            found = prepare(reference, check)
        with self._lock:
            found = self._kept.setdefault(reference.sha256, found)
            self._kept.move_to_end(reference.sha256)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()


def prepare(reference: Reference, check: Callable[[], None] = lambda: None) -> Prepared:
    """Prepare a reference, calling `check` between steps. Raises `NoSubjectFound` when nothing stands out in it."""
    from castlist.vision import faces, matte, mesh

    found = faces.detect(reference.pixels)
    chosen = _main(found, reference.pixels.shape[1])
    left, right = _own_columns(chosen, reference.pixels.shape[1])
    whole, alpha = reference.pixels[:, left:right], reference.alpha
    alpha = alpha[:, left:right] if alpha is not None else None
    picture, shrink = _work_size(whole, float(chosen.box[3]) if chosen else None)
    if alpha is not None and shrink != 1:
        alpha = ops.resize(np.ascontiguousarray(alpha), picture.shape[1], picture.shape[0])
    if chosen is not None and (shrink != 1 or right - left < reference.pixels.shape[1]):
        chosen = _same(faces.detect(picture), chosen, left, shrink)
    check()
    cut = matte.cut_out(picture, chosen, alpha=alpha)
    check()
    shape, parts = None, features.Features()
    if chosen is not None:
        landmarks = mesh.landmarks(picture, chosen)
        shape = face.from_mesh(landmarks, chosen) if landmarks is not None else face.from_box(chosen)
        if landmarks is not None and cut.method != "flat":
            parts = features.of(picture, landmarks, shape, chosen.confidence)
    colour, alpha, pad = cut.colour, cut.alpha, extend.Pad()
    if shape is not None and cut.method != "flat":
        crown, head_px = _head(alpha, shape)
        middle = float(shape.centre[0]), float(shape.chin[1])
        colour, alpha, pad = extend.complete(colour, alpha, head=(crown, head_px), chin=middle)
        shape = shape.moved(pad.left, pad.top)
        parts = parts.moved(pad.left, pad.top)
    check()
    box = _box(alpha)
    depth = turn.head_depth(shape, alpha) if shape is not None else turn.figure_depth(alpha, box, 0.16)
    inner = (pad.left, pad.top, pad.left + picture.shape[1], pad.top + picture.shape[0])
    extent = _extent(alpha, box, inner, shape)
    if extent.figure and (extent.cuts.top or extent.cuts.left or extent.cuts.right):
        extent = replace(extent, anchor=_interest(colour, alpha))
    return Prepared(
        colour=colour,
        alpha=alpha,
        whole=Layer(np.dstack([colour, ops.to_bytes(alpha)]), (0, 0), 1),
        scene=Layer(fill.behind(picture, cut.alpha), (pad.left, pad.top), 1),
        extent=extent,
        face=shape,
        features=parts,
        depth=depth,
        relief=relief.model(alpha, depth, extent.head_px if shape else extent.head_px / 3, head=shape is not None),
        drawn=cut.method == "flat",
        people=len(found),
    )


def _work_size(pixels: Pixels, face_px: float | None) -> tuple[Pixels, float]:
    """Return the picture at the size worked at, and its scale."""
    height, width = pixels.shape[:2]
    shrink = min(1.0, (AREA_PX / (width * height)) ** 0.5)
    if face_px:
        shrink = min(shrink, FACE_PX / face_px)
    if shrink > 0.97:
        return np.ascontiguousarray(pixels), 1
    size = max(16, round(width * shrink)), max(16, round(height * shrink))
    return ops.resize(np.ascontiguousarray(pixels), *size), shrink


def _main(found: list[Face], width: int) -> Face | None:
    """Choose the main face: large, sure and near the middle."""

    def weight(one: Face) -> float:
        x, _, w, h = one.box
        aside = abs(x + w / 2 - width / 2) / width
        return float(w * h) ** 0.5 * float(one.confidence) * (1 - 0.6 * aside)

    return max(found, key=weight, default=None)


def _same(found: list[Face], chosen: Face, left: int, shrink: float) -> Face | None:
    """Return the chosen face among those found again after cutting off columns at the left and shrinking."""
    x, y, w, h = chosen.box
    middle = np.array([(x + w / 2 - left) * shrink, (y + h / 2) * shrink])

    def away(one: Face) -> float:
        x, y, w, h = one.box
        return float(np.abs(middle - (x + w / 2, y + h / 2)).max())

    near = [one for one in found if away(one) < 0.5 * max(w, h) * shrink]
    return min(near, key=away, default=None)


def _own_columns(chosen: Face | None, width: int) -> tuple[int, int]:
    """Return the columns around the chosen face that its person can reach into: the rest of a group is left out."""
    if chosen is None:
        return 0, width
    x, _, w, h = chosen.box
    reach = REACH_FACES * max(w, h)
    return max(0, int(x + w / 2 - reach)), min(width, int(x + w / 2 + reach))


def _box(alpha: Map) -> Box:
    solid = alpha > 0.4
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _extent(alpha: Map, box: Box, inner: tuple[int, int, int, int], shape: face.FaceShape | None) -> Extent:
    x0, y0, x1, y1 = box
    cuts = _cuts(alpha, box, BRIEF_FIGURE if shape is None else BRIEF)
    if shape is None:
        return Extent(alpha.shape[1], inner, box, ((x0 + x1) / 2, (y0 + y1) / 2), y0, y1 - y0, cuts, True)
    crown, head_px = _head(alpha, shape)
    column = float(0.5 * shape.eyes[0] + 0.5 * shape.centre[0])
    return Extent(alpha.shape[1], inner, box, (column, float(shape.eyes[1])), crown, head_px, cuts, False)


def _interest(colour: Pixels, alpha: Map) -> tuple[float, float]:
    """Return the middle of what a figure that overfills the picture shows in strong contrast: eyes, a label."""
    height, width = alpha.shape
    scale = 160 / max(height, width)
    small = ops.resize(colour, round(width * scale), round(height * scale)).astype(np.float32)
    inside = ops.resize(alpha, small.shape[1], small.shape[0])
    inside = ops.shrink(inside > 0.9, 6).astype(np.float32)
    contrast = ops.blur(np.abs(ops.blur(small, 1.5) - ops.blur(small, 7)).max(-1) * inside, 4) ** 3
    rows, columns = np.indices(contrast.shape)
    total = max(float(contrast.sum()), 1e-6)
    return float((contrast * columns).sum()) / total / scale, float((contrast * rows).sum()) / total / scale


def _head(alpha: Map, shape: face.FaceShape) -> tuple[float, float]:
    """Return the row of the crown and the height of the head, px."""
    crown = _crown(alpha, shape)
    return crown, float(np.clip(shape.chin[1] - crown, 1.1 * shape.height_px, 1.7 * shape.height_px))


def _crown(alpha: Map, shape: face.FaceShape) -> float:
    """Return the row where the hair (or hat) above the face ends."""
    half = 0.3 * shape.height_px
    left, right = int(max(0, shape.centre[0] - half)), int(shape.centre[0] + half) + 1
    solid = (alpha[: int(max(1, shape.eyes[1])), left:right] > 0.5).mean(1) > 0.15
    gaps = np.flatnonzero(~solid)
    return float(gaps[-1] + 1) if len(gaps) else 0.0


def _cuts(alpha: Map, box: Box, brief: float) -> Cuts:
    height = alpha.shape[0]
    least = max(3, brief * max(box[2] - box[0], box[3] - box[1]))

    def span(line: NDArray[np.bool_]) -> tuple[float, float] | None:
        where = np.flatnonzero(line)
        return (float(where[0]), float(where[-1] + 1)) if len(where) >= least else None

    bottom = float(height) if span(alpha[-2:].max(0) > 0.3) else _flat_end(alpha, box)
    return Cuts(
        bottom=bottom,
        top=span(alpha[:2].max(0) > 0.5),
        left=span(alpha[:, :2].max(1) > 0.5),
        right=span(alpha[:, -2:].max(1) > 0.5),
    )


def _flat_end(alpha: Map, box: Box) -> float | None:
    """Return the row at which a bust is cut off straight inside the picture, or None."""
    x0, y0, x1, y1 = (int(value) for value in box)
    depth = max(2, round(0.012 * (y1 - y0)))
    band = alpha[max(0, y1 - depth) : y1, x0:x1] > 0.4
    wide = float(band[0].mean()) if len(band) else 0.0
    return float(y1 - depth) if wide > 0.5 else None
