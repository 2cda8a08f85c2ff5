"""Fills holes in pictures from their surroundings. Called by `reference`; pure picture functions."""

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels

LARGEST_PX = 900
"""Longest side at which a backdrop is filled; behind a person it is out of focus anyway."""
WISPS = 0.011
"""So far around the character, of the longer side, single hairs may stand that its alpha does not know."""
MIRRORED = 0.11
"""So deep into the hole, of the longer side, the surroundings are mirrored: more does not come to light."""


def behind(picture: Pixels, alpha: Map) -> Pixels:
    """Return the picture without its subject, the hole filled smoothly from around it. uint8 [H, W, 3]."""
    height, width = alpha.shape
    scale = min(1.0, LARGEST_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = ops.resize(picture, *size).astype(np.float32)
    mask = ops.resize(alpha, *size)
    reach = max(2, round(WISPS * max(size)))
    keep = (~ops.grow(mask > 0.08, reach)).astype(np.float32)
    filled = _mirrored(small, keep, pull_push(small, keep))
    soft = ops.blur(keep, reach / 2)[..., None] * keep[..., None]
    filled = filled * (1 - soft) + small * soft
    return ops.resize(np.clip(filled + 0.5, 0, 255).astype(np.uint8), width, height)


def _mirrored(picture: Map, keep: Map, smooth: Map) -> Map:
    """Return `smooth` with the texture around the hole mirrored into it, fading inward: a smooth smear beside a head
    that has moved looks like a halo.

    Args:
        picture, smooth: float32 [H, W, 3]. keep: float32 [H, W], 0 in the hole.
    """
    side = max(keep.shape)
    hole = ops.blur(1 - keep, 0.008 * side) > 0.5  # mirrored at a jagged border, texture tears
    if not hole.any() or hole.all():
        return smooth
    depth, (border_x, border_y) = ops.nearest_clear(hole)
    y, x = np.indices(keep.shape, np.float32)
    source_x, source_y = (ops.blur(2 * border - own, 1.5) for border, own in ((border_x, x), (border_y, y)))
    texture = ops.remap(picture, source_x, source_y, border=ops.REFLECT)
    known = ops.remap(keep, source_x, source_y, border=ops.NOTHING)
    share = (hole * known * (1 - ops.smoothstep((depth / (MIRRORED * side)).astype(np.float32))))[..., None]
    return (smooth + share * (texture - smooth)).astype(np.float32)


def pull_push(picture: Map, keep: Map) -> Map:
    """Fill where `keep` is 0 from ever coarser copies. Source: Gortler et al., The Lumigraph, 1996, section 3.

    Args:
        picture: float32 [H, W, C]. keep: float32 [H, W], 0–1.
    """
    height, width = keep.shape
    if min(height, width) <= 2:
        total = float(keep.sum())
        mean = (picture * keep[..., None]).sum((0, 1)) / total if total > 1e-6 else picture.mean((0, 1))
        return np.where(keep[..., None] > 0.5, picture, mean).astype(np.float32)
    size = (width + 1) // 2, (height + 1) // 2
    weight = ops.resize(keep, *size)
    total = ops.resize(picture * keep[..., None], *size)
    mean = total / np.maximum(weight, 1e-4)[..., None]
    coarse = pull_push(mean.astype(np.float32), np.clip(2 * weight, 0, 1))
    up = ops.resize(ops.blur(coarse, 0.7), width, height)
    share = np.clip(keep, 0, 1)[..., None]
    return (picture * share + up * (1 - share)).astype(np.float32)
