"""Part the person asked for from other people in the picture, also where they touch, and from what is out of focus.

Called by `matte`. Looks for the other faces itself; decides nothing about the rim against the backdrop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import disc, reduce_to

if TYPE_CHECKING:
    from castlist.vision.faces import Face

Float = NDArray[np.float32]

SIDE_PX = 400  # people are parted at this size
CONFIDENCE = 0.8  # a second face must be this certain
LEAST_SIDE = 0.2  # and have this share of the first one's size
SMEAR = 0.11  # blur is seen no nearer than this to something sharp, in face sizes
GROWN = 1.8  # what is out of focus has borders; where more than this comes of it, it was a soft fold of the clothes
STEPS_PX = 2.0  # the border between people is smoothed by this, in pixels of that size
SPECK = 0.02  # what is out of focus must have this share of the person's head and chest
# Half width and depth of the body below the middle of the face, in face heights.
TORSO = ((0.55, 0.75), (0.95, 1.3), (1.0, 2.6), (0.45, 4.5))


def others(image: NDArray[np.uint8], focus: Face) -> list[Face]:
    """Return the faces of the other people in the picture."""
    from castlist.vision import faces

    least = LEAST_SIDE * max(focus.box[2:])
    found = [f for f in faces.detect(image) if f.confidence >= CONFIDENCE and max(f.box[2:]) >= least]
    body = _seed(focus, 1.0, image.shape[:2])
    return [face for face in found if not _same(face, focus) and not _on(body, face)]


def _on(body: NDArray[np.bool_], face: Face) -> bool:
    """Say whether a face is on somebody's chest: a print, a badge, or a child held in front."""
    x, y = round(face.box[0] + face.box[2] / 2), round(face.box[1] + face.box[3] / 2)
    return bool(body[min(max(y, 0), body.shape[0] - 1), min(max(x, 0), body.shape[1] - 1)])


def _same(one: Face, other: Face) -> bool:
    def centre(face: Face) -> NDArray[np.float64]:
        return np.array((face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2))

    return bool(np.abs(centre(one) - centre(other)).max() < 0.4 * max(*one.box[2:], *other.box[2:]))


def belongs(
    image: NDArray[np.uint8], likely: Float, focus: Face, rest: list[Face], blurred: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which pixels are nearer to the person asked for than to another person, by colour edges and distance.

    image: uint8 [H, W, 3]. likely: float32 [H, W], the silhouette of all people. blurred: bool [H, W], what is out of
    focus and so another's. Returns bool [H, W].
    Source: Meyer's watershed (OpenCV) from the heads and chests of all people.
    """
    import cv2

    height, width = likely.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.GaussianBlur(reduce_to(image, *size), (0, 0), 1.5), np.uint8)
    people = reduce_to(likely, *size)
    seeds = [_seed(face, scale, people.shape) & (people > 0.5) for face in (focus, *rest)]
    strangers = _strangers(small, people, seeds)
    if blurred.any():
        reach = SMEAR * max(focus.box[2:]) * scale
        soft = np.asarray(reduce_to(blurred.astype(np.float32), *size) > 0.5, np.bool_)
        behind = _behind(soft, people, seeds[0], reach)
        more = _strangers(small, people, [seeds[0] & ~behind, *seeds[1:], behind])
        if (more & ~strangers).sum() < GROWN * behind.sum():
            strangers = more
    mine = ~strangers & (people > 0.15)
    apart = (_touching(mine, seeds[0]) | (people <= 0.15)).astype(np.float32)
    smooth = cv2.GaussianBlur(apart, (0, 0), STEPS_PX)  # its steps would show in the rim
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5


def _strangers(small: NDArray[np.uint8], people: Float, seeds: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return what the watershed gives to other seeds than the first."""
    import cv2

    markers = np.zeros(people.shape, np.int32)
    claims = np.sum(seeds, axis=0)
    for index, seed in enumerate(seeds):
        markers[seed & (claims == 1)] = index + 1
    outside = len(seeds) + 1
    markers[people < 0.15] = outside
    cv2.watershed(np.ascontiguousarray(small[:, :, ::-1]), markers)
    strangers = (markers > 1) & (markers < outside)
    return strangers & ~(cv2.dilate((markers == 1).astype(np.uint8), disc(1)) > 0)


def _behind(blurred: NDArray[np.bool_], people: Float, own: NDArray[np.bool_], reach_px: float) -> NDArray[np.bool_]:
    """Return the parts of the silhouette that are out of focus, less specks and what is mostly the person's own."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats((blurred & (people > 0.5)).astype(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    keep = (areas > SPECK * own.sum()) & (np.bincount(labels[own], minlength=len(areas)) < 0.4 * areas)
    keep[0] = False
    found = keep[np.asarray(labels, np.int32)]
    wider = cv2.dilate(found.astype(np.uint8), disc(reach_px)) > 0
    return found | (wider & ~own & (people > 0.5))


def _touching(region: NDArray[np.bool_], seed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the parts of a region that touch the seed: what a stranger cuts off is the stranger's."""
    import cv2

    _, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=4)
    return region & np.isin(labels, np.unique(labels[seed & region]))


def _seed(face: Face, scale: float, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the head and the chest below it, where they can be expected."""
    import cv2

    x, y, width, height = (float(v) * scale for v in face.box)
    middle_x, middle_y = x + width / 2, y + height / 2
    canvas = np.zeros(shape, np.uint8)
    axes = max(1, round(width * 0.5)), max(1, round(height * 0.6))
    cv2.ellipse(canvas, (round(middle_x), round(middle_y)), axes, 0, 0, 360, 1, -1)
    left = [(middle_x - half * height * 0.55, middle_y + deep * height) for half, deep in TORSO]
    right = [(middle_x + half * height * 0.55, middle_y + deep * height) for half, deep in TORSO[::-1]]
    cv2.fillPoly(canvas, [np.rint(np.array(left + right)).astype(np.int32)], 1)
    return canvas > 0
