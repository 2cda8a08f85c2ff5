"""The same face scores high through light, turn and size; thresholds follow the pose."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from castlist import data
from castlist.scoring import Reference, face
from castlist.scoring.identity import compare_faces
from castlist.vision.faces import Image


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.asarray(Pillow.open(data.path("samples/astronaut.png")).convert("RGB"))


@pytest.fixture(scope="module")
def reference(portrait: Image) -> Reference:
    return Reference.prepare(portrait)


def _turned(portrait: Image, degrees: float) -> Image:
    turn = cv2.getRotationMatrix2D((224, 130), degrees, 1)
    return np.asarray(cv2.warpAffine(portrait, turn, (512, 512)), np.uint8)


def test_a_picture_is_itself(portrait: Image, reference: Reference) -> None:
    found = reference.score(portrait)
    assert found.score == pytest.approx(1, abs=1e-3)
    assert (found.verdict, found.method) == ("same", "sface-cosine")


@pytest.mark.parametrize("degrees", [-30, -12, 12, 30])
def test_a_tilted_head_stays_the_same_person(portrait: Image, reference: Reference, degrees: float) -> None:
    assert (reference.score(_turned(portrait, degrees)).score or 0) > 0.85


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[:, ::-1],
        lambda image: image // 3,
        lambda image: cv2.resize(image, (200, 200), interpolation=cv2.INTER_AREA),
        lambda image: np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2),
        lambda image: cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR),
    ],
    ids=["mirrored", "dark", "small", "grey", "jpeg"],
)
def test_edits_that_keep_the_face_keep_the_verdict(
    portrait: Image, reference: Reference, change: Callable[[Image], Image]
) -> None:
    found = reference.score(np.ascontiguousarray(change(portrait)))
    assert found.verdict == "same"
    assert (found.score or 0) > 0.8


def test_the_best_of_several_faces_counts_and_is_told(portrait: Image, reference: Reference) -> None:
    small = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_AREA)
    swollen = cv2.resize(portrait, (700, 512))  # a wider face is less like the reference
    scene = np.zeros((512, 1000, 3), np.uint8)
    scene[:, :700] = swollen
    scene[:300, 700:] = small
    found = reference.score(scene)
    assert "best of 2 faces" in found.reason
    assert (found.score or 0) > (reference.score(np.asarray(swollen, np.uint8)).score or 0)


def test_a_picture_without_a_face_is_not_called_different(reference: Reference) -> None:
    found = reference.score(np.full((400, 400, 3), 120, np.uint8))
    assert (found.score, found.verdict, found.method) == (None, "not_comparable", "none")


def _face(cosine: float, yaw: float = 0) -> face.KnownFace:
    """A made-up face at a given cosine to the first axis."""
    vector = np.zeros(128, np.float32)
    vector[:2] = cosine, (1 - cosine**2) ** 0.5
    return face.KnownFace(vector, yaw, (0, 0, 100, 100))


@pytest.mark.parametrize(
    ("cosine", "yaw", "verdict"),
    [
        (0.5, 0, "same"),
        (0.37, 0, "same"),
        (0.3, 0, "uncertain"),
        (0.3, 45, "same"),
        (0.23, 80, "same"),
        (0.15, 0, "different"),
        (-0.2, 0, "different"),
    ],
)
def test_the_verdict_depends_on_the_pose(cosine: float, yaw: float, verdict: str) -> None:
    found = compare_faces([_face(1)], [_face(cosine, yaw)])
    assert found.verdict == verdict
    assert found.score == pytest.approx(max(cosine, 0), abs=1e-4)


def test_a_crowd_in_the_reference_is_told() -> None:
    assert "its largest face" in compare_faces([_face(1), _face(0.1)], [_face(0.9)]).reason


@given(st.floats(-180, 180), st.floats(-180, 180))
def test_the_threshold_never_rises_with_the_turn(one: float, two: float) -> None:
    near, far = sorted((abs(one), abs(two)))
    assert face.PROFILE_THRESHOLD <= face.threshold(far) <= face.threshold(near) <= face.FRONTAL_THRESHOLD


@pytest.mark.parametrize(("turn", "wanted"), [(0, 0.363), (20, 0.363), (45, 0.2875), (70, 0.212), (90, 0.212)])
def test_thresholds_are_the_published_ones(turn: float, wanted: float) -> None:
    assert face.threshold(turn) == pytest.approx(wanted, abs=1e-3)
