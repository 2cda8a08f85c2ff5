"""Puts an XMP packet into a PNG, JPEG or WebP file and takes it out again. Byte shuffling only: no pixel is decoded.

Called by `tags`. `insert` expects the files that `vision.picture.encode` writes; `extract` takes anybody's.

Source: XMP Specification Part 3 (2020), 1.1.3 JPEG, 1.1.5 PNG; WebP Container Specification, "Extended File Format".
"""

import zlib
from struct import pack, unpack_from

MAX_PACKET_BYTES = 60_000
"""What fits into one JPEG segment; ours have about 1,500."""
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD = b"XML:com.adobe.xmp\0\0\0\0\0"
_JPEG_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_MAX_PARTS = 50_000
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10


def insert(data: bytes, packet: bytes) -> bytes:
    """Return the file with the packet in it. ValueError for another format or a packet that is too long."""
    if len(packet) > MAX_PACKET_BYTES:
        raise ValueError(f"an XMP packet of {len(packet)} bytes does not fit")
    if data.startswith(_PNG):
        return data[:33] + _png_chunk(b"iTXt", _PNG_HEAD + packet) + data[33:]
    if data.startswith(b"\xff\xd8"):
        at = 4 + unpack_from(">H", data, 4)[0] if data[2:4] == b"\xff\xe0" else 2
        return data[:at] + b"\xff\xe1" + pack(">H", 2 + len(_JPEG_HEAD) + len(packet)) + _JPEG_HEAD + packet + data[at:]
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _into_webp(data, packet)
    raise ValueError("only PNG, JPEG and WebP files take a packet")


def extract(data: bytes) -> bytes | None:
    """Return the first XMP packet of a file, or None when it has none or is broken; never raises."""
    if data.startswith(_PNG):
        found = _from_png(data)
    elif data.startswith(b"\xff\xd8"):
        found = _from_jpeg(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found = dict(reversed(_webp_chunks(data))).get(b"XMP ")
    else:
        found = None
    return found if found is not None and len(found) <= MAX_PACKET_BYTES else None


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + name + body + pack(">I", zlib.crc32(body, zlib.crc32(name)))


def _from_png(data: bytes) -> bytes | None:
    at = len(_PNG)
    for _ in range(_MAX_PARTS):
        if at + 12 > len(data):
            return None
        length, name = unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if name == b"iTXt" and body.startswith(_PNG_HEAD[:20]):
            return body[len(_PNG_HEAD) :] if body.startswith(_PNG_HEAD) else None
        at += 12 + length
    return None


def _from_jpeg(data: bytes) -> bytes | None:
    at = 2
    for _ in range(_MAX_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == 0xDA:
            return None
        (length,) = unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xE1 and body.startswith(_JPEG_HEAD):
            return body[len(_JPEG_HEAD) :]
        at += 2 + max(length, 2)
    return None


def _webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks: list[tuple[bytes, bytes]] = []
    at = 12
    while at + 8 <= len(data) and len(chunks) < _MAX_PARTS:
        name, length = unpack_from("<4sI", data, at)
        chunks.append((name, data[at + 8 : at + 8 + length]))
        at += 8 + length + (length & 1)
    return chunks


def _into_webp(data: bytes, packet: bytes) -> bytes:
    """Add the packet as the last chunk; a simple file gets the header that extended ones have."""
    chunks = _webp_chunks(data)
    name, body = chunks[0]
    if name == b"VP8X":
        chunks[0] = name, bytes([body[0] | _XMP_FLAG]) + body[1:]
    else:
        width, height, alpha = _webp_size(name, body)
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks.insert(0, (b"VP8X", bytes([_XMP_FLAG | (_ALPHA_FLAG if alpha else 0), 0, 0, 0]) + sides))
    chunks.append((b"XMP ", packet))
    parts = [pack("<4sI", name, len(body)) + body + b"\0" * (len(body) & 1) for name, body in chunks]
    return b"RIFF" + pack("<I", 4 + sum(map(len, parts))) + b"WEBP" + b"".join(parts)


def _webp_size(name: bytes, body: bytes) -> tuple[int, int, bool]:
    """Read width and height (px) and whether there is alpha. Source: RFC 6386 9.1; WebP Lossless Bitstream 3."""
    if name == b"VP8 ":
        width, height = unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF, False
    (bits,) = unpack_from("<I", body, 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
