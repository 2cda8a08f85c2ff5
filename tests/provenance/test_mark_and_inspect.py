"""What goes on comes off again, and what it amounts to is said truly."""

import dataclasses
from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from castlist.domain.errors import InputImageRejected
from castlist.provenance import credentials, watermark
from castlist.provenance.facts import Facts, spell
from castlist.provenance.inspect import inspect
from castlist.provenance.issuer import Issuer
from castlist.provenance.mark import Marking, mark
from castlist.vision import picture
from castlist.vision.picture import OutputFormat

Pixels = NDArray[np.uint8]
PictureOf = Callable[[str], Pixels]
FORMATS: tuple[OutputFormat, ...] = ("png", "jpg", "webp")
BARE = Marking(watermark=False, tags=False, credentials=False)


@pytest.fixture
def photo(picture_of: PictureOf) -> Pixels:
    return picture_of("photo")[:512, 100:780]


@pytest.fixture
def marking(issuer: Issuer) -> Marking:
    return Marking(issuer=issuer)


def saved_anew(data: bytes) -> bytes:
    return picture.encode(picture.decode(data).pixels, "jpg", quality=75)


@pytest.mark.parametrize("format", FORMATS)
def test_every_mark_comes_back(
    photo: Pixels, facts: Facts, marking: Marking, issuer: Issuer, format: OutputFormat
) -> None:
    marked = mark(photo, format, facts, marking)
    assert marked.watermark in ("firm", "weak")
    report = inspect(marked.data, anchors=issuer.anchor)
    assert report.conclusion == f"Made with {facts.software}, signed by an issuer trusted here, unchanged since."
    assert report.machine_made
    assert report.number == spell(facts.number)
    assert report.credentials.state == "trusted"
    assert report.watermark.found
    assert report.tags is not None
    assert report.tags.system == "studio"
    assert [finding.partition(":")[0] for finding in report.findings] == ["Credentials", "Watermark", "Tags"]
    assert (report.format, report.width_px, report.height_px) == (format.upper().replace("JPG", "JPEG"), 680, 512)


def test_without_a_signature_equal_facts_give_equal_files(photo: Pixels, facts: Facts) -> None:
    unsigned = Marking(credentials=False)
    for format in FORMATS:
        assert mark(photo, format, facts, unsigned) == mark(photo, format, facts, unsigned)


def test_with_a_signature_the_pixels_are_still_equal(photo: Pixels, facts: Facts, marking: Marking) -> None:
    one, other = mark(photo, "png", facts, marking).data, mark(photo, "png", facts, marking).data
    assert one != other
    assert (picture.decode(one).pixels == picture.decode(other).pixels).all()


def test_each_mark_can_be_left_out(photo: Pixels, facts: Facts, marking: Marking, issuer: Issuer) -> None:
    assert mark(photo, "png", facts, BARE).data == picture.encode(photo, "png")
    assert mark(photo, "png", facts, BARE).watermark is None

    plain = inspect(
        mark(photo, "png", facts, dataclasses.replace(marking, watermark=False)).data, anchors=issuer.anchor
    )
    assert not plain.watermark.found
    assert plain.credentials.state == "trusted"
    assert plain.credentials.number is None

    untagged = inspect(mark(photo, "png", facts, dataclasses.replace(marking, tags=False)).data)
    assert untagged.tags is None
    assert untagged.watermark.found

    unsigned = inspect(mark(photo, "png", facts, Marking(credentials=False)).data)
    assert unsigned.credentials.state == "absent"
    assert unsigned.tags is not None


def test_credentials_need_an_issuer(photo: Pixels, facts: Facts) -> None:
    with pytest.raises(ValueError, match="somebody who signs"):
        mark(photo, "png", facts, Marking())


def test_quality_reaches_the_encoder(photo: Pixels, facts: Facts) -> None:
    small = mark(photo, "jpg", facts, BARE, quality=40).data
    assert small == picture.encode(photo, "jpg", quality=40)


