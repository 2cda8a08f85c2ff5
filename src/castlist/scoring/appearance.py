"""Compares subjects without a photographed face (drawings, animals, things) by their colours and where those sit.

Called by ``identity``. It measures likeness of
appearance, nothing more: a redrawn character is recognised by its colours alone.

Colours: the reference's subject is reduced to its leading colours in CIE Lab. In the other picture every place and size
of window is compared with the reference's whole figure, bust and head on a 3 x 3 grid of colour shares (histogram
intersection, Swain and Ballard 1991); the best window counts. Lightness weighs half, because light changes it first.

Details: ORB points (Rublee et al. 2011) of the subject that reappear under one affine map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from castlist.vision.faces import Image

Floats = NDArray[np.float32]

_SIDE_PX, _DETAIL_SIDE_PX = 96, 384
_SMALLEST_SHARE = 0.01
# As many points under one map leave no doubt; strangers in one style reach 20 (95th percentile of 216 pairs).
_ENOUGH_POINTS = 40
_COLOURS = 10
# Lab distance (lightness halved) up to which a pixel may count as one of the reference's colours.
_REACH = 16.0
_GRID = 3
# How much of the figure's height, from the top, a view shows: whole, bust, head.
_VIEWS = (1.0, 0.66, 0.45)
_SIZES = (0.3, 0.38, 0.48, 0.6, 0.75, 0.92)


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """ORB points: float32 [N, 2] in px of the shrunk picture and uint8 [N, 32]."""

    places: Floats
    codes: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A subject's appearance.

    Attributes:
        palette: float32 [K, 3], its colours in Lab with lightness halved, commonest first.
        views: per view its width over its height, and float32 [3, 3, K + 1], the share of each colour in each cell; the
            last is background.
        details: the subject's ORB points.
    """

    palette: Floats
    views: tuple[tuple[float, Floats], ...]
    details: Details


def look(image: Image, alpha: Floats | None = None) -> Look | None:
    """Reduce a subject to its look.

    Args:
        image: uint8 [H, W, 3] sRGB.
        alpha: float32 [H, W], 0-1, the subject's; without it the colours of the border are taken for background.

    Returns:
        None when no subject stands out.
    """
    lab, inside = _lab(image), _subject(image, alpha)
    if inside.mean() < _SMALLEST_SHARE:
        return None
    whole = inside
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    lab, inside = lab[box], inside[box]
    palette = _palette(lab[inside])
    marks = _assign(lab, palette)
    marks[~inside] = len(palette)
    views: list[tuple[float, Floats]] = []
    for share in _VIEWS:
        height = max(_GRID, round(marks.shape[0] * share))
        part = marks[:height]
        filled = np.flatnonzero((part != len(palette)).any(0))
        if len(filled) < _GRID or height > marks.shape[0]:
            continue
        part = part[:, filled[0] : filled[-1] + 1]
        views.append((part.shape[1] / part.shape[0], _cells(part, len(palette) + 1)))
    return Look(palette, tuple(views), _details(image, whole)) if views else None


def likeness(known: Look, image: Image, alpha: Floats | None = None) -> float:
    """Say how much of the known look a picture shows.

    Returns:
        0-1, higher is more alike: 0.6 of the colours' agreement and 0.4 of the details'.
    """
    return 0.6 * _colours_agree(known, image, alpha) + 0.4 * _details_agree(known.details, image)


def _colours_agree(known: Look, image: Image, alpha: Floats | None) -> float:
    marks = _assign(_lab(image), known.palette)
    last = len(known.palette)
    if alpha is not None:
        marks[~_subject(image, alpha)] = last
    counts = np.stack([marks == colour for colour in range(last + 1)], -1).astype(np.float32)
    table = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1, last + 1), np.float32)
    table[1:, 1:] = counts.cumsum(0).cumsum(1)
    return max(_best_window(table, wide, cells) for wide, cells in known.views)


def _best_window(table: Floats, wide: float, wanted: Floats) -> float:
    """Slide windows of a view's shape over the summed table and return the best intersection."""
    height, width = table.shape[0] - 1, table.shape[1] - 1
    best = 0.0
    for size in _SIZES:
        tall = size * height
        across = tall * wide
        if across > width * 1.02:
            continue
        across = min(across, width)
        step = max(2.0, tall / 12)
        tops = np.arange(0, height - tall + 1e-3, step)
        lefts = np.arange(0, width - across + 1e-3, step)
        ys = np.round(tops[:, None] + np.linspace(0, tall, _GRID + 1)).astype(int)
        xs = np.round(lefts[:, None] + np.linspace(0, across, _GRID + 1)).astype(int)
        corners = table[ys[:, :, None, None], xs[None, None]]  # [tops, 4, lefts, 4, K + 1]
        sums = corners[:, 1:] - corners[:, :-1]
        sums = sums[:, :, :, 1:] - sums[:, :, :, :-1]
        shares = sums / np.maximum(sums.sum(-1, keepdims=True), 1)
        common = np.minimum(shares.transpose(0, 2, 1, 3, 4), wanted)[..., :-1].sum((2, 3, 4))
        best = max(best, float(common.max()) / max(float(wanted[..., :-1].sum()), 1e-6))
    return best


