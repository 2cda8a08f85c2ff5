"""Takes in pictures of a character: by URL, data: URI, own link or upload. Called by `plan` and by the upload route.

What is kept is not what came: the picture is decoded, turned upright, cut to a sensible size and stored again without
metadata, so nothing later ever touches a stranger's bytes.
"""

import asyncio
import struct
from dataclasses import dataclass

import numpy as np

from castlist.domain.errors import InputImageRejected, NoSubjectFound
from castlist.domain.links import LinkState, file_of
from castlist.domain.tasks import Pixels, Reference
from castlist.flow.screen import Screen
from castlist.flow.service import Service
from castlist.net.fetch import decode_data_uri, fetch
from castlist.provenance.credentials import carries
from castlist.store import uploads
from castlist.vision import picture

MAX_SIDE_PX = 2048
"""Longest side that is kept: twice what an image of a megapixel can show."""
PNG_SIZE_AT = 16
"""Offset of width and height in a PNG, which all pictures that are kept are. Source: PNG, 5.6 and 11.2.2."""
EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
EMPTY_SPREAD = 3.0
"""Standard deviation of all pixel values (0–255) under which a picture shows nothing at all."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that was taken in. `file` is its name in the store.

    `original` is the name of the file as it came, kept only when it carries content credentials: images made of it name
    them. It is never given out.
    """

    file: str
    width_px: int
    height_px: int
    size_bytes: int
    original: str | None = None


async def take_in(service: Service, url: str) -> Kept:
    """Fetch, check and keep the picture behind a URL.

    Raises:
        InputImageRejected: it could not be fetched, is no picture, is too large, shows nothing, or is refused by
            the safety gate.
    """
    own = file_of(url, secret=service.secret, now_ms=service.clock())
    if own is not None:
        file, state = own
        data = await service.files.get(file) if state is LinkState.GOOD else None
        if data is None:
            raise InputImageRejected("The uploaded picture has expired. Upload it again.")
        async with service.database.read() as tx:
            upload = await uploads.find(tx, file)
        if upload is None:  # an image that was made here
            return await keep(service, data)
        width_px, height_px = struct.unpack_from(">II", data, PNG_SIZE_AT)
        return Kept(file, width_px, height_px, len(data), upload.original)  # checked and cleaned when it came
    if url[:5].lower() == "data:":
        inside = await asyncio.to_thread(decode_data_uri, url, service.fetch_policy.max_bytes)
        return await keep(service, inside.data)
    return await keep(service, (await fetch(url, service.fetch_policy)).data)


async def keep(service: Service, data: bytes) -> Kept:
    """Check the bytes of a picture and keep it; raises as `take_in`."""
    clean = await asyncio.to_thread(_clean, data, service.decode, service.screen)
    original = None
    if carries(data):
        original = await service.files.put(data, EXTENSIONS[clean.format])
    file = await service.files.put(clean.data, "png")
    return Kept(file, clean.width_px, clean.height_px, len(clean.data), original)


async def load(service: Service, file: str) -> Reference:
    """Return a kept picture for an engine; InputImageRejected when it is gone."""
    data = await service.files.get(file)
    if data is None:
        raise InputImageRejected("The picture of the character has expired before the job could begin.")
    return await asyncio.to_thread(reference, data)


def reference(data: bytes) -> Reference:
    """Turn the bytes of a picture into a reference; InputImageRejected when they are none."""
    found = picture.decode(data, max_side=MAX_SIDE_PX)
    return Reference(found.pixels, found.sha256, found.alpha)


@dataclass(frozen=True, slots=True)
class _Cleaned:
    data: bytes
    width_px: int
    height_px: int
    format: str


def _clean(data: bytes, decode: picture.Decode, screen: Screen | None) -> _Cleaned:
    found = decode(data, max_side=MAX_SIDE_PX)
    if screen is not None:
        screen.admit(found.pixels, found.alpha, found.sha256)
    pixels: Pixels = found.pixels
    if found.alpha is not None:
        pixels = np.dstack([pixels, np.rint(found.alpha * 255).astype(np.uint8)])
    if float(pixels.std(axis=(0, 1)).max()) < EMPTY_SPREAD:
        raise NoSubjectFound
    return _Cleaned(picture.encode(pixels, "png"), found.pixels.shape[1], found.pixels.shape[0], found.format)
