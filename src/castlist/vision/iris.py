"""Finds the lids and the iris of both eyes.

Called by engines that move the eyes. It must not judge whether an eye may be moved, nor bend pictures.

Source: MediaPipe ``iris_landmark.tflite`` (0.10.21) and its graph ``iris_landmark_left_and_right``: a square of 2.3
times the distance between an eye's corners, turned so that they are level, 64 px; the eye on the right is mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from castlist.vision import models
from castlist.vision.faces import Image

Floats = NDArray[np.float32]

_SIDE_PX = 64
_GROW = 2.3
_CORNERS = (33, 133), (362, 263)
"""Mesh points of either eye's corners, from the picture's left to its right."""
# Of the model's 71 points the first nine run along the lower lid from the outer corner to the inner one, the next seven
# along the upper lid between them.
_LOWER, _UPPER = (0, 1, 2, 3, 4, 5, 6, 7, 8), (0, 9, 10, 11, 12, 13, 14, 15, 8)


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """One eye in image px."""

    upper: Floats
    """float32 [9, 2]: the upper lid's edge, from the corner on the picture's left to the one on its right."""
    lower: Floats
    """float32 [9, 2]: the lower lid's edge, the same way."""
    centre: Floats
    """float32 [2]: the middle of the iris."""
    radius_px: float
    """Of the iris, half hidden or not."""

    @property
    def width_px(self) -> float:
        """Between the corners."""
        return float(np.hypot(*(self.upper[-1] - self.upper[0])))

    @property
    def opening(self) -> float:
        """The greatest distance between the lids over the eye's width: about 0.3, under 0.12 when closed."""
        return float(np.hypot(*(self.upper - self.lower).T).max()) / max(self.width_px, 1e-6)

    def moved(self, right: float, down: float) -> Eye:
        """Return the same eye in a picture that was extended at the left and top by so many px."""
        by = np.array([right, down], np.float32)
        return replace(self, upper=self.upper + by, lower=self.lower + by, centre=self.centre + by)


def find(image: Image, mesh: Floats) -> tuple[Eye, Eye]:
    """Locate both eyes of a face.

    Args:
        image: uint8 [H, W, 3] sRGB.
        mesh: float32 [468, 2 or more], image px, from ``mesh.landmarks``.

    Returns:
        The eye on the picture's left and the one on its right. Closed or hidden eyes are located as well,
        with lids that meet or an iris that means nothing.
    """
    left, right = (
        _locate(image, mesh[first, :2], mesh[last, :2], mirrored=mirrored)
        for (first, last), mirrored in zip(_CORNERS, (False, True), strict=True)
    )
    return left, right


def _locate(image: Image, first: Floats, last: Floats, *, mirrored: bool) -> Eye:
    import cv2

    along, centre = last - first, (first + last) / 2
    scale = _GROW * max(float(np.hypot(*along)), 1.0) / _SIDE_PX
    roll = float(np.arctan2(along[1], along[0]))
    turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    if mirrored:
        turn = turn @ np.diag([-1.0, 1.0])
    shift = centre - turn @ np.array([_SIDE_PX / 2, _SIDE_PX / 2])
    fine = max(1, round(scale))  # a large eye is read on a finer grid and averaged, else the warp would alias
    side = _SIDE_PX * fine
    matrix = np.hstack([turn / fine, (shift + turn @ np.full(2, 0.5 / fine - 0.5))[:, None]])
    crop = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    crop = cv2.resize(crop, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    feed = {"image": crop[None].astype(np.float32) / 255}
    lids, rim = (np.asarray(found, np.float32) for found in models.session("iris").run(["lids", "iris"], feed))

    def back(points: Floats) -> Floats:
        return (points @ turn.T + shift).astype(np.float32)

    outline, iris = back(lids.reshape(71, 3)[:, :2]), back(rim.reshape(5, 3)[:, :2])
    way = -1 if mirrored else 1
    return Eye(
        upper=outline[list(_UPPER)][::way],
        lower=outline[list(_LOWER)][::way],
        centre=iris[0],
        radius_px=float(np.hypot(*(iris[1:] - iris[0]).T).mean()),
    )
