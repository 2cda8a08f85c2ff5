"""Paints an eye anew from its own pixels, with its iris elsewhere between lids that stay as they are. Called by `gaze`.

The white is continued behind the iris, the iris is laid over it at its new place, what the upper lid hid of it is
completed from its rings, lights that it mirrors follow half the way, and all stays inside the opening of the lids.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from castlist.engines.studio import ops
from castlist.engines.studio.layers import Layer
from castlist.engines.studio.ops import Map, Pixels
from castlist.vision.iris import Eye

WHITE_SHARE, WHITE_CLEAR, REDDEST = 0.035, 0.5, 0.4
"""Of the opening of a clear eye, least share of white on either side of the iris, least share of that which is clearly
white, and how far from grey it is at most: else the eye looks far aside, or a lens, a shadow or lashes hide it."""
WHITE_RANGE = 0.72, 1.12
"""Darkest and brightest that white is painted, over the brightness of what is seen of it."""
LID_SHADE = 0.3
"""How dark the upper lid's shadow is on white that is painted below it."""
MIRRORED = 0.55
"""How far a highlight follows the iris."""
RINGS = 12
"""Rings of colour that stand for the hidden part of an iris, over its radius."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An eye's own axes: 0 at its left corner, 1 at its right one, and down in the same unit."""

    origin: NDArray[np.float32]
    along: NDArray[np.float32]
    width_px: float

    def of(self, points: NDArray[np.float32]) -> tuple[Map, Map]:
        """Return the coordinates of points, float32 [..., 2]."""
        away = (points - self.origin) / np.float32(self.width_px)
        x = away @ self.along
        y = away @ np.array([-self.along[1], self.along[0]], np.float32)
        return cast(Map, x), cast(Map, y)


def frame(eye: Eye) -> Frame:
    along = eye.upper[-1] - eye.upper[0]
    return Frame(eye.upper[0], (along / max(eye.width_px, 1e-6)).astype(np.float32), max(eye.width_px, 1e-6))


