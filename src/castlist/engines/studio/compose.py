"""Joins the character and what stands behind. Called by the engine; pure picture arithmetic."""

import numpy as np

from castlist.engines.studio.ops import Map, Pixels


def over(colour: Map, alpha: Map, back: Map) -> Pixels:
    """Lay the character over a backdrop.

    Args:
        colour: float32 [H, W, 3], 0–255. alpha: float32 [H, W], 0–1. back: float32 [H, W, 3], 0–255.

    Returns:
        uint8 [H, W, 3]
    """
    mixed = back + alpha[..., None] * (colour - back)
    return (np.clip(mixed, 0, 255) + 0.5).astype(np.uint8)


def without_spill(colour: Map, alpha: Map) -> Map:
    """Take the green out of half-transparent pixels, so that a keyer finds nothing between key colour and character.

    Where the edge is soft, green may not exceed the larger of red and blue.
    """
    edge = np.clip((1 - alpha) * 4, 0, 1)
    limit = np.maximum(colour[..., 0], colour[..., 2])
    result = colour.copy()
    result[..., 1] = colour[..., 1] - edge * np.maximum(0, colour[..., 1] - limit)
    return result
