"""Lift a drawing, or anything, off a plain backdrop: flood from the borders, keep light areas inside outlines.

Called by `matte`. Knows nothing of faces and models; returns None where the picture has no plain backdrop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import disc

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

FLAT_STEP = 3  # pixels that differ by less than this (of 255) from all eight neighbours count as evenly painted
FLAT_SHARE = 0.55  # a picture is a drawing when this share of its subject is evenly painted
BORDER_SHARE = 0.5  # so much of the upper and side borders must be backdrop
TOLERANCE = (6.0, 26.0)  # least and greatest distance from the backdrop's colour that is still backdrop, of 255
SHADING = 65.0  # how much a backdrop may change along the borders, of 255
COLOURFUL = 24.0  # a backdrop whose channels differ by more than this is no paper: its colour inside is a hole
GAP = 0.008  # gaps in an outline up to this share of the shorter side (twice over) hold the flood back
OPEN_BUST, OPEN_FIGURE = 1.06, 1.6  # a line drawing open at its lower end grows by more when that end is closed
STANDING = 1.6  # taller than wide by this: a standing figure, with backdrop between its legs
LEGS = (0.5, 0.75)  # a gap between legs is lower than this share of the figure, and narrower than that
# Feet are the lowest of it by this share, each wider than this share of the gap, the gap than that of the picture.
FEET, LEG, NARROW = 0.06, 0.4, 0.02
# A subject may touch both sides along this share of the height at the foot, and elsewhere, and the top along the last.
FOOT, ELSEWHERE, CROWN = 0.42, 0.08, 0.7
LINES = 0.3  # a subject of which less than this is left without a rim of 2 px consists of lines
LEAST_BACKDROP, LEAST_SUBJECT = 0.04, 0.003  # shares of the picture


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The plain backdrop of a picture.

    outside: bool [H, W], True on the backdrop. colour: float32 [H, W, 3], 0-255, the backdrop's smooth colour
    everywhere, also behind the subject. noise: how far (of 255) its pixels typically lie from that colour.
    border: the share of the upper and side borders that it takes up.
    """

    outside: Mask
    colour: Float
    noise: float
    border: float


