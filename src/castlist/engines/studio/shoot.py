"""Takes one picture: turns the prepared character, frames it and fetches its pixels. Called for each shot.

Depends on the reference, the shot and the job's seed alone, never on the other shots.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from castlist.domain.poses import Pose
from castlist.domain.tasks import Shot
from castlist.engines.studio import detail, frame, gaze, turn
from castlist.engines.studio.layers import Layer, spread
from castlist.engines.studio.ops import Map, Pixels
from castlist.engines.studio.reference import Prepared

STEP_PX = 4
"""Spacing of the nodes at which the turn is solved, output px."""
FARTHEST_DEG = 25.0
"""No head is turned farther than this from how the reference shows it."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The character as one shot sees it."""

    colour: Pixels
    """uint8 [H, W, 3]"""
    alpha: Map
    """float32 [H, W], 0–1"""
    points: Map
    """float32 [H, W, 2]: the reference px each output pixel shows."""
    frame: frame.Frame
    angles: tuple[float, float, float]
    """Yaw, pitch and roll applied, degrees."""


def take(
    prepared: Prepared, shot: Shot, size: tuple[int, int], *, inside: bool = False, anchored: bool = False
) -> View:
    """Draw the character for a shot, on nothing yet.

    Args:
        size: width and height of the output, px.
        inside: keep to what the reference picture shows, see `frame.solve`.
        anchored: let the lower edge of the picture cut a standing figure, too.
    """
    chance = np.random.default_rng([shot.seed, 1])
    wish = chance.uniform(-1, 1, 7)
    angles = _angles(prepared, shot.pose, wish)
    nudge = (float(1 + 0.08 * wish[3]), float(0.04 * wish[4]), float(0.02 * wish[5]))
    extent = frame.anchored(prepared.extent) if anchored else prepared.extent
    bend = turn.field(prepared.depth, *angles)
    camera = frame.solve(_as_turned(extent, bend), shot.pose, size, nudge, inside=inside)
    source = bend.source_of(camera.points(*size, STEP_PX))
    mouth = prepared.features.mouth
    if mouth is not None and shot.pose.smile:
        source = mouth.source_of(source, shot.pose.smile)
    points = spread(source, *size, STEP_PX)
    drawn = _draw(prepared, points, camera.scale, _look(prepared, shot.pose, angles, camera.scale))
    alpha = _crisp(drawn[..., 3]) * _on_canvas(points, prepared.alpha.shape)
    return View(drawn[..., :3], alpha, points, camera, angles)


def _as_turned(extent: frame.Extent, bend: turn.Field) -> frame.Extent:
    """Return the extent with its upper and lower cuts where the turn brings them: inward, wherever it does most."""
    cuts, reach = extent.cuts, 0.4 * extent.head_px

    def rows_inside(rows: NDArray[np.float32], span: frame.Span, low: float, high: float) -> NDArray[np.float32]:
        columns = np.linspace(*span, 24, dtype=np.float32)
        source = bend.source_of(np.stack(np.meshgrid(columns, rows), -1))[..., 1]
        return rows[((source >= low) & (source <= high)).all(1)]

    if cuts.top is not None:
        inside = rows_inside(np.linspace(0, reach, 80, dtype=np.float32), cuts.top, 0, np.inf)
        cuts = replace(cuts, top_row=float(inside[0]) if len(inside) else reach)
    if cuts.bottom is not None:
        rows = np.linspace(cuts.bottom - reach, cuts.bottom, 80, dtype=np.float32)
        inside = rows_inside(rows, (extent.box[0], extent.box[2]), -np.inf, cuts.bottom)
        cuts = replace(cuts, bottom=float(inside[-1] if len(inside) else rows[0]))
    return replace(extent, cuts=cuts)