def lid(axes: Frame, points: NDArray[np.float32], x: Map) -> Map:
    """Return the height of a lid's edge at `x`, smooth, level beyond the corners."""
    at, height = axes.of(points)
    curve = np.polynomial.Polynomial.fit(at, height, 4, domain=[0, 1])
    return curve(np.clip(x, 0, 1)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Clear:
    """What is seen of a clear eye."""

    left: float
    """How many times brighter than the iris it is to its left."""
    right: float
    white: float
    """Brightness of the white, 0–255."""
    mirrored: float
    """Share of the iris that is as bright."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """An eye and its surroundings in one layer's px, with what its painting needs."""

    pixels: Pixels
    """uint8 [h, w, C]"""
    origin: tuple[int, int]
    """Column and row in the layer."""
    layer: Layer
    centre: tuple[float, float]
    """Of the iris, px of the patch."""
    radius: float
    along: NDArray[np.float32]
    inside: Map
    """float32 [h, w]: 1 well between the lids, 0 on them and beyond."""
    seen: Map
    """float32 [h, w]: 1 where nothing but the eyeball is seen, neither lids nor lashes."""
    shade: Map
    """float32 [h, w]: what the upper lid's shadow leaves of the light."""
    soft: float
    """Width of the blur round the iris, in its radii: the smaller it was photographed, the wider."""

    @classmethod
    def around(cls, eye: Eye, layer: Layer) -> "Patch":
        """Cut an eye out of a layer."""
        corners = np.stack([eye.upper.min(0), eye.upper.max(0), eye.lower.min(0), eye.lower.max(0)])
        rim = 0.3 * eye.width_px
        low, high = ((end - layer.origin) * layer.scale for end in (corners.min(0) - rim, corners.max(0) + rim))
        height, width = layer.pixels.shape[:2]
        x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
        x1, y1 = max(x0 + 4, min(width, int(high[0]))), max(y0 + 4, min(height, int(high[1])))
        pixels = layer.pixels[y0:y1, x0:x1]
        columns = np.arange(x0, x0 + pixels.shape[1], dtype=np.float32)
        rows = np.arange(y0, y0 + pixels.shape[0], dtype=np.float32)
        # px (0, 0) of a layer shows the reference around its origin: see Layer.sample
        half = np.float32(0.5)
        grid = (np.stack(np.meshgrid(columns, rows), -1) + half) / np.float32(layer.scale) - half
        grid += np.array(layer.origin, np.float32)
        axes = frame(eye)
        x, y = axes.of(grid.astype(np.float32))
        above, below = y - lid(axes, eye.upper, x), lid(axes, eye.lower, x) - y
        ends = _ramp(x, 0.02, 0.07) * _ramp(1 - x, 0.02, 0.07)
        inside = _ramp(above, 0.0, 0.04) * _ramp(below, -0.008, 0.024) * ends
        inside = inside.astype(np.float32)
        centre = (eye.centre - np.array(layer.origin, np.float32) + half) * np.float32(layer.scale) - half
        return cls(
            pixels=pixels,
            origin=(x0, y0),
            layer=layer,
            centre=(float(centre[0]) - x0, float(centre[1]) - y0),
            radius=eye.radius_px * layer.scale,
            along=axes.along,
            inside=inside,
            seen=(_ramp(above, 0.01, 0.05) * _ramp(below, 0.0, 0.035) * ends).astype(np.float32),
            shade=(1 - LID_SHADE * np.exp(-np.maximum(above, 0) / 0.05)).astype(np.float32),
            soft=0.06 + 0.8 / eye.radius_px,
        )

    def seen_clearly(self) -> "Clear | None":
        """Return what is seen of white and iris; None when that is no clear eye."""
        away = self._away((0.0, 0.0))
        light = self.pixels[..., :3].mean(-1)
        solid = self.seen > 0.4
        iris, white = solid & (away < 0.8), solid & (away > 1.2)
        beside = np.indices(light.shape)[1] - self.centre[0]
        sides = white & (beside < 0), white & (beside > 0)
        if iris.sum() < 12 or min(side.sum() for side in sides) < WHITE_SHARE * solid.sum():
            return None
        dark, bright = max(float(np.median(light[iris])), 4.0), float(np.percentile(light[white], 65))
        if (light[white] > (dark + bright) / 2).mean() < WHITE_CLEAR:
            return None
        pale = self.pixels[..., :3][white & (light >= np.median(light[white]))].astype(np.float32).mean(0)
        if float(_tint(pale)) > REDDEST:
            return None
        left, right = (float(np.percentile(light[side], 65)) / dark for side in sides)
        return Clear(left, right, bright, float((light[iris] > 0.9 * bright).mean()))

    def painted(self, by: tuple[float, float]) -> Layer:
        """Return the eye with its iris moved by so many radii to the right and down."""
        old = self.pixels[..., :3].astype(np.float32)
        away, there = self._away((0.0, 0.0)), self._away(by)
        white, level = self._white(old, away)
        new = old + (1 - _ramp(away, 1.08 + self.soft, 1.26 + self.soft))[..., None] * (white - old)
        shine = self._shine(old, away, level)
        iris, drawn = self._iris(old, shine, there, by)
        iris += _ramp(there, 0.85, 1.0)[..., None] * (np.minimum(iris, new) - iris)
        new += (drawn * (1 - _ramp(there, 0.97, 1.03 + 0.6 * self.soft)))[..., None] * (iris - new)
        half = by[0] * MIRRORED, by[1] * MIRRORED
        shine = self._slid(shine, half) * (1 - _ramp(there, 0.85, 1.0))
        new += shine[..., None] * (self._slid(old, half) - new)
        mixed = old + self.inside[..., None] * (new - old)
        colour = (np.clip(mixed, 0, 255) + 0.5).astype(np.uint8)
        pixels = np.dstack([colour, self.pixels[..., 3:]])
        x0, y0 = self.origin
        place = self.layer.origin[0] + x0 / self.layer.scale, self.layer.origin[1] + y0 / self.layer.scale
        return Layer(np.ascontiguousarray(pixels), place, self.layer.scale)

    def _shine(self, old: Map, away: Map, level: float) -> Map:
        """Return where the iris mirrors a light, with a margin. float32 [h, w], 0–1"""
        bright = (old.mean(-1) > 0.9 * level) & (away < 0.92) & (self.inside > 0.5)
        return ops.blur(ops.grow(bright, 0.16 * self.radius).astype(np.float32), 0.06 * self.radius)

    def _slid(self, picture: Map, by: tuple[float, float]) -> Map:
        """Move a picture of the patch by so many radii; its border goes on."""
        return ops.shift(picture, *self._step(by))

    def _step(self, by: tuple[float, float]) -> tuple[float, float]:
        """Return a shift in radii along the eye's axes as px of the patch."""
        right, down = by[0] * self.radius, by[1] * self.radius
        x, y = float(self.along[0]), float(self.along[1])
        return right * x - down * y, right * y + down * x

    def _away(self, by: tuple[float, float]) -> Map:
        """Return each px's distance from the middle of an iris moved by so many radii, in radii."""
        rows, columns = np.indices(self.inside.shape, np.float32)
        x, y = self._step(by)
        return np.hypot(columns - self.centre[0] - x, rows - self.centre[1] - y) / np.float32(self.radius)

    def _white(self, old: Map, away: Map) -> tuple[Map, float]:
        """Continue the white behind the iris, from what is seen of it on both sides; return it and its brightness."""
        light = old.mean(-1)
        seen = self.seen * _ramp(away, 1.1 + self.soft, 1.26 + self.soft)
        sure = seen > 0.5
        level = max(float(np.percentile(light[sure], 65)) if sure.any() else 200.0, 1.0)
        colour = old[sure & (light >= 0.85 * level)].mean(0) if sure.any() else np.full(3, level, np.float32)
        seen = seen * _ramp(light / level, 0.45, 0.75) + np.float32(1e-5) * self.inside
        total, weight = np.zeros_like(old), np.zeros_like(light)
        part = np.dstack([old * seen[..., None], seen]).astype(np.float32)
        for reach, share in ((0.3, 1.0), (0.8, 0.03), (2.0, 0.001)):
            wide = _streaked(part, reach * self.radius, 0.4 * reach * self.radius + 0.5)
            total += share * wide[..., :3]
            weight += share * wide[..., 3]
        white = total / np.maximum(weight, np.float32(1e-9))[..., None]
        lit = white.mean(-1)
        plain = colour / np.float32(colour.mean()) * lit[..., None]
        red = _ramp(_tint(white) - float(_tint(colour)), 0.06, 0.2)
        white += red[..., None] * (plain - white)
        lit = np.clip(lit / level, *WHITE_RANGE) * level / np.maximum(lit, 1) * self.shade
        return (white * lit[..., None]).astype(np.float32), level

    def _iris(self, old: Map, shine: Map, there: Map, by: tuple[float, float]) -> tuple[Map, Map]:
        """Fetch the iris for its new place, without highlights; return it and how far it is drawn.

        What the upper lid hides is as its rings are elsewhere. The lower lid goes on hiding what it does.
        """
        known = self.seen * (1 - shine)
        ring = np.clip(self._away((0.0, 0.0)) * RINGS, 0, 1.5 * RINGS).astype(int).ravel()
        weight = np.bincount(ring, known.ravel())
        total = np.stack([np.bincount(ring, (old[..., k] * known).ravel()) for k in range(3)], -1)
        visible = np.flatnonzero(weight > 0.5)
        if not len(visible):
            return old, np.zeros_like(known)
        place = np.clip(there * RINGS - 0.5, 0, len(weight) - 1)
        mean = total[visible] / weight[visible, None]
        rings = np.stack([np.interp(place, visible, mean[:, k]) for k in range(3)], -1).astype(np.float32)
        moved, sure = self._slid(old, by), self._slid(known, by)
        rows, columns = np.indices(sure.shape, np.float32)
        x, y = (end + start for end, start in zip(self._step(by), self.centre, strict=True))
        below = ((rows - y) * self.along[0] - (columns - x) * self.along[1]) / np.float32(self.radius)
        drawn = 1 - _ramp(below, 0.35, 0.6) * (1 - self._slid(self.inside, by))
        return (rings + sure[..., None] * (moved - rings)).astype(np.float32), drawn.astype(np.float32)


def _ramp(value: Map, low: float, high: float) -> Map:
    """Ease from 0 at `low` to 1 at `high`."""
    return ops.smoothstep(((value - np.float32(low)) / np.float32(high - low)).astype(np.float32))


def _tint(colour: Map) -> Map:
    """Return how far colours (float32 [..., 3]) are from grey, 0–1."""
    return np.ptp(colour, axis=-1) / np.maximum(colour.max(-1), 1)


def _streaked(picture: Map, across: float, down: float) -> Map:
    """Blur more to the sides than up and down, px."""
    import cv2

    return cast(Map, cv2.GaussianBlur(picture, (0, 0), across, sigmaY=down, borderType=ops.REPLICATE))
