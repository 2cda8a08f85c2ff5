"""Take picture files apart before any decoder sees them. Pure functions of bytes; nothing here decompresses pixels.

Each format has one module with `carve(data, max_pixels)`: it walks the file's structure, refuses a size or structure
that would cost more than a picture may, and puts together a minimal file that holds one still picture and nothing
else. Comments, text, thumbnails, further frames, a second file behind the first and every metadata block stay behind,
so what a decoder could be made to do with them never happens. Called by `picture`.
"""

from castlist.domain.errors import InputImageRejected
from castlist.vision.containers import gif, jpeg, png, webp
from castlist.vision.containers.common import Carved, kind_of

__all__ = ["Carved", "carve"]

LARGE_PX = 4_000_000
MAX_PX_PER_BYTE = 1000
"""Above `LARGE_PX`, pictures that show anything stay far below this (photos hold 10 to 100 pixels in a byte, flat
drawings 300); files beyond it are made to be expensive."""
_CARVERS = (
    (png.SIGNATURE, png.carve),
    (b"\xff\xd8\xff", jpeg.carve),
    (b"GIF87a", gif.carve),
    (b"GIF89a", gif.carve),
    (b"RIFF", webp.carve),
)


def carve(data: bytes, max_pixels: int) -> Carved:
    """Reduce a PNG, JPEG, WebP or GIF file to its one still picture.

    Args:
        max_pixels: largest width × height, judged from the headers.
    Raises: InputImageRejected with one sentence: no such file, too large, too small, cut off, malformed or
            nothing but size.
    """
    carver = next((carver for signature, carver in _CARVERS if data.startswith(signature)), None)
    if carver is None:
        raise InputImageRejected(f"The file is {kind_of(data)}; send a PNG, JPEG, WebP or GIF picture.")
    carved = carver(data, max_pixels)
    width, height = carved.size
    if width * height > max(LARGE_PX, MAX_PX_PER_BYTE * len(carved.data)):
        raise InputImageRejected(f"The picture is {width:,} × {height:,} pixels but next to empty; send a smaller one.")
    return carved
