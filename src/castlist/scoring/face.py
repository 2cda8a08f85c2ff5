"""Face embeddings and the threshold that fits a pose.

Called by ``identity``. It must not judge; it only measures.

Source: SFace 2021dec of the OpenCV Zoo; its cosine thresholds in OpenCV's tutorial "DNN-based Face Detection And
Recognition" (read 2026-11): 0.363 on LFW (frontal), 0.212 on CFP-FP (frontal against profile).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from castlist.vision import faces, mesh, models
from castlist.vision.faces import Face, Image

FRONTAL_THRESHOLD = 0.363
PROFILE_THRESHOLD = 0.212
# A difference in turn up to which photographs count as frontal, and from which as profile.
_FRONTAL_DEGREES, _PROFILE_DEGREES = 20.0, 70.0
# Photographed people score at least 0.88 with the detector; animals and drawings less, but so do badly lit people.
_PERSON_CONFIDENCE = 0.75
_SURE_PERSON = 0.88
_MIN_SIDE_PX = 24.0
_FLAT_TEST_PX, _FLAT_SHARE = 160, 0.45
_MAX_FACES = 6
_EYES = ([33, 133, 159, 145], [263, 362, 386, 374])
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 4, 61, 291


@dataclass(frozen=True, slots=True, eq=False)
class KnownFace:
    """A face with its embedding: float32 [128], unit length; yaw in degrees; box in image px."""

    embedding: NDArray[np.float32]
    yaw: float
    box: tuple[float, float, float, float]


def known_faces(image: Image) -> list[KnownFace]:
    """Find and embed the faces of people, largest first, at most six.

    The mesh refines the detector's five points where it finds a face: the detector understates a head's tilt.
    """
    found: list[Face] = []
    for face in faces.detect(image)[:_MAX_FACES]:
        if face.confidence < _PERSON_CONFIDENCE or face.side_px < _MIN_SIDE_PX or _is_flat(image, face):
            continue
        points = mesh.landmarks(image, face)
        if points is not None:
            found.append(replace(face, points=_five(points)))
        elif face.confidence >= _SURE_PERSON:
            found.append(face)
    if not found:
        return []
    crops = np.stack([faces.align(image, face) for face in found]).transpose(0, 3, 1, 2).astype(np.float32)
    vectors = np.asarray(models.session("sface").run(None, {"data": crops})[0], np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [KnownFace(vector, face.yaw, face.box) for vector, face in zip(vectors, found, strict=True)]


def _five(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reduce the mesh to the embedder's five points."""
    eyes = [points[ring, :2].mean(0) for ring in _EYES]
    return np.stack([*eyes, points[_NOSE, :2], points[_MOUTH_LEFT, :2], points[_MOUTH_RIGHT, :2]]).astype(np.float32)


def _is_flat(image: Image, face: Face) -> bool:
    """Tell a face drawn in even colours from a photographed one: skin has grain, vector art repeats the same pixel.

    Measured share of equal neighbours at 160 px: photographs up to 0.2, flat drawings from 0.7.
    """
    import cv2

    x, y, w, h = (int(side) for side in face.box)
    part = image[max(y, 0) : max(y + h, 0), max(x, 0) : max(x + w, 0)]
    if min(part.shape[:2]) < _MIN_SIDE_PX / 2:
        return True
    if max(part.shape[:2]) > _FLAT_TEST_PX:
        part = cv2.resize(part, (_FLAT_TEST_PX, _FLAT_TEST_PX), interpolation=cv2.INTER_AREA)
    steps = np.abs(np.diff(part.astype(np.int16), axis=1)).max(2)
    return bool((steps == 0).mean() > _FLAT_SHARE)


def threshold(turn: float) -> float:
    """Return the cosine from which two faces count as one person.

    Args:
        turn: how many degrees the two heads are turned apart, or the larger turn from frontal.

    Returns:
        0.363 up to 20 degrees, falling in a straight line to 0.212 at 70 degrees and beyond.
    """
    share = (abs(turn) - _FRONTAL_DEGREES) / (_PROFILE_DEGREES - _FRONTAL_DEGREES)
    return FRONTAL_THRESHOLD + (PROFILE_THRESHOLD - FRONTAL_THRESHOLD) * min(max(share, 0.0), 1.0)
