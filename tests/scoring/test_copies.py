"""Copies are found whatever was done to them, different pictures are not taken for copies; the published ratio."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from castlist import data
from castlist.scoring.copies import Album, Image, imprint, lay_over
from castlist.vision import picture

SAMPLES = ("astronaut.png", "drawn-man.png", "drawn-robot.png", "drawn-woman.png")
PLATES = ("apartment.webp", "forest.webp", "venice.webp", "summit.webp", "autumn.webp")


def opened(name: str) -> Image:
    return picture.decode(data.path(name).read_bytes(), max_side=640).pixels


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    return [opened(f"samples/{name}") for name in SAMPLES] + [opened(f"plates/{name}") for name in PLATES]


def edits(image: Image) -> Iterator[Image]:
    height, width = image.shape[:2]
    middle = cv2.getRotationMatrix2D((width / 2, height / 2), 1.5, 1.05)
    yield image
    yield cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
    yield cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    yield cv2.resize(image, None, fx=1.06, fy=1)
    yield image[height // 20 : -height // 12, width // 10 : -width // 16]
    yield np.clip(image * 1.2, 0, 255).astype(np.uint8)
    yield (image * 0.7).astype(np.uint8)
    yield np.clip(image * np.array([1.1, 1, 0.85]), 0, 255).astype(np.uint8)
    yield cv2.warpAffine(image, middle, (width, height))
    yield image[:, ::-1]


def test_edited_copies_are_found(pictures: list[Image]) -> None:
    found = [
        lay_over(imprint(image), imprint(np.ascontiguousarray(edit))).is_copy
        for image in pictures[: len(SAMPLES)]
        for edit in edits(image)
    ]
    assert sum(found) >= 0.99 * len(found)


def test_different_pictures_are_no_copies(pictures: list[Image]) -> None:
    prints = [imprint(image) for image in pictures]
    overlays = [lay_over(one, other) for one in prints for other in prints if one is not other]
    assert max(overlay.agreement for overlay in overlays) < 0.6


def test_a_mirrored_copy_is_called_one(pictures: list[Image]) -> None:
    assert lay_over(imprint(pictures[0]), imprint(np.ascontiguousarray(pictures[0][:, ::-1]))).mirrored


def test_the_character_before_another_ground_or_turned_is_no_copy(pictures: list[Image]) -> None:
    astronaut = pictures[0]
    size = astronaut.shape[1], astronaut.shape[0]
    ground = cv2.resize(pictures[5], size)
    inside = np.zeros(astronaut.shape[:2], np.uint8)
    cv2.ellipse(inside, (size[0] // 2, size[1] // 2), (size[0] // 4, size[1] // 2), 0, 0, 360, 1, -1)
    pasted = np.where(inside[..., None] == 1, astronaut, ground)
    assert not lay_over(imprint(astronaut), imprint(pasted)).is_copy
    across, down = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    away = ((across - size[0] * 0.45) / size[0]) ** 2 + ((down - size[1] * 0.3) / size[1]) ** 2
    bent = cv2.remap(
        astronaut, across + 0.06 * size[0] * np.exp(-away / 0.02).astype(np.float32), down, cv2.INTER_LINEAR
    )
    assert not lay_over(imprint(astronaut), imprint(bent)).is_copy


@pytest.mark.parametrize("shape", [(8, 8), (2000, 20), (20, 2000), (300, 200)])
def test_plain_and_odd_pictures_are_no_error(shape: tuple[int, int]) -> None:
    plain, noise = np.full((*shape, 3), 127, np.uint8), np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)
    assert not lay_over(imprint(plain), imprint(noise)).is_copy
    assert not lay_over(imprint(noise), imprint(plain)).is_copy
    lay_over(imprint(plain), imprint(plain))


def test_an_album_says_what_is_copied(pictures: list[Image]) -> None:
    album = Album.of(pictures[:1])
    assert album.add(0, pictures[1]) == ()
    assert album.add(1, pictures[0]) == ("This image is nearly the reference itself.",)
    assert album.add(2, pictures[2]) == ()
    darker = (pictures[2] * 0.8).astype(np.uint8)
    assert album.add(3, darker) == ("This image is nearly the same as image 3.",)
