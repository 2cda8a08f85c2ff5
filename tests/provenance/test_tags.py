"""Tags are read by other software, change no pixel, and foreign ones do no harm."""

import dataclasses
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from castlist.provenance import packets, tags
from castlist.provenance.facts import Facts, SourceType, spell
from castlist.provenance.tags import Tags
from castlist.vision import picture

Pixels = NDArray[np.uint8]
PictureOf = Callable[[str], Pixels]
FORMATS = ("png", "jpg", "webp")
HEADS = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe1\0\x20http://ns.adobe.com/xap/1.0/\0",
    b"RIFF\x20\0\0\0WEBPXMP ",
    b"GIF89a",
)


def with_alpha(pixels: Pixels) -> Pixels:
    alpha = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    alpha[:50] = 7
    return np.concatenate([pixels, alpha], 2)


@pytest.mark.parametrize("format", FORMATS)
def test_tags_come_back_and_no_pixel_changes(picture_of: PictureOf, facts: Facts, format: str) -> None:
    plain = picture.encode(picture_of("thumbnail"), format)  # type: ignore[arg-type]
    tagged = tags.write(plain, facts)
    assert tags.read(tagged) == Tags(
        source_type=str(SourceType.COMPOSITE),
        tool=facts.software,
        credit="Made with AI by castlist",
        system="studio",
        system_version="studio-1",
        number=f"castlist:{spell(facts.number)}",
    )
    assert tags.read(plain) is None
    assert (picture.decode(tagged).pixels == picture.decode(plain).pixels).all()
    assert tags.write(plain, facts) == tagged


@pytest.mark.parametrize("format", FORMATS)
def test_other_software_finds_them(picture_of: PictureOf, facts: Facts, format: str) -> None:
    tagged = tags.write(picture.encode(picture_of("thumbnail"), format), facts)  # type: ignore[arg-type]
    with Image.open(BytesIO(tagged)) as opened:
        opened.load()
        assert b"compositeWithTrainedAlgorithmicMedia" in opened.info["xmp"]


@pytest.mark.parametrize("format", ["png", "webp"])
def test_transparency_survives(picture_of: PictureOf, facts: Facts, format: str) -> None:
    plain = picture.encode(with_alpha(picture_of("thumbnail")), format)  # type: ignore[arg-type]
    alpha = picture.decode(tags.write(plain, facts)).alpha
    assert alpha is not None
    assert alpha[0, 0] == pytest.approx(7 / 255)


def test_lossless_webp_with_transparency_is_understood(picture_of: PictureOf, facts: Facts) -> None:
    file = BytesIO()
    Image.fromarray(with_alpha(picture_of("thumbnail"))).save(file, "WEBP", lossless=True)
    opened = picture.decode(tags.write(file.getvalue(), facts))
    assert opened.alpha is not None
    assert (opened.pixels[60:] == picture_of("thumbnail")[60:]).all()


def test_what_an_engine_calls_itself_cannot_break_out(picture_of: PictureOf, facts: Facts) -> None:
    nasty = "a\"/><script>&quot;'\x1b[31m\n" + "x" * 500
    written = dataclasses.replace(facts, engine=nasty)
    read = tags.read(tags.write(picture.encode(picture_of("thumbnail"), "png"), written))
    assert read is not None
    assert read.system is not None
    assert read.system.startswith("a\"/><script>&quot;'[31mxxx")
    assert len(read.system) == 200
    assert read.tool == facts.software


def test_properties_written_as_elements_are_read() -> None:
    packet = (
        b"<rdf:Description><Iptc4xmpExt:DigitalSourceType>http://x/y</Iptc4xmpExt:DigitalSourceType></rdf:Description>"
    )
    file = packets.insert(picture.encode(np.zeros((32, 32, 3), np.uint8), "jpg"), packet)
    assert tags.read(file) == Tags(source_type="http://x/y")


def test_a_packet_that_cannot_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        packets.insert(picture.encode(np.zeros((32, 32, 3), np.uint8), "jpg"), b"x" * 70_000)


def test_only_formats_we_write_take_a_packet() -> None:
    with pytest.raises(ValueError, match="PNG, JPEG and WebP"):
        packets.insert(b"GIF89a", b"x")


@given(st.sampled_from(HEADS), st.binary(max_size=200))
def test_broken_files_have_no_tags(head: bytes, rest: bytes) -> None:
    assert tags.read(head + rest) is None
