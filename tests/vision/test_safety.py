"""The bundled classifier on harmless pictures. There is no other kind here, so what it finds is not tested."""

import cv2
import numpy as np
import pytest

from castlist import data
from castlist.domain.safety import DEFAULT_LIMITS
from castlist.testing.pictures import figure
from castlist.vision import picture
from castlist.vision.safety import BundledClassifier, raw_classes

SAMPLES = ("astronaut", "drawn-man", "drawn-robot", "drawn-woman")
# What the model says in its own runtime (TensorFlow.js 4.22.0, as scripts/rebuild_data/nsfwjs.mjs asks it) of the
# picture and its mirror image, each averaged to 224 px by OpenCV's INTER_AREA: drawing, hentai, neutral, porn, sexy.
ORIGINAL = {
    "astronaut": (0.03789, 0.00507, 0.95426, 0.00059, 0.00219),
    "drawn-man": (0.03702, 0.00015, 0.96283, 0.00000, 0.00000),
    "drawn-robot": (0.14684, 0.00477, 0.84744, 0.00055, 0.00040),
    "drawn-woman": (0.00648, 0.00062, 0.99290, 0.00001, 0.00000),
}


def sample(name: str) -> np.ndarray:
    return picture.decode(data.path(f"samples/{name}.png").read_bytes()).pixels


@pytest.mark.parametrize("name", ORIGINAL)
def test_it_says_what_the_original_says(name: str) -> None:
    assert list(raw_classes(sample(name)).values()) == pytest.approx(ORIGINAL[name], abs=2e-4)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_pass(name: str) -> None:
    reading = BundledClassifier().read(sample(name))
    assert set(reading) == set(BundledClassifier.classes)
    assert reading["explicit"] < DEFAULT_LIMITS["explicit"] / 4


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (223, 225), (2048, 300)])
def test_any_shape_is_read(size: tuple[int, int]) -> None:
    reading = raw_classes(figure(*size) if min(size) > 16 else np.full((*size, 3), 90, np.uint8))
    assert sum(reading.values()) == pytest.approx(1, abs=1e-4)


def test_a_mirror_image_reads_the_same() -> None:
    pixels = sample("astronaut")
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    assert list(raw_classes(mirrored).values()) == pytest.approx(list(raw_classes(pixels).values()), abs=1e-4)


def test_size_and_compression_hardly_matter() -> None:
    pixels = sample("astronaut")
    once = BundledClassifier().read(pixels)["explicit"]
    for side in (300, 900):
        scaled = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
        packed = picture.decode(picture.encode(scaled, "jpg", quality=75)).pixels
        assert abs(BundledClassifier().read(packed)["explicit"] - once) < 0.1
