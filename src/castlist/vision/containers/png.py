"""PNG: keep the header, palette, transparency and pixel data; leave text, animation and everything else behind."""

import zlib
from collections.abc import Iterator
from struct import pack, unpack_from

from castlist.vision.containers.common import (
    MAX_ICC_BYTES,
    Carved,
    check_size,
    cut_off,
    damaged,
    orientation_of,
    too_elaborate,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 12_000
"""A 20 MB file written in 8 KB pieces has 2,500; walking 12,000 takes about 20 ms."""
_DEFLATE_RATIO = 1032
"""Deflate never packs more bytes than this into one. Source: zlib technical notes, "Maximum Compression Factor"."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def carve(data: bytes, max_pixels: int) -> Carved:
    """Reduce a PNG or APNG file to its still picture. See `containers.carve`."""
    kept: dict[bytes, bytes] = {}
    pixels: list[memoryview] = []  # views: the file may be large, and is copied once, into the new one
    for name, body in _chunks(memoryview(data), max_pixels):
        if name == b"IDAT":
            pixels.append(body)
        elif name in (b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf"):
            kept.setdefault(name, bytes(body))
        elif not name[0] & 0x20 and name != b"IEND":
            raise damaged("PNG")  # a critical chunk no standard knows
    header = kept[b"IHDR"]
    width, height, depth, colour = unpack_from(">IIBB", header)
    if sum(map(len, pixels)) * _DEFLATE_RATIO < height * (width * depth * _SAMPLES[colour] // 8):
        raise cut_off("PNG")
    parts: list[bytes | memoryview] = [SIGNATURE, *_chunk(b"IHDR", header)]
    if b"PLTE" in kept:
        parts += _chunk(b"PLTE", kept[b"PLTE"])
    elif colour == 3:
        raise damaged("PNG")
    if b"tRNS" in kept:
        parts += _chunk(b"tRNS", _transparency(kept[b"tRNS"], depth, colour))
    parts += [*_chunk(b"IDAT", *pixels), *_chunk(b"IEND")]
    return Carved(
        "PNG",
        b"".join(parts),
        (width, height),
        (width, height),
        orientation=orientation_of(kept.get(b"eXIf", b"")),
        icc=_profile(kept[b"iCCP"]) if b"iCCP" in kept else None,
    )


def _chunks(data: memoryview, max_pixels: int) -> Iterator[tuple[bytes, memoryview]]:
    """Walk the chunks up to IEND; the header comes first and is judged before the walk goes on."""
    at, count = len(SIGNATURE), 0
    while True:
        if at + 12 > len(data):
            raise cut_off("PNG")
        length, name = unpack_from(">I4s", data, at)
        end = at + 12 + length
        if count == 0:
            if name != b"IHDR" or length != 13:
                raise damaged("PNG")
            if end > len(data):
                raise cut_off("PNG")
            _check_header(bytes(data[at + 8 : at + 21]), max_pixels)
        count += 1
        if not name.isalpha() or length > 0x7FFFFFFF:
            raise damaged("PNG")
        if count > MAX_CHUNKS:
            raise too_elaborate("PNG")
        if end > len(data):
            raise cut_off("PNG")
        body = data[at + 8 : end - 4]
        if (not name[0] & 0x20 or name == b"tRNS") and zlib.crc32(body, zlib.crc32(name)) != unpack_from(
            ">I", data, end - 4
        )[0]:
            raise damaged("PNG")
        yield name, body
        if name == b"IEND":
            return
        at = end


def _check_header(header: bytes, max_pixels: int) -> None:
    width, height, depth, colour, compression, filtering, interlace = unpack_from(">IIBBBBB", header)
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1 or not width or not height:
        raise damaged("PNG")
    check_size(width, height, max_pixels)


def _chunk(name: bytes, *body: bytes | memoryview) -> list[bytes | memoryview]:
    """Write one chunk as the pieces it is joined from."""
    checksum = zlib.crc32(name)
    for piece in body:
        checksum = zlib.crc32(piece, checksum)
    return [pack(">I", sum(map(len, body))), name, *body, pack(">I", checksum)]


def _transparency(body: bytes, depth: int, colour: int) -> bytes:
    """Scale the transparent colour to the 8 bits a decoder will give its samples; palettes stay as they are."""
    needed = {0: 2, 2: 6}.get(colour)
    if needed is None or depth == 8 or (depth == 16 and colour == 0):
        return body[: needed or 256]
    if len(body) < needed:
        raise damaged("PNG")
    values = unpack_from(f">{needed // 2}H", body)
    top = (1 << depth) - 1
    return pack(f">{needed // 2}H", *(min(value, top) * 255 // top for value in values))


def _profile(body: bytes) -> bytes | None:
    """Unpack an embedded colour profile, up to the cap; None when it is larger or broken."""
    name, _, packed = body.partition(b"\0")
    if not name or packed[:1] != b"\0":
        return None
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(packed[1:], MAX_ICC_BYTES)
    except zlib.error:
        return None
    return profile if inflater.eof else None
