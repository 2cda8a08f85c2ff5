"""Lids and irises are where they are seen, also when the picture is mirrored, turned or enlarged."""

import cv2
import numpy as np
import pytest

from castlist import data
from castlist.vision import faces, iris, mesh, picture


@pytest.fixture(scope="module")
def portrait() -> faces.Image:
    return picture.decode(data.path("samples/astronaut.png").read_bytes()).pixels


def eyes(image: faces.Image) -> tuple[iris.Eye, iris.Eye]:
    points = mesh.landmarks(image, faces.detect(image)[0])
    assert points is not None
    return iris.find(image, points)


def test_irises_are_dark_round_and_between_open_lids(portrait: faces.Image) -> None:
    left, right = eyes(portrait)
    assert left.centre[0] < right.centre[0]
    assert left.radius_px == pytest.approx(right.radius_px, rel=0.2)
    rows, columns = np.indices(portrait.shape[:2])
    for eye in (left, right):
        assert 0.2 < eye.opening < 0.6
        assert eye.upper[0, 0] < eye.centre[0] < eye.upper[-1, 0]
        assert (eye.upper[1:-1, 1] < eye.lower[1:-1, 1]).all()
        away = np.hypot(columns - eye.centre[0], rows - eye.centre[1]) / eye.radius_px
        white = (np.abs(rows - eye.centre[1]) < 2) & (away > 1.3) & (away < 1.7)
        assert portrait[away < 0.8].mean() < 0.6 * portrait[white].mean()


def test_a_mirrored_face_has_mirrored_eyes(portrait: faces.Image) -> None:
    left, right = eyes(portrait)
    other_left, other_right = eyes(np.ascontiguousarray(portrait[:, ::-1]))
    for one, other in ((left, other_right), (right, other_left)):
        assert portrait.shape[1] - 1 - other.centre[0] == pytest.approx(one.centre[0], abs=0.12 * one.width_px)
        assert other.centre[1] == pytest.approx(one.centre[1], abs=0.12 * one.width_px)
        assert other.opening == pytest.approx(one.opening, abs=0.1)


@pytest.mark.parametrize(("angle", "scale"), [(25, 1.0), (-15, 4.0)])
def test_turn_and_size_move_the_eyes_along(portrait: faces.Image, angle: float, scale: float) -> None:
    side = round(512 * scale)
    turn = cv2.getRotationMatrix2D((256, 256), angle, scale)
    turn[:, 2] += (side - 512) / 2
    turned = np.asarray(cv2.warpAffine(portrait, turn, (side, side)), np.uint8)
    for before, after in zip(eyes(portrait), eyes(turned), strict=True):
        wanted = turn[:, :2] @ before.centre + turn[:, 2]
        assert np.hypot(*(after.centre - wanted)) < 0.12 * after.width_px
        assert after.radius_px == pytest.approx(before.radius_px * scale, rel=0.15)
