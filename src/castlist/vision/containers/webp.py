"""WebP: keep the still picture, or the first frame of an animation; leave XMP, further frames and the rest behind."""

from struct import pack, unpack_from

from castlist.domain.errors import InputImageRejected
from castlist.vision.containers.common import (
    MAX_ICC_BYTES,
    Carved,
    check_size,
    cut_off,
    damaged,
    orientation_of,
    too_elaborate,
)

MAX_CHUNKS = 25_000
_PICTURES = (b"VP8 ", b"VP8L")


def carve(data: bytes, max_pixels: int) -> Carved:
    """Reduce a WebP file to its still picture or first frame. See `containers.carve`."""
    if len(data) < 20 or data[8:12] != b"WEBP":
        raise InputImageRejected("The file is not a WebP picture; send a PNG, JPEG, WebP or GIF picture.")
    end = unpack_from("<I", data, 4)[0] + 8
    if data[12:16] == b"VP8X" and len(data) >= 30:
        check_size(*_three_byte_pair(data, 24), max_pixels)  # before the walk, which an animation makes long
    if end > len(data):
        raise cut_off("WebP")
    chunks = _first_chunks(data, 12, end)
    extended = chunks.get(b"VP8X", b"")
    offset = (0, 0)
    picture = chunks
    if b"ANMF" in chunks and len(extended) >= 10:
        frame = chunks[b"ANMF"]
        if len(frame) < 16:
            raise damaged("WebP")
        x, y = _three_byte_pair(frame, 0)
        offset = (2 * (x - 1), 2 * (y - 1))
        picture = _first_chunks(frame, 16, len(frame))
    size = _picture_size(picture)
    canvas = _three_byte_pair(extended, 4) if len(extended) >= 10 else size
    check_size(*canvas, max_pixels)
    fits = offset[0] + size[0] <= canvas[0] and offset[1] + size[1] <= canvas[1]
    if 0 in size or not fits or (picture is chunks and size != canvas):
        raise damaged("WebP")
    icc = chunks.get(b"ICCP")
    return Carved(
        "WEBP",
        _minimal(picture, size),
        canvas,
        size,
        offset,
        orientation=orientation_of(chunks.get(b"EXIF", b"")),
        icc=icc if icc and len(icc) <= MAX_ICC_BYTES else None,
    )


def _first_chunks(data: bytes, at: int, end: int) -> dict[bytes, bytes]:
    """Walk the chunks between two offsets. Returns: the first of each name."""
    found: dict[bytes, bytes] = {}
    count = 0
    while at + 8 <= end:
        name, length = unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise cut_off("WebP")
        if name not in found:
            found[name] = data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)
        count += 1
        if count > MAX_CHUNKS:
            raise too_elaborate("WebP")
    return found


def _three_byte_pair(data: bytes, at: int) -> tuple[int, int]:
    """Read two 24-bit numbers, each stored one too low."""
    return int.from_bytes(data[at : at + 3], "little") + 1, int.from_bytes(data[at + 3 : at + 6], "little") + 1


def _picture_size(chunks: dict[bytes, bytes]) -> tuple[int, int]:
    """Read width and height (px) from the coded picture itself.

    Source: RFC 6386 9.1 (VP8 key frame), WebP Lossless Bitstream Specification 3.
    """
    if b"VP8 " in chunks:
        body = chunks[b"VP8 "]
        if len(body) < 10 or body[3:6] != b"\x9d\x01\x2a" or body[0] & 1:
            raise damaged("WebP")
        width, height = unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    body = chunks.get(b"VP8L", b"")
    if len(body) < 5 or body[0] != 0x2F:
        raise damaged("WebP")
    (bits,) = unpack_from("<I", body, 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _minimal(chunks: dict[bytes, bytes], size: tuple[int, int]) -> bytes:
    """Write a file of the coded picture alone, with its alpha plane if it has one."""
    name = _PICTURES[b"VP8 " not in chunks]
    body = _chunk(name, chunks[name])
    if name == b"VP8 " and b"ALPH" in chunks:
        width, height = ((side - 1).to_bytes(3, "little") for side in size)
        body = _chunk(b"VP8X", b"\x10\0\0\0" + width + height) + _chunk(b"ALPH", chunks[b"ALPH"]) + body
    return b"RIFF" + pack("<I", 4 + len(body)) + b"WEBP" + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + pack("<I", len(body)) + body + b"\0" * (len(body) & 1)
