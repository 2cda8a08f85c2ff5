"""Finds faces with YuNet and cuts them out for the embedder.

Called by ``matte``, ``mesh``, engines and ``scoring``. It must not judge whose face it is.

Source: YuNet 2023mar of the OpenCV Zoo, decoding as in OpenCV's ``face_detect.cpp`` (one prior per cell of 8, 16 and
32 px); alignment points as in OpenCV's ``face_recognize.cpp``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.vision import models

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

_STRIDES = (8, 16, 32)
# Longest side of the picture handed to the detector, tried in this order until a face is found. YuNet is trained on
# faces of roughly 10 to 300 px: the second size serves faces that fill the frame, the third small ones in large files.
_SIDES_PX = (640, 224, 1280)
_LIKELY = 0.6
_OVERLAP = 0.3
# Where the five points of a face stand in SFace's 112 px square.
_ALIGNED = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face.

    Attributes:
        box: x, y, width, height in image px; it may reach past the picture's edge.
        points: float32 [5, 2] image px: the eye on the picture's left, the eye on its right, the nose tip, the mouth's
            corner on the left, the one on the right.
        confidence: 0-1. Photographed people score 0.88 and more, drawn and animal faces 0.6-0.88.
    """

    box: tuple[float, float, float, float]
    points: Floats
    confidence: float

    @property
    def side_px(self) -> float:
        """The geometric mean of the box's sides."""
        return float(max(self.box[2] * self.box[3], 0.0) ** 0.5)

    @property
    def yaw(self) -> float:
        """The head's turn in degrees, roughly: 0 frontal, +-90 profile, positive when the nose points right.

        From where the nose tip stands between the eyes: offset / eye distance = 0.5 * tan(yaw). The factor was fitted
        to the turn of the 468-point mesh on 149 portraits (correlation 0.91).
        """
        left, right, nose = self.points[0], self.points[1], self.points[2]
        along = right - left
        distance = float(np.hypot(*along))
        if distance < 1e-3:
            return 90.0
        offset = float(np.dot(nose - (left + right) / 2, along)) / distance**2
        return float(np.degrees(np.arctan(offset / 0.5)))


def detect(image: Image) -> list[Face]:
    """Find the faces in a picture, from 256 px thumbnails to 6000 px photographs.

    Args:
        image: uint8 [H, W, 3] sRGB.

    Returns:
        The faces, largest times most confident first; an empty list when there is none.
    """
    for side in _SIDES_PX:
        if side == _SIDES_PX[-1] and max(image.shape[:2]) <= _SIDES_PX[0]:
            break
        found = _detect_at(image, side)
        if found:
            return found
    return []


def _detect_at(image: Image, side_px: int) -> list[Face]:
    import cv2

    height, width = image.shape[:2]
    # Enlarging finds nothing new, save in thumbnails.
    scale = min(side_px / max(height, width), 2.0 if side_px == _SIDES_PX[0] else 1.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, size, interpolation=method)
    # A border on all sides lets the detector see a face that the picture's edge cuts.
    rim = 32
    columns, rows = -(-(size[0] + 2 * rim) // 32) * 32, -(-(size[1] + 2 * rim) // 32) * 32
    padded = np.zeros((rows, columns, 3), np.uint8)
    padded[rim : rim + size[1], rim : rim + size[0]] = small[:, :, ::-1]
    network = models.session("yunet")
    names: list[str] = [output.name for output in network.get_outputs()]
    blob = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32)
    outputs: dict[str, Any] = dict(zip(names, network.run(names, {"input": blob}), strict=True))
    faces = _decode(outputs, rows, columns)
    ratio = np.array([width / size[0], height / size[1]], np.float32)
    back = [_move(face, -rim, ratio) for face in _suppress(faces)]
    return sorted(back, key=lambda face: face.box[2] * face.box[3] * face.confidence, reverse=True)


