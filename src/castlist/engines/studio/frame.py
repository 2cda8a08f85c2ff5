"""Framing: how large the character stands in the picture and where, so that what the reference cuts off is not seen.

Called by `shoot`. A reference that ends at the chest must end below the picture's lower edge; one cut at the left must
leave at the left. Among all framings that honour this, the nearest to what the pose asks for wins.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from castlist.domain.poses import Camera, Framing, Pose
from castlist.engines.studio.ops import Map

Grid = NDArray[np.float64]
Span = tuple[float, float]

MARGIN = 0.012
"""How far beyond the picture's edge a cut must lie, as a share of the picture: turns and tilts move it a little."""

HEAD_SHARE: dict[Framing, float] = {"close_up": 0.74, "head_and_shoulders": 0.44, "half_length": 0.31, "wide": 0.2}
EYE_LINE: dict[Framing, float] = {"close_up": 0.46, "head_and_shoulders": 0.39, "half_length": 0.34, "wide": 0.42}
FIGURE_SHARE: dict[Framing, float] = {"close_up": 1.2, "head_and_shoulders": 0.86, "half_length": 0.72, "wide": 0.48}


TIGHT = 1.6
"""A framing this many times closer than asked is worth a note."""

WHOLE_FIGURE = 0.92
"""Widest that a figure is shown outside of close-ups, as a share of the width: arms and tails stay in the picture."""

SPREAD: dict[Framing, float] = {"close_up": 1.42, "head_and_shoulders": 1.16, "half_length": 1.07, "wide": 1.0}
"""Sizes over the smallest possible one, for references too tight to be shown as small as the pose asks."""

ASIDE = 0.1
"""How far aside of its place a person may stand, as a share of the width, before a closer framing is better than a
picture that is empty on one side."""

