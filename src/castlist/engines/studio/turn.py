"""Turns the head in depth: a displacement field made from the face mesh and the silhouette, and its inverse.

Called by `shoot`. Knows geometry only; colours are moved by `layers`.

A point of depth z (px toward the viewer, zero at the ears and on the silhouette) moves by z·sin(yaw) sideways and by
z·sin(pitch) upward. On the silhouette the depth is zero, so the outline of a long head keeps its place, as that of a
real one nearly does, and hair edges are never torn; hidden sides are filled by the neighbouring texture.
Source: rotation of an ellipsoid under parallel projection, x' = x·cos + z·sin, with the shrink by cos faded out
toward the silhouette, where a head shows its back.
"""

import math
from dataclasses import dataclass

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.face import FaceShape
from castlist.engines.studio.ops import Map

NODES_PER_FACE = 28
"""Grid nodes over a face's height: enough for a nose."""
RELAX_ROUNDS = 60
INVERT_ROUNDS = 14
BOARD_FAR, BOARD_EYE = 3.0, 0.35
"""How far the camera stands from a turning board, and how high above its foot, in its heights."""


@dataclass(frozen=True, slots=True, eq=False)
class Depth:
    """A depth map over a window of the picture, and how much each node belongs to the head."""

    z: Map
    """float32 [h, w], px toward the viewer."""
    head: Map
    """float32 [h, w], 0–1."""
    origin: tuple[float, float]
    """Picture px of node (0, 0)."""
    step_px: float
    pivot: tuple[float, float]
    """Where the head is hinged for tilting, picture px."""
    board: float | None = None
    """Height of a figure that also turns as a whole, like a board on its lower edge, px; None for heads."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Forward displacement: a point p of the picture goes to p + field(p)."""

    shift: Map
    """float32 [h, w, 2], px."""
    origin: tuple[float, float]
    step_px: float

    def at(self, points: Map) -> Map:
        """Return the displacement (float32 [..., 2]) at `points` (float32 [..., 2], picture px); zero outside."""
        grid = (points - np.array(self.origin, np.float32)) / np.float32(self.step_px)
        return ops.remap(self.shift, grid[..., 0], grid[..., 1], border=ops.NOTHING)

    def source_of(self, targets: Map) -> Map:
        """Return where each of `targets` (float32 [h, w, 2], picture px) comes from, by damped fixed-point rounds."""
        source = targets - self.at(targets)
        for _ in range(INVERT_ROUNDS):
            source = 0.4 * source + 0.6 * (targets - self.at(source))
        return source


def head_depth(face: FaceShape, alpha: Map) -> Depth:
    """Make the depth of a head: the mesh inside the face, a stretched skin from there to zero on the silhouette.

    Args:
        alpha: float32 [H, W], 0–1, of the picture the face is given in.
    """
    step = max(1.0, face.height_px / NODES_PER_FACE)
    reach = 1.9 * face.height_px
    x0, y0 = float(face.centre[0]) - reach, float(face.centre[1]) - reach
    size = int(2 * reach / step)
    known, weight = _scatter(face, (x0, y0), step, size)
    mask = _window(alpha, (x0, y0), step, size)
    inside = ops.grow(weight > 0.3, 2)
    distance = ops.distance(~inside) * step / face.height_px
    upper = _above(face, (x0, y0), step, size)
    rim = ops.smoothstep((ops.distance(mask > 0.5) * step / (0.14 * face.height_px)).astype(np.float32))
    weight = (weight * (1 - upper * (1 - rim))).astype(np.float32)
    outside = np.clip(1 - mask * 1.25, 0, 1) * np.maximum(upper, np.clip((distance - 0.04) / 0.12, 0, 1))
    far = np.clip((distance - 0.75) / 0.3, 0, 1)
    pull = np.maximum(outside, far).astype(np.float32)
    z = _relax(known, np.clip(weight, 0, 1), pull)
    z = np.maximum(ops.blur(z, 1.1), 0)
    head = _head_weight(face, (x0, y0), step, size)
    pivot = face.chin - 0.05 * face.height_px * face.down
    return Depth(z * head, head, (x0, y0), step, (float(pivot[0]), float(pivot[1])))


def figure_depth(alpha: Map, box: tuple[float, float, float, float], bulge: float) -> Depth:
    """Inflate a whole figure (drawing, animal, thing): zero on the silhouette, a soft cushion inside.

    Args:
        box: x0, y0, x1, y1 of the figure in picture px.
        bulge: greatest depth as a share of the figure's smaller side.
    """
    x0, y0, x1, y1 = box
    step = max(1.0, max(x1 - x0, y1 - y0) / 90)
    margin = 0.25 * max(x1 - x0, y1 - y0)
    origin = (x0 - margin, y0 - margin)
    size = int((max(x1 - x0, y1 - y0) + 2 * margin) / step)
    mask = _window(alpha, origin, step, size)
    distance = ops.distance(mask > 0.5) * step
    radius = max(1.0, 0.5 * min(x1 - x0, y1 - y0))
    cushion = np.sqrt(np.clip(1 - (1 - np.clip(distance / radius, 0, 1)) ** 2, 0, 1))
    z = ops.blur((cushion * bulge * min(x1 - x0, y1 - y0)).astype(np.float32), 4)
    rows = origin[1] + step * np.arange(size, dtype=np.float32)
    upper = np.clip((y0 + 0.75 * (y1 - y0) - rows) / (0.5 * (y1 - y0)), 0, 1)
    weight = np.repeat((upper * upper * (3 - 2 * upper))[:, None], size, 1).astype(np.float32)
    return Depth(z, weight, origin, step, ((x0 + x1) / 2, y1), board=y1 - y0)


