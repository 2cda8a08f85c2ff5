"""Faces are found whatever the picture's size, and cut out upright."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from castlist import data
from castlist.vision import faces


@pytest.fixture(scope="module")
def portrait() -> faces.Image:
    return np.asarray(Pillow.open(data.path("samples/astronaut.png")).convert("RGB"))


def test_the_face_of_the_sample_is_where_it_is(portrait: faces.Image) -> None:
    [face] = faces.detect(portrait)
    x, y, w, h = face.box
    assert face.confidence > 0.9
    assert 165 < x < 190
    assert 50 < y < 75
    assert 80 < w < 105
    assert 100 < h < 125
    left, right, nose, mouth_left, mouth_right = face.points
    assert left[0] < nose[0] < right[0]
    assert mouth_left[0] < mouth_right[0]
    assert left[1] < nose[1] < mouth_left[1]


@pytest.mark.parametrize("side_px", [256, 1024, 4000])
def test_the_size_of_the_picture_does_not_matter(portrait: faces.Image, side_px: int) -> None:
    resized = np.asarray(cv2.resize(portrait, (side_px, side_px)), np.uint8)
    [face] = faces.detect(resized)
    [original] = faces.detect(portrait)
    assert face.points * 512 / side_px == pytest.approx(original.points, abs=6)


def test_a_face_that_fills_the_frame_is_found(portrait: faces.Image) -> None:
    close = np.asarray(cv2.resize(portrait[58:172, 172:272], (2000, 2280)), np.uint8)
    assert len(faces.detect(close)) == 1


def test_a_small_face_in_a_large_picture_is_found(portrait: faces.Image) -> None:
    scene = np.full((2400, 3200, 3), 128, np.uint8)
    scene[1000:1160, 2000:2160] = cv2.resize(portrait, (160, 160), interpolation=cv2.INTER_AREA)
    [face] = faces.detect(scene)
    assert 2000 < face.box[0] < 2160
    assert 1000 < face.box[1] < 1160


def test_no_face_is_an_empty_list() -> None:
    assert faces.detect(np.full((300, 500, 3), 200, np.uint8)) == []


def test_two_faces_come_largest_first(portrait: faces.Image) -> None:
    pair = np.zeros((512, 800, 3), np.uint8)
    pair[:256, :256] = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    pair[:, 288:] = portrait
    found = faces.detect(pair)
    assert [face.box[0] > 288 for face in found] == [True, False]


@pytest.mark.parametrize(("nose_x", "yaw"), [(50, 0), (60, 26.6), (40, -26.6), (75, 51.3)])
def test_the_nose_tells_the_turn_of_the_head(nose_x: float, yaw: float) -> None:
    points = np.array([[30, 40], [70, 40], [nose_x, 60], [35, 80], [65, 80]], np.float32)
    turn = cv2.getRotationMatrix2D((0, 0), 35, 2)[:, :2]
    for marks in (points, points @ turn.T.astype(np.float32)):
        assert faces.Face((0, 0, 100, 100), marks, 1).yaw == pytest.approx(yaw, abs=0.1)


def test_the_sample_looks_nearly_straight(portrait: faces.Image) -> None:
    assert abs(faces.detect(portrait)[0].yaw) < 15


def test_alignment_undoes_turn_and_scale(portrait: faces.Image) -> None:
    [face] = faces.detect(portrait)
    upright = faces.align(portrait, face).astype(float)
    turn = cv2.getRotationMatrix2D((210, 120), 25, 1.8)
    turned = np.asarray(cv2.warpAffine(portrait, turn, (512, 512)), np.uint8)
    points = (face.points @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    again = faces.align(turned, replace(face, points=points)).astype(float)
    assert upright.shape == (112, 112, 3)
    assert np.abs(upright - again)[20:92, 20:92].mean() < 3


def test_alignment_of_a_large_face_does_not_alias(portrait: faces.Image) -> None:
    [face] = faces.detect(portrait)
    huge = np.asarray(cv2.resize(portrait, (4000, 4000), interpolation=cv2.INTER_CUBIC), np.uint8)
    huge[::2, ::2] ^= 0x7F  # a pattern that only averaging removes
    points, factor = face.points * (4000 / 512), 4000 / 512
    x, y, w, h = face.box
    large = faces.align(huge, faces.Face((x * factor, y * factor, w * factor, h * factor), points, 1.0)).astype(float)
    calm = cv2.GaussianBlur(large, (0, 0), 1)
    assert np.abs(large - calm).mean() < 8
