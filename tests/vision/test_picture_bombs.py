"""Files made to cost far more than they weigh. Each is refused from its structure, or decoded without the costly part.

All of them are built here by hand: headers that promise too much, streams that unpack to gigabytes, structures of
millions of parts.
"""

import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from castlist.domain.errors import InputImageRejected
from castlist.vision.picture import decode

MEGABYTES = 1_000_000


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, packed: bytes, extra: bytes = b"", *, depth: int = 8, colour: int = 2) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@cache
def zeros(size: int) -> bytes:
    """A zlib stream of `size` zero bytes, a thousandth of that long: one block of 1 MiB over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (size % 65521) << 16 | 1
    return b"\x78\xda" + first * (size >> 20) + b"\x03\0" + struct.pack(">I", checksum)


SMALL = zlib.compress(bytes(64 * (1 + 64 * 3)))


def file(kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.arange(64 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(64, 64, 3)).save(
        buffer, kind, **options
    )
    return buffer.getvalue()


def jpeg_with(segments: bytes) -> bytes:
    return b"\xff\xd8" + segments + file("JPEG")[2:]


def jpeg_of_size(width: int, height: int, **options: object) -> bytes:
    data = file("JPEG", **options)
    at = data.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def gif(
    screen: tuple[int, int], frame: tuple[int, int] = (64, 64), offset: tuple[int, int] = (0, 0), before: bytes = b""
) -> bytes:
    data = file("GIF")
    at = data.index(b"\x2c\0\0\0\0\x40\0\x40\0")
    head = data[:6] + struct.pack("<HH", *screen) + data[10:at]
    return head + before + b"\x2c" + struct.pack("<HHHH", *offset, *frame) + data[at + 9 :]


def webp(*parts: tuple[bytes, bytes], more: bytes = b"") -> bytes:
    body = b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in parts) + more
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def animation(canvas: tuple[int, int], *frames: tuple[bytes, bytes]) -> bytes:
    return webp(vp8x(*canvas), (b"ANIM", bytes(6)), *frames)


def vp8x(width: int, height: int, flags: int = 2) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def still(kind: bytes, width: int, height: int) -> tuple[bytes, bytes]:
    """A coded picture of 64 × 64 whose own header promises another size."""
    data = file("WEBP", lossless=kind == b"VP8L")
    at = data.index(kind) + 8
    body = data[at : at + struct.unpack_from("<I", data, at - 4)[0]]
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", body, 1)[0] & ~0xFFFFFFF
        return kind, body[:1] + struct.pack("<I", bits | (width - 1) | (height - 1) << 14) + body[5:]
    return kind, body[:6] + struct.pack("<HH", width, height) + body[10:]


def anmf(width: int, height: int, inner: tuple[bytes, bytes], offset: tuple[int, int] = (0, 0)) -> tuple[bytes, bytes]:
    numbers = (offset[0] // 2, offset[1] // 2, width - 1, height - 1, 100)
    head = b"".join(number.to_bytes(3, "little") for number in numbers) + b"\0"
    return b"ANMF", head + inner[0] + struct.pack("<I", len(inner[1])) + inner[1]


def many_scans() -> bytes:
    data = file("JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * (20 * MEGABYTES // len(scan)) + b"\xff\xd9"


def scans_of_a_large_picture() -> bytes:
    """Forty passes over 36 megapixels, each of them nearly empty."""
    buffer = BytesIO()
    Image.new("L", (6000, 6000)).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 40 + b"\xff\xd9"


BOMBS: dict[str, dict[str, Callable[[], bytes]]] = {
    "at most 20,000": {
        "png 30000 × 30000": lambda: png(30_000, 30_000, zeros(1 << 30)),
        "png 2³¹ wide": lambda: png(0x7FFFFFFF, 64, SMALL),
        "png 2³² − 1 square": lambda: png(0xFFFFFFFF, 0xFFFFFFFF, SMALL),
        "jpeg 65500 × 65500": lambda: jpeg_of_size(65_500, 65_500),
        "gif screen 65535 × 65535": lambda: gif((65_535, 65_535)),
        "gif frame 65535 × 65535": lambda: gif((64, 64), frame=(65_535, 65_535)),
        "gif frame far outside": lambda: gif((64, 64), offset=(65_000, 65_000)),
        "webp canvas 2²⁴ square": lambda: animation((1 << 24, 1 << 24), anmf(64, 64, still(b"VP8L", 64, 64))),
    },
    "at most 40 megapixels": {
        "png 20000 × 20000": lambda: png(20_000, 20_000, zeros(1 << 30)),
        "png 7000 × 7000": lambda: png(7000, 7000, zeros(150 << 20)),
        "jpeg 19000 × 19000": lambda: jpeg_of_size(19_000, 19_000),
        "gif screen 7000 × 7000": lambda: gif((7000, 7000)),
        "webp canvas 16384 × 16384": lambda: animation((16_384, 16_384), anmf(64, 64, still(b"VP8 ", 64, 64))),
        "webp 16383 × 16383": lambda: webp(still(b"VP8 ", 16_383, 16_383)),
        "lossless webp 16384 × 16384": lambda: webp(still(b"VP8L", 16_384, 16_384)),
        "webp canvas 16384 × 16384 behind another chunk": lambda: webp(
            (b"JUNK", b""), vp8x(16_384, 16_384), anmf(64, 64, still(b"VP8 ", 64, 64))
        ),
    },
    "file is cut off": {
        "png 6000 × 6000 without pixels": lambda: png(6000, 6000, SMALL),
        "png 6000 × 6000 of 64 bits without pixels": lambda: png(6000, 6000, zeros(8 << 20), depth=16, colour=6),
        "png with a chunk of 2³¹": lambda: png(64, 64, SMALL)[:33] + struct.pack(">I", 0x7FFFFFFF) + b"tEXt",
        "jpeg 6300 × 6300 without pixels": lambda: jpeg_of_size(6300, 6300),
        "progressive jpeg 6300 × 6300 without pixels": lambda: jpeg_of_size(6300, 6300, progressive=True),
        "jpeg of fill bytes": lambda: b"\xff\xd8" + b"\xff" * (20 * MEGABYTES),
        "jpeg of zero bytes": lambda: file("JPEG")[:-2] + b"\0" * (20 * MEGABYTES),
        "gif cut off at 6000 × 6000": lambda: gif((6000, 6000), frame=(6000, 6000))[:-10],
        "webp with a chunk of 2³²": lambda: webp(still(b"VP8 ", 64, 64))[:16] + b"\xff\xff\xff\xff" + bytes(100),
    },
    "unreasonable structure": {
        "png of empty chunks": lambda: png(64, 64, SMALL, chunk(b"abCd", b"") * (20 * MEGABYTES // 12)),
        "png of empty pixel chunks": lambda: png(64, 64, SMALL, chunk(b"IDAT", b"") * (20 * MEGABYTES // 12)),
        "jpeg of 20 MB of scans": many_scans,
        "jpeg of 50 scans over 36 megapixels": scans_of_a_large_picture,
        "jpeg of empty comments": lambda: jpeg_with(b"\xff\xfe\0\2" * (5 * MEGABYTES)),
        "gif of one-byte blocks": lambda: gif((64, 64), before=b"!\xfe" + b"\1a" * (10 * MEGABYTES) + b"\0"),
        "gif of empty extensions": lambda: gif((64, 64), before=b"!\xfe\0" * (7 * MEGABYTES)),
        "webp of empty chunks": lambda: webp(vp8x(64, 64, 0), (b"XMP ", b""), more=b"XMP \0\0\0\0" * (2 * MEGABYTES)),
    },
    "next to empty": {
        "lossless webp 6300 × 6300 of nothing": lambda: webp(still(b"VP8L", 6300, 6300)),
        "webp canvas 6300 × 6300 of nothing": lambda: animation((6300, 6300), anmf(64, 64, still(b"VP8 ", 64, 64))),
        "gif canvas 6300 × 6300 of nothing": lambda: gif((6300, 6300)),
        "png 6300 × 6300 of one bit": lambda: png(6300, 6300, zeros(5 << 20), depth=1, colour=0),
    },
    "damaged and cannot be read": {
        "png with a critical chunk of its own": lambda: png(64, 64, SMALL, chunk(b"CgBI", bytes(4))),
        "jpeg with two frames": lambda: file("JPEG").replace(b"\xff\xda", jpeg_of_size(600, 600)[2:] + b"\xff\xda", 1),
        "webp picture larger than its canvas": lambda: webp(vp8x(64, 64, 0), still(b"VP8L", 16_384, 16_384)),
        "webp picture smaller than its canvas": lambda: webp(vp8x(640, 640, 0), still(b"VP8 ", 64, 64)),
        "webp frame without width": lambda: animation(
            (64, 64), (b"ANMF", anmf(64, 64, (b"ALPH", bytes(2)))[1] + webp(still(b"VP8 ", 0, 64))[12:])
        ),
        "webp frame larger than its canvas": lambda: animation((64, 64), anmf(64, 64, still(b"VP8L", 16_384, 9))),
        "webp frame beyond its canvas": lambda: animation((64, 64), anmf(64, 64, still(b"VP8 ", 64, 64), (2, 0))),
    },
}  # fmt: skip
"""By a part of the sentence that refuses them: each must fail for its own reason, before anything expensive."""
REFUSED = {name: build for bombs in BOMBS.values() for name, build in bombs.items()}

ANIMATION = chunk(b"acTL", struct.pack(">II", 1, 0))
ANIMATION += chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 9**9, 9**9, 0, 0, 1, 1, 0, 0))
MPF = b"MPF\0MM\0*\0\0\0\x08" + struct.pack(">HHHIII", 1, 0xB001, 4, 1, 0xFFFFFFFF, 0)[:-2]

HARMLESS: dict[str, Callable[[], bytes]] = {
    "png with 1 GB behind its pixels": lambda: png(64, 64, zeros(1 << 30)),
    "png with 1 GB of text": lambda: png(64, 64, SMALL, chunk(b"zTXt", b"a\0\0" + zeros(1 << 30))),
    "png with 1 GB of text, the other way": lambda: png(64, 64, SMALL, chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(1 << 30))),
    "png with 10,000 texts of 1 MB": lambda: png(64, 64, SMALL, chunk(b"zTXt", b"a\0\0" + zeros(1 << 20)) * 10_000),
    "png with a profile of 1 GB": lambda: png(64, 64, SMALL, chunk(b"iCCP", b"a\0\0" + zeros(1 << 30))),
    "apng of 2³¹ frames": lambda: png(64, 64, SMALL, chunk(b"acTL", struct.pack(">II", 0x7FFFFFFF, 0))),
    "png with a huge animation frame": lambda: png(64, 64, SMALL, ANIMATION),
    "jpeg with 10 MB of comments": lambda: jpeg_with((b"\xff\xfe\xff\xff" + bytes(65_533)) * 150),
    "jpeg that claims to hold 2³² pictures": lambda: jpeg_with(b"\xff\xe2\0\x1e" + MPF),
    "gif with a second frame of 65535 × 65535": lambda: (
        gif((64, 64))[:-1] + gif((64, 64), frame=(65_535, 65_535))[13 + 768 :]
    ),
    "webp with a second frame of 16384 × 16384": lambda: animation(
        (64, 64), anmf(64, 64, still(b"VP8 ", 64, 64)), anmf(16_384, 16_384, still(b"VP8L", 16_384, 16_384))
    ),
    "webp of 20,000 frames": lambda: animation((64, 64), *[anmf(64, 64, still(b"VP8 ", 64, 64))] * 20_000),
}  # fmt: skip


@pytest.mark.parametrize(("name", "words"), [(name, words) for words, bombs in BOMBS.items() for name in bombs])
def test_a_bomb_is_refused_for_its_own_reason(name: str, words: str) -> None:
    data = REFUSED[name]()
    with pytest.raises(InputImageRejected, match=words) as refusal:
        decode(data)
    assert refusal.value.message.startswith("The ")
    assert refusal.value.message.endswith(".")


def test_an_empty_picture_of_moderate_size_is_no_bomb() -> None:
    assert decode(png(2000, 2000, zeros(1 << 20), depth=1, colour=0)).pixels.shape == (2000, 2000, 3)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_picture_does_not_need_is_never_unpacked(name: str) -> None:
    assert decode(HARMLESS[name]()).pixels.shape == (64, 64, 3)


MEASURE = """
import pathlib, re, resource, sys
from castlist.domain.errors import InputImageRejected
from castlist.vision.picture import decode
data = sys.stdin.buffer.read()
try:
    decode(data)
    print("decoded")
