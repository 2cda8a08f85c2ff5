"""Photographs a place for one shot: a window of a panorama or plate, at the shot's height, width and focus.

Called by `picture`. The horizon lies where the camera's height puts it beside the character, so that both stand in one
space; the lens is shifted for that, not tilted, so that walls stay upright.
"""

from dataclasses import dataclass

import numpy as np

from castlist.domain.poses import Camera, Framing, Pose
from castlist.engines.studio import ops
from castlist.engines.studio.frame import Extent, Frame
from castlist.engines.studio.layers import spread
from castlist.engines.studio.ops import Map, Pixels
from castlist.engines.studio.plates import Place

ANGLE_DEG: dict[Framing, float] = {"close_up": 38, "head_and_shoulders": 50, "half_length": 58, "wide": 72}
"""Field of view across a square picture."""
FOCUS: dict[Framing, float] = {"close_up": 0.011, "head_and_shoulders": 0.0075, "half_length": 0.005, "wide": 0.0022}
"""Blur of the place as a share of the picture's smaller side: nearer portraits have less depth of field."""
RENDERED, ENLARGED = 0.006, 0.004
"""Least blur of a place that was modelled, and of a panorama: it was enlarged, which shows when it is sharp."""
RISE: dict[Camera, float] = {"eye": 0.35, "low": 1.5, "high": -0.9}
"""How far below the eyes the horizon lies, in head heights."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where the camera looks: the yaw, the horizon's row in the output, and the focal length."""

    yaw_deg: float
    horizon_px: float
    focal_px: float
    blur_px: float


def aim(place: Place, extent: Extent, frame: Frame, pose: Pose, *, size: tuple[int, int], turn: float) -> Aim:
    """Aim the camera for a shot.

    Args:
        size: width and height of the output, px.
        turn: −1 … 1, the shot's own deviation from the place's view.
    """
    width, height = size
    measure = min(width, height)
    focal = 0.5 * measure / np.tan(np.radians(ANGLE_DEG[pose.framing]) / 2)
    if extent.figure:
        eyes, head = frame.place[1] - 0.35 * extent.head_px * frame.scale, 0.3 * extent.head_px * frame.scale
    else:
        eyes, head = frame.place[1], extent.head_px * frame.scale
    horizon = float(np.clip(eyes + RISE[pose.camera] * head, -0.25 * height, 1.2 * height))
    least = RENDERED if place.rendered else ENLARGED if place.panorama else 0.0
    return Aim(place.yaw_deg + 9 * turn, horizon, float(focal), max(FOCUS[pose.framing], least) * measure)


def photograph(pixels: Pixels, place: Place, aim: Aim, size: tuple[int, int]) -> Map:
    """Return what the camera sees of the place: float32 [H, W, 3], 0–255."""
    if not place.panorama:
        return _defocus(_of_picture(pixels, place.horizon, aim, size), aim.blur_px)
    enlarged = aim.focal_px * 2 * np.pi / pixels.shape[1]
    return _defocus(_of_panorama(pixels, aim, size), max(aim.blur_px, 0.6 * enlarged))


def _of_panorama(pixels: Pixels, aim: Aim, size: tuple[int, int]) -> Map:
    width, height = size
    rows, columns = pixels.shape[:2]
    step = 8
    x = (np.arange(-1, -(-width // step) + 1, dtype=np.float32) + 0.5) * step - 0.5 - width / 2
    y = (np.arange(-1, -(-height // step) + 1, dtype=np.float32) + 0.5) * step - 0.5 - aim.horizon_px
    across, down = np.meshgrid(x / aim.focal_px, y / aim.focal_px)
    side = np.arctan(across) / (2 * np.pi) * columns
    lower = np.arctan(down / np.sqrt(1 + across**2)) / np.pi * rows
    source = spread(np.stack([side, lower + rows / 2], -1).astype(np.float32), width, height, step)
    reach = int(columns * 0.3)
    middle = int((0.5 + aim.yaw_deg / 360) * columns)
    rolled = np.take(pixels, np.arange(middle - reach, middle + reach), axis=1, mode="wrap")
    return ops.remap(rolled, source[..., 0] + np.float32(reach), source[..., 1], ops.CUBIC).astype(np.float32)


def _of_picture(pixels: Pixels, horizon: float, aim: Aim, size: tuple[int, int]) -> Map:
    """Crop a plain photograph, with its horizon where the camera's is as far as there is room."""
    width, height = size
    rows, columns = pixels.shape[:2]
    scale = max(width / columns, height / rows) * (1.06 + 0.25 * max(0.0, aim.focal_px / min(size) - 0.7))
    free_x, free_y = columns - width / scale, rows - height / scale
    left = float(np.clip(columns * (0.5 + aim.yaw_deg / 60) - 0.5 * width / scale, 0, free_x))
    top = float(np.clip(rows * horizon - aim.horizon_px / scale, 0, free_y))
    x = left + (np.arange(width, dtype=np.float32) + 0.5) / scale - 0.5
    y = top + (np.arange(height, dtype=np.float32) + 0.5) / scale - 0.5
    if scale < 0.7:
        cut = pixels[int(top) : int(top + height / scale) + 1, int(left) : int(left + width / scale) + 1]
        return ops.resize(np.ascontiguousarray(cut), width, height).astype(np.float32)
    grid_x, grid_y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return ops.remap(pixels, grid_x, grid_y, ops.CUBIC).astype(np.float32)


def _defocus(picture: Map, radius: float) -> Map:
    """Blur like a lens: by a disc, in linear light, so that lamps become discs of light. Radius in px."""
    if radius < 0.7:
        return picture
    step = 2 if radius > 4 else 1
    height, width = picture.shape[:2]
    small = ops.resize(picture, width // step, height // step) if step > 1 else picture
    linear = (small / 255) ** np.float32(2.2)
    bright = (linear * (1 + 1.5 * np.clip(linear - 0.75, 0, 1))).astype(np.float32)
    soft = ops.correlate(bright, _disc(radius / step))
    result = 255 * np.clip(soft, 0, 1) ** np.float32(1 / 2.2)
    full = ops.resize(result.astype(np.float32), width, height, ops.CUBIC) if step > 1 else result
    return np.clip(full, 0, 255).astype(np.float32)  # cubic interpolation overshoots


def _disc(radius: float) -> Map:
    reach = int(np.ceil(radius))
    axis = np.arange(-reach, reach + 1, dtype=np.float32)
    far = np.hypot(axis[:, None], axis[None, :])
    disc = np.clip(radius - far + 0.5, 0, 1)
    return (disc / disc.sum()).astype(np.float32)
