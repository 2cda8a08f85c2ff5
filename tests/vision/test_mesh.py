"""The mesh lies on the face, also when the picture is turned or enlarged."""

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from castlist import data
from castlist.vision import faces, mesh


@pytest.fixture(scope="module")
def portrait() -> faces.Image:
    return np.asarray(Pillow.open(data.path("samples/astronaut.png")).convert("RGB"))


def test_the_mesh_fits_the_face(portrait: faces.Image) -> None:
    [face] = faces.detect(portrait)
    points = mesh.landmarks(portrait, face)
    assert points is not None
    assert points.shape == (468, 3)
    x, y, w, h = face.box
    inside = (points[:, 0] > x - 0.1 * w) & (points[:, 0] < x + 1.1 * w) & (points[:, 1] > y - 0.1 * h)
    assert inside.mean() > 0.97
    assert points[1, :2] == pytest.approx(face.points[2], abs=0.12 * w)  # both say where the nose tip is
    assert points[1, 2] < points[[33, 263], 2].min()  # and it is nearer than the eyes


@pytest.mark.parametrize(("angle", "scale"), [(30, 1.0), (-20, 5.0)])
def test_turn_and_size_move_the_mesh_along(portrait: faces.Image, angle: float, scale: float) -> None:
    side = round(512 * scale)
    turn = cv2.getRotationMatrix2D((256, 256), angle, scale)
    turn[:, 2] += (side - 512) / 2
    turned = np.asarray(cv2.warpAffine(portrait, turn, (side, side)), np.uint8)
    upright = mesh.landmarks(portrait, faces.detect(portrait)[0])
    again = mesh.landmarks(turned, faces.detect(turned)[0])
    assert upright is not None
    assert again is not None
    wanted = upright[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert np.abs(again[:, :2] - wanted).mean() < 2.5 * scale


def test_no_face_no_mesh() -> None:
    box = faces.Face((100, 100, 100, 100), np.array([[120, 130], [180, 130], [150, 160], [130, 180], [170, 180]]), 0.9)
    assert mesh.landmarks(np.full((300, 300, 3), 180, np.uint8), box) is None
