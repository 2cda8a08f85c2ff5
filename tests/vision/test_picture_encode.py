"""What is written is read back the same, carries nothing but pixels, and is the same bytes each time."""

import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from castlist.vision.picture import encode

WIDTH, HEIGHT = 90, 60
SCENE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
SCENE[..., 0] = np.linspace(0, 250, WIDTH)[None]
SCENE[..., 1] = np.linspace(0, 250, HEIGHT)[:, None]
SCENE[8:24, 10:40] = (240, 30, 90)
RAMP = np.linspace(0, 255, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, 0)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@given(st.integers(1, 80), st.integers(1, 80), st.sampled_from([3, 4]), st.integers(0, 2**32 - 1))
def test_png_is_lossless_and_repeatable(height: int, width: int, channels: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    written = encode(pixels, "png")
    assert np.array_equal(np.asarray(Image.open(BytesIO(written))), pixels)
    assert encode(np.asfortranarray(pixels), "png") == written


def test_a_png_is_header_pixels_and_end() -> None:
    data, names, at = encode(SCENE, "png"), [], 8
    while at < len(data):
        names.append(data[at + 4 : at + 8])
        at += 12 + struct.unpack_from(">I", data, at)[0]
    assert names[0] == b"IHDR"
    assert names[-1] == b"IEND"
    assert set(names[1:-1]) == {b"IDAT"}


def test_jpg_keeps_full_colour_resolution_and_follows_quality() -> None:
    written = encode(SCENE, "jpg")
    image = Image.open(BytesIO(written))
    assert image.format == "JPEG"
    assert [part[1:3] for part in image.layer] == [(1, 1)] * 3
    assert distance(np.asarray(image), SCENE) < 2
    assert len(encode(SCENE, "jpg", quality=40)) < len(written) < len(encode(SCENE, "jpg", quality=100))
    assert encode(SCENE.copy(), "jpg") == written


def test_webp_keeps_alpha_exactly_and_follows_quality() -> None:
    rgba = np.dstack([SCENE, RAMP])
    written = encode(rgba, "webp")
    image = Image.open(BytesIO(written))
    assert image.format == "WEBP"
    assert np.array_equal(np.asarray(image)[..., 3], RAMP)
    assert distance(np.asarray(Image.open(BytesIO(encode(SCENE, "webp")))), SCENE) < 4
    assert len(encode(SCENE, "webp", quality=20)) < len(encode(SCENE, "webp", quality=100))
    assert encode(rgba.copy(), "webp") == written


@pytest.mark.parametrize(
    ("pixels", "kind"),
    [
        (np.zeros((4, 4), np.uint8), "png"),
        (np.zeros((4, 4, 1), np.uint8), "png"),
        (np.zeros((4, 4, 2), np.uint8), "png"),
        (np.zeros((0, 4, 3), np.uint8), "png"),
        (np.zeros((4, 4, 3), np.float32), "png"),
        (np.zeros((4, 4, 4), np.uint8), "jpg"),
        (np.zeros((4, 4, 3), np.uint8), "gif"),
        (np.zeros((1, 16_384, 3), np.uint8), "webp"),
        (np.zeros((1, 66_000, 3), np.uint8), "jpg"),
    ],
)
def test_what_cannot_be_written_is_a_mistake_of_the_caller(pixels: np.ndarray, kind: str) -> None:
    with pytest.raises(ValueError, match=r"pixels|written"):
        encode(pixels, kind)  # type: ignore[arg-type]
