"""Enlarges pictures with Real-ESRGAN, in tiles.

Called by engines for crops and by nobody else. It must not be used for shrinking.

Source: Real-ESRGAN ``animevideov3`` x4; the 55:45 mix with bicubic keeps the grain of skin that the network
would paint over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision import models
from castlist.vision.faces import Image

_FACTOR = 4
_TILE_PX = 192  # of input; a tile's activations take about 250 MB
_RIM_PX = 18  # the network sees 18 px around a pixel (18 convolutions of 3x3): a rim this wide leaves no seam at all
_NETWORK_SHARE = 0.55


def enlarge(image: Image, factor: float) -> Image:
    """Enlarge a picture.

    Args:
        image: uint8 [H, W, 3] sRGB.
        factor: at least 1; above 4 the rest is bicubic.

    Returns:
        uint8 [round(H * factor), round(W * factor), 3].
    """
    import cv2

    if factor < 1:
        raise ValueError("factor must be at least 1")
    height, width = image.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    plain = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    if size == (width, height):
        return np.asarray(plain, np.uint8)
    detailed = np.empty((height * _FACTOR, width * _FACTOR, 3), np.uint8)
    for top in range(0, height, _TILE_PX):
        for left in range(0, width, _TILE_PX):
            _fill(image, detailed, top, left)
    if detailed.shape[:2] != size[::-1]:
        smaller = size[0] < detailed.shape[1]
        detailed = cv2.resize(detailed, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(cv2.addWeighted(detailed, _NETWORK_SHARE, plain, 1 - _NETWORK_SHARE, 0), np.uint8)


def _fill(image: Image, target: NDArray[np.uint8], top: int, left: int) -> None:
    """Enlarge one tile with its rim and write its inner part."""
    bottom, right = min(top + _TILE_PX, image.shape[0]), min(left + _TILE_PX, image.shape[1])
    above, before = max(top - _RIM_PX, 0), max(left - _RIM_PX, 0)
    part = image[above : bottom + _RIM_PX, before : right + _RIM_PX]
    feed = np.ascontiguousarray(part.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    result = np.asarray(models.session("realesr_animevideov3_x4").run(["enlarged"], {"image": feed})[0])
    rows = slice((top - above) * _FACTOR, (bottom - above) * _FACTOR)
    columns = slice((left - before) * _FACTOR, (right - before) * _FACTOR)
    inner = result[0, :, rows, columns].transpose(1, 2, 0)
    rows = slice(top * _FACTOR, bottom * _FACTOR)
    target[rows, left * _FACTOR : right * _FACTOR] = (inner.clip(0, 1) * 255 + 0.5).astype(np.uint8)