def _lab(image: Image) -> Floats:
    import cv2

    scale = _SIDE_PX / max(image.shape[:2])
    size = max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(np.asarray(small, np.float32) / 255, cv2.COLOR_RGB2Lab)
    lab[..., 0] *= 0.5
    return np.asarray(lab, np.float32)


def _subject(image: Image, alpha: Floats | None) -> NDArray[np.bool_]:
    import cv2

    lab = _lab(image)
    if alpha is not None:
        size = lab.shape[1], lab.shape[0]
        return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)) > 0.5
    rim = np.concatenate([lab[0], lab[: len(lab) // 2, 0], lab[: len(lab) // 2, -1]])
    colours = _palette(rim, 4)
    near = np.sqrt(((lab[:, :, None] - colours) ** 2).sum(-1)).min(-1) < _REACH / 2
    # Only what touches the upper border is background; a white shirt on white paper stays.
    labels = cv2.connectedComponents(near.astype(np.uint8))[1]
    touching = np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]]))
    return ~np.isin(labels, touching[touching > 0])


def _palette(colours: Floats, count: int = _COLOURS) -> Floats:
    """Return the leading colours: the fullest cells of a coarse grid, each with its mean."""
    cells = np.round(colours / 9).astype(np.int32)
    found, index, sizes = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    index = index.reshape(-1)
    means = np.stack([np.bincount(index, colours[:, k], len(found)) / sizes for k in range(3)], 1)
    order = np.argsort(-sizes, kind="stable")
    chosen: list[NDArray[np.float64]] = []
    for position in order:
        if all(((means[position] - other) ** 2).sum() > (_REACH * 0.6) ** 2 for other in chosen):
            chosen.append(means[position])
        if len(chosen) == count:
            break
    return np.asarray(chosen, np.float32)


def _assign(lab: Floats, palette: Floats) -> NDArray[np.int64]:
    """Number each pixel by its nearest palette colour; too far from all is the number after the last."""
    away = ((lab[:, :, None] - palette) ** 2).sum(-1)
    nearest = away.argmin(-1)
    nearest[away.min(-1) > _REACH**2] = len(palette)
    return nearest


def _cells(marks: NDArray[np.int64], kinds: int) -> Floats:
    """Return the share of each kind in each of 3 x 3 cells: float32 [3, 3, kinds]."""
    rows = np.array_split(np.arange(marks.shape[0]), _GRID)
    columns = np.array_split(np.arange(marks.shape[1]), _GRID)
    counts = [
        [np.bincount(marks[np.ix_(r, c)].ravel(), minlength=kinds) / (len(r) * len(c)) for c in columns] for r in rows
    ]
    return np.asarray(counts, np.float32)


def _details(image: Image, inside: NDArray[np.bool_] | None = None) -> Details:
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = _DETAIL_SIDE_PX / max(grey.shape)
    size = max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    mask = None
    if inside is not None:
        mask = cv2.dilate(cv2.resize(inside.astype(np.uint8) * 255, size), np.ones((7, 7), np.uint8))
    finder = cv2.ORB.create(400, 1.2, 8, 12, fastThreshold=8)
    points, codes = finder.detectAndCompute(small, mask)  # pyright: ignore[reportCallIssue, reportArgumentType]
    places = np.asarray([point.pt for point in points], np.float32).reshape(-1, 2)
    return Details(places, np.asarray(codes if len(points) else np.zeros((0, 32)), np.uint8))


def _details_agree(known: Details, image: Image) -> float:
    """Return how many points reappear under one map, 0-1."""
    import cv2

    other = _details(image)
    if min(len(known.places), len(other.places)) < 3:
        return 0.0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(known.codes, other.codes, k=2)
    clear = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.8 * pair[1].distance]
    if len(clear) < 3:
        return 0.0
    here = known.places[[match.queryIdx for match in clear]]
    there = other.places[[match.trainIdx for match in clear]]
    matrix, agreeing = cv2.estimateAffine2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=4)
    # A map that shrinks the figure to a dot or blows it up gathers points by accident.
    # The stubs do not know that the map may be missing.
    found = cast("NDArray[np.float64] | None", matrix)
    if found is None or not np.isfinite(found).all() or not 0.2 < abs(float(np.linalg.det(found[:, :2]))) ** 0.5 < 5:
        return 0.0
    return min(float(agreeing.sum()) / _ENOUGH_POINTS, 1.0)
