"""Turns finished pixels into the file that is delivered, with every mark the configuration asks for.

The one door for `flow`: `mark` replaces `vision.picture.encode` there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from castlist.provenance import credentials, tags, watermark
from castlist.provenance.facts import Facts
from castlist.provenance.issuer import Issuer
from castlist.provenance.watermark import Hold, Pixels
from castlist.vision import picture
from castlist.vision.picture import OutputFormat


@dataclass(frozen=True, slots=True)
class Marking:
    """How an installation marks its pictures. Each mark can be turned off; credentials need an issuer.

    timestamp_url: an RFC 3161 service that confirms when a picture was signed. Every picture then waits for it.
    """

    watermark: bool = True
    tags: bool = True
    credentials: bool = True
    issuer: Issuer | None = None
    timestamp_url: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A file, and how firmly its watermark holds; None when none was wanted."""

    data: bytes
    watermark: Hold | None


def mark(
    pixels: Pixels,
    format: OutputFormat,
    facts: Facts,
    marking: Marking,
    *,
    quality: int | None = None,
    ingredients: Sequence[bytes] = (),
) -> Marked:
    """Encode a picture and mark it.

    Args:
        pixels: uint8 [H, W, 3 or 4], sRGB; not changed.
        quality: as `vision.picture.encode`.
        ingredients: files of the references as they were received; those that have credentials are named in the new
            ones, with what they say. Nothing else of them gets into the file.

    Returns: without credentials equal arguments give equal bytes; with them the pixels are equal and the bytes are not.
    Raises: ValueError when credentials are wanted and cannot be made.
    """
    hold = None
    if marking.watermark:
        embedded = watermark.embed(pixels, facts.number)
        pixels, hold = embedded.pixels, embedded.hold
    data = picture.encode(pixels, format, quality=quality)
    if marking.tags:
        data = tags.write(data, facts)
    if marking.credentials:
        if marking.issuer is None:
            raise ValueError("Credentials need somebody who signs them.")
        data = credentials.sign(
            data,
            format,
            facts,
            marking.issuer,
            watermarked=hold in ("firm", "weak"),
            ingredients=[file for file in ingredients if credentials.carries(file)],
            timestamp_url=marking.timestamp_url,
        )
    return Marked(data, hold)
