"""Measures the faces of people with two networks that know nothing of one another.

Called by ``identity``. It must not judge; it only measures.

Sources: SFace 2021dec of the OpenCV Zoo (MobileFaceNet, trained for the angle between people). dlib's face recognition
ResNet v1 (29 layers, trained for distance on other pictures, cut out by other points); its five points and their places
are those of ``get_face_chip_details`` in dlib's ``interpolation.h`` (read 2026-11-22).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from castlist.vision import faces, mesh, models
from castlist.vision.faces import Face, Floats, Image

# Photographed people score at least 0.88 with the detector; animals and drawings less, but so do badly lit people.
_PERSON_CONFIDENCE = 0.75
_SURE_PERSON = 0.88
_MIN_SIDE_PX = 24.0
_FLAT_TEST_PX, _FLAT_SHARE = 160, 0.45
_MAX_FACES = 6
_EYES = ([33, 133, 159, 145], [263, 362, 386, 374])
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 4, 61, 291
# Corners of the eyes and base of the nose, and where they stand in the square of 150 px, a sixth of which is border.
_CORNERS = (263, 362, 33, 133, 2)
_CHIP_PX = 150
_CHIP = _CHIP_PX / 6 + _CHIP_PX / 1.5 * np.array(
    [[0.859567, 0.213498], [0.646060, 0.228967], [0.120575, 0.213727], [0.334085, 0.229064], [0.490112, 0.627798]],
    np.float32,
)


@dataclass(frozen=True, slots=True, eq=False)
class KnownFace:
    """A measured face.

    Attributes:
        embedding: SFace's, float32 [128], unit length.
        yaw: the head's turn, degrees.
        box: x, y, width, height, image px.
        descriptor: dlib's, float32 [128]; None where the mesh found no eyes and nose to cut it out by.
    """

    embedding: Floats
    yaw: float
    box: tuple[float, float, float, float]
    descriptor: Floats | None = None


def known_faces(image: Image) -> list[KnownFace]:
    """Find and measure the faces of people, largest first, at most six.

    The mesh refines the detector's five points where it finds a face: the detector understates a head's tilt.
    """
    found = _located(image)
    if not found:
        return []
    vectors = _run("sface", "data", [faces.align(image, face) for face, _ in found])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        KnownFace(vector, face.yaw, face.box, None if points is None else _describe(image, points))
        for vector, (face, points) in zip(vectors, found, strict=True)
    ]


def people(image: Image) -> list[Face]:
    """Find the faces of people without measuring them, largest first, at most six."""
    return [face for face, _ in _located(image)]


def _located(image: Image) -> list[tuple[Face, Floats | None]]:
    """Find the faces of people, each with its mesh if there is one."""
    found: list[tuple[Face, Floats | None]] = []
    for face in faces.detect(image)[:_MAX_FACES]:
        if face.confidence < _PERSON_CONFIDENCE or face.side_px < _MIN_SIDE_PX or _is_flat(image, face):
            continue
        points = mesh.landmarks(image, face)
        if points is not None:
            found.append((replace(face, points=_five(points)), points))
        elif face.confidence >= _SURE_PERSON:
            found.append((face, None))
    return found


def _describe(image: Image, points: Floats) -> Floats:
    chip = faces.cut(image, np.ascontiguousarray(points[list(_CORNERS), :2]), _CHIP, _CHIP_PX)
    return _run("dlib_face", "faces", [chip])[0]


def _run(model: str, name: str, crops: list[Image]) -> Floats:
    """Run a network on square crops of one size: float32 [N, 128]."""
    batch = np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32)
    return np.asarray(models.session(model).run(None, {name: batch})[0], np.float32)


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
