"""The same face scores high through light, turn and size; thresholds follow the pose."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from castlist import data
from castlist.scoring import Reference, face
from castlist.scoring.identity import best_of, compare_faces
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
    assert (found.verdict, found.method) == ("same", "sface+dlib")


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


def _face(cosine: float, yaw: float = 0, distance: float | None = 0.0) -> face.KnownFace:
    """A made-up face: at a cosine to one axis by one measure, at a distance from zero by the other."""
    vector, descriptor = np.zeros(128, np.float32), np.zeros(128, np.float32)
    vector[:2] = cosine, (1 - cosine**2) ** 0.5
    descriptor[0] = distance or 0
    return face.KnownFace(vector, yaw, (0, 0, 100, 100), None if distance is None else descriptor)


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
    found = compare_faces([_face(1, distance=None)], [_face(cosine, yaw, None)])
    assert (found.verdict, found.method) == (verdict, "sface")
    assert found.score is not None
    assert (found.score >= 0.5) == (verdict == "same")


@pytest.mark.parametrize(
    ("cosine", "distance", "verdict"),
    [
        (0.8, 0.35, "same"),
        (0.37, 0.59, "same"),
        (0.8, 0.65, "uncertain"),
        (0.3, 0.35, "uncertain"),
        (0.34, 0.62, "uncertain"),
        (0.34, 0.9, "different"),
        (0.1, 0.62, "different"),
        (0.1, 0.9, "different"),
    ],
)
def test_it_takes_both_measures_to_call_a_person_the_same(cosine: float, distance: float, verdict: str) -> None:
    found = compare_faces([_face(1)], [_face(cosine, distance=distance)])
    assert (found.verdict, found.method) == (verdict, "sface+dlib")
    assert found.score is not None
    assert (found.score >= 0.5) == (verdict == "same")
    agree = (cosine >= 0.363) == (distance <= 0.6)
    assert ("disagree" in found.reason) == (not agree)


def test_the_two_measures_are_not_the_same_one(portrait: Image) -> None:
    """Light that only one of them minds moves them by different amounts."""
    known, dark = face.known_faces(portrait)[0], face.known_faces(portrait // 4)[0]
    assert known.descriptor is not None
    assert dark.descriptor is not None
    assert 0.05 < float(np.linalg.norm(known.descriptor - dark.descriptor)) < 0.4
    assert float(known.embedding @ dark.embedding) > 0.9


def test_a_crowd_in_the_reference_is_told() -> None:
    assert "its largest face" in compare_faces([_face(1), _face(0.1)], [_face(0.9)]).reason


def test_of_several_references_the_best_counts(portrait: Image, reference: Reference) -> None:
    drawn = np.asarray(Pillow.open(data.path("samples/drawn-robot.png")).convert("RGB"))
    found, place = best_of([Reference.prepare(drawn), reference], portrait)
    assert (found.verdict, place) == ("same", 1)