def test_a_file_saved_anew_is_still_known(photo: Pixels, facts: Facts, marking: Marking, issuer: Issuer) -> None:
    report = inspect(saved_anew(mark(photo, "png", facts, marking).data), anchors=issuer.anchor)
    assert report.conclusion.startswith(f"Made with castlist, picture {spell(facts.number)}; saved anew")
    assert report.machine_made
    assert report.credentials.state == "absent"


def test_tampering_is_told_from_absence(photo: Pixels, facts: Facts, marking: Marking, issuer: Issuer) -> None:
    data = bytearray(mark(photo, "jpg", facts, marking).data)
    data[-3000] ^= 0x10
    report = inspect(bytes(data), anchors=issuer.anchor)
    assert report.credentials.state == "tampered"
    assert report.conclusion.startswith("Changed after it was signed")


def test_a_strangers_signature_is_said_to_be_one(photo: Pixels, facts: Facts, marking: Marking) -> None:
    report = inspect(mark(photo, "png", facts, marking).data)
    assert report.conclusion == "Signed by castlist, whom nobody here vouches for; unchanged since."


def test_true_credentials_on_another_marked_picture_are_noticed(photo: Pixels, facts: Facts, issuer: Issuer) -> None:
    other = watermark.embed(photo, facts.number + 1).pixels
    data = credentials.sign(picture.encode(other, "png"), "png", facts, issuer, watermarked=True)
    assert inspect(data, anchors=issuer.anchor).conclusion.startswith("Do not trust it")


def test_tags_alone_prove_little(photo: Pixels, facts: Facts) -> None:
    report = inspect(mark(photo, "png", facts, Marking(watermark=False, credentials=False)).data)
    assert report.conclusion.startswith("Only unsigned tags")
    assert report.machine_made
    assert report.number is None


def test_nothing_proves_nothing(photo: Pixels) -> None:
    report = inspect(picture.encode(photo, "png"))
    assert report.conclusion.startswith("Nothing tells who or what made it")
    assert report.machine_made is None
    assert report.findings == ("Credentials: none.", "Watermark: none found.", "Tags: none about its making.")


def test_nothing_of_a_reference_leaks_into_an_output(photo: Pixels, facts: Facts, marking: Marking) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x8298] = "Leaky Camera", "Jane Doe, 1 Home Street"
    exif.get_ifd(0x8825)[1] = "N"
    file = BytesIO()
    Image.fromarray(photo).save(file, "JPEG", exif=exif, comment=b"private note", xmp=b"<x>secret place</x>")
    reference = file.getvalue()
    pixels = picture.decode(reference).pixels
    for format in FORMATS:
        data = mark(pixels, format, facts, marking, ingredients=[reference]).data
        for secret in (b"Leaky", b"Jane", b"private", b"secret", b"Exif", b"eXIf", b"EXIF"):
            assert secret not in data
        with Image.open(BytesIO(data)) as opened:
            assert not opened.getexif()


def test_credentials_of_a_reference_are_kept(photo: Pixels, facts: Facts, marking: Marking, issuer: Issuer) -> None:
    reference = mark(photo, "webp", facts, marking).data
    data = mark(photo, "png", facts, marking, ingredients=[reference, picture.encode(photo, "jpg")]).data
    report = inspect(data, anchors=issuer.anchor)
    assert report.credentials.state == "trusted"
    assert report.credentials.ingredients == 1


def test_transparent_pictures_are_marked_and_read(picture_of: PictureOf, facts: Facts, marking: Marking) -> None:
    alpha = np.zeros((1024, 1024, 1), np.uint8)
    cv2.circle(alpha, (512, 560), 420, (255,), -1)
    pixels = np.concatenate([picture_of("photo"), alpha], 2)
    for format in ("png", "webp"):
        assert inspect(mark(pixels, format, facts, marking).data).watermark.number == facts.number


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"\xff\xd8\xff\xe0\0\x10JFIF", b"RIFF"]
)
def test_what_is_no_picture_is_rejected(data: bytes) -> None:
    with pytest.raises(InputImageRejected):
        inspect(data)
