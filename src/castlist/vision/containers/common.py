"""What the container modules share: the result, the size rules, the words for refusals, EXIF's one useful tag."""

import struct
from dataclasses import dataclass
from typing import Literal

from castlist.domain.errors import InputImageRejected

Format = Literal["PNG", "JPEG", "WEBP", "GIF"]

MIN_SIDE_PX = 32
MAX_SIDE_PX = 20_000
MAX_ICC_BYTES = 4_000_000
"""The largest press profiles in use are about 2.5 MB."""


@dataclass(frozen=True)
class Carved:
    """One still picture, ready for a decoder.

    `data` decodes to `frame` pixels at `offset` on a canvas of `size`; beyond the frame the canvas is transparent.
    `orientation` is EXIF's 1–8, `icc` the embedded colour profile, unchecked.
    """

    format: Format
    data: bytes
    size: tuple[int, int]
    frame: tuple[int, int]
    offset: tuple[int, int] = (0, 0)
    orientation: int = 1
    icc: bytes | None = None


def damaged(what: str) -> InputImageRejected:
    """Refusal of a file whose structure is wrong."""
    return InputImageRejected(f"The {what} file is damaged and cannot be read.")


def cut_off(what: str) -> InputImageRejected:
    """Refusal of a file that ends too early."""
    return InputImageRejected(f"The {what} file is cut off: its end is missing.")


def too_elaborate(what: str) -> InputImageRejected:
    """Refusal of a file made of far more parts than any picture needs."""
    return InputImageRejected(f"The {what} file has an unreasonable structure; save the picture anew and send that.")


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture that is too large to decode or too small to show anybody.

    Args:
        width, height: px, from a header, before anything is decoded.
    """
    size = f"{width:,} × {height:,} pixels"
    if width > MAX_SIDE_PX or height > MAX_SIDE_PX:
        raise InputImageRejected(f"The picture is {size}; at most {MAX_SIDE_PX:,} on a side are accepted.")
    if width * height > max_pixels:
        raise InputImageRejected(f"The picture is {size}; at most {max_pixels / 1e6:g} megapixels are accepted.")
    if width < MIN_SIDE_PX or height < MIN_SIDE_PX:
        raise InputImageRejected(
            f"The picture is only {size}; send one with at least {MIN_SIDE_PX} on each side, better 512 or more."
        )


def orientation_of(exif: bytes) -> int:
    """Read the orientation tag from EXIF data (a TIFF structure); 1, upright, when there is none or it is broken.

    Source: EXIF 2.32, tag 0x0112 in IFD0, a SHORT of 1–8.
    """
    body = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(body[:4])
    if order is None or len(body) < 10:
        return 1
    (start,) = struct.unpack_from(f"{order}I", body, 4)
    if start + 2 > len(body):
        return 1
    (count,) = struct.unpack_from(f"{order}H", body, start)
    for at in range(start + 2, min(start + 2 + 12 * count, len(body) - 11), 12):
        tag, kind, values, value = struct.unpack_from(f"{order}HHIH", body, at)
        if tag == 0x0112:
            return value if kind == 3 and values == 1 and 1 <= value <= 8 else 1
    return 1


def kind_of(data: bytes) -> str:
    """Name what a file that is none of the four formats seems to be, for the sentence that refuses it."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        return "empty"
    if head.startswith(b"<"):
        return "an SVG drawing" if b"<svg" in head and b"<html" not in head else "a web page, not a picture"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:11], "a video")
    return next((name for start, name in _OTHERS if data.startswith(start)), "no picture in a format known here")


_BRANDS = {
    b"avi": "an AVIF picture",
    b"hei": "a HEIC picture",
    b"hev": "a HEIC picture",
    b"mif": "a HEIC picture",
    b"msf": "a HEIC picture",
    b"crx": "a camera raw file",
}
_OTHERS = (
    (b"{", "JSON text, not a picture"),
    (b"[", "JSON text, not a picture"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture or camera raw file"),
    (b"MM\0*", "a TIFF picture or camera raw file"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\x01\0", "an icon"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x1aE\xdf\xa3", "a video"),
)
