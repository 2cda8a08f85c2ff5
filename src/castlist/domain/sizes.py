"""Aspect ratios and the pixel sizes they stand for: about one megapixel, both sides multiples of 16."""

import math

ASPECT_RATIOS: tuple[str, ...] = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")
MATCH_INPUT = "match_input_image"
AREA_PX = 1024 * 1024
STEP_PX = 16
LIMIT = 3.0  # the widest and tallest ratio that matching an input may give


def size_px(aspect_ratio: str, reference_px: tuple[int, int] = (1, 1)) -> tuple[int, int]:
    """Return (width, height) for an aspect ratio; `reference_px` (width, height) counts only for match_input_image."""
    if aspect_ratio == MATCH_INPUT:
        ratio = min(LIMIT, max(1 / LIMIT, reference_px[0] / reference_px[1]))
    else:
        width, height = aspect_ratio.split(":")
        ratio = int(width) / int(height)
    width_px = math.sqrt(AREA_PX * ratio)
    return _snap(width_px), _snap(width_px / ratio)


def _snap(length_px: float) -> int:
    return round(length_px / STEP_PX) * STEP_PX
