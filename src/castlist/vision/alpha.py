"""Refine a rough matte to hair precision, and estimate the colours of the subject without its old background.

Called by `matte` and `flat`. Pure arithmetic on arrays: finds no subject, loads no model, knows no faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

COARSE_ROUNDS = 50  # conjugate-gradient rounds on the coarsest level; every finer level only sharpens
FINE_ROUNDS = (8, 14, 24)  # from full resolution downwards
EPS = 1e-5  # how much colour may vary off a straight line within a window, squared, of 1
COLOUR_PASSES = (
    (8, 12),
    (4, 6),
    (1, 6),
)  # reduction of the picture and radius in its pixels, from wide to narrow
PAIRS = (
    (0, 0),
    (0, 1),
    (0, 2),
    (1, 1),
    (1, 2),
    (2, 2),
)  # upper triangle of a symmetric 3 x 3 matrix


def reduce_to(pixels: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """Scale an array down to `width` x `height` px by averaging areas."""
    import cv2

    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def disc(radius_px: float) -> NDArray[np.uint8]:
    """Return a round structuring element of `radius_px` (at least 1 px) for erosion and dilation."""
    import cv2

    side = 2 * max(1, round(radius_px)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


class _Laplacian:
    """The matting Laplacian around the open pixels of a picture, as an operator on the whole alpha.

    Only the 3 x 3 windows that hold an open pixel are kept, so the cost follows the length of the subject's rim.
    Source: Levin, Lischinski, Weiss, "A closed-form solution to natural image matting" (2006), eq. 12.
    """

    def __init__(self, image: Float, open_: Mask, eps: float) -> None:
        import cv2

        height, width = open_.shape
        wanted = cv2.dilate(open_.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        wanted[[0, -1]] = False
        wanted[:, [0, -1]] = False
        centres = np.flatnonzero(wanted)
        steps = np.array([y * width + x for y in (-1, 0, 1) for x in (-1, 0, 1)])
        self.members = centres[None] + steps[:, None]  # [9, windows], indices of pixels
        colours = np.ascontiguousarray(image.reshape(-1, 3)[self.members].transpose(2, 0, 1))  # [3, 9, windows]
        self.colours = colours - colours.mean(1, keepdims=True)
        self.inverse = _inverse_covariance(self.colours, eps)
        self.open = np.flatnonzero(open_)
        place = np.full(height * width, -1)
        place[centres] = np.arange(len(centres))
        own = np.pad(place.reshape(height, width), 1, constant_values=-1)
        holders = [
            own[1 - step_y : height + 1 - step_y, 1 - step_x : width + 1 - step_x].ravel()[self.open]
            for step_y in (-1, 0, 1)
            for step_x in (-1, 0, 1)
        ]
        self.shares = np.stack(
            [np.where(w >= 0, i * len(centres) + w, 9 * len(centres)) for i, w in enumerate(holders)]
        )
        self.diagonal = self._gathered(1 - (1 + (self._tilted(self.colours) * self.colours).sum(0)) / 9)

    def __call__(self, alpha: Float) -> Float:
        """Return L·alpha at the open pixels; alpha is the whole picture's, flat."""
        near = alpha[self.members]
        lean = np.einsum("ckm,km->cm", self.colours, near)
        fitted = np.einsum("ckm,cm->km", self.colours, self._tilted(lean))
        return self._gathered(near - near.mean(0) - fitted / 9)

    def _tilted(self, vectors: Float) -> Float:
        """Multiply colour vectors [3, ..., windows] by each window's inverse covariance."""
        a, b, c, d, e, f = self.inverse
        x, y, z = vectors
        return np.stack([a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z])

    def _gathered(self, parts: Float) -> Float:
        """Add up what all windows [9, windows] say about each open pixel."""
        return np.append(parts.ravel(), np.float32(0))[self.shares].sum(0)


def _inverse_covariance(colours: Float, eps: float) -> list[Float]:
    """Return the upper triangle of the inverse of each window's regularised covariance; colours [3, 9, windows]."""
    exact = colours.astype(np.float64)  # the variance of a smooth area is near the rounding of float32
    a, b, c, d, e, f = ((exact[i] * exact[j]).mean(0) + (eps / 9 if i == j else 0.0) for i, j in PAIRS)
    adjugate = (
        d * f - e * e,
        c * e - b * f,
        b * e - c * d,
        a * f - c * c,
        b * c - a * e,
        a * d - b * b,
    )
    determinant = a * adjugate[0] + b * adjugate[1] + c * adjugate[2]
    return [(part / determinant).astype(np.float32) for part in adjugate]


@dataclass(frozen=True, slots=True)
class _Level:
    image: Float
    known: Float
    prior: Float
    trust: Float


