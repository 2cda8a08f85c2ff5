"""A picture's number is the same everywhere and can be read out and typed in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.provenance.facts import number_of, spell, unspell


@given(st.integers(0, 2**40 - 1))
def test_what_is_spelled_reads_back(number: int) -> None:
    text = spell(number)
    assert len(text) == 9
    assert unspell(text) == number
    assert unspell(text.lower().replace("-", "").replace("0", "o").replace("1", "l")) == number


@pytest.mark.parametrize("text", ["", "1234-567", "1234-56789", "1234-567U", "1234-567?", "¼234-5678"])
def test_other_text_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="not the number of a picture"):
        unspell(text)


def test_a_number_depends_on_the_pixels_alone() -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert spell(number_of(pixels)) == "9PYW-5CNP"
    assert number_of(pixels.copy(order="F")) == number_of(pixels)
    numbers = {number_of(pixels + np.uint8(shift)) for shift in range(200)}
    assert len(numbers) == 200
    assert max(numbers) < 2**40
