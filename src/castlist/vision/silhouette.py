"""Say for every pixel how likely it belongs to the person or animal in a photograph.

Called by `matte`. Runs the small segmenter at several zooms; decides nothing about edges or colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from castlist.vision.faces import Face

Float = NDArray[np.float32]
Box = tuple[int, int, int, int]

# Crops around the face, in multiples of its longer side: half width, above and below its centre.
ZOOMS = ((3.2, 2.2, 4.5), (2.3, 1.9, 3.2), (1.7, 1.5, 1.9))
CORNER = 0.7  # four overlapping crops, each this share of the picture's sides
MARGIN = 0.12  # room around the subject found at first, as a share of its longer side
# What touches the picture's edge is judged better with some room beside it: (above, below, beside), of the longer side.
PADDED = ((0.0, 0.0, 0.1), (0.1, 0.1, 0.1))
FEATHER = 0.12  # how far from its inner sides a crop counts less, as a share of its longer side


def likely(image: NDArray[np.uint8], face: Face | None = None) -> Float:
    """Return the likelihood that a pixel belongs to a person (or an animal that fills the picture).

    image: uint8 [H, W, 3], sRGB. face: the face whose surroundings are looked at more closely.
    Returns float32 [H, W], 0-1.
    Source: MediaPipe selfie segmentation (Apache-2.0), averaged in log-odds over mirror images and overlapping crops;
    the crops chosen by their agreement with a large matting network on 30 portraits (IoU 0.966 to 0.971).
    """
    height, width = image.shape[:2]
    odds = _log_odds(image, (0, 0, width, height))
    weight = np.ones((height, width), np.float32)
    crops = _crops(odds, face)
    for sides in PADDED:
        odds += _padded_odds(image, sides)
        weight += 1
    for box in crops:
        left, top, right, bottom = box
        if right - left < 8 or bottom - top < 8:
            continue
        share = _feather(box, width, height, FEATHER * max(right - left, bottom - top))
        odds[top:bottom, left:right] += share * _log_odds(image, box)
        weight[top:bottom, left:right] += share
    return (1.0 / (1.0 + np.exp(-odds / weight))).astype(np.float32)


def _crops(odds: Float, face: Face | None) -> list[Box]:
    """Return the crops to look at besides the whole picture: corners, the subject, the face from near and far."""
    height, width = odds.shape
    far_x, far_y = (1 - CORNER) * width, (1 - CORNER) * height
    wanted = [(x, y, x + CORNER * width, y + CORNER * height) for x in (0.0, far_x) for y in (0.0, far_y)]
    rows, columns = np.flatnonzero((odds > 0).mean(1) > 0.01), np.flatnonzero((odds > 0).mean(0) > 0.01)
    if rows.size and columns.size:
        room = MARGIN * float(max(rows[-1] - rows[0], columns[-1] - columns[0]))
        wanted.append((columns[0] - room, rows[0] - room, columns[-1] + room, rows[-1] + room))
    if face is not None:
        x, y, face_width, face_height = (float(v) for v in face.box)
        middle_x, middle_y, side = x + face_width / 2, y + face_height / 2, max(face_width, face_height)
        wanted += [
            (middle_x - half * side, middle_y - above * side, middle_x + half * side, middle_y + below * side)
            for half, above, below in ZOOMS
        ]
    limits = (width, height, width, height)
    return [tuple(min(max(0, round(v)), most) for v, most in zip(box, limits, strict=True)) for box in wanted]  # type: ignore[misc]


def _padded_odds(image: NDArray[np.uint8], sides: tuple[float, float, float]) -> Float:
    import cv2

    height, width = image.shape[:2]
    above, below, beside = (round(share * max(height, width)) for share in sides)
    wide = cv2.copyMakeBorder(image, above, below, beside, beside, cv2.BORDER_REPLICATE).astype(np.uint8)
    odds = _log_odds(wide, (0, 0, wide.shape[1], wide.shape[0]))
    return odds[above : above + height, beside : beside + width]


def _log_odds(image: NDArray[np.uint8], box: Box) -> Float:
    import cv2

    left, top, right, bottom = box
    crop = image[top:bottom, left:right]
    both = (_segment(crop) + _segment(crop[:, ::-1])[:, ::-1]) / 2
    return np.asarray(cv2.resize(both, (right - left, bottom - top), interpolation=cv2.INTER_CUBIC), np.float32)


def _segment(crop: NDArray[np.uint8]) -> Float:
    import cv2

    from castlist.vision import models

    session = models.session("selfie_segmentation")
    entry = session.get_inputs()[0]
    channels_first = entry.shape[1] == 3
    side = entry.shape[2]
    pixels = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    tensor = (pixels.transpose(2, 0, 1) if channels_first else pixels)[None]
    mask = np.clip(np.asarray(session.run(None, {entry.name: tensor})[0]).reshape(side, side), 1e-3, 1 - 1e-3)
    return np.log(mask / (1 - mask)).astype(np.float32)


def _feather(box: Box, width: int, height: int, margin_px: float) -> Float:
    """Return a weight for a crop that falls to 0 towards those of its sides that are not sides of the picture."""
    left, top, right, bottom = box
    across, down = np.arange(right - left, dtype=np.float32), np.arange(bottom - top, dtype=np.float32)
    ramp_x, ramp_y = np.ones_like(across), np.ones_like(down)
    if left > 0:
        ramp_x = np.minimum(ramp_x, across / margin_px)
    if right < width:
        ramp_x = np.minimum(ramp_x, across[::-1] / margin_px)
    if top > 0:
        ramp_y = np.minimum(ramp_y, down / margin_px)
    if bottom < height:
        ramp_y = np.minimum(ramp_y, down[::-1] / margin_px)
    return (ramp_y[:, None] * ramp_x[None, :]).astype(np.float32)
