"""Find the one thing a picture shows when it is neither a person nor before a plain backdrop: a pet, a car, a cup.

Called by `matte` when the segmenter is unsure. Returns None rather than a guess that scatters over the picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import disc, reduce_to

Float = NDArray[np.float32]

SIDE_PX = 320
FRAME = 0.05  # this share of the sides, all round, is taken for backdrop; at the foot only half of it
CENTRE = (0.36, 0.38)  # half axes of the ellipse where the thing is looked for first, of the sides
ROUNDS = 6
SHARES = (0.045, 0.75)  # least and greatest share of the picture
AMIDST = ((0.39, 0.61), (0.35, 0.75))  # where its centre lies, across and down
OUTLINE = (250.0, 1.8)  # least colour gradient along its outline (Sobel in Lab), and least ratio to all the picture's
COMPACT = 0.75  # so much of the thing must survive an opening
APART = 0.35  # least distance between the colours inside and outside, 0-1 (1: no colour in common)


def salient(image: NDArray[np.uint8], likely: Float) -> Float | None:
    """Return the likelihood of the one salient thing, or None when nothing stands out.

    image: uint8 [H, W, 3], sRGB. likely: float32 [H, W], what the segmenter of people thinks, which is often half
    right about things. Returns float32 [H, W], 0-1; the same for the same picture.
    Source: Rother, Kolmogorov, Blake, "GrabCut" (2004), started from the middle of the picture.
    """
    import cv2

    height, width = likely.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small, hint = reduce_to(image, *size), reduce_to(likely, *size)
    mask = _start(hint)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(np.ascontiguousarray(small[:, :, ::-1]), mask, (0, 0, 1, 1), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # one of the two sides is empty
        return None
    thing = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    thing = _main_part(thing)
    if thing is None or not _stands_out(small, thing):
        return None
    soft = cv2.GaussianBlur(thing.astype(np.float32), (0, 0), 1.0)
    grown = cv2.resize(0.02 + 0.96 * soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.float32)


def _start(hint: Float) -> NDArray[np.uint8]:
    import cv2

    height, width = hint.shape
    mask = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    down, across = np.mgrid[0:height, 0:width]
    ellipse = np.hypot((across / width - 0.5) / CENTRE[0], (down / height - 0.52) / CENTRE[1])
    mask[(ellipse < 1) | (hint > 0.5)] = cv2.GC_PR_FGD
    rows, columns = max(1, round(FRAME * height)), max(1, round(FRAME * width))
    mask[:rows] = mask[:, :columns] = mask[:, -columns:] = cv2.GC_BGD
    mask[-max(1, rows // 2) :] = cv2.GC_BGD
    mask[hint > 0.97] = cv2.GC_FGD
    return mask


def _main_part(thing: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Return the largest part, its holes filled, or None when it is too small, too large or scattered."""
    import cv2

    opened = cv2.morphologyEx(thing.astype(np.uint8), cv2.MORPH_OPEN, disc(2))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count < 2:
        return None
    largest = int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1
    part = labels == largest
    if part.sum() < COMPACT * thing.sum():
        return None
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~part).astype(np.uint8), connectivity=4)
    part |= (stats[:, cv2.CC_STAT_AREA] < 0.02 * part.size)[labels]
    return part if SHARES[0] < part.mean() < SHARES[1] else None


def _stands_out(image: NDArray[np.uint8], thing: NDArray[np.bool_]) -> bool:
    """Say whether the thing is amidst the picture, of colours of its own, and has an outline: a landscape has none."""
    import cv2

    height, width = thing.shape
    rows, columns = np.nonzero(thing)
    (left, right), (top, bottom) = AMIDST
    if not (left < columns.mean() / width < right and top < rows.mean() / height < bottom):
        return False
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    slope = np.hypot(cv2.Sobel(lab, -1, 1, 0), cv2.Sobel(lab, -1, 0, 1)).sum(-1)
    outline = cv2.morphologyEx(thing.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    sharp = float(slope[outline].mean())
    return sharp > OUTLINE[0] and sharp > OUTLINE[1] * float(slope.mean()) and _colours_apart(image, thing) > APART


def _colours_apart(image: NDArray[np.uint8], thing: NDArray[np.bool_]) -> float:
    """Return how little the colours inside and outside have in common, 0-1."""
    bins = (image >> 4).astype(np.int64) @ np.array((256, 16, 1))
    inside = np.bincount(bins[thing], minlength=4096) / max(1, thing.sum())
    outside = np.bincount(bins[~thing], minlength=4096) / max(1, (~thing).sum())
    return float(1 - np.minimum(inside, outside).sum())