def solve(image: Float, known: Float, prior: Float, trust: Float) -> Float:
    """Find the alpha that follows the edges of `image` between what is certain and what is likely.

    image: float32 [H, W, 3], 0-1. known: float32 [H, W], 1 subject, 0 background, anything between is to be found.
    prior: float32 [H, W], 0-1, the likely alpha. trust: float32 [H, W], weight of the prior against the edges
    (0.1 is firm, 0 leaves all to the edges). Returns float32 [H, W], 0-1.
    Source: as `_Laplacian`, with a soft data term; conjugate gradients from coarse to fine.
    """
    levels = [_Level(image, known, prior, trust)]
    while len(levels) < 4 and min(levels[-1].known.shape) >= 64:
        levels.append(_halve(levels[-1]))
    alpha: Float | None = None
    for depth in range(len(levels) - 1, -1, -1):
        rounds = COARSE_ROUNDS if alpha is None else FINE_ROUNDS[min(depth, len(FINE_ROUNDS) - 1)]
        alpha = _solve_level(levels[depth], alpha, rounds)
    assert alpha is not None
    return np.clip(alpha, 0.0, 1.0)


def _halve(level: _Level) -> _Level:
    height, width = level.known.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    known = reduce_to(level.known, *size)
    known = np.where(known <= 0.001, 0.0, np.where(known >= 0.999, 1.0, 0.5)).astype(np.float32)
    return _Level(
        reduce_to(level.image, *size),
        known,
        reduce_to(level.prior, *size),
        reduce_to(level.trust, *size),
    )


def _solve_level(level: _Level, start: Float | None, rounds: int) -> Float:
    """Minimise a·L·a + trust·(a - prior)² over the open pixels by preconditioned conjugate gradients."""
    import cv2

    height, width = level.known.shape
    guess = level.prior if start is None else cv2.resize(start, (width, height), interpolation=cv2.INTER_LINEAR)
    open_ = (level.known > 0) & (level.known < 1)
    alpha = np.where(open_, guess, level.known).astype(np.float32).ravel()
    if not open_.any():
        return alpha.reshape(height, width)
    laplacian = _Laplacian(level.image, open_, EPS)
    place, trust = laplacian.open, level.trust[open_]
    scale = 1 / (laplacian.diagonal + trust + 1e-6)
    residual = trust * (level.prior[open_] - alpha[place]) - laplacian(alpha)
    direction = scale * residual
    energy = float(residual @ direction)
    spread = np.zeros_like(alpha)
    for _ in range(rounds):
        if energy < 1e-7:
            break
        spread[place] = direction
        image = laplacian(spread) + trust * direction
        step = np.float32(energy / max(float(direction @ image), 1e-12))
        alpha[place] += step * direction
        residual -= step * image
        scaled = scale * residual
        after = float(residual @ scaled)
        direction = scaled + np.float32(after / energy) * direction
        energy = after
    return alpha.reshape(height, width)


def foreground(image: Float, alpha: Float) -> Float:
    """Estimate the colours of the subject alone, so that no old background shines through soft edges.

    image: float32 [H, W, 3], 0-1. alpha: float32 [H, W], 0-1.
    Returns float32 [H, W, 3], 0-1; equal to the picture where alpha is 1, continued smoothly where it is 0.
    Source: Forte, "Approximate fast foreground colour estimation" (2021), with three passes instead of two, the wide
    ones at low resolution.
    """
    import cv2

    height, width = alpha.shape
    subject, backdrop = image, image
    for reduction, radius in COLOUR_PASSES:
        size = max(1, width // reduction), max(1, height // reduction)
        weight = reduce_to(alpha, *size)[..., None]
        window = (2 * radius + 1, 2 * radius + 1)
        inside = reduce_to(subject * alpha[..., None], *size)
        outside = reduce_to(backdrop * (1 - alpha[..., None]), *size)
        far = cv2.blur(inside, window) / (cv2.blur(weight, window)[..., None] + 1e-5)
        behind = cv2.blur(outside, window) / (cv2.blur(1 - weight, window)[..., None] + 1e-5)
        far = cv2.resize(far, (width, height), interpolation=cv2.INTER_LINEAR)
        backdrop = cv2.resize(behind, (width, height), interpolation=cv2.INTER_LINEAR)
        mixed = alpha[..., None] * far + (1 - alpha[..., None]) * backdrop
        subject = np.clip(far + alpha[..., None] * (image - mixed), 0.0, 1.0)
    return subject.astype(np.float32)


def enlarge(alpha: Float, small: Float, large: Float) -> Float:
    """Bring an alpha to the size of a larger version of its picture, along that picture's edges.

    alpha: float32 [h, w], 0-1. small: float32 [h, w, 3], 0-1, the picture it was found in. large: the same picture,
    float32 [H, W, 3]. Returns float32 [H, W], 0-1.
    Source: He, Sun, "Fast guided filter" (2015), guided by brightness.
    """
    import cv2

    height, width = large.shape[:2]
    guide, fine = small.mean(-1), large.mean(-1)
    window = (5, 5)
    mean, level = cv2.blur(guide, window), cv2.blur(alpha, window)
    slope = (cv2.blur(guide * alpha, window) - mean * level) / (cv2.blur(guide * guide, window) - mean * mean + 1e-4)
    offset = level - slope * mean

    def grown(values: Float) -> Float:
        return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    followed = grown(cv2.blur(slope, window)) * fine + grown(cv2.blur(offset, window))
    plain = grown(alpha)
    return np.where((plain > 0.002) & (plain < 0.998), np.clip(followed, 0.0, 1.0), plain).astype(np.float32)
