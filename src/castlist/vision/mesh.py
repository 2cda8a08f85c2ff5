"""Lays MediaPipe's 468-point mesh on a face.

Called by engines for depth and head turns. It must not find faces itself (``faces`` does) nor bend pictures.

Source: MediaPipe ``face_landmark.tflite`` (0.10.21) and its graph ``face_landmark_front_cpu``: a square of 1.5 times
the face's box, turned so that the eyes are level, 192 px.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision import models
from castlist.vision.faces import Face, Image

_SIDE_PX = 192
_GROW = 1.5  # the crop's side over the face's
_SURE = 0.5
# The second crop is placed by the first mesh, as MediaPipe's tracking does from frame to frame.
_ROUNDS = 2
_EYE_LEFT, _EYE_RIGHT = 33, 263  # outer corners, by the picture's sides


def landmarks(image: Image, face: Face) -> NDArray[np.float32] | None:
    """Locate the mesh of one face.

    Args:
        image: uint8 [H, W, 3] sRGB.
        face: where it is, from ``faces.detect``.

    Returns:
        float32 [468, 3]: x right and y down in image px, z in the same unit, negative toward the viewer; None when the
        crop shows no face.
    """
    x, y, w, h = face.box
    centre = np.array([x + w / 2, y + h / 2], np.float32)
    side, along = _GROW * max(w, h), face.points[1] - face.points[0]
    mesh: NDArray[np.float32] | None = None
    for _ in range(_ROUNDS):
        found = _locate(image, centre, side, float(np.arctan2(along[1], along[0])))
        if found is None:
            return mesh
        mesh = found
        low, high = mesh[:, :2].min(0), mesh[:, :2].max(0)
        along = mesh[_EYE_RIGHT, :2] - mesh[_EYE_LEFT, :2]
        centre, side = _upright_square(mesh[:, :2], along) if np.hypot(*along) > 1 else ((low + high) / 2, side)
    return mesh


def _upright_square(points: NDArray[np.float32], along: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return the centre and side of the crop around points whose eyes run along a direction."""
    x_axis = along / np.hypot(*along)
    axes = np.stack([x_axis, np.array([-x_axis[1], x_axis[0]], np.float32)])
    turned = points @ axes.T
    low, high = turned.min(0), turned.max(0)
    return ((low + high) / 2) @ axes, _GROW * float((high - low).max())


def _near(
    image: Image, centre: NDArray[np.float32], side: float, scale: float
) -> tuple[Image, NDArray[np.float64], NDArray[np.float64]]:
    """Return the part of the picture around a crop, its corner, and how much it was shrunk.

    A large face is read from a copy shrunk to twice the crop's resolution, else the warp would alias.
    """
    import cv2

    reach = 0.75 * side  # half the diagonal of a square, and a little
    left, top = (int(max(0, middle - reach)) for middle in centre)
    part = image[top : max(0, int(centre[1] + reach) + 2), left : max(0, int(centre[0] + reach) + 2)]
    if not part.size:
        return image, np.zeros(2), np.ones(2)
    corner = np.array([left, top], np.float64)
    if scale <= 2:
        return part, corner, np.ones(2)
    size = max(1, round(part.shape[1] * 2 / scale)), max(1, round(part.shape[0] * 2 / scale))
    small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, corner, np.array([size[0] / part.shape[1], size[1] / part.shape[0]])


def _locate(image: Image, centre: NDArray[np.float32], side: float, roll: float) -> NDArray[np.float32] | None:
    import cv2

    scale = side / _SIDE_PX
    cos, sin = float(np.cos(roll)) * scale, float(np.sin(roll)) * scale
    # From crop px to image px; x and y of the crop's middle fall on the centre.
    turn = np.array([[cos, -sin], [sin, cos]])
    shift = centre - turn @ np.array([_SIDE_PX / 2, _SIDE_PX / 2])
    source, first, factor = _near(image, centre, side, scale)
    matrix = np.hstack([turn, (shift - first)[:, None]]) * factor[:, None]
    crop = cv2.warpAffine(
        source,
        matrix,
        (_SIDE_PX, _SIDE_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    feed = {"image": crop[None].astype(np.float32) / 255}
    points, presence = models.session("face_mesh").run(["landmarks", "presence"], feed)
    if 1 / (1 + np.exp(-float(np.asarray(presence).reshape(())))) < _SURE:
        return None
    mesh = np.asarray(points, np.float32).reshape(468, 3)
    flat = mesh[:, :2] @ turn.T + shift
    return np.hstack([flat, mesh[:, 2:] * scale]).astype(np.float32)
