"""Styles: what each must keep and must change, measured on pictures made here."""

import numpy as np
import pytest

from castlist.engines.studio import style

WHOLE = np.ones((128, 128), np.float32)
NAMES = ("mono", "film", "sketch", "comic", "painting", "illustration")


def _grained(seed: int = 1) -> np.ndarray:
    """A dark half beside a light one, both with grain, and a small dark spot as an eye is one."""
    picture = np.full((128, 128, 3), (190, 160, 140), np.float32)
    picture[:, :64] = (60, 50, 70)
    picture[60:68, 90:98] = (25, 20, 20)
    picture += np.random.default_rng(seed).normal(0, 9, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_paint_takes_the_grain_and_keeps_edges_and_eyes() -> None:
    """Shrinking and enlarging painted as smoothly, and wiped the eyes out of small faces."""
    before, after = _grained(), style.painted(_grained(), WHOLE)
    assert after[20:50, 100:120, 0].std() < 0.4 * before[20:50, 100:120, 0].std()
    step = after[:, 61, 0].astype(float).mean(), after[:, 66, 0].astype(float).mean()
    assert step[1] - step[0] > 100
    assert after[62:66, 92:96].mean() < 50


def test_the_backdrop_is_painted_more_broadly_than_the_character() -> None:
    alpha = np.zeros((128, 128), np.float32)
    alpha[:, 64:] = 1
    fine, broad = style.painted(_grained(), WHOLE), style.painted(_grained(), alpha)
    assert np.array_equal(fine[:, 80:], broad[:, 80:])
    spot = _grained()
    spot[60:64, 30:34] = 255
    assert style.painted(spot, alpha)[61:63, 31:33].mean() < style.painted(spot, WHOLE)[61:63, 31:33].mean() - 20


@pytest.mark.parametrize("name", NAMES)
def test_a_style_changes_the_picture_and_is_the_same_again(name: str) -> None:
    picture = _grained()
    one, two = (style.put_on(name, picture.copy(), 5, WHOLE) for _ in range(2))
    assert one.shape == picture.shape
    assert one.dtype == np.uint8
    assert np.array_equal(one, two)
    assert np.abs(one.astype(int) - picture).mean() > 2


@pytest.mark.parametrize("name", ["mono", "sketch"])
def test_pencil_and_monochrome_have_no_colour(name: str) -> None:
    drawn = style.put_on(name, _grained(), 5, WHOLE).astype(int)
    assert np.ptp(drawn, axis=-1).max() < 12


def test_a_pencil_leaves_even_light_areas_to_the_paper_and_hatches_the_dark() -> None:
    """Grain, drawn as lines, once covered skin and cloth with dirt."""
    drawn = style.put_on("sketch", _grained(), 5, WHOLE).astype(float)
    assert drawn[20:50, 100:120].mean() > 225
    assert drawn[20:50, 20:40].mean() < 200
    assert drawn[20:50, 100:120, 0].std() < 12
