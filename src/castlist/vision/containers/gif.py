"""GIF: keep the first frame with its palette and transparency; leave comments and further frames behind."""

from struct import unpack_from

from castlist.vision.containers.common import Carved, check_size, cut_off, damaged, too_elaborate

MAX_BLOCKS = 120_000
"""Data comes in blocks of up to 255 bytes: 20 MB are 80,000; walking 120,000 takes about 20 ms."""
_EXTENSION_COST = 20
"""Blocks that one more extension counts for: opening it costs more than walking on."""


def carve(data: bytes, max_pixels: int) -> Carved:
    """Reduce a GIF file to its first frame. See `containers.carve`."""
    if len(data) < 13:
        raise cut_off("GIF")
    width, height, flags = unpack_from("<HHB", data, 6)
    if width and height:
        check_size(width, height, max_pixels)
    at = 13 + _table_bytes(flags)
    screen = data[:at]
    control = b""
    blocks = 0
    while True:
        kind = data[at : at + 1]
        if kind == b"!":
            label = data[at + 1 : at + 2]
            end, used = _blocks(data, at + 2, MAX_BLOCKS - blocks)
            if label == b"\xf9":
                control = data[at:end]
            at, blocks = end, blocks + used + _EXTENSION_COST
        elif kind == b",":
            break
        else:
            raise damaged("GIF") if kind else cut_off("GIF")
    if at + 11 > len(data):
        raise cut_off("GIF")
    left, top, frame_width, frame_height, flags = unpack_from("<HHHHB", data, at + 1)
    size = max(width, left + frame_width), max(height, top + frame_height)
    check_size(*size, max_pixels)
    pixels = at + 10 + _table_bytes(flags)
    end, _ = _blocks(data, pixels + 1, MAX_BLOCKS - blocks)
    minimal = screen + (control if len(control) == 8 else b"") + data[at:end] + b";"
    return Carved("GIF", minimal, size, size)


def _table_bytes(flags: int) -> int:
    """Size of the colour table that the flags of a screen or frame announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, at: int, limit: int) -> tuple[int, int]:
    """Walk a chain of data blocks. Returns: where it ends and how many there were."""
    for used in range(1, limit + 1):
        if at >= len(data):
            raise cut_off("GIF")
        length = data[at]
        at += length + 1
        if not length:
            return at, used
    raise too_elaborate("GIF")
