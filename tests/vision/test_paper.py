"""Line drawings on photographed paper: shadows, folds, a table around the sheet, legs, specks."""

import cv2
import numpy as np
import pytest

from castlist.domain.errors import NoSubjectFound
from castlist.vision import matte, paper

INK = (70, 50, 120)


def _figure(sheet: np.ndarray) -> None:
    """Draw a body with a face, arms of one stroke each and two legs."""
    cv2.ellipse(sheet, (300, 330), (110, 140), 0, 0, 360, INK, 6)
    cv2.line(sheet, (200, 290), (110, 210), INK, 6)
    cv2.line(sheet, (400, 290), (490, 210), INK, 6)
    for x in (240, 360):
        cv2.line(sheet, (x, 460), (x, 600), INK, 6)
    cv2.circle(sheet, (265, 300), 8, INK, -1)
    cv2.circle(sheet, (335, 300), 8, INK, -1)
    cv2.ellipse(sheet, (300, 360), (45, 25), 0, 20, 160, (190, 40, 40), 6)


def _photograph(*, shadow: float = 0.62) -> np.ndarray:
    """A warm sheet with a hard shadow over its lower half, a table above and below, and the noise of a camera."""
    sheet = np.full((800, 600, 3), (226, 205, 176), np.uint8)
    _figure(sheet)
    lit = sheet.astype(np.float32)
    lit[420:, 150:] *= shadow
    lit[:25], lit[-25:] = 40, 40
    lit *= np.linspace(1.0, 0.85, 600, dtype=np.float32)[None, :, None]
    noise = np.random.default_rng(1).normal(0, 3, lit.shape)
    return np.clip(lit + noise, 0, 255).astype(np.uint8)


def test_a_drawing_on_shadowed_paper_is_lifted_off_with_arms_and_legs_apart_and_its_inside_white() -> None:
    cut = matte.cut_out(_photograph())
    assert cut.method == "flat"
    assert cut.alpha[330, 300] == 1
    assert cut.colour[330, 300].min() > 225
    for x, y in ((150, 246), (450, 246), (240, 540), (360, 540)):
        assert cut.alpha[y - 4 : y + 5, x - 4 : x + 5].max() > 0.9, (x, y)
    assert cut.alpha[540, 280:320].max() < 0.1
    assert cut.alpha[700:].max() < 0.1
    assert cut.alpha[:150].max() < 0.1


def test_light_and_shadow_inside_the_outline_are_evened_out() -> None:
    cut = matte.cut_out(_photograph(shadow=0.7))
    above, below = cut.colour[400:412, 290:310].mean(), cut.colour[430:445, 290:310].mean()
    assert abs(float(above) - float(below)) < 12


def test_specks_on_the_sheet_are_no_part_of_the_drawing() -> None:
    dirty = _photograph()
    cv2.circle(dirty, (100, 640), 3, (60, 60, 60), -1)
    assert matte.cut_out(dirty).alpha[630:650, 90:110].max() < 0.1


@pytest.mark.parametrize("kind", ["scattered", "dark", "colourful"])
def test_what_is_no_drawing_on_a_sheet_is_not_read_as_one(kind: str) -> None:
    image = np.full(
        (400, 400, 3), {"dark": (50, 50, 52), "colourful": (230, 120, 60)}.get(kind, (220, 220, 215)), np.uint8
    )
    if kind == "scattered":
        for x, y in np.random.default_rng(2).integers(30, 370, (60, 2)):
            cv2.circle(image, (int(x), int(y)), 4, (40, 40, 40), -1)
    else:
        cv2.circle(image, (200, 200), 90, (10, 10, 10), 5)
    assert paper.backdrop(image) is None


def test_an_empty_sheet_has_no_subject() -> None:
    empty = np.clip(np.random.default_rng(4).normal(215, 3, (300, 400, 3)), 0, 255).astype(np.uint8)
    with pytest.raises(NoSubjectFound):
        matte.cut_out(empty)