def _angles(prepared: Prepared, pose: Pose, wish: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the turn to apply: the pose's, less part of how the reference is turned already, varied by the seed.

    A pose that names no side is mirrored for half of the seeds.
    """
    side = 1 if "left" in pose.id or "right" in pose.id or wish[6] > 0 else -1
    yaw, pitch = side * pose.yaw_deg + 3 * wish[0], pose.pitch_deg + 1.6 * wish[1]
    roll = side * pose.roll_deg + 1.6 * wish[2]
    if prepared.face is None:
        return float(yaw), float(0.6 * pitch), float(0.6 * roll)
    have = prepared.face.yaw_deg
    yaw = np.clip(yaw - 0.5 * np.clip(have, -25, 25), -FARTHEST_DEG, FARTHEST_DEG)
    beyond = max(0.0, abs(have + yaw) - 32)
    if yaw * have > 0 and beyond:
        yaw = np.sign(yaw) * max(0.0, abs(yaw) - beyond)
    roll -= 0.4 * np.clip(prepared.face.roll_deg, -15, 15)
    return float(yaw), float(pitch), float(roll)


def _look(
    prepared: Prepared, pose: Pose, angles: tuple[float, float, float], zoom: float
) -> tuple[float, float] | None:
    """Return how far the irises move, in their radii; None when they stay, or are too small to be seen."""
    eyes = prepared.features.eyes
    if eyes is None or eyes.left.width_px * zoom < gaze.SEEN_PX:
        return None
    by = gaze.shift(eyes, *gaze.turned(pose, angles))
    return by if max(map(abs, by)) > 0.02 else None


def _draw(prepared: Prepared, points: Map, zoom: float, look: tuple[float, float] | None) -> Pixels:
    """Fetch RGBA for every output pixel, closer layers over farther ones. uint8 [H, W, 4]"""
    layers = detail.layers_for(prepared, zoom)
    eyes = prepared.features.eyes
    if eyes is not None and look is not None:
        layers += gaze.repainted(layers[-1], eyes, look)
    picture = layers[0].sample(points, zoom)
    for layer in layers[1:]:
        _lay_over(picture, layer, points, zoom, prepared.alpha.shape)
    return picture


def _lay_over(picture: Pixels, layer: Layer, points: Map, zoom: float, shape: tuple[int, ...]) -> None:
    """Blend a layer that covers a part of the reference into a drawn picture, softly along its border."""
    x0, y0 = layer.origin
    x1, y1 = x0 + layer.pixels.shape[1] / layer.scale, y0 + layer.pixels.shape[0] / layer.scale
    soft = 0.08 * min(x1 - x0, y1 - y0)
    x, y = points[..., 0], points[..., 1]
    inner = np.full(x.shape, 1.0, np.float32)
    for value, low, high, last in ((x, x0, x1, shape[1]), (y, y0, y1, shape[0])):
        if low > 0:
            inner = np.minimum(inner, (value - low) / soft)
        if high < last:
            inner = np.minimum(inner, (high - value) / soft)
    where = inner > 0
    rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
    if not len(rows):
        return
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    drawn = layer.sample(points[part], zoom).astype(np.float32)
    share = np.clip(inner[part], 0, 1)[..., None]
    picture[part] = (picture[part] * (1 - share) + drawn * share + 0.5).astype(np.uint8)


def _on_canvas(points: Map, shape: tuple[int, ...]) -> Map:
    """Return 1 where `points` lie on the picture, falling to 0 a little beyond its border. float32 [H, W]"""
    height, width = shape
    x, y = points[..., 0], points[..., 1]
    beyond = np.maximum(np.maximum(-x, x - (width - 1)), np.maximum(-y, y - (height - 1)))
    return np.clip(1 - beyond / (0.004 * max(height, width)), 0, 1).astype(np.float32)


def _crisp(alpha: Pixels) -> Map:
    """Return the alpha as float32 0–1, a little steeper, so that no veil of the old backdrop is left."""
    return np.clip((alpha.astype(np.float32) / np.float32(255) - np.float32(0.06)) / np.float32(0.88), 0, 1)
