"""Read a drawing on photographed paper: even out light and shadow, find the strokes, and whiten the sheet.

Called by `matte`. Paper, unlike a studio wall, may have folds, hard shadows and a table around it; what is drawn on it
is darker than the sheet close by. Knows nothing of faces and models.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision import flat
from castlist.vision.alpha import disc, reduce_to

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIDE_PX = 700  # light and shadow are found at this size
WINDOW = (
    0.11  # the sheet's colour is the median over this share of the longer side: strokes are thinner than half of it
)
DARKER = (15.0, 5.0)  # a stroke is darker than the sheet by this (of 255), and by so many times the sheet's noise
LIGHT, SATURATED = 95.0, 85.0  # paper is at least this light, and its channels differ by less than this, of 255
SHEET = 0.7  # so much of the picture must be bare paper
STROKES = (0.003, 0.2)  # least and greatest share of the picture that is drawn on
JOIN = 0.03  # strokes nearer to one another than this share of the longer side belong together
MOST = 0.6  # and one group must have this share of all that is drawn
BARE = 0.3  # a drawing on paper: this share of its inside is bare paper
SPECK = 0.002  # what is smaller than this share of the drawing and apart from it is dirt on the sheet
WHITE = 0.97  # what paper is brought to, of 1


def backdrop(image: NDArray[np.uint8]) -> flat.Backdrop | None:
    """Find the sheet around a line drawing that was photographed with shadows, folds or a table around it.

    image: uint8 [H, W, 3], sRGB. Returns None for anything that is no bright sheet with one drawing on it.
    """
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, SIDE_PX / max(height, width))
    small = reduce_to(image, max(1, round(width * scale)), max(1, round(height * scale)))
    window = 2 * round(WINDOW * max(small.shape) / 2) + 1
    sheet = cv2.merge([cv2.medianBlur(np.ascontiguousarray(small[..., c]), window) for c in range(3)])
    grey = sheet.mean(-1)
    if float(np.median(grey)) < LIGHT or float(np.ptp(np.median(sheet.reshape(-1, 3), axis=0))) > SATURATED:
        return None
    away = np.abs(small.astype(np.float32) - sheet).max(-1)
    noise = float(np.median(away))
    threshold = max(DARKER[0], DARKER[1] * noise)
    bare = (away < threshold) & (grey > 0.45 * float(np.median(grey)))
    if float(bare.mean()) < SHEET:
        return None
    colour = cv2.resize(sheet, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    drawn = _one_drawing((colour - image).max(-1) > threshold)
    if drawn is None:
        return None
    seeds = [(x, 0) for x in range(width)] + [(x, y) for y in range(height) for x in (0, width - 1)]
    return flat.Backdrop(flat.around(~drawn, seeds), colour, noise, 1.0)


def is_drawn_on(image: NDArray[np.uint8], found: flat.Backdrop) -> bool:
    """Say whether what stands before a light backdrop is mostly that backdrop inside outlines: drawn on paper."""
    inside = ~found.outside
    if float(found.colour[found.outside].mean()) < LIGHT or float(np.ptp(found.colour.mean((0, 1)))) > SATURATED:
        return False
    near = np.abs(image - found.colour).max(-1) < max(12.0, 4.0 * found.noise)
    return float(near[inside].mean()) > BARE


def whitened(image: NDArray[np.uint8], found: flat.Backdrop) -> tuple[NDArray[np.uint8], flat.Backdrop]:
    """Return the picture as if its paper were white, clean and evenly lit, and the backdrop that it then has."""
    light = np.maximum(found.colour, 40.0)
    even = np.clip(image / light * (255 * WHITE), 0, 255).astype(np.uint8)
    white = np.full_like(found.colour, 255 * WHITE)
    clean = flat.larger(~found.outside, round(SPECK * float((~found.outside).sum())))
    return even, flat.Backdrop(~clean, white, found.noise, found.border)


def _one_drawing(strokes: Mask) -> Mask | None:
    """Return the strokes of the one drawing amidst the sheet, or None when they scatter or run over its border."""
    import cv2

    side = max(strokes.shape)
    clean = cv2.morphologyEx(strokes.astype(np.uint8), cv2.MORPH_CLOSE, disc(1))
    joined = cv2.dilate(clean, disc(JOIN * side / 2))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    ink = np.bincount(labels[strokes], minlength=len(stats))
    ink[0] = 0
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    border: NDArray[np.int32] = np.unique(np.asarray(edges, np.int32))
    spans = np.maximum(stats[:, cv2.CC_STAT_WIDTH] / strokes.shape[1], stats[:, cv2.CC_STAT_HEIGHT] / strokes.shape[0])
    ink[border] = 0
    if not ink.any() or ink.max() < MOST * ink.sum() or spans[int(ink.argmax())] < 0.15:
        return None
    drawn = strokes & (labels == int(ink.argmax()))
    return drawn if STROKES[0] < float(drawn.mean()) < STROKES[1] else None