def field(depth: Depth, yaw_deg: float, pitch_deg: float, roll_deg: float) -> Field:
    """Make the displacement of a turn by yaw and pitch and a tilt by roll, signed as in `castlist.domain.poses`."""
    height, width = depth.z.shape
    xs = depth.origin[0] + depth.step_px * np.arange(width, dtype=np.float32) - depth.pivot[0]
    ys = depth.origin[1] + depth.step_px * np.arange(height, dtype=np.float32) - depth.pivot[1]
    x, y = np.meshgrid(xs, ys)
    full = max(1.0, float(depth.z.max()))
    inner = np.clip(2 * depth.z / full, 0, 1)
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    dx = math.sin(yaw) * depth.z + (math.cos(yaw) - 1) * inner * x
    dy = -math.sin(pitch) * depth.z
    if depth.board is not None:
        near = 1 / (1 + x * math.sin(yaw) / (BOARD_FAR * depth.board))
        dx, dy = dx + x * (math.cos(yaw) * near - 1), dy + (y + BOARD_EYE * depth.board) * (near - 1)
    roll = math.radians(roll_deg) * depth.head
    cos, sin = np.cos(roll), np.sin(roll)
    moved_x, moved_y = x + dx, y + dy
    shift = np.stack([cos * moved_x - sin * moved_y - x, sin * moved_x + cos * moved_y - y], -1)
    return Field(shift.astype(np.float32), depth.origin, depth.step_px)


def _scatter(face: FaceShape, origin: tuple[float, float], step: float, size: int) -> tuple[Map, Map]:
    """Spread the mesh's depths onto the grid: value and confidence, both float32 [size, size]."""
    columns = np.clip(((face.points[:, 0] - origin[0]) / step).round().astype(int), 0, size - 1)
    rows = np.clip(((face.points[:, 1] - origin[1]) / step).round().astype(int), 0, size - 1)
    total, count = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    np.add.at(total, (rows, columns), np.maximum(face.points[:, 2], 0))
    np.add.at(count, (rows, columns), 1)
    total, count = ops.blur(total, 1.1), ops.blur(count, 1.1)
    known = total / np.maximum(count, np.float32(1e-4))
    return known.astype(np.float32), np.clip(count / 0.12, 0, 1).astype(np.float32)


def _relax(known: Map, weight: Map, pull: Map) -> Map:
    """Solve for the smoothest surface through `known` (where `weight`) and zero (where `pull`), coarse to fine."""
    size = known.shape[0]
    if size > 24:
        half = (size + 1) // 2
        total, share, down = (ops.resize(layer, half, half) for layer in (known * weight, weight, pull))
        z = ops.resize(_relax((total / np.maximum(share, 1e-4)).astype(np.float32), share, down), size, size)
    else:
        z = known * weight
    hold = weight + pull + 1e-6
    target = weight * known / hold
    firm = np.clip(hold, 0, 1)
    for _ in range(RELAX_ROUNDS):
        z = ops.box(z, 3)
        z = z + firm * (target - z)
    return z.astype(np.float32)


def _above(face: FaceShape, origin: tuple[float, float], step: float, size: int) -> Map:
    """Return 1 above the eyes, falling to 0 at the cheeks: there the skull, not the face, makes the outline."""
    steps = step * np.arange(size, dtype=np.float32)
    x, y = np.meshgrid(origin[0] + steps - face.eyes[0], origin[1] + steps - face.eyes[1])
    below = (x * face.down[0] + y * face.down[1]) / face.height_px
    return ops.smoothstep(((0.3 - below) / 0.25).astype(np.float32))


def _head_weight(face: FaceShape, origin: tuple[float, float], step: float, size: int) -> Map:
    """Return 1 above the chin, falling softly to 0 down the neck, along the face's own axis. float32 [size, size]."""
    steps = step * np.arange(size, dtype=np.float32)
    x, y = np.meshgrid(origin[0] + steps - face.chin[0], origin[1] + steps - face.chin[1])
    below = (x * face.down[0] + y * face.down[1]) / face.height_px
    return (1 / (1 + np.exp((below - 0.16) / 0.1))).astype(np.float32)


def _window(picture: Map, origin: tuple[float, float], step: float, size: int) -> Map:
    """Sample a picture on the grid; beyond its border the border goes on. float32 [size, size]."""
    area = ops.box(picture, max(1, round(step)))
    steps = step * np.arange(size, dtype=np.float32)
    x, y = np.meshgrid(origin[0] + steps, origin[1] + steps)
    return ops.remap(area, x, y)
