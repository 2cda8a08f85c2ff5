"""What is no acceptable picture is refused in one sentence that helps; damage never gives anything else."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from castlist.domain.errors import InputImageRejected
from castlist.vision.containers import carve
from castlist.vision.picture import decode, encode

WIDTH, HEIGHT = 90, 60
SCENE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
SCENE[..., 0] = np.linspace(0, 250, WIDTH)[None]
SCENE[..., 1] = np.linspace(0, 250, HEIGHT)[:, None]
SCENE[8:24, 10:40] = (240, 30, 90)
RAMP = np.linspace(0, 255, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, 0)


def saved(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    file = BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def error(data: bytes) -> str:
    with pytest.raises(InputImageRejected) as refusal:
        decode(data)
    assert refusal.value.__cause__ is None
    return refusal.value.message


# What is no picture


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "a web page, not a picture"),
        (b"\xef\xbb\xbf\r\n <HTML>", "a web page"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "an SVG drawing"),
        (b"<svg/>", "an SVG drawing"),
        (b'{"error": "no such file"}', "JSON text"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\0\0\0\x20ftypavif", "an AVIF picture"),
        (b"\0\0\0\x20ftypheic", "a HEIC picture"),
        (b"\0\0\0\x20ftypmif1", "a HEIC picture"),
        (b"\0\0\0\x20ftypisom", "a video"),
        (b"BM" + bytes(60), "a BMP picture"),
        (b"II*\0" + bytes(60), "a TIFF picture"),
        (b"\xff\x0a" + bytes(60), "a JPEG XL picture"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "not a WebP picture"),
        (b"SIMPLE  =                    T", "a FITS file"),
        (b"just some words", "no picture in a format known here"),
        (bytes(1000), "no picture in a format known here"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str) -> None:
    message = error(data)
    assert words in message
    assert "send a PNG, JPEG, WebP or GIF picture." in message


@pytest.mark.parametrize(
    "head",
    [
        b"%!PS-Adobe",
        b"GIF88a" + bytes(40),
        b"\x89PNX\r\n\x1a\n",
        b"P6 64 64 255\n",
        b"8BPS\0\1",
        b"#define x_width 64\n",
    ],
)
def test_other_formats_never_reach_a_decoder(head: bytes) -> None:
    assert "send a PNG, JPEG, WebP or GIF picture." in error(head + bytes(20_000))


@pytest.mark.parametrize(
    "kind", ["BMP", "TIFF", "PPM", "TGA", "ICO", "PCX", "SGI", "JPEG2000", "PDF", "EPS", "DDS", "AVIF"]
)
def test_pillows_other_formats_are_refused(kind: str) -> None:
    assert "send a PNG, JPEG, WebP or GIF picture." in error(saved(SCENE, kind))


# Cut off and damaged

WHOLE = {
    "PNG": saved(SCENE, "PNG"),
    "JPEG": saved(SCENE, "JPEG"),
    "progressive JPEG": saved(SCENE, "JPEG", progressive=True),
    "WebP": saved(SCENE, "WEBP"),
    "lossless WebP": saved(SCENE, "WEBP", lossless=True),
    "WebP with alpha": saved(np.dstack([SCENE, RAMP]), "WEBP", exif=b"Exif\0\0II*\0", icc_profile=b"x"),
    "animated WebP": saved(SCENE, "WEBP", save_all=True, append_images=[Image.fromarray(SCENE[::-1])]),
    "GIF": saved(SCENE, "GIF"),
    "animated GIF": saved(SCENE, "GIF", save_all=True, append_images=[Image.fromarray(SCENE[::-1])]),
}


@pytest.mark.parametrize("name", ["PNG", "JPEG", "progressive JPEG", "WebP", "lossless WebP", "WebP with alpha"])
def test_a_file_cut_off_anywhere_is_refused(name: str) -> None:
    data = WHOLE[name]
    for end in {*range(0, 60), *range(60, len(data), 37), len(data) - 1, len(data) - 2}:
        message = error(data[:end])
        if end > 40:
            assert "cut off" in message or "damaged" in message, (end, message)


def test_a_gif_cut_off_in_its_first_frame_is_refused() -> None:
    data = WHOLE["animated GIF"]
    for end in range(0, WHOLE["GIF"].rindex(b"\0") - 4, 11):
        error(data[:end])


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_random_damage_gives_a_picture_or_a_sentence(name: str, data: st.DataObject) -> None:
    damaged = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.one_of(st.integers(0, min(120, len(damaged) - 1)), st.integers(0, len(damaged) - 1)))
        how = data.draw(st.integers(0, 3))
        if how == 0:
            damaged[at] = data.draw(st.integers(0, 255))
        elif how == 1:
            damaged[at : at + 1] = data.draw(st.binary(max_size=8))
        elif how == 2:
            damaged[at : at + 4] = data.draw(
                st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1"])
            )
        else:
            del damaged[at : at + data.draw(st.integers(1, 40))]
    with suppress(InputImageRejected):
        carve(bytes(damaged), 40_000_000)  # on its own: decode() would turn any mistake in it into a refusal
        picture = decode(bytes(damaged))
        assert picture.pixels.dtype == np.uint8
        assert picture.pixels.shape == (picture.height, picture.width, 3)
        assert picture.alpha is None or picture.alpha.shape == picture.pixels.shape[:2]


def test_a_wrong_checksum_is_refused() -> None:
    data = bytearray(WHOLE["PNG"])
    at = data.index(b"IDAT") + 60
    data[at] ^= 1
    assert "damaged" in error(bytes(data))


@pytest.mark.parametrize(
    ("find", "replacement", "words"),
    [
        (b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c", "not an ordinary 8-bit picture"),
        (b"\xff\xc0", b"\xff\xc3", "rare kind"),
        (b"\xff\xc0", b"\xff\xc9", "rare kind"),
        (b"\xff\xc0", b"\xff\xe5", "damaged"),
        (b"\xff\xda", b"\xff\xe6", "damaged"),
    ],
)
def test_rare_jpegs_are_refused_with_advice(find: bytes, replacement: bytes, words: str) -> None:
    assert words in error(WHOLE["JPEG"].replace(find, replacement, 1))


# Polyglots

SCRIPT = b"<script>CANARY()</script><?php CANARY ?>"


def gif_with_comment() -> bytes:
    data = WHOLE["GIF"]
    at = data.index(b"\x2c\0\0\0\0" + struct.pack("<HH", WIDTH, HEIGHT))
    return data[:at] + b"!\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0" + data[at:]


@pytest.mark.parametrize(
    "data",
    [
        WHOLE["PNG"] + b"PK\x03\x04" + SCRIPT,
        WHOLE["PNG"][:33] + chunk(b"tEXt", b"Comment\0" + SCRIPT) + WHOLE["PNG"][33:],
        WHOLE["PNG"][:33] + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SCRIPT)) + WHOLE["PNG"][33:],
        WHOLE["JPEG"] + b"\n<html>" + SCRIPT,
        WHOLE["JPEG"][:2] + b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT + WHOLE["JPEG"][2:],
        WHOLE["JPEG"][:2] + b"\xff\xef" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT + WHOLE["JPEG"][2:],
        WHOLE["JPEG"] + WHOLE["PNG"],
        WHOLE["GIF"] + SCRIPT,
        gif_with_comment(),
        WHOLE["WebP"] + SCRIPT,
    ],
)
def test_a_second_nature_of_the_file_is_left_behind(data: bytes) -> None:
    picture = decode(data)
    assert picture.pixels.shape == SCENE.shape
    assert np.abs(picture.pixels.astype(int) - SCENE).mean() < 12
    assert all(b"CANARY" not in encode(picture.pixels, output) for output in ("png", "jpg", "webp"))
