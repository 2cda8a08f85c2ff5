"""JPEG: keep tables, frame and scans of the first picture; leave comments, thumbnails and the rest behind."""

import re
from dataclasses import dataclass, field
from struct import unpack_from

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

MAX_SEGMENTS = 4_000
MAX_SCANNED_PX = 800_000_000
"""Scans × pixels: each scan costs a pass over every coefficient of the picture. Encoders write 1 to 14."""
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SOS, _EOI = 0xDA, 0xD9
_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xDE}
_TABLES = {0xC4, 0xDB, 0xDD}


@dataclass
class _Walk:
    kept: list[bytes | memoryview] = field(default_factory=lambda: [b"\xff\xd8"])
    frame: tuple[int, int, int] | None = None
    """Width, height (px) and blocks of 8 × 8 coefficients."""
    scans: int = 0
    coded_bytes: int = 0
    exif: bytes = b""
    profile: dict[int, bytes] = field(default_factory=dict[int, bytes])
    profile_parts: int = 0


def carve(data: bytes, max_pixels: int) -> Carved:
    """Reduce a JPEG file to its first picture. See `containers.carve`."""
    walk = _Walk()
    at = 2
    for _ in range(MAX_SEGMENTS):
        marker, at = _marker(data, at)
        if marker == _EOI:
            return _finish(walk)
        if at + 2 > len(data):
            raise cut_off("JPEG")
        (length,) = unpack_from(">H", data, at)
        if length < 2:
            raise damaged("JPEG")
        if at + length > len(data):
            raise cut_off("JPEG")
        body = data[at + 2 : at + length]
        segment = data[at - 2 : at + length]
        at += length
        if marker == _SOS:
            at = _scan(data, at, segment, walk)
        elif marker in _FRAMES:
            _frame(body, walk, max_pixels)
            walk.kept.append(segment)
        elif marker in _TABLES:
            walk.kept.append(segment)
        elif marker in _OTHER_FRAMES or marker == 0xCC:
            raise InputImageRejected("The JPEG file uses a rare kind of compression; save it as an ordinary JPEG.")
        else:
            _metadata(marker, body, segment, walk)
    raise too_elaborate("JPEG")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """Read the marker at `at`, fill bytes skipped. Returns: its code and where its segment starts."""
    if data[at : at + 1] not in (b"\xff", b""):
        raise damaged("JPEG")
    end = at
    while end < len(data) and data[end] == 0xFF and end - at < 64:
        end += 1
    if end >= len(data):
        raise cut_off("JPEG")
    return data[end], end + 1


def _frame(body: bytes, walk: _Walk, max_pixels: int) -> None:
    """Judge the frame header: size, depth, components."""
    if walk.frame is not None or len(body) < 6:
        raise damaged("JPEG")
    depth, height, width, components = unpack_from(">BHHB", body)
    if depth != 8 or components not in (1, 3, 4):
        raise InputImageRejected("The JPEG file is not an ordinary 8-bit picture; save it as an ordinary JPEG.")
    if len(body) != 6 + 3 * components or not width or not height:
        raise damaged("JPEG")
    check_size(width, height, max_pixels)
    factors = [(body[7 + 3 * i] >> 4, body[7 + 3 * i] & 15) for i in range(components)]
    if any(not 1 <= h <= 4 or not 1 <= v <= 4 for h, v in factors):
        raise damaged("JPEG")
    widest, tallest = max(h for h, _ in factors), max(v for _, v in factors)
    blocks = sum(_up(_up(width * h, widest), 8) * _up(_up(height * v, tallest), 8) for h, v in factors)
    walk.frame = width, height, blocks


def _up(value: int, divisor: int) -> int:
    return -(-value // divisor)


def _scan(data: bytes, at: int, header: bytes, walk: _Walk) -> int:
    """Keep one scan's header and coded data. Returns: where the next marker stands."""
    if walk.frame is None:
        raise damaged("JPEG")
    walk.scans += 1
    if walk.scans * walk.frame[0] * walk.frame[1] > MAX_SCANNED_PX:
        raise too_elaborate("JPEG")
    found = _NEXT_MARKER.search(data, at)
    if found is None:
        raise cut_off("JPEG")
    walk.kept += [header, memoryview(data)[at : found.start()]]
    walk.coded_bytes += found.start() - at
    return found.start()


def _metadata(marker: int, body: bytes, segment: bytes, walk: _Walk) -> None:
    """Keep what says how the colours are coded; note orientation and profile; drop the rest."""
    if marker == 0xE0 and body.startswith(b"JFIF\0"):
        walk.kept.append(b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        walk.kept.append(segment)
    elif marker == 0xE1 and body.startswith(b"Exif\0\0") and not walk.exif:
        walk.exif = body
    elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
        walk.profile.setdefault(body[12], body[14:])
        walk.profile_parts = body[13]


def _finish(walk: _Walk) -> Carved:
    if walk.frame is None or not walk.scans:
        raise damaged("JPEG")
    width, height, blocks = walk.frame
    # Every block of every component takes at least one bit of the first scan that codes it.
    if walk.coded_bytes * 8 < blocks:
        raise cut_off("JPEG")
    profile = b"".join(walk.profile[key] for key in sorted(walk.profile))
    complete = 0 < walk.profile_parts == len(walk.profile) and len(profile) <= MAX_ICC_BYTES
    return Carved(
        "JPEG",
        b"".join([*walk.kept, b"\xff\xd9"]),
        (width, height),
        (width, height),
        orientation=orientation_of(walk.exif),
        icc=profile if complete else None,
    )