def _decode(outputs: dict[str, Any], rows: int, columns: int) -> list[Face]:
    faces: list[Face] = []
    for stride in _STRIDES:
        sure = np.sqrt(outputs[f"cls_{stride}"][0, :, 0].clip(0, 1) * outputs[f"obj_{stride}"][0, :, 0].clip(0, 1))
        kept = np.flatnonzero(sure >= _LIKELY)
        across = columns // stride
        corners = np.stack([kept % across, kept // across], 1).astype(np.float32)
        boxes, points = outputs[f"bbox_{stride}"][0, kept], outputs[f"kps_{stride}"][0, kept]
        centres = (corners + boxes[:, :2]) * stride
        sizes = np.exp(boxes[:, 2:]) * stride
        marks = (points.reshape(-1, 5, 2) + corners[:, None]) * stride
        for index, cell in enumerate(kept):
            (x, y), (w, h) = centres[index] - sizes[index] / 2, sizes[index]
            faces.append(
                Face((float(x), float(y), float(w), float(h)), marks[index].astype(np.float32), float(sure[cell]))
            )
    return faces


def _suppress(faces: list[Face]) -> list[Face]:
    """Keep the surest of boxes that overlap."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: face.confidence, reverse=True):
        if all(_overlap(face.box, other.box) < _OVERLAP for other in kept):
            kept.append(face)
    return kept


def _overlap(one: tuple[float, float, float, float], two: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes, 0-1."""
    across = min(one[0] + one[2], two[0] + two[2]) - max(one[0], two[0])
    down = min(one[1] + one[3], two[1] + two[3]) - max(one[1], two[1])
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / (one[2] * one[3] + two[2] * two[3] - shared) if shared else 0.0


def _move(face: Face, shift: float, ratio: Floats) -> Face:
    x, y, w, h = face.box
    box = (x + shift) * ratio[0], (y + shift) * ratio[1], w * ratio[0], h * ratio[1]
    left, top, width, height = (float(side) for side in box)
    return replace(face, box=(left, top, width, height), points=((face.points + shift) * ratio).astype(np.float32))


def align(image: Image, face: Face) -> Image:
    """Cut a face out as SFace wants it: turned upright and scaled so that its five points fall on fixed places.

    Returns:
        uint8 [112, 112, 3].
    """
    return cut(image, face.points, _ALIGNED, 112)


def cut(image: Image, points: Floats, places: Floats, side_px: int) -> Image:
    """Cut a square out of a picture, turned and scaled so that points fall on places, as nearly as that can be.

    Args:
        image: uint8 [H, W, 3] sRGB.
        points: float32 [N, 2], image px.
        places: float32 [N, 2], px of the square.
        side_px: the square's side.

    Returns:
        uint8 [side_px, side_px, 3].
    """
    import cv2

    matrix = _similarity(points, places)
    shrink = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if shrink < 0.5:  # a warp alone would alias: bring what the square will show near the wanted size first
        corners = np.array([[0, 0], [side_px, 0], [0, side_px], [side_px, side_px]], np.float64)
        there = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        (left, top), (right, bottom) = np.floor(there.min(0)).astype(int) - 2, np.ceil(there.max(0)).astype(int) + 2
        left, top = max(int(left), 0), max(int(top), 0)
        part = image[top : max(int(bottom), 0), left : max(int(right), 0)]
        if part.size:
            factor = shrink * 2
            size = max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor))
            exact = np.array([size[0] / part.shape[1], size[1] / part.shape[0]], np.float32)
            image = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
            matrix = _similarity(((points - [left, top]) * exact).astype(np.float32), places)
    return np.asarray(cv2.warpAffine(image, matrix, (side_px, side_px), flags=cv2.INTER_LINEAR), np.uint8)


def _similarity(points: Floats, places: Floats) -> NDArray[np.float64]:
    """Least-squares turn, scale and shift from points to places (Umeyama), as a [2, 3] matrix."""
    source, target = points.astype(np.float64), places.astype(np.float64)
    middle, goal = source.mean(0), target.mean(0)
    a, b = source - middle, target - goal
    power = max(float((a * a).sum()), 1e-9)
    cos = float((a * b).sum()) / power
    sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / power
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.hstack([turn, (goal - turn @ middle)[:, None]])
