"""Lift drawings off a plain backdrop: flood it from the borders, keep light areas that lie inside outlines.

Called by `matte`. Knows nothing of faces and models; returns None where the picture has no plain backdrop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import disc

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

FLAT_STEP = 3.0  # neighbouring pixels nearer than this (of 255) count as one painted area
FLAT_SHARE = 0.60  # a picture is a drawing when this share of its subject is painted areas
STEP = 3.0  # how fast a shaded backdrop may change from pixel to pixel, of 255
SPREAD = 26.0  # how far a backdrop pixel may lie from the backdrop's smooth colour, of 255
LEAST_BACKDROP, LEAST_SUBJECT = 0.04, 0.003  # shares of the picture


def backdrop(image: NDArray[np.uint8]) -> Mask | None:
    """Return the plain backdrop of a picture that is connected to its upper borders, or None.

    image: uint8 [H, W, 3], sRGB. Returns bool [H, W], True on the backdrop.
    """
    import cv2

    height, width = image.shape[:2]
    if min(height, width) < 16:
        return None
    calm = np.ascontiguousarray(cv2.bilateralFilter(image, 5, 12, 3))
    seeds = _seeds(calm)
    if not seeds:
        return None
    canvas = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    tolerance = (STEP,) * 3
    for x, y in seeds:
        if canvas[y + 1, x + 1] == 0:
            cv2.floodFill(calm, canvas, (x, y), (0, 0, 0), tolerance, tolerance, flags)
    found = canvas[1:-1, 1:-1]
    # narrow leaks through gaps of an outline are closed, then the true shape is restored from what remains
    leak = disc(max(1, min(height, width) / 400))
    open_ = cv2.morphologyEx(found, cv2.MORPH_OPEN, leak)
    _, labels = cv2.connectedComponents(open_, connectivity=4)
    kept = np.isin(labels, [v for v in {int(labels[y, x]) for x, y in seeds} if v])
    found = cv2.dilate(kept.astype(np.uint8), leak) & found
    share = float(found.mean())
    if share < LEAST_BACKDROP or share > 1 - LEAST_SUBJECT:
        return None
    return found.astype(bool)


def _seeds(image: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return border pixels (x, y) of the backdrop: the upper border and sides, where they keep the corner's colour.

    The lower border is left out: a bust stands on it, and a white shirt there is no backdrop.
    """
    height, width = image.shape[:2]
    reach = max(1, int(height * 0.75))
    step = max(1, min(height, width) // 64)
    border = [(x, 0) for x in range(0, width, step)]
    border += [(x, y) for y in range(0, reach, step) for x in (0, width - 1)]
    colours = np.array([image[y, x] for x, y in border], np.float32)
    corners = np.array([image[0, 0], image[0, -1]], np.float32)
    near = np.abs(colours[:, None] - corners[None]).max(-1).min(-1) < SPREAD
    if near.mean() < 0.5:
        return []
    return [place for place, keep in zip(border, near, strict=True) if keep]


def is_drawing(image: NDArray[np.uint8], outside: Mask) -> bool:
    """Say whether the subject consists of evenly painted areas, as a flat drawing does and a photograph does not."""
    import cv2

    inside = cv2.erode((~outside).astype(np.uint8), disc(2)).astype(bool)
    if inside.sum() < 64:
        inside = ~outside
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    window = np.ones((3, 3), np.uint8)
    span = cv2.subtract(cv2.dilate(grey, window), cv2.erode(grey, window))
    return float((span[inside] <= FLAT_STEP).mean()) > FLAT_SHARE


def edge_alpha(image: NDArray[np.uint8], outside: Mask) -> tuple[Float, Float]:
    """Return alpha and subject colours at the rim of a drawing, from its backdrop and the paint beside each pixel.

    image: uint8 [H, W, 3]. outside: bool [H, W], the backdrop. Returns alpha float32 [H, W] and colours
    float32 [H, W, 3], both 0-1: a rim pixel is taken as a mix of the backdrop and the nearby paint farthest from it.
    """
    import cv2

    picture = image.astype(np.float32) / 255
    plain = cv2.erode(outside.astype(np.uint8), disc(1)).astype(np.float32)
    behind = spread(picture, plain)
    inner = cv2.erode((~outside).astype(np.uint8), disc(1)) > 0
    rim = ~inner & (plain < 0.5)
    distance = np.sqrt(((picture - behind) ** 2).sum(-1))
    paint, reach = picture.copy(), distance.copy()
    for shift_y in range(-2, 3):
        for shift_x in range(-2, 3):
            other = np.roll(distance, (shift_y, shift_x), (0, 1))
            farther = rim & (other > reach)
            paint[farther] = np.roll(picture, (shift_y, shift_x), (0, 1))[farther]
            reach[farther] = other[farther]
    span = paint - behind
    mix = ((picture - behind) * span).sum(-1) / np.maximum((span * span).sum(-1), 1e-4)
    alpha = np.where(inner, 1.0, np.where(rim, np.clip(mix, 0.0, 1.0), 0.0)).astype(np.float32)
    alpha[rim & (reach < 0.03)] = 0.0
    colour = np.where(rim[..., None], paint, picture)
    return alpha, spread(colour, (alpha > 0).astype(np.float32))


def spread(values: Float, weight: Float) -> Float:
    """Continue the values of the weighted pixels smoothly into the others, from near neighbourhoods to wide ones."""
    import cv2

    known = weight[..., None]
    result, have = values * known, known.copy()
    for radius in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        if have.min() > 0:
            break
        window = (2 * radius + 1, 2 * radius + 1)
        total = cv2.blur(weight, window)[..., None]
        mean = cv2.blur(values * known, window) / np.maximum(total, 1e-6)
        fresh = (have == 0) & (total > 1e-5)
        result = np.where(fresh, mean, result)
        have = np.where(fresh, 1.0, have)
    if have.min() == 0:
        everywhere = (values * known).sum((0, 1)) / max(float(weight.sum()), 1e-6)
        result = np.where(have == 0, everywhere, result)
    return result.astype(np.float32)
