"""Bringing a finished picture to size."""

import numpy as np
import pytest

from castlist.vision.fit import fit, flatten


def ramp(width: int, height: int) -> np.ndarray:
    return np.broadcast_to(np.linspace(0, 255, width).astype(np.uint8)[None, :, None], (height, width, 3)).copy()


@pytest.mark.parametrize(
    ("given", "wanted", "cropped"),
    [
        ((64, 64), (64, 64), False),
        ((128, 128), (64, 64), False),
        ((32, 32), (64, 64), False),
        ((1344, 768), (1360, 768), False),
        ((100, 64), (64, 64), True),
        ((64, 200), (96, 64), True),
        ((1, 1), (64, 32), False),
    ],
)
def test_the_size_is_the_one_asked_for(given: tuple[int, int], wanted: tuple[int, int], cropped: bool) -> None:
    pixels, lossy = fit(ramp(*given), *wanted)
    assert pixels.shape == (wanted[1], wanted[0], 3)
    assert pixels.dtype == np.uint8
    assert lossy is cropped


def test_the_middle_stays() -> None:
    pixels, _ = fit(ramp(201, 51), 51, 51)
    assert abs(float(pixels[0, 25, 0]) - 127.5) < 1.5
    assert 90 < pixels[0, 0, 0] < pixels[0, -1, 0] < 165


def test_what_is_transparent_becomes_white() -> None:
    alpha = np.array([[0.0, 1.0, 0.5]], np.float32)
    laid = flatten(np.full((1, 3, 3), 101, np.uint8), alpha)
    assert laid[0, :, 0].tolist() == [255, 101, 178]
    assert flatten(laid, None) is laid
