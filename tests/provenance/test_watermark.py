"""The mark survives what happens to pictures, is not seen, and is not found where it is not."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from castlist.provenance import masking, watermark

Pixels = NDArray[np.uint8]
PictureOf = Callable[[str], Pixels]

NUMBER = 0xA5_3C_96_0F_E1
FULL = (
    "photo",
    "wide photo",
    "tall photo",
    "large photo",
    "small photo",
    "photo on white",
    "photo on black",
    "photo on green",
    "texture",
)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    file = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1])


def resize(pixels: Pixels, scale: float) -> Pixels:
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def psnr_db(one: Pixels, other: Pixels) -> float:
    error = float(np.mean((one[..., :3].astype(np.float64) - other[..., :3]) ** 2))
    return 10 * np.log10(255**2 / error) if error else np.inf


PROMISED: dict[str, Callable[[Pixels], Pixels]] = {
    "JPEG q75": lambda p: jpeg(p, 75),
    "half the size": lambda p: resize(p, 0.5),
    "half the size, JPEG q75": lambda p: jpeg(resize(p, 0.5), 75),
}
BEYOND: dict[str, Callable[[Pixels], Pixels]] = {
    "half the size, JPEG q60": lambda p: jpeg(resize(p, 0.5), 60),
    "twice the size, JPEG q75": lambda p: jpeg(resize(p, 2), 75),
    "cropped, JPEG q75": lambda p: jpeg(p[68:, 31 : p.shape[1] - 71], 75),
    "brighter, JPEG q75": lambda p: jpeg(np.clip(p * 1.1 + 6, 0, 255).astype(np.uint8), 75),
    "mirrored, JPEG q75": lambda p: jpeg(p[:, ::-1], 75),
    "upside down, JPEG q75": lambda p: jpeg(p[::-1, ::-1], 75),
    "turned, JPEG q75": lambda p: jpeg(np.rot90(p), 75),
}


@pytest.fixture(scope="module")
def marked(picture_of: PictureOf) -> dict[str, watermark.Embedded]:
    return {name: watermark.embed(picture_of(name), NUMBER) for name in FULL}


@pytest.mark.parametrize("attack", PROMISED)
@pytest.mark.parametrize("name", FULL)
def test_the_promised_attacks_leave_the_mark(marked: dict[str, watermark.Embedded], name: str, attack: str) -> None:
    reading = watermark.read(PROMISED[attack](marked[name].pixels))
    assert reading.number == NUMBER
    assert reading.found
    assert reading.confidence > 0.9999


@pytest.mark.parametrize("attack", BEYOND)
def test_other_ordinary_changes_leave_it_too(marked: dict[str, watermark.Embedded], attack: str) -> None:
    assert watermark.read(BEYOND[attack](marked["wide photo"].pixels)).number == NUMBER


def test_a_thorough_search_finds_what_was_cropped_and_resized(marked: dict[str, watermark.Embedded]) -> None:
    attacked = jpeg(resize(marked["photo"].pixels[100:900, 150:1000], 0.83), 80)
    assert watermark.read(attacked, thorough=True).number == NUMBER


@pytest.mark.parametrize("name", FULL)
def test_the_mark_hardly_changes_the_picture(
    marked: dict[str, watermark.Embedded], picture_of: PictureOf, name: str
) -> None:
    assert marked[name].hold == ("weak" if name == "small photo" else "firm")
    assert 42 <= psnr_db(picture_of(name), marked[name].pixels) < 60


def test_a_drawing_carries_it_in_its_outlines(picture_of: PictureOf) -> None:
    plain = picture_of("drawing")
    embedded = watermark.embed(plain, NUMBER)
    assert embedded.hold != "none"
    assert psnr_db(plain, embedded.pixels) >= 42
    for attack in ("JPEG q75", "half the size"):
        assert watermark.read(PROMISED[attack](embedded.pixels)).number == NUMBER


@pytest.mark.parametrize("colour", ["white", "black", "green"])
def test_flat_backgrounds_keep_their_exact_colour_up_to_the_subject(
    marked: dict[str, watermark.Embedded], picture_of: PictureOf, colour: str
) -> None:
    plain = picture_of(f"photo on {colour}")
    pixels = marked[f"photo on {colour}"].pixels
    background = (plain == plain[0, 0]).all(-1)
    assert background.mean() > 0.3
    assert (pixels[background] == plain[background]).all()


def test_nothing_flat_changes(picture_of: PictureOf) -> None:
    plain = picture_of("drawing")
    marked = watermark.embed(plain, NUMBER).pixels
    around = np.ones((3, 3), np.uint8)
    flat = (cv2.dilate(plain, around) == cv2.erode(plain, around)).all(-1)
    assert flat.mean() > 0.5
    assert (marked[flat] == plain[flat]).all()
    assert masking.fixed(plain)[flat].all()


def test_no_hue_changes(picture_of: PictureOf) -> None:
    plain = picture_of("thumbnail")
    change = watermark.embed(plain, NUMBER).pixels.astype(int) - plain
    inside = ((plain > 40) & (plain < 215)).all(-1)
    assert (np.ptp(change[inside], axis=-1) <= 1).mean() > 0.99


def test_transparency_stays_and_hides_nothing(picture_of: PictureOf) -> None:
    alpha = np.full((1024, 1024, 1), 255, np.uint8)
    alpha[:, :300] = 0
    plain = np.concatenate([picture_of("photo"), alpha], 2)
    marked = watermark.embed(plain, NUMBER).pixels
    assert (marked[..., 3] == plain[..., 3]).all()
    assert (marked[:, :300] == plain[:, :300]).all()
    assert watermark.read(marked).number == NUMBER
    on_white = np.where(alpha > 0, marked[..., :3], 255).astype(np.uint8)
    assert watermark.read(jpeg(resize(on_white, 0.5), 75)).number == NUMBER


def test_a_picture_without_room_stays_as_it_is() -> None:
    plain = np.full((700, 900, 3), 200, np.uint8)
    plain[300:310, 100:800] = 30
    embedded = watermark.embed(plain, NUMBER)
    assert embedded.hold == "none"
    assert (embedded.pixels == plain).all()


def test_the_last_mark_counts(picture_of: PictureOf) -> None:
    once = watermark.embed(picture_of("photo"), 1).pixels
    twice = watermark.embed(once, 2).pixels
    assert watermark.read(jpeg(twice, 75)).number == 2


def test_equal_input_gives_equal_output_whatever_the_threads(picture_of: PictureOf) -> None:
    plain = picture_of("photo")
    first = watermark.embed(plain, NUMBER).pixels
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        assert (watermark.embed(plain, NUMBER).pixels == first).all()
    finally:
        cv2.setNumThreads(threads)
    assert (plain == picture_of("photo")).all()


def test_nothing_is_found_in_unmarked_pictures(picture_of: PictureOf) -> None:
    random = np.random.default_rng(1)
    for name in FULL:
        plain = picture_of(name)
        for _ in range(4):
            part = plain[: random.integers(300, 481), : random.integers(300, 641)]
            reading = watermark.read(jpeg(resize(part, random.uniform(0.6, 1.4)), 80))
            assert not reading.found
            assert reading.number is None
            assert reading.confidence == 0


@pytest.mark.parametrize("blank", [0, 128, 255])
def test_nothing_is_found_in_nothing(blank: int) -> None:
    assert not watermark.read(np.full((512, 512, 3), blank, np.uint8), thorough=True).found
    assert not watermark.read(np.full((20, 30, 3), blank, np.uint8)).found


@pytest.mark.parametrize("number", [-1, 1 << 40])
def test_only_numbers_that_fit_are_taken(picture_of: PictureOf, number: int) -> None:
    with pytest.raises(ValueError, match="40 bits"):
        watermark.embed(picture_of("thumbnail"), number)
