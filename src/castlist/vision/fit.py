"""Brings a finished picture to the size that was asked for. Pure."""

from castlist.domain.tasks import Alpha, Pixels


def fit(pixels: Pixels, width_px: int, height_px: int) -> tuple[Pixels, bool]:
    """Crop about the centre to the wanted shape, then scale to the wanted size.

    Args:
        pixels: uint8 [H, W, 3], sRGB.
    Returns: uint8 [height_px, width_px, 3], and whether more than a fiftieth of a side was cut off to get there.
    """
    height, width = pixels.shape[:2]
    scale = min(width / width_px, height / height_px)
    wide, high = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    left, top = (width - wide) // 2, (height - high) // 2
    cropped = pixels[top : top + high, left : left + wide]
    lossy = wide < 0.98 * width or high < 0.98 * height
    if (wide, high) == (width_px, height_px):
        return cropped, lossy
    import cv2

    way = cv2.INTER_AREA if wide > width_px else cv2.INTER_CUBIC
    return cv2.resize(cropped, (width_px, height_px), interpolation=way), lossy  # pyright: ignore[reportReturnType]


def flatten(pixels: Pixels, alpha: Alpha | None) -> Pixels:
    """Lay a picture on white, so that whatever lies hidden under its transparent parts is never seen."""
    if alpha is None:
        return pixels
    import numpy as np

    part = alpha[..., None]
    return np.rint(pixels * part + 255 * (1 - part)).astype(np.uint8)
