"""Complete a drawing that stands before a busy place: what is evenly painted belongs together, a photograph is not.

Called by `matte` with what the finders of people and things saw of it, which often ends at the collar. Knows no faces.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.vision import flat, outline
from castlist.vision.alpha import disc

Mask = NDArray[np.bool_]

STEP = 3  # pixels whose 3 x 3 neighbourhood spans less than this (of 255) in every channel are evenly painted
SPREAD = (2.0, 0.9)  # and an area is one paint when its colours deviate no more from their mean, in and beyond `found`
SMALL, LARGE = 2e-4, 8e-4  # least share of the picture of an area inside what was found, and beyond it
PAINTED = 0.5  # a drawing: this share of what was found is evenly painted
OUTLINE = 0.006  # outlines may be too thin to be even: what was found so near, of the longer side, belongs to it
NOISE = 4.0  # a busy place strays so far (of 255) from its colours continued
COVERED = 0.85  # what is painted must be so much of what was found, else it was not understood
JOIN_PX = 3.5  # areas nearer than twice this are neighbours: the soft rim of an outline lies between


def figure(image: NDArray[np.uint8], found: Mask) -> Mask | None:
    """Return the whole drawing of which `found` is a part, or None when that is no drawing.

    image: uint8 [H, W, 3], sRGB. found: bool [H, W]. Returns bool [H, W].
    """
    import cv2

    painted = _areas(_without_ringing(image), found)
    clean = painted & found
    if float(clean.sum()) < PAINTED * float(_inner(found).sum()) or not clean.any():
        return None
    if float(np.median(_span(image)[clean])) > STEP:
        return None
    joined = cv2.dilate(painted.astype(np.uint8), disc(JOIN_PX))
    _, labels = cv2.connectedComponents(joined, connectivity=4)
    counts = np.bincount(labels[painted & found], minlength=int(labels.max()) + 1)
    counts[0] = 0
    whole = _filled(np.isin(labels, np.flatnonzero(counts > 0.1 * counts.sum())), found)
    if float((whole & found).sum()) < COVERED * float(found.sum()):
        return None
    solid = cv2.erode(whole.astype(np.uint8), disc(JOIN_PX - 1), borderValue=1)
    outlined = cv2.dilate(solid, disc(OUTLINE * max(found.shape))) > 0
    return (solid > 0) | (found & outlined)


def _without_ringing(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture without what lossy compression leaves beside outlines."""
    import cv2

    calm = cv2.medianBlur(image, 5)
    for _ in range(2):
        calm = cv2.bilateralFilter(calm, 7, 18, 4)
    return np.asarray(calm, np.uint8)


def behind(image: NDArray[np.uint8], whole: Mask) -> flat.Backdrop:
    """Return what stands behind a drawing: `image` around `whole`, and its colours continued behind it."""
    import cv2

    around = cv2.erode((~whole).astype(np.uint8), disc(3)).astype(np.float32)
    return flat.Backdrop(~whole, outline.spread(image.astype(np.float32), around), NOISE, 0.0)


def _areas(image: NDArray[np.uint8], found: Mask) -> Mask:
    """Return the evenly painted areas that are of the drawing, or may be: not those that leave the picture upwards or
    sideways, as sky and walls do."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats((_span(image) <= STEP).astype(np.uint8), connectivity=4)
    areas: Any = np.maximum(stats[:, cv2.CC_STAT_AREA], 1).astype(np.float64)
    place = labels.ravel()
    inside = np.bincount(place[found.ravel()], minlength=len(areas)) > 0.5 * areas
    uneven = np.zeros(len(areas))
    for channel in range(3):
        values = image[..., channel].ravel().astype(np.float64)
        mean = np.bincount(place, values) / areas
        uneven = np.maximum(uneven, np.bincount(place, values * values) / areas - mean**2)
    leaves = np.zeros(len(areas), bool)
    leaves[np.concatenate([np.asarray(line, np.int32) for line in (labels[0], labels[:, 0], labels[:, -1])])] = True
    keep = (
        (uneven < np.where(inside, *SPREAD) ** 2)
        & (areas > np.where(inside, SMALL, LARGE) * place.size)
        & (inside | ~leaves)
    )
    keep[0] = False
    return keep[labels]


def _span(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return by how much each pixel's 3 x 3 neighbourhood differs, in the channel where it differs most."""
    import cv2

    window = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(image, window), cv2.erode(image, window)).max(-1), np.uint8)


def _inner(region: Mask) -> Mask:
    """Return a region without its rim, which no paint is even at."""
    import cv2

    return cv2.erode(region.astype(np.uint8), disc(2)) > 0


def _filled(region: Mask, found: Mask) -> Mask:
    """Return a region with those of its holes that were found to be subject: details too fine to be an area."""
    import cv2

    count, labels = cv2.connectedComponents((~region).astype(np.uint8), connectivity=4)
    place: NDArray[np.int32] = np.asarray(labels, np.int32)
    share = np.bincount(place.ravel(), found.ravel(), count) / np.maximum(np.bincount(place.ravel()), 1)
    fill: Mask = share > 0.5
    for line in (place[0], place[-1], place[:, 0], place[:, -1], place[region]):
        fill[line] = False
    return np.asarray(region | fill[place], np.bool_)