def backdrop(image: NDArray[np.uint8]) -> Backdrop | None:
    """Find the plain or smoothly shaded backdrop of a picture.

    image: uint8 [H, W, 3], sRGB. Returns None when the borders are not plain, or nothing stands before them.
    """
    height, width = image.shape[:2]
    seeds = _seeds(height, width)
    start = np.array([image[y, x] for x, y in seeds], np.float32)
    keep = _agreeing(start)
    if keep.mean() < BORDER_SHARE:
        return None
    places = np.array(seeds, np.float32)[keep]
    colour = _surface(places, start[keep], height, width, degree=2)
    columns, rows = places.astype(int).T
    noise = _noise(image, colour, rows, columns)
    for _ in range(4):
        found = _reach(_near(image, colour, noise), seeds)
        if found.mean() < LEAST_BACKDROP:
            return None
        rows, columns = np.nonzero(_thinned(found))
        sample = image[rows, columns].astype(np.float32)
        colour = _surface(np.stack([columns, rows], 1).astype(np.float32), sample, height, width, degree=3)
        noise = _noise(image, colour, rows, columns)
    near = _near(image, colour, noise)
    border = np.array([near[y, x] for x, y in seeds])
    outside = _outside(near, seeds, paper=float(np.ptp(colour[near].mean(0))) < COLOURFUL)
    ripples = _ringing(image, colour, outside)
    outside = ~larger(~(outside | ripples), max(4, outside.size // (8000 if ripples.any() else 60000)))
    if border.mean() < BORDER_SHARE or not LEAST_BACKDROP < outside.mean() < 1 - LEAST_SUBJECT or _is_scene(outside):
        return None
    return Backdrop(outside, colour, noise, float(border.mean()))


def _is_scene(outside: Mask) -> bool:
    """Say whether what is not backdrop runs through the picture from side to side, as the ground under a sky does.

    A bust does so too, but only at the foot.
    """
    height = len(outside)
    foot, elsewhere = [], []
    for side in (~outside[:, 0], ~outside[:, -1]):
        run = int(np.argmin(side[::-1])) if not side.all() else height
        foot.append(run / height)
        elsewhere.append((int(side.sum()) - run) / height)
    return min(foot) > FOOT or min(elsewhere) > ELSEWHERE or float((~outside[0]).mean()) > CROWN


def _noise(image: NDArray[np.uint8], colour: Float, rows: NDArray[Any], columns: NDArray[Any]) -> float:
    """Return how far (of 255) backdrop pixels typically lie from its smooth colour."""
    return float(np.median(np.abs(image[rows, columns] - colour[rows, columns]).max(-1)))


def _near(image: NDArray[np.uint8], colour: Float, noise: float) -> Mask:
    return np.abs(image - colour).max(-1) < np.clip(4.0 + 3.5 * noise, *TOLERANCE)


def _ringing(image: NDArray[np.uint8], colour: Float, outside: Mask) -> Mask:
    """Return pixels near the subject's rim that are backdrop disturbed by lossy compression (blocks of 8 px)."""
    import cv2

    error = np.abs(image - colour).max(-1)
    subject = larger(~outside, max(6, outside.size // 2000)).astype(np.uint8)
    beside = cv2.dilate(subject, disc(8)) > 0
    calm = outside & beside & (cv2.dilate(subject, disc(2)) == 0)
    ripple = float(np.percentile(error[calm], 75)) if calm.any() else 0.0
    if ripple < 1.0 + 2.0 * float(np.median(error[outside])):
        return np.zeros_like(outside)
    disturbed = ~outside & (error < min(44.0, 12.0 + 8.0 * ripple))
    _, labels = cv2.connectedComponents(disturbed.astype(np.uint8), connectivity=4)
    deep = cv2.dilate(outside.astype(np.uint8), disc(8)) == 0
    painted = np.isin(labels, np.unique(labels[disturbed & deep]))
    return disturbed & ~painted


def _seeds(height: int, width: int) -> list[tuple[int, int]]:
    """Return places (x, y) on the upper border and the sides.

    The lower quarter is left out: a bust stands on it, and a white shirt there is no backdrop.
    """
    step = max(1, min(height, width) // 96)
    border = [(x, 0) for x in range(0, width, step)]
    return border + [(x, y) for y in range(0, int(height * 0.75), step) for x in (0, width - 1)]


def _agreeing(colours: Float) -> Mask:
    """Return which border colours go together: those near the median of all."""
    return np.abs(colours - np.median(colours, axis=0)).max(-1) < SHADING


def _surface(places: Float, colours: Float, height: int, width: int, degree: int) -> Float:
    """Fit a polynomial in x and y to colours at places (x, y) and evaluate it on the whole picture, 0-255."""
    import cv2

    def terms(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], -1)

    x, y = places[:, 0] / width * 2 - 1, places[:, 1] / height * 2 - 1
    basis = terms(x, y)
    keep = np.ones(len(colours), bool)
    weights = np.zeros((basis.shape[1], 3))
    for _ in range(3):
        weights = np.linalg.lstsq(basis[keep].astype(np.float64), colours[keep].astype(np.float64), rcond=None)[0]
        error = np.abs(basis @ weights - colours).max(-1)
        keep = error <= max(4.0, 2.5 * float(np.median(error)))
    rows, columns = min(height, 96), min(width, 96)
    grid_y, grid_x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    coarse = terms((grid_x + 0.5) / columns * 2 - 1, (grid_y + 0.5) / rows * 2 - 1) @ weights
    full = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(full, 0.0, 255.0).astype(np.float32, copy=False)


def _thinned(mask: Mask) -> Mask:
    """Keep about 4000 pixels of a mask, evenly spread: enough to fit a smooth colour."""
    step = max(1, int(np.sqrt(mask.sum() / 4000)))
    thin = np.zeros_like(mask)
    thin[::step, ::step] = mask[::step, ::step]
    return thin


def _reach(near: Mask, seeds: list[tuple[int, int]]) -> Mask:
    """Return the parts of `near` that are connected to a seed."""
    import cv2

    _, labels = cv2.connectedComponents(near.astype(np.uint8), connectivity=4)
    ids = {int(labels[y, x]) for x, y in seeds} - {0}
    return np.isin(labels, list(ids))


def _outside(near: Mask, seeds: list[tuple[int, int]], paper: bool) -> Mask:
    """Return the backdrop among the pixels that have its colour.

    On paper (white, grey, black) what lies inside outlines, even outlines with small gaps, is subject; on a colourful
    backdrop it is a hole.
    """
    import cv2

    smallest = max(6, near.size // 20000)
    if not paper:
        return _reach(near, seeds) | larger(near, smallest)
    found = _reach(near, seeds)
    ball = disc(max(1.0, GAP * min(near.shape)))
    open_ = cv2.morphologyEx(np.pad(found.astype(np.uint8), 16, mode="edge"), cv2.MORPH_OPEN, ball)[16:-16, 16:-16] > 0
    main = _reach(open_, seeds)
    pockets = larger(open_ & ~main, 4 * smallest)
    if pockets.any():
        pockets = cv2.dilate(pockets.astype(np.uint8), disc(GAP * min(near.shape) + 1)) > 0
        found = _reach(found & (~pockets | main), seeds)
    return _close_bust(found | _gaps_at_foot(near & ~found, found), seeds)


def _gaps_at_foot(paper: Mask, outside: Mask) -> Mask:
    """Return the paper between legs that end at the lower border, where no flood from above or beside gets in.

    On both sides of such a gap stands something nearly as wide: a leg or a shoe. Beside the bare paper of a neck or a
    shirt there is an outline only.
    """
    import cv2

    inside = larger(~outside, max(6, outside.size // 5000))
    rows = np.flatnonzero(inside.any(1))
    if not rows.size or rows[-1] < len(outside) - 2:
        return np.zeros_like(outside)
    tall = int(rows[-1] - rows[0]) + 1
    feet = (inside & ~paper)[-max(2, round(FEET * tall)) :]
    solid: Mask = np.asarray(feet.max(axis=0), np.bool_)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(paper.astype(np.uint8), connectivity=4)
    found = np.zeros_like(outside)
    for label in np.unique(np.asarray(labels[-1], np.int32)):
        columns = np.flatnonzero(labels[-1] == label)
        high = tall - (len(outside) - int(stats[label, cv2.CC_STAT_TOP]))
        if label == 0 or high < (1 - LEGS[0]) * tall or len(columns) < NARROW * outside.shape[1]:
            continue
        beside = _run(solid[: columns[0]][::-1]), _run(solid[columns[-1] + 1 :])
        if min(beside) > LEG * len(columns):
            found |= np.asarray(labels == label, np.bool_)
    return found


def _run(line: NDArray[np.bool_]) -> int:
    """Return how many of a line's first entries are true."""
    return len(line) if line.all() else int(np.argmin(line))


def around(near: Mask, seeds: list[tuple[int, int]]) -> Mask:
    """Return what lies around a drawing on paper, given what has the paper's colour and places (x, y) outside it."""
    outside = _outside(near, seeds, paper=True)
    return ~larger(~outside, max(4, outside.size // 60000))


def larger(mask: Mask, least_px: int) -> Mask:
    """Return the connected parts of a mask with at least `least_px` pixels."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    keep = stats[:, cv2.CC_STAT_AREA] >= least_px
    keep[0] = False
    return keep[np.asarray(labels, np.int32)]


def _close_bust(outside: Mask, seeds: list[tuple[int, int]]) -> Mask:
    """Close a line drawing that is open at its lower end, so that the white inside it is not taken for backdrop."""
    import cv2

    inside = larger(~outside, max(6, outside.size // 5000))
    rows = np.flatnonzero(inside.any(1))
    if rows.size == 0:
        return outside
    end = int(rows[-1])
    band = inside[max(0, end - int(0.05 * (end - rows[0])) - 1) : end + 1]
    columns = np.flatnonzero(band.any(0))
    ends = [int(np.flatnonzero(inside[:, x])[-1]) for x in (columns[0], columns[-1])]
    barrier = np.zeros(outside.shape, np.uint8)
    cv2.line(barrier, (int(columns[0]), ends[0]), (int(columns[-1]), ends[1]), 1, 1)
    closed = _reach(outside & (cv2.dilate(barrier, disc(1)) == 0), seeds)
    closed = (cv2.dilate(closed.astype(np.uint8), disc(2)) > 0) & outside & (closed | (barrier == 0))
    columns = np.flatnonzero(inside.any(0))
    standing = rows[-1] - rows[0] > STANDING * (columns[-1] - columns[0])
    if _between_legs(outside & ~closed, rows, columns):
        return outside
    least = (OPEN_FIGURE if standing else OPEN_BUST) * float((~outside).sum())
    return closed if float((~closed).sum()) > least and closed.mean() > LEAST_BACKDROP else outside


def _between_legs(gained: Mask, rows: NDArray[Any], columns: NDArray[Any]) -> bool:
    """Say whether what closing the lower end would add is a gap between legs: low, and narrower than the figure."""
    high = np.flatnonzero(gained.sum(1) > 0.02 * (columns[-1] - columns[0] + 1))
    if not high.size:
        return False
    wide = np.flatnonzero(gained.any(0))
    rise = (rows[-1] - high[0]) / max(1, rows[-1] - rows[0])
    return bool(rise < LEGS[0] and (wide[-1] - wide[0]) < LEGS[1] * (columns[-1] - columns[0]))


def is_drawing(image: NDArray[np.uint8], outside: Mask) -> bool:
    """Say whether the subject consists of evenly painted areas, as a drawing does and a photograph does not."""
    import cv2

    inside = cv2.erode((~outside).astype(np.uint8), disc(2)).astype(bool)
    if inside.sum() < LINES * (~outside).sum():
        return True
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    window = np.ones((3, 3), np.uint8)
    span = cv2.subtract(cv2.dilate(grey, window), cv2.erode(grey, window))
    return float((span[inside] <= FLAT_STEP).mean()) > FLAT_SHARE
