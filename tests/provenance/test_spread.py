"""A number becomes a pattern and comes back from its spectrum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castlist.provenance import spread
from castlist.provenance.spread import TILE

NUMBERS = st.integers(0, (1 << spread.NUMBER_BITS) - 1)


@given(NUMBERS, st.integers(0, TILE - 1), st.integers(0, TILE - 1))
@settings(max_examples=50, deadline=None)
def test_a_number_comes_back_wherever_its_tile_begins(number: int, down: int, across: int) -> None:
    plane = np.roll(np.tile(spread.pattern(number), (3, 4)), (down, across), (0, 1))
    spectrum = spread.spectrum_of(plane)
    strength, start = spread.locate(spectrum)
    assert start == (down, across)
    assert strength > 8
    assert spread.decode(spectrum, start) == number


@given(NUMBERS, st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_noise_four_times_as_loud_does_not_matter(number: int, seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal((8 * TILE, 8 * TILE)) * 4
    spectrum = spread.spectrum_of((np.tile(spread.pattern(number), (8, 8)) + noise).astype(np.float32))
    assert spread.decode(spectrum, (0, 0)) == number
    place, symbol = spread.lead(spectrum, number)
    assert place > 8
    assert symbol > 0


def test_noise_alone_is_no_number() -> None:
    random = np.random.default_rng(5)
    for _ in range(300):
        spectrum = spread.spectrum_of(random.standard_normal((TILE, TILE)).astype(np.float32))
        assert spread.decode(spectrum, spread.locate(spectrum)[1]) is None


def test_silence_is_no_number() -> None:
    spectrum = spread.spectrum_of(np.zeros((100, 130), np.float32))
    assert spread.locate(spectrum)[0] < 1
    assert spread.decode(spectrum, (0, 0)) is None


def test_patterns_of_different_numbers_differ_in_their_symbols_alone() -> None:
    one, other = spread.pattern(1), spread.pattern(2)
    assert one.mean() == pytest.approx(0, abs=1e-6)
    assert one.std() == pytest.approx(1, abs=1e-5)
    assert 0.1 < np.corrcoef(one.ravel(), other.ravel())[0, 1] < 0.9
