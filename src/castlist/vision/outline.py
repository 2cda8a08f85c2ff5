"""Find the rim of what was lifted off a backdrop: how opaque each of its pixels is, and in which paint.

Called by `matte` for drawings. Finds no subject: what is outside is given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import disc, reduce_to
from castlist.vision.flat import Backdrop

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

# The rim of a clean drawing, and of one that was photographed; which of them it is tells the backdrop's noise, of 255.
SHARP_RIM_PX, SOFT_RIM_PX, CLEAN = 1, 3, 1.0
CRUMB = 0.002  # what is apart from the drawing and smaller than this share of it is dirt


def edge_alpha(image: NDArray[np.uint8], found: Backdrop) -> tuple[Float, Float]:
    """Return alpha and subject colours of a drawing, its rim mixed of the backdrop and the paint beside each pixel.

    image: uint8 [H, W, 3]. Returns alpha float32 [H, W] and colours float32 [H, W, 3], both 0-1: a rim pixel is
    taken as a mix of the backdrop and the nearby paint farthest from it, and nothing behind an outline shines through.
    """
    import cv2

    picture, behind = image.astype(np.float32) / 255, found.colour / 255
    outside = found.outside
    reach_px = SHARP_RIM_PX if found.noise < CLEAN else SOFT_RIM_PX
    plain = cv2.erode(outside.astype(np.uint8), disc(1)) > 0
    rim = (cv2.dilate(outside.astype(np.uint8), disc(reach_px)) > 0) & ~plain
    distance = np.sqrt(((picture - behind) ** 2).sum(-1))
    paint, most = picture.copy(), distance.copy()
    for shift_y in range(-reach_px - 1, reach_px + 2):
        for shift_x in range(-reach_px - 1, reach_px + 2):
            other = np.roll(distance, (shift_y, shift_x), (0, 1))
            farther = rim & (other > most)
            paint[farther] = np.roll(picture, (shift_y, shift_x), (0, 1))[farther]
            most[farther] = other[farther]
    span = paint - behind
    mix = np.clip(((picture - behind) * span).sum(-1) / np.maximum((span * span).sum(-1), 1e-4), 0.0, 1.0)
    mix[outside & (distance * 255 < 4.0 + 3.5 * found.noise)] = 0.0
    alpha = _from_outside(np.where(rim, mix, np.where(plain, 0.0, 1.0)).astype(np.float32), outside, reach_px + 2)
    alpha *= _without_crumbs(alpha > 0.25)
    return alpha, spread(np.where(rim[..., None], paint, picture), alpha)


def _without_crumbs(solid: Mask) -> Float:
    """Return 1 but for small specks apart from the drawing and for their soft rims, where it is 0."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    crumbs = np.flatnonzero(areas < CRUMB * max(1, areas.max(initial=1))) + 1
    apart = cv2.dilate(np.isin(labels, crumbs).astype(np.uint8), disc(2)) > 0
    return np.where(apart & ~(solid & ~np.isin(labels, crumbs)), 0.0, 1.0).astype(np.float32)


def _from_outside(mix: Float, outside: Mask, rounds: int) -> Float:
    """Return for every pixel the least paint that must be crossed to reach it from outside: 0 beside the outline, all
    of it behind, where there may be bare paper again. mix: float32 [H, W], 0-1."""
    import cv2

    crossed = np.where(outside, 0.0, 1.0).astype(np.float32)
    window = np.ones((3, 3), np.uint8)
    for _ in range(rounds):
        crossed = np.maximum(mix, cv2.erode(crossed, window))
    return crossed


def spread(values: Float, weight: Float) -> Float:
    """Continue the weighted pixels smoothly into those of weight 0, from near neighbourhoods to wide ones.

    values: float32 [H, W, 3]. weight: float32 [H, W], 0-1. Returns float32 [H, W, 3].
    """
    import cv2

    height, width = weight.shape
    if weight.min() > 0 or weight.max() <= 0:
        return values
    mass, sums = weight, values * weight[..., None]
    if min(height, width) > 2:
        half = ((width + 1) // 2, (height + 1) // 2)
        mass_half, sums_half = reduce_to(mass, *half), reduce_to(sums, *half)
        mean_half: Any = sums_half / np.maximum(mass_half, 1e-6)[..., None]
        filled = cv2.resize(spread(mean_half, np.minimum(mass_half * 4, 1)), (width, height))
    else:
        filled = np.broadcast_to(sums.sum((0, 1)) / mass.sum(), values.shape)
    sharp = np.clip(mass, 0.0, 1.0)[..., None]
    return np.where(sharp > 0, values, filled).astype(np.float32)
