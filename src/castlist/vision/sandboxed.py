"""The child of `sandbox`: decodes one picture after another, from standard input to standard output, and no more.

Before the first byte of a stranger's file arrives it has loaded what it needs and given up the rest: no file and no
socket can be opened any more, no process started, no core written, and memory ends at a limit. Run by `sandbox` alone,
as `python -m castlist.vision.sandboxed MEMORY_BYTES`.
"""

import contextlib
import struct
import sys
from io import BytesIO
from typing import BinaryIO

import numpy as np

from castlist.domain.errors import InputImageRejected
from castlist.vision import picture

REQUEST = struct.Struct(">QQQ")
"""Length of the file, `max_pixels`, `max_side` (0: as it is)."""
REPLY = struct.Struct(">BIIII8s64s")
"""1, height, width, height and width in the file, format, SHA-256; the colours follow, and alpha when it is 2."""
REFUSAL = struct.Struct(">BI")
"""0, length of the sentence that follows."""


def main() -> None:
    """Serve until standard input ends."""
    _warm_up()
    _give_up_rights(int(sys.argv[1]))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(REQUEST.size):
        length, max_pixels, max_side = REQUEST.unpack(head)
        _answer(source, length, max_pixels, max_side or None, sink)
        sink.flush()


def _answer(source: BinaryIO, length: int, max_pixels: int, max_side: int | None, sink: BinaryIO) -> None:
    try:
        found = picture.decode(source.read(length), max_pixels=max_pixels, max_side=max_side)
    except InputImageRejected as refusal:
        sentence = str(refusal).encode()
        sink.write(REFUSAL.pack(0, len(sentence)) + sentence)
        return
    height, width = found.pixels.shape[:2]
    kind = 1 if found.alpha is None else 2
    head = (kind, height, width, found.height, found.width, found.format.encode(), found.sha256.encode())
    sink.write(REPLY.pack(*head))
    sink.write(found.pixels.data)
    if found.alpha is not None:
        sink.write(np.rint(found.alpha * 255).astype(np.uint8).data)


def _warm_up() -> None:
    """Load every decoder and the colour tables now: afterwards no file can be opened."""
    from PIL import Image, ImageCms

    for kind in ("PNG", "JPEG", "WEBP", "GIF"):
        file = BytesIO()
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        Image.linear_gradient("L").convert("RGB").save(file, kind, icc_profile=profile)
        picture.decode(file.getvalue(), max_side=64)


def _give_up_rights(memory_bytes: int) -> None:
    """Set the limits that the kernel then holds; where it knows none (other than POSIX) the process alone must do."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/self/statm") as file:
            mapped, resident = (int(pages) * resource.getpagesize() for pages in file.read().split()[:2])
        # What is mapped but not resident costs nothing: memory may grow until what is resident reaches the limit.
        most = mapped + memory_bytes - resident
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (0, 0))


if __name__ == "__main__":
    main()
