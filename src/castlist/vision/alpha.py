"""Refine a rough matte to hair precision, and estimate the colours of the subject without its old background.

Called by `matte` and `flat`. Pure arithmetic on arrays: finds no subject, loads no model, knows no faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Float = NDArray[np.float32]

COARSE_ROUNDS = 50  # conjugate-gradient rounds on the coarsest level; every finer level only sharpens
FINE_ROUNDS = (8, 14, 24)  # from full resolution downwards
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))  # upper triangle of a symmetric 3 x 3 matrix


def reduce_to(pixels: NDArray, width: int, height: int) -> NDArray:
    """Scale an array down to `width` x `height` px by averaging areas."""
    import cv2

    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def disc(radius_px: float) -> NDArray[np.uint8]:
    """Return a round structuring element of `radius_px` (at least 1 px) for erosion and dilation."""
    import cv2

    side = 2 * max(1, round(radius_px)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


class _Laplacian:
    """The matting Laplacian of a picture, as an operator: `laplacian(a)` is L·a, nothing is stored per pair of pixels.

    Source: Levin, Lischinski, Weiss, "A closed-form solution to natural image matting" (2006), eq. 12; evaluated with
    box filters as in He, Sun, Tang, "Fast matting using large kernel matting Laplacian matrices" (2010), algorithm 1.
    """

    def __init__(self, image: Float, eps: float) -> None:
        height, width = image.shape[:2]
        self.image = image
        self.count = _box(np.ones((height, width), np.float32))
        self.share = 1.0 / self.count
        self.mean = _box(image) * self.share[..., None]
        # float64: the variance of a smooth area is far below the float32 rounding of its square
        mean = self.mean.astype(np.float64)
        a, b, c, d, e, f = (
            _box((image[..., i] * image[..., j]).astype(np.float64)) * self.share
            - mean[..., i] * mean[..., j]
            + (eps * self.share if i == j else 0.0)
            for i, j in PAIRS
        )
        adjugate = (d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b)
        determinant = a * adjugate[0] + b * adjugate[1] + c * adjugate[2]
        self.inverse = [(part / determinant).astype(np.float32) for part in adjugate]

    def __call__(self, alpha: Float) -> Float:
        mean = _box(alpha) * self.share
        lean = _box(self.image * alpha[..., None]) * self.share[..., None] - self.mean * mean[..., None]
        x, y, z = lean[..., 0], lean[..., 1], lean[..., 2]
        a, b, c, d, e, f = self.inverse
        slope = np.stack([a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z], axis=-1)
        offset = mean - (slope * self.mean).sum(-1)
        return self.count * alpha - (_box(slope) * self.image).sum(-1) - _box(offset)


def _box(values: NDArray) -> NDArray:
    import cv2

    return cv2.boxFilter(values, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)


@dataclass(frozen=True, slots=True)
class _Level:
    image: Float
    known: Float
    prior: Float
    trust: Float


def solve(image: Float, known: Float, prior: Float, trust: Float, eps: float = 1e-5) -> Float:
    """Find the alpha that follows the edges of `image` between what is certain and what is likely.

    image: float32 [H, W, 3], 0-1. known: float32 [H, W], 1 subject, 0 background, anything between is to be found.
    prior: float32 [H, W], 0-1, the likely alpha. trust: float32 [H, W], weight of the prior against the edges
    (0.02 is firm, 0 leaves all to the edges). eps: how much colour may vary along a straight line in a 3 px window.
    Returns float32 [H, W], 0-1.
    Source: as `_Laplacian`, with a soft data term; conjugate gradients from coarse to fine.
    """
    levels = [_Level(image, known, prior, trust)]
    while len(levels) < 4 and min(levels[-1].known.shape) >= 64:
        levels.append(_halve(levels[-1]))
    alpha: Float | None = None
    for depth in range(len(levels) - 1, -1, -1):
        rounds = COARSE_ROUNDS if alpha is None else FINE_ROUNDS[min(depth, len(FINE_ROUNDS) - 1)]
        alpha = _solve_level(levels[depth], alpha, rounds, eps)
    assert alpha is not None
    return np.clip(alpha, 0.0, 1.0)


def _halve(level: _Level) -> _Level:
    height, width = level.known.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    known = reduce_to(level.known, *size)
    known = np.where(known <= 0.001, 0.0, np.where(known >= 0.999, 1.0, 0.5)).astype(np.float32)
    return _Level(
        reduce_to(level.image, *size), known, reduce_to(level.prior, *size), reduce_to(level.trust, *size)
    )


def _solve_level(level: _Level, start: Float | None, rounds: int, eps: float) -> Float:
    import cv2

    height, width = level.known.shape
    guess = level.prior if start is None else cv2.resize(start, (width, height), interpolation=cv2.INTER_LINEAR)
    open_ = (level.known > 0) & (level.known < 1)
    alpha = np.where(open_, guess, level.known).astype(np.float32)
    box = _bounds(open_, margin_px=3)
    if box is None:
        return alpha
    laplacian = _Laplacian(np.ascontiguousarray(level.image[box]), eps)
    alpha[box] = _descend(laplacian, alpha[box], level.prior[box], level.trust[box], open_[box], rounds)
    return alpha


def _descend(
    laplacian: _Laplacian, alpha: Float, prior: Float, trust: Float, open_: NDArray[np.bool_], rounds: int
) -> Float:
    """Minimise a·L·a + trust·(a - prior)² over the open pixels by preconditioned conjugate gradients."""
    free = open_.astype(np.float32)
    residual = free * (trust * (prior - alpha) - laplacian(alpha))
    scale = free / (laplacian.count + trust)
    direction = scale * residual
    energy = float((residual * direction).sum(dtype=np.float64))
    for _ in range(rounds):
        if energy < 1e-7:
            break
        image = free * (laplacian(direction) + trust * direction)
        step = energy / max(float((direction * image).sum(dtype=np.float64)), 1e-12)
        alpha = alpha + np.float32(step) * direction
        residual = residual - np.float32(step) * image
        scaled = scale * residual
        after = float((residual * scaled).sum(dtype=np.float64))
        direction = scaled + np.float32(after / energy) * direction
        energy = after
    return alpha


def _bounds(mask: NDArray[np.bool_], margin_px: int) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if rows.size == 0:
        return None
    top, left = max(0, int(rows[0]) - margin_px), max(0, int(columns[0]) - margin_px)
    return slice(top, int(rows[-1]) + margin_px + 1), slice(left, int(columns[-1]) + margin_px + 1)


def foreground(image: Float, alpha: Float, radii_px: Sequence[int] = (96, 24, 6)) -> Float:
    """Estimate the colours of the subject alone, so that no old background shines through soft edges.

    image: float32 [H, W, 3], 0-1. alpha: float32 [H, W], 0-1. radii_px: neighbourhoods, from wide to narrow.
    Returns float32 [H, W, 3], 0-1; equal to the picture where alpha is 1, continued smoothly where it is 0.
    Source: Forte, "Approximate fast foreground colour estimation" (2021), with three passes instead of two.
    """
    import cv2

    weight = alpha[..., None]
    subject, backdrop = image, image
    for radius in radii_px:
        window = (2 * radius + 1, 2 * radius + 1)
        inside, outside = cv2.blur(alpha, window)[..., None], cv2.blur(1 - alpha, window)[..., None]
        far = cv2.blur(subject * weight, window) / (inside + 1e-5)
        backdrop = cv2.blur(backdrop * (1 - weight), window) / (outside + 1e-5)
        subject = np.clip(far + weight * (image - weight * far - (1 - weight) * backdrop), 0.0, 1.0)
    return subject.astype(np.float32)
