"""Pixels of the character at several sizes, and fetching them along a map. Called by `reference` and `shoot`."""

from dataclasses import dataclass, field

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A picture whose pixel (0, 0) lies at `origin` of the reference, `scale` times enlarged. Keeps smaller copies."""

    pixels: Pixels
    """uint8 [h, w, C], C 1 to 4."""
    origin: tuple[float, float]
    scale: float
    smaller: dict[int, Pixels] = field(default_factory=dict[int, Pixels])

    def sample(self, points: Map, zoom: float) -> Pixels:
        """Fetch the pixels at `points` (float32 [H, W, 2], reference px), shown `zoom` output px to a reference px.

        Beyond the layer its border goes on.
        """
        level = 0
        while self.scale / 2**level > 1.6 * zoom and min(self.pixels.shape[:2]) >> level > 32:
            level += 1
        source, scale = self._at(level), self.scale / 2**level
        x = (points[..., 0] - np.float32(self.origin[0] - 0.5)) * np.float32(scale) - np.float32(0.5)
        y = (points[..., 1] - np.float32(self.origin[1] - 0.5)) * np.float32(scale) - np.float32(0.5)
        how = ops.CUBIC if zoom > 0.8 * scale else ops.LINEAR
        return ops.remap(source, x, y, how)

    def _at(self, level: int) -> Pixels:
        if level == 0:
            return self.pixels
        if level not in self.smaller:
            above = self._at(level - 1)
            height, width = above.shape[:2]
            even = above[: height // 2 * 2, : width // 2 * 2]
            self.smaller[level] = ops.resize(even, width // 2, height // 2)
        return self.smaller[level]


def spread(coarse: Map, width_px: int, height_px: int, step_px: int) -> Map:
    """Bring a map from the nodes of `Frame.points` to every output pixel. float32 [height, width, C]."""
    rows, columns = coarse.shape[:2]
    full = ops.resize(coarse, columns * step_px, rows * step_px, ops.LINEAR)
    return full[step_px : step_px + height_px, step_px : step_px + width_px]
