"""The shape of the whole character for lighting: the head's depth on a softly inflated body. Called by `reference`."""

from dataclasses import dataclass

import numpy as np

from castlist.engines.studio import light, ops, turn
from castlist.engines.studio.ops import Map

NODES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Normals on a coarse grid over the picture."""

    normals: Map
    """float32 [h, w, 3], unit length: x right, y down, z toward the viewer."""
    step_px: float

    def at(self, points: Map) -> Map:
        """Return the normals at `points` (float32 [..., 2], picture px)."""
        grid = points / np.float32(self.step_px)
        return ops.remap(self.normals, grid[..., 0], grid[..., 1])


def model(alpha: Map, depth: turn.Depth, size_px: float, *, head: bool) -> Relief:
    """Model a character.

    Args:
        size_px: height of the head, or a third of a figure's: how thick the body is taken to be.
        head: `depth` is that of a head with a face; otherwise that of the whole figure.
    """
    height, width = alpha.shape
    step = max(1.0, max(height, width) / NODES)
    columns, rows = int(width / step) + 1, int(height / step) + 1
    small = ops.resize(alpha, columns, rows)
    padded = np.pad(small, ((0, rows), (0, 0)), mode="edge")
    distance = ops.distance(padded > 0.5)[:rows] * step
    thick = 0.55 * size_px
    body = thick * np.sqrt(np.clip(1 - (1 - np.clip(distance / (1.3 * thick), 0, 1)) ** 2, 0, 1))
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32) * step, np.arange(rows, dtype=np.float32) * step)
    grid_x, grid_y = (x - depth.origin[0]) / depth.step_px, (y - depth.origin[1]) / depth.step_px
    z = ops.remap(depth.z, grid_x.astype(np.float32), grid_y.astype(np.float32), border=ops.NOTHING)
    share = ops.remap(depth.head, grid_x.astype(np.float32), grid_y.astype(np.float32), border=ops.NOTHING)
    shape = body * (1 - share) + (0.35 * body + z) * share if head else body
    return Relief(light.normals(ops.blur(shape.astype(np.float32), 1.6), step), step)
