"""The right subject is cut out, cleanly, and pictures without one are refused."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from castlist import data
from castlist.domain.errors import NoSubjectFound
from castlist.vision import faces
from castlist.vision.matte import CutOut, cut_out

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def portrait() -> Pixels:
    return np.asarray(Pillow.open(data.path("samples/astronaut.png")).convert("RGB"))


@pytest.fixture(scope="module")
def astronaut(portrait: Pixels) -> CutOut:
    return cut_out(portrait, faces.detect(portrait)[0])


def noise(side_px: int, sigma_px: float = 0.0) -> Pixels:
    grain = np.random.default_rng(7).integers(0, 256, (side_px, side_px, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(grain, (0, 0), sigma_px), np.uint8) if sigma_px else grain


def landscape() -> Pixels:
    down, across = np.mgrid[0:300, 0:400]
    sky = (down < 150 + 20 * np.sin(across / 30))[..., None]
    plain = np.where(sky, np.array((120, 170, 240)), np.array((60, 120, 50)))
    return (plain + np.random.default_rng(1).integers(0, 12, (300, 400, 1))).astype(np.uint8)


def test_the_astronaut_is_kept_and_everything_around_her_left_behind(astronaut: CutOut) -> None:
    assert astronaut.method == "person"
    alpha = astronaut.alpha
    assert alpha[70:180, 200:245].min() > 0.98, "the face"
    assert alpha[300:480, 80:240].min() > 0.98, "the suit has no holes"
    assert alpha[420:480, 320:440].min() > 0.98, "the helmet"
    assert alpha[:, 400:470][:300].max() < 0.02, "the shuttle"
    assert alpha[:400, :8].max() < 0.02, "the flag"
    assert alpha[400:470, :12].max() < 0.1, "the foot of the flag, beside the sleeve"
    assert alpha[300:345, 440:].max() < 0.02, "the table"


def test_the_hair_ends_softly_without_specks_around_it(astronaut: CutOut) -> None:
    above = astronaut.alpha[:60, 130:320]
    soft = (above > 0.05) & (above < 0.95)
    assert 50 < soft.sum() < 2500
    count, _, stats, _ = cv2.connectedComponentsWithStats((astronaut.alpha > 0.05).astype(np.uint8))
    assert count == 2 or stats[2:, cv2.CC_STAT_AREA].sum() < 40


def test_the_same_picture_gives_the_same_bytes(portrait: Pixels, astronaut: CutOut) -> None:
    again = cut_out(portrait, faces.detect(portrait)[0])
    assert again.alpha.tobytes() == astronaut.alpha.tobytes()
    assert again.colour.tobytes() == astronaut.colour.tobytes()


def test_no_old_backdrop_is_left_in_the_colours_at_the_edge_of_the_hair(portrait: Pixels, astronaut: CutOut) -> None:
    rim = np.zeros(astronaut.alpha.shape, bool)
    rim[10:60, 150:300] = True
    rim &= (astronaut.alpha > 0.1) & (astronaut.alpha < 0.7)
    wall = portrait[10:40, 100:140].reshape(-1, 3).mean(0)
    hair = portrait[40:60, 190:250].reshape(-1, 3).mean(0)
    to_hair = (hair - wall) / np.linalg.norm(hair - wall)
    way = float((hair - wall) @ to_hair)
    before = float((portrait[rim].mean(0) - wall) @ to_hair) / way
    after = float((astronaut.colour[rim].mean(0) - wall) @ to_hair) / way
    assert before < 0.85, "the picture itself mixes hair and wall there"
    assert after > 0.95


def test_the_result_has_the_size_of_the_picture_or_the_size_asked_for(portrait: Pixels, astronaut: CutOut) -> None:
    assert astronaut.alpha.shape == astronaut.colour.shape[:2] == portrait.shape[:2]
    large = np.asarray(cv2.resize(portrait, (1500, 1500)), np.uint8)
    small = cut_out(large, faces.detect(large)[0], max_side=512)
    assert small.alpha.shape == (512, 512)
    assert small.alpha.dtype == np.float32
    assert np.abs(small.alpha - astronaut.alpha).mean() < 0.02


def test_a_very_large_picture_gives_the_same_cut_out_at_its_size(portrait: Pixels, astronaut: CutOut) -> None:
    large = np.asarray(cv2.resize(portrait, (2400, 2400), interpolation=cv2.INTER_CUBIC), np.uint8)
    result = cut_out(large, faces.detect(large)[0])
    assert result.alpha.shape == result.colour.shape[:2] == (2400, 2400)
    reduced = cv2.resize(result.alpha, (512, 512), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced - astronaut.alpha).mean() < 0.02
    opaque = result.alpha == 1
    assert np.array_equal(result.colour[opaque], large[opaque])


def test_of_two_people_the_one_whose_face_is_given_is_cut_out(portrait: Pixels) -> None:
    both = np.concatenate([portrait, portrait[:, ::-1]], axis=1)
    found = sorted(faces.detect(both), key=lambda face: face.box[0])
    left = cut_out(both, found[0])
    assert left.alpha[80:170, 200:245].min() > 0.98
    assert left.alpha[:240, 620:].max() < 0.02


def test_a_pictures_own_transparency_is_kept(portrait: Pixels) -> None:
    own = np.zeros(portrait.shape[:2], np.uint8)
    cv2.circle(own, (220, 200), 150, 255, -1, cv2.LINE_AA)
    result = cut_out(portrait, alpha=own)
    assert result.method == "alpha"
    assert np.array_equal(result.alpha, own.astype(np.float32) / 255)
    assert np.array_equal(result.colour[own == 255], portrait[own == 255])


def test_transparency_that_says_nothing_is_not_used(portrait: Pixels) -> None:
    opaque = np.full(portrait.shape[:2], 255, np.uint8)
    assert cut_out(portrait, faces.detect(portrait)[0], alpha=opaque).method == "person"


def test_a_thing_in_the_middle_is_found() -> None:
    picture = (cv2.GaussianBlur(noise(320), (0, 0), 2.5).astype(np.int64) // 4 + np.array((40, 110, 40))).astype(
        np.uint8
    )
    cv2.ellipse(picture, (160, 170), (80, 60), 0, 0, 360, (225, 60, 50), -1, cv2.LINE_AA)
    truth = np.zeros((320, 320), np.uint8)
    cv2.ellipse(truth, (160, 170), (80, 60), 0, 0, 360, 1, -1)
    alpha = cut_out(picture).alpha
    assert np.minimum(alpha, truth).sum() / np.maximum(alpha, truth).sum() > 0.95


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="one pixel"),
        pytest.param(np.zeros((3, 900, 3), np.uint8), id="a line"),
        pytest.param(np.full((300, 300, 3), 255, np.uint8), id="white"),
        pytest.param(noise(300), id="noise"),
        pytest.param(noise(300, 4.0), id="soft noise"),
        pytest.param(
            np.repeat(np.linspace(0, 255, 300).astype(np.uint8)[None, :, None], 300, 0).repeat(3, 2), id="ramp"
        ),
        pytest.param(landscape(), id="a landscape"),
    ],
)
def test_pictures_without_a_subject_are_refused(picture: Pixels) -> None:
    with pytest.raises(NoSubjectFound):
        cut_out(picture)
