"""Pictures of the kinds that are marked, what is said of them, and an issuer."""

from collections.abc import Callable
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from castlist import data
from castlist.provenance import issuer as issuers
from castlist.provenance.facts import Facts, SourceType
from castlist.provenance.issuer import Issuer
from castlist.vision import picture

Pixels = NDArray[np.uint8]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COLOURS = {"white": (255, 255, 255), "black": (0, 0, 0), "green": (0, 177, 64)}


def photo(width: int = 1024, height: int = 1024) -> Pixels:
    """The astronaut, cut to an aspect ratio and enlarged."""
    pixels = picture.decode(data.path("samples/astronaut.png").read_bytes()).pixels
    rows = min(512, round(512 * height / width))
    columns = round(rows * width / height)
    return np.asarray(cv2.resize(pixels[:rows, :columns], (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def on_colour(name: str) -> Pixels:
    """The astronaut in a soft-edged oval on a flat colour."""
    mask = np.zeros((1024, 1024), np.float32)
    cv2.ellipse(mask, (500, 520), (330, 420), 0, 0, 360, 1.0, -1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.5))[..., None]
    return np.rint(photo() * mask + np.array(COLOURS[name]) * (1 - mask)).astype(np.uint8)


def texture() -> Pixels:
    """Noise with a natural picture's spectrum, in colour."""
    random = np.random.default_rng(3)
    rows, columns = np.fft.fftfreq(832)[:, None], np.fft.fftfreq(1248)[None]
    falling = 1 / (np.hypot(rows, columns) + 1 / 200)
    planes = [np.fft.ifft2(np.fft.fft2(random.standard_normal((832, 1248))) * falling).real for _ in range(3)]
    pixels = np.stack([128 + 45 * plane / plane.std() for plane in planes], -1)
    return np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)


def drawing() -> Pixels:
    """Flat colours and outlines: the drawn woman, enlarged, on white."""
    opened = picture.decode(data.path("samples/drawn-woman.png").read_bytes())
    pixels = opened.pixels.astype(np.float32)
    if opened.alpha is not None:
        pixels = pixels * opened.alpha[..., None] + 255 * (1 - opened.alpha[..., None])
    return np.rint(cv2.resize(pixels, (1024, 1024), interpolation=cv2.INTER_AREA)).clip(0, 255).astype(np.uint8)


PICTURES: dict[str, Callable[[], Pixels]] = {
    "photo": photo,
    "wide photo": lambda: photo(1360, 768),
    "tall photo": lambda: photo(832, 1248),
    "large photo": lambda: photo(2000, 1500),
    "small photo": lambda: photo(640, 480),
    "photo on white": lambda: on_colour("white"),
    "photo on black": lambda: on_colour("black"),
    "photo on green": lambda: on_colour("green"),
    "texture": texture,
    "drawing": drawing,
    "thumbnail": lambda: photo(512, 384),
}


@pytest.fixture(scope="session")
def picture_of() -> Callable[[str], Pixels]:
    """Gives the picture of a name, uint8 [H, W, 3]: see PICTURES."""
    return lambda name: PICTURES[name]()


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return issuers.create(datetime.now(UTC))


@pytest.fixture
def facts() -> Facts:
    return Facts("studio", "studio-1", SourceType.COMPOSITE, 0xA1_B2_C3_D4_E5, NOW)
