"""Fills holes in pictures from their surroundings. Called by `reference`; pure picture functions."""

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels

LARGEST_PX = 900
"""Longest side at which a backdrop is filled; behind a person it is out of focus anyway."""


def behind(picture: Pixels, alpha: Map) -> Pixels:
    """Return the picture without its subject, the hole filled smoothly from around it. uint8 [H, W, 3]."""
    height, width = alpha.shape
    scale = min(1.0, LARGEST_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = ops.resize(picture, *size).astype(np.float32)
    mask = ops.resize(alpha, *size)
    reach = max(2, round(0.005 * max(size)))
    keep = (~ops.grow(mask > 0.08, reach)).astype(np.float32)
    filled = pull_push(small, keep)
    soft = ops.blur(keep, reach / 2)[..., None] * keep[..., None]
    filled = filled * (1 - soft) + small * soft
    return ops.resize(np.clip(filled + 0.5, 0, 255).astype(np.uint8), width, height)


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
