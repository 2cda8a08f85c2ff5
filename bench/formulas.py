"""The formulas behind the figures of docs/quality.md and docs/performance.md: numbers in, numbers out.

Called by the other modules here. Opens no files and runs no models.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

FOREHEAD, CHIN, EAR_LEFT, EAR_RIGHT = 10, 152, 234, 454
EYES_LEFT, EYES_RIGHT = (33, 133), (362, 263)

POSE_DEG, FRAMING_OCTAVES, BACKDROP_LAB = 30.0, 2.0, 50.0
"""Differences from which two pictures count as wholly different in pose, framing and backdrop."""
WEIGHTS = {"pose": 0.4, "framing": 0.3, "backdrop": 0.3}
QUANTILES = 65
BAND_PX = 10


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What of one picture counts for variety, measured on the picture itself.

    angles_deg: yaw, pitch, roll. face_share: the face's height over the picture's. backdrop: float [QUANTILES, 3], the
    quantiles of L, a and b of what is behind the character.
    """

    angles_deg: tuple[float, float, float]
    face_share: float
    backdrop: Floats


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two pictures are apart, each part and the weighted whole 0–1."""

    pose: float
    framing: float
    backdrop: float

    @property
    def whole(self) -> float:
        return sum(weight * getattr(self, part) for part, weight in WEIGHTS.items())


def angles(mesh: Floats) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees of a face mesh, [468, 3] px, z negative toward the viewer.

    Yaw is read from the line between the ears, pitch from forehead to chin, roll from the line between the eyes. Pitch
    has an offset of the face's own, which differences do not see.
    """
    ears, profile = mesh[EAR_RIGHT] - mesh[EAR_LEFT], mesh[CHIN] - mesh[FOREHEAD]
    eyes = mesh[list(EYES_RIGHT), :2].mean(0) - mesh[list(EYES_LEFT), :2].mean(0)
    yaw = math.atan2(ears[2], math.hypot(ears[0], ears[1]))
    pitch = math.atan2(profile[2], math.hypot(profile[0], profile[1]))
    return math.degrees(yaw), math.degrees(pitch), math.degrees(math.atan2(eyes[1], eyes[0]))


def face_share(mesh: Floats, height_px: int) -> float:
    """Return forehead to chin, in three dimensions, so that a lowered chin does not count as a smaller face."""
    return float(np.linalg.norm(mesh[CHIN] - mesh[FOREHEAD])) / height_px


def colours(lab: Floats) -> Floats:
    """Return the quantiles of each channel of pixels in CIE Lab, [N, 3]."""
    return np.quantile(lab, np.linspace(0, 1, QUANTILES), axis=0)


def difference(one: Seen, other: Seen) -> Difference:
    """Compare two pictures.

    pose: length of the difference of the three angles over 30°. framing: |log2| of the ratio of face heights over 2.
    backdrop: earth mover's distance of the histograms of L, a and b (for one channel the mean distance of its
    quantiles), the three combined by Pythagoras, over 50. Each is cut off at 1.
    """
    turned = math.dist(one.angles_deg, other.angles_deg)
    octaves = abs(math.log2(one.face_share / other.face_share))
    moved = float(np.linalg.norm(np.abs(one.backdrop - other.backdrop).mean(0)))
    return Difference(min(1.0, turned / POSE_DEG), min(1.0, octaves / FRAMING_OCTAVES), min(1.0, moved / BACKDROP_LAB))


def variety(series: Sequence[Seen]) -> Difference:
    """Return the mean difference over all pairs of a series, part by part."""
    pairs = [difference(one, other) for one, other in itertools.combinations(series, 2)]
    if not pairs:
        return Difference(0.0, 0.0, 0.0)
    return Difference(*(fmean(getattr(pair, part) for pair in pairs) for part in WEIGHTS))


@dataclass(frozen=True, slots=True)
class EdgeError:
    """How far a matte is from a reference matte.

    overlap: intersection over union of what is more than half opaque. whole: mean |difference| over the picture.
    band: the same within 10 px of the reference's outline. gradient: there, mean |difference| of the slopes, 1/px.
    """

    overlap: float
    whole: float
    band: float
    gradient: float


def edge_error(found: Floats, truth: Floats) -> EdgeError:
    """Compare two mattes, [H, W], 0–1."""
    solid, wanted = found > 0.5, truth > 0.5
    union = int((solid | wanted).sum())
    band = _outline(wanted, BAND_PX)
    away = np.abs(found - truth)
    slopes = np.abs(_slope(found) - _slope(truth))
    near = float(away[band].mean()) if band.any() else 0.0
    steep = float(slopes[band].mean()) if band.any() else 0.0
    return EdgeError(float((solid & wanted).sum()) / union if union else 1.0, float(away.mean()), near, steep)


def edge_width_px(alpha: Floats) -> float:
    """Return the mean width of the half-transparent edge of a matte, px: its area between 5 and 95 % over its length.

    The length is the sum of the slopes. Source: coarea formula, the mean length of the outlines at all levels.
    """
    length = float(_slope(alpha).sum())
    return float(((alpha > 0.05) & (alpha < 0.95)).sum()) / length if length else 0.0


def _outline(solid: NDArray[np.bool_], reach_px: int) -> NDArray[np.bool_]:
    """Return what is within reach of the border between true and false."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_px + 1, 2 * reach_px + 1))
    mask = solid.astype(np.uint8)
    wide = cv2.dilate(mask, disc, borderType=cv2.BORDER_REPLICATE)
    return wide != cv2.erode(mask, disc, borderType=cv2.BORDER_REPLICATE)


def _slope(alpha: Floats) -> Floats:
    down, right = np.gradient(alpha.astype(np.float32))
    return np.hypot(down, right)
