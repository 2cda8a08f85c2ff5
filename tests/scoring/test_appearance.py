"""Drawn characters are recognised on other grounds, at other sizes, and told from one another."""

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from castlist import data
from castlist.scoring import Reference, identify
from castlist.vision.faces import Image

NAMES = ("woman", "man", "robot")


def _drawn(name: str) -> Image:
    return np.asarray(Pillow.open(data.path(f"samples/drawn-{name}.png")).convert("RGB"))


def _reposed(name: str) -> tuple[Image, np.ndarray]:
    """Put a drawing on a busy ground: smaller, tilted, warmer light, noise. Returns the picture and its alpha."""
    image = _drawn(name)
    paper = np.abs(image.astype(int) - image[4, 4]).max(2) < 8
    reached = np.zeros((1026, 1026), np.uint8)
    cv2.floodFill(paper.astype(np.uint8), reached, (4, 4), 2)
    alpha = 1 - reached[1:-1, 1:-1].astype(np.float32)
    turn = cv2.getRotationMatrix2D((512, 300), 7, 0.7)
    turn[:, 2] += (60, 180)
    figure, alpha = (cv2.warpAffine(part, turn, (1024, 1024), flags=cv2.INTER_AREA) for part in (image, alpha))
    noise = np.random.default_rng(7)
    coarse = noise.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    ground = cv2.resize(coarse, (1024, 1024), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    light = figure.astype(np.float32) * (1.05, 0.98, 0.9)
    mixed = light * alpha[..., None] + ground * (1 - alpha[..., None]) + noise.normal(0, 3, (1024, 1024, 1))
    return mixed.clip(0, 255).astype(np.uint8), alpha


@pytest.mark.parametrize("name", NAMES)
def test_the_same_drawing_is_found_in_another_picture(name: str) -> None:
    reference = Reference.prepare(_drawn(name))
    picture, alpha = _reposed(name)
    plain, helped = reference.score(picture), reference.score(picture, alpha)
    assert (plain.verdict, plain.method) == ("same", "colours-and-details")
    assert helped.verdict == "same"


def test_the_right_character_scores_best() -> None:
    references = {name: Reference.prepare(_drawn(name)) for name in NAMES}
    for name in NAMES:
        picture = _reposed(name)[0]
        scores = {other: reference.score(picture).score or 0 for other, reference in references.items()}
        others = [score for other, score in scores.items() if other != name]
        assert scores[name] > max(others) + 0.2


def test_another_drawing_is_different() -> None:
    assert identify(_drawn("robot"), _drawn("woman")).verdict == "different"


def test_a_blank_reference_compares_with_nothing() -> None:
    found = identify(np.full((300, 300, 3), 255, np.uint8), _drawn("man"))
    assert (found.score, found.verdict) == (None, "not_comparable")


def test_a_close_up_shows_the_same_character() -> None:
    close = np.asarray(cv2.resize(_drawn("man")[120:760, 160:800], (1024, 1024)), np.uint8)
    assert identify(_drawn("man"), close).verdict == "same"
