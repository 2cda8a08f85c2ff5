"""Joins the character and what stands behind. Called by the engine; pure picture arithmetic."""

import numpy as np

from castlist.engines.studio import ops
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


def exposure(colour: Pixels, alpha: Map, back: Map, limits: tuple[float, float]) -> float:
    """Return the factor, in linear light, that brings the character toward the brightness of what stands behind."""
    small = slice(None, None, 16), slice(None, None, 16)
    weight = alpha[small]
    person = ((colour[small] / 255.0) ** 2.2).mean(-1)
    scene = ((back[small] / 255.0) ** 2.2).mean(-1)
    level = float((person * weight).sum() / max(1e-6, float(weight.sum())))
    around = float(np.sqrt(scene.mean() * max(float(np.median(scene)), 1e-4)))
    return float(np.clip((max(around, 1e-3) / max(level, 1e-3)) ** 0.3, *limits))


def join(colour: Map, alpha: Map, back: Map, seed: int, grain: float = 1.6) -> Pixels:
    """Join the character with a place: haze, light that spills round the edge, and one grain over all.

    Args:
        colour: float32 [H, W, 3], 0–255. alpha: float32 [H, W]. back: float32 [H, W, 3].
        grain: its strength, steps of 255.
    """
    height, width = alpha.shape
    reach = 0.012 * min(height, width)
    glow = ops.wide_blur(back, 2.5 * reach)
    inside = ops.wide_blur(alpha, reach)
    edge = np.clip(1.6 * (1 - inside), 0, 1) * alpha
    lit = colour + (0.03 + 0.4 * edge)[..., None] * np.maximum(glow - colour, 0)
    lit += 0.025 * (glow - lit)
    mixed = back + alpha[..., None] * (lit - back)
    noise = np.random.default_rng([seed, 6]).standard_normal((height, width), np.float32) * np.float32(grain)
    return (np.clip(mixed + noise[..., None], 0, 255) + 0.5).astype(np.uint8)
