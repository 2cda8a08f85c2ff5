"""Correct a rough silhouette by the colours on both of its sides, so that strands of hair and scraps of flag go right.

Called by `matte`. Compares colours only with colours nearby: a red suit before a red flag far away is no contradiction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import reduce_to

Float = NDArray[np.float32]

SIDE_PX = 384  # the votes are counted at this size
STRIDE = 4  # and summed up on a grid this much coarser
SAMPLE = 12000  # pixels that the palette is found from
COLOURS = 40  # entries of the picture's palette
# How far colours are compared, and how deep within the subject it is sampled, as shares of the longer side: from afar
# only its very inside, so that a scrap at its rim does not vouch for itself.
NEAR, FAR = ((0.12, 0.0), (0.35, 0.06)), (0.6, 0.06)
ALIKE = 7.0  # distance in Lab (0-255 per channel, lightness at 0.6) at which two palette entries count as one
MOST = 3.0  # greatest vote at each reach, in log-odds


@dataclass(frozen=True, slots=True)
class Votes:
    """How strongly the colour of each pixel speaks for the subject, in log-odds, float32 [H, W].

    Both are 0 where a colour is as common in the subject as in the backdrop. near: -6 to 6, compared with what is
    around. far: -3 to 3, compared across the picture.
    """

    near: Float
    far: Float


def colour_votes(picture: Float, likely: Float) -> Votes:
    """Ask the colours on both sides of a rough silhouette which side each pixel belongs to.

    picture: float32 [H, W, 3], sRGB, 0-1. likely: float32 [H, W], 0-1, the silhouette.
    """
    import cv2

    height, width = likely.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    entry, palette = _palette(reduce_to(picture, *size))
    alike = np.exp(-((palette[:, None] - palette[None]) ** 2).sum(-1) / (2 * ALIKE**2)).astype(np.float32)
    chance = reduce_to(likely, *size)
    outside = _shrunk(chance < 0.1, 2)

    def vote(reach: float, depth: float) -> Float:
        inside = _shrunk(chance > 0.9, max(2, round(depth * max(size))))
        reach_px = max(3, round(reach * max(size)))
        share_in, near_in = _shares(inside, entry, alike, reach_px)
        share_out, near_out = _shares(outside, entry, alike, reach_px)
        odds = np.clip(np.log((share_in + 0.01) / (share_out + 0.01)), -MOST, MOST)
        return odds * np.clip(np.minimum(near_in, near_out) * 20, 0.0, 1.0)

    def enlarged(votes: Float) -> Float:
        smooth = cv2.GaussianBlur(votes, (0, 0), 1.0)  # a palette's borders are no edges
        return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    return Votes(near=enlarged(vote(*NEAR[0]) + vote(*NEAR[1])), far=enlarged(vote(*FAR)))


def _shrunk(region: NDArray[np.bool_], depth_px: int) -> Float:
    """Return a region without its rim; where it leaves the picture sideways it has a rim, too."""
    import cv2

    padded = np.pad(region.astype(np.uint8), ((0, 0), (1, 1)))
    window = np.ones((2 * depth_px + 1, 2 * depth_px + 1), np.uint8)
    return cv2.erode(padded, window)[:, 1:-1].astype(np.float32)


def _palette(picture: Float) -> tuple[NDArray[np.intp], Float]:
    """Return each pixel's palette entry [H, W] and the palette [n, 3] in Lab; the same for the same picture."""
    import cv2

    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB) * np.array((0.6, 1.0, 1.0), np.float32)
    points = lab.reshape(-1, 3).astype(np.float32)
    sample = points[:: max(1, len(points) // SAMPLE)]
    start = np.empty((len(sample), 1), np.int32)
    order = np.argsort(sample @ np.array((1.0, 0.37, 0.71), np.float32), kind="stable")
    start[order, 0] = np.arange(len(sample)) * COLOURS // len(sample)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 0.5)
    _, _, palette = cv2.kmeans(sample, COLOURS, start, criteria, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    nearest = (points @ (-2 * palette.T) + (palette**2).sum(1)).argmin(1)
    return nearest.reshape(picture.shape[:2]), palette.astype(np.float32)


def _shares(region: Float, entry: NDArray[np.intp], alike: Float, reach_px: int) -> tuple[Float, Float]:
    """Return how common each pixel's colour is in the nearby part of a region, 0-1, and how much of it is near, 0-1."""
    import cv2

    height, width = region.shape
    size = (width + STRIDE - 1) // STRIDE, (height + STRIDE - 1) // STRIDE
    window = (2 * max(1, reach_px // STRIDE) + 1,) * 2
    near = cv2.blur(reduce_to(region, *size), window)
    counts = np.stack([cv2.blur(reduce_to(region * (entry == i), *size), window) for i in range(len(alike))], axis=-1)
    share = (counts @ alike) / (near + 1e-3)[..., None]
    rows, columns = np.arange(height) * size[1] // height, np.arange(width) * size[0] // width
    own = share[rows[:, None], columns[None], entry]
    return own.astype(np.float32), cast(Float, cv2.resize(near, (width, height), interpolation=cv2.INTER_LINEAR))