KEYSTONE: dict[Camera, float] = {"eye": 0.0, "low": 0.22, "high": -0.22}
"""How much the size grows from the top of the picture to its bottom."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the reference's border cuts the subject, picture px: spans along that border, or None."""

    bottom: float | None = None
    """The row at which the subject is cut off."""
    top: Span | None = None
    """Columns cut at row `top_row`."""
    top_row: float = 0.0
    """Where the turned subject is cut at the top: a nodding head comes down from the border."""
    left: Span | None = None
    """Rows cut at column 0."""
    right: Span | None = None
    """Rows cut at the last column."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What framing needs to know of a subject, all in picture px."""

    width: float
    """Of the picture the character is drawn from."""
    inner: tuple[int, int, int, int]
    """x0, y0, x1, y1 of the reference in it."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 of the subject."""
    anchor: tuple[float, float]
    """The point that is placed: between the eyes, or the middle of a figure."""
    crown: float
    """The row of the highest hair, or of a figure's top."""
    head_px: float
    """Crown to chin, or the height of a figure."""
    cuts: Cuts
    figure: bool
    """No face: the whole figure is framed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A framing: picture px p lands on scale·(p − anchor) + place."""

    scale: float
    anchor: tuple[float, float]
    place: tuple[float, float]
    keystone: float = 0.0
    """Perspective: relative growth in size from the picture's top to its bottom (low camera positive)."""
    tight: bool = False
    """Much closer than the pose asks, because the reference cuts the subject off."""

    def points(self, width_px: int, height_px: int, step_px: int) -> Map:
        """Return the picture points under a grid of the output, one node every `step_px` and one beyond each border.

        float32 [ceil(height/step)+2, ceil(width/step)+2, 2]
        """
        xs = (np.arange(-1, -(-width_px // step_px) + 1, dtype=np.float32) + 0.5) * step_px - 0.5
        ys = (np.arange(-1, -(-height_px // step_px) + 1, dtype=np.float32) + 0.5) * step_px - 0.5
        x, y = np.meshgrid(xs, ys)
        grow = 1 + self.keystone * ((y - self.place[1]) / height_px)
        u = (x - self.place[0]) / (self.scale * grow) + self.anchor[0]
        v = (y - self.place[1]) / (self.scale * grow**0.5) + self.anchor[1]
        return np.stack([u, v], -1).astype(np.float32)


def anchored(extent: Extent) -> Extent:
    """Return the extent as if the subject were cut just above its lowest point: nothing then floats before a place
    whose ground is somewhere else."""
    if extent.cuts.bottom is not None:
        return extent
    ground = extent.box[3] - 0.04 * (extent.box[3] - extent.box[1])
    return replace(extent, cuts=replace(extent.cuts, bottom=ground))


def solve(
    extent: Extent, pose: Pose, size: tuple[int, int], nudge: tuple[float, float, float], *, inside: bool = False
) -> Frame:
    """Find the framing nearest to the pose's that hides every cut.

    Args:
        size: width and height of the output, px.
        nudge: the seed's wish: factor on the size, shift to the right and down as shares of the output.
        inside: stay inside the reference picture, because its own surroundings are shown.
    """
    width, height = size
    wish_scale, wish_x, wish_y = _wish(extent, pose, size, nudge)
    asked = wish_scale
    scale = wish_scale * np.geomspace(0.8, 7, 100)[:, None, None]
    x = np.linspace(0.2, 0.8, 31)[None, :, None] * width
    lowest = 0.95 if extent.figure else 0.68 if pose.framing == "wide" else 0.62
    y = np.linspace(0.16, lowest, 40)[None, None, :] * height
    keystone = KEYSTONE[pose.camera]
    view = _Candidates(extent, size, scale, x, y, (min(1.0, 1 - 0.6 * keystone), min(1.0, 1 + 0.6 * keystone)))
    cuts, outside = view.shown_cuts(), view.outside() if inside else np.zeros(1)
    least = _smallest(scale, cuts + outside)
    if least > wish_scale or (pose.framing == "close_up" and least > 0.7 * wish_scale):
        spread = SPREAD[pose.framing] ** (0.4 if extent.figure else 1)
        wish_scale = max(least * spread, min(wish_scale, least * SPREAD["close_up"]))
        wish_y = max(wish_y, 0.45 * height)
    aside, apart = np.abs(x - wish_x) / width, np.abs(y - wish_y) / height
    cost = (
        2.2 * np.abs(np.log(scale / wish_scale))
        + 2.5 * aside**1.5
        + (0 if extent.figure else 8 * np.maximum(0, aside - ASIDE))
        + 10.0 * apart**1.5
        + 1e3 * cuts
        + 12 * outside
        + 30 * view.lost_head(0.1 if pose.framing == "close_up" and not extent.figure else -0.02)
        + (0 if extent.figure or pose.framing == "close_up" else 12 * view.lost_shoulders())
    )
    best = np.unravel_index(int(np.argmin(cost)), cost.shape)
    place = (float(x[0, best[1], 0]), float(y[0, 0, best[2]]))
    chosen = float(scale[best[0], 0, 0])
    tight = pose.framing in {"half_length", "wide"} and chosen > TIGHT * asked
    return Frame(chosen, extent.anchor, place, keystone, tight)


def _smallest(scale: Grid, bad: Grid) -> float:
    """Return the smallest scale at which some place has nothing bad."""
    good = (bad < 1e-6).any(axis=(1, 2))
    return float(scale[int(np.argmax(good)), 0, 0]) if good.any() else 0.0


def _wish(
    extent: Extent, pose: Pose, size: tuple[int, int], nudge: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return the scale and the anchor's place that the pose asks for, cuts aside."""
    width, height = size
    measure = min(height, 1.2 * width)
    if extent.figure:
        scale = FIGURE_SHARE[pose.framing] * measure / extent.head_px * nudge[0]
        widest = 1.44 if pose.framing == "close_up" else min(WHOLE_FIGURE, 1.2 * FIGURE_SHARE[pose.framing])
        scale = min(scale, widest * width / max(1.0, extent.box[2] - extent.box[0]))
        line = 0.62 if pose.framing == "close_up" else 0.56
        return scale, (0.5 + nudge[1]) * width, (line + nudge[2]) * height
    scale = HEAD_SHARE[pose.framing] * measure / extent.head_px * nudge[0]
    third = 0.14 * (1 if nudge[1] > 0 else -1) if pose.framing == "wide" else 0.0
    across = 0.5 - 0.004 * pose.yaw_deg + nudge[1] + third
    return scale, across * width, (EYE_LINE[pose.framing] + nudge[2]) * height


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Many framings at once: arrays of scale, x and y that broadcast against each other."""

    extent: Extent
    size: tuple[int, int]
    scale: Grid
    x: Grid
    y: Grid
    squeeze: tuple[float, float]
    """How much smaller perspective may show the upper and the lower parts."""

    def across(self, column: float) -> Grid:
        """Return where a reference column lands, as a share of the output's width."""
        return (self.scale * min(self.squeeze) * (column - self.extent.anchor[0]) + self.x) / self.size[0]

    def down(self, row: float) -> Grid:
        """Return where a reference row lands, as a share of the output's height."""
        below = row - self.extent.anchor[1]
        return (self.scale * self.squeeze[below > 0] ** 0.5 * below + self.y) / self.size[1]

    def shown_cuts(self) -> Grid:
        """Return how much of the cut edges would show, as a share of the output's sides; zero is wanted."""
        cuts = self.extent.cuts
        shown = np.zeros(np.broadcast_shapes(self.scale.shape, self.x.shape, self.y.shape))
        if cuts.bottom is not None:
            shown = shown + np.maximum(0, 1 + MARGIN - self.down(cuts.bottom))
        if cuts.top is not None:
            aside = np.maximum(self.across(cuts.top[0]) - 1, -self.across(cuts.top[1]))
            shown = shown + np.where(aside >= MARGIN, 0, np.maximum(0, self.down(cuts.top_row) + MARGIN))
        left, right = self.across(0), 1 - self.across(self.extent.width)
        for edge, span in ((left, cuts.left), (right, cuts.right)):
            if span is not None:
                seen = np.minimum(np.maximum(0, edge + MARGIN), np.maximum(0, 1 + MARGIN - self.down(span[0])))
                shown = shown + np.where(self.down(span[1]) <= -MARGIN, 0, seen)
        return np.where(shown < 1e-6, 0, shown + 0.05)

    def lost_head(self, slack: float) -> Grid:
        """Return how much more of the head than `slack` leaves at the top, in head heights."""
        crown = 0.0 if self.extent.cuts.top else self.extent.anchor[1] - self.extent.crown
        crown = min(crown, 0.75 * self.extent.head_px)
        return np.maximum(0, (self.scale * crown - self.y) / (self.scale * self.extent.head_px) - slack)

    def lost_shoulders(self) -> Grid:
        """Return how much of the half head height below the chin, where shoulders are, the lower edge cuts away."""
        chin = self.extent.crown + self.extent.head_px - self.extent.anchor[1]
        shown = (self.size[1] - self.y) / self.scale - chin
        return np.maximum(0, 0.5 - shown / self.extent.head_px)

    def outside(self) -> Grid:
        """Return how far the picture reaches beyond the reference, as a share of its sides."""
        x0, y0, x1, y1 = self.extent.inner
        sides = (self.across(x0), 1 - self.across(x1), self.down(y0), 1 - self.down(y1))
        return sum((np.maximum(0, side) for side in sides), np.zeros(1))