except InputImageRejected:
    print("refused")
# getrusage would tell the peak of the test process too, which Linux hands on to its children.
status = pathlib.Path("/proc/self/status")
if status.exists():
    print(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text())[1])
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
# Two of each format: the costliest structure to walk, and the largest promise.
MEASURED = ["png 20000 × 20000", "png 6000 × 6000 without pixels", "png of empty chunks", "jpeg of 20 MB of scans"]
MEASURED += ["jpeg of 50 scans over 36 megapixels", "gif screen 65535 × 65535", "gif of one-byte blocks"]
MEASURED += [
    "webp canvas 16384 × 16384",
    "webp of empty chunks",
    "png with 10,000 texts of 1 MB",
    "png with a profile of 1 GB",
]


@pytest.mark.parametrize("name", MEASURED)
def test_a_bomb_takes_no_memory(name: str) -> None:
    """In a process of its own that may not allocate more than 2 GB, and in fact stays below 256 MB."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2_000 * MEGABYTES, 2_000 * MEGABYTES))

    data = {**REFUSED, **HARMLESS}[name]()
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], input=data, capture_output=True, check=True, preexec_fn=limit
    )
    outcome, peak_kb = done.stdout.split()
    assert outcome == (b"refused" if name in REFUSED else b"decoded")
    assert int(peak_kb) * (1 if sys.platform == "linux" else 1 / 1024) < 256_000
