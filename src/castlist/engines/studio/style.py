"""Puts on a style that the prompt names: monochrome, film, sketch, comic, painting, illustration. Called by `picture`.

Classical filters only. What is painted is laid down in broad strokes behind the character and in fine ones on it, so
that eyes and mouths stay what they are.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels

BRUSH_PX = 3.0
"""Radius of the finest stroke; behind the character strokes are twice as wide."""
SECTORS, CRISP = 8, 8.0
"""How many ways a stroke may lie beside an edge, and how decidedly it keeps off it."""
HATCH_PX = 23
"""Length of a pencil's stroke in a picture of 1024 px."""


def put_on(name: str, picture: Pixels, seed: int, alpha: Map) -> Pixels:
    """Return the picture (uint8 [H, W, 3]) in the style `name` of `lexicon.STYLES`.

    Args:
        alpha: float32 [H, W], 0–1, of the character: it is painted finer than what is behind it.
    """
    return _STYLES[name](picture, seed, alpha)


def painted(picture: Pixels, alpha: Map | None = None) -> Pixels:
    """Return the picture as if painted, finely where `alpha` is 1 and broadly elsewhere. uint8 [H, W, 3]"""
    return _bytes(_painted(picture, alpha))


def _painted(picture: Pixels, alpha: Map | None) -> Map:
    height, width = picture.shape[:2]
    colour = picture.astype(np.float32)
    small = ops.resize(colour, width // 2, height // 2)
    broad = ops.resize(_strokes(small), width, height, ops.CUBIC)
    if alpha is None:
        return broad
    share = ops.blur(alpha, 2.0)[..., None]
    return np.asarray(broad + share * (_strokes(colour) - broad), np.float32)


def _strokes(colour: Map) -> Map:
    """Return a picture (float32 [H, W, 3], 0–255) smoothed to strokes that end at its edges.

    Source: Papari, Petkov, Campisi, "Artistic edge and corner enhancing smoothing" (2007), the generalised Kuwahara
    filter: around each px the mean of eight sectors, each weighed by how even it is.
    """
    reach = int(np.ceil(1.6 * BRUSH_PX))
    axis = np.arange(-reach, reach + 1, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    angle, fall = np.arctan2(y, x), np.exp(-((np.hypot(x, y) / BRUSH_PX) ** 2))
    grey = _grey(colour)
    total, weight = np.zeros_like(colour), np.zeros_like(grey)
    for sector in range(SECTORS):
        beside = np.abs((angle - 2 * np.pi * sector / SECTORS + np.pi) % (2 * np.pi) - np.pi)
        kernel = fall * np.clip(1 - beside / (1.5 * np.pi / SECTORS), 0, 1)
        kernel[reach, reach] = 2 / SECTORS
        kernel = (kernel / kernel.sum()).astype(np.float32)
        mean = ops.correlate(colour, kernel)
        spread = ops.correlate(grey * grey, kernel) - ops.correlate(grey, kernel) ** 2
        even = 1 / (1 + (np.maximum(spread, 0) / 16) ** (CRISP / 2)) + np.float32(1e-12)
        total += mean * even[..., None]
        weight += even
    return np.asarray(total / weight[..., None], np.float32)


def _mono(picture: Pixels, seed: int, alpha: Map) -> Pixels:
    del alpha
    grey = np.asarray(picture.astype(np.float32) @ np.array([0.36, 0.52, 0.12], np.float32))
    return _in_grey(_curve(grey, 0.35) + _grain(grey.shape, seed, 3.2))


def _film(picture: Pixels, seed: int, alpha: Map) -> Pixels:
    del alpha
    height, width = picture.shape[:2]
    colour = picture.astype(np.float32)
    glow = ops.wide_blur(np.maximum(colour - 190, 0), 0.012 * min(height, width))
    colour += glow * np.array([0.9, 0.45, 0.25], np.float32)
    curved = _curve(colour, 0.2)
    lifted = 14 + curved * np.array([0.945, 0.93, 0.885], np.float32) + np.array([4, 1, 0], np.float32)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shaded = lifted * (1 - 0.13 * np.clip(x * x + y * y - 0.35, 0, 2))[..., None]
    return _bytes(shaded + _grain((height, width), seed, 4.0)[..., None])


def _sketch(picture: Pixels, seed: int, alpha: Map) -> Pixels:
    """Draw outlines and hatch the shadows; what is behind the character is only hinted at."""
    height, width = picture.shape[:2]
    scale = min(height, width) / 1024
    grey = _grey(_painted(picture, alpha))
    near = (0.22 + 0.78 * ops.blur(alpha, 3 * scale)).astype(np.float32)
    lines = 1.7 * np.clip(1.02 - grey / np.maximum(ops.wide_blur(grey, 6 * scale), 1), 0, 1)
    light = ops.wide_blur(grey, 2.5 * scale) / np.float32(255)
    tone = np.zeros_like(grey)
    for index, (slant, dark) in enumerate(((50.0, 0.5), (65.0, 0.33), (-40.0, 0.2))):
        shadow = ops.smoothstep(((dark - light) / 0.22 + 0.35).astype(np.float32))
        tone += shadow * (0.1 + 0.28 * _hatching((height, width), [seed, 8, index], slant, scale))
    drawn = 1 - np.clip(near * (np.clip(lines, 0, 1) * 0.85 + tone * 0.8), 0, 0.93)
    noise = np.random.default_rng([seed, 11]).standard_normal((height, width), np.float32)
    paper = 247 + ops.blur(noise, 1.5) * 5
    return _bytes((drawn * paper)[..., None] * np.array([1, 0.99, 0.965], np.float32))


def _hatching(shape: tuple[int, int], seed: list[int], slant_deg: float, scale: float) -> Map:
    """Return parallel pencil strokes, 0–1."""
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    stroke = ops.correlate(ops.blur(noise, 0.6), _line(HATCH_PX * scale, slant_deg))
    return np.clip(0.5 + 0.55 * stroke / np.float32(stroke.std() + 1e-6), 0, 1).astype(np.float32)


def _line(length_px: float, slant_deg: float) -> Map:
    """Return a kernel that smears along a line."""
    reach = max(2, round(length_px / 2))
    axis = np.arange(-reach, reach + 1, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    slant = np.radians(slant_deg)
    across = np.abs(x * np.sin(slant) + y * np.cos(slant))
    line = np.clip(1 - across, 0, 1) * (np.hypot(x, y) <= reach)
    return (line / line.sum()).astype(np.float32)


def _comic(picture: Pixels, seed: int, alpha: Map) -> Pixels:
    """Lay flat tones inside ink lines, and a screen of dots on the shadows."""
    del seed
    height, width = picture.shape[:2]
    scale = min(height, width) / 1024
    smooth = _bytes(_painted(picture, alpha))
    lab = np.asarray(cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB), np.float32)
    light = ops.blur(np.ascontiguousarray(lab[..., 0]), 1.2 * scale)
    steps = (light / 40 - 0.5).astype(np.float32)
    stairs = 40 * (np.floor(steps) + ops.smoothstep((steps - np.floor(steps) - 0.42) / np.float32(0.16)) + 0.5)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(7 * scale)
    dots = np.cos(np.pi * (x + y)) * np.cos(np.pi * (x - y))
    shadow = np.clip((118 - light) / 60, 0, 1) * np.clip((light - 30) / 30, 0, 1)
    lab[..., 0] = np.clip(0.4 * light + 0.6 * stairs + 8 - 20 * shadow * (dots > 0.25), 0, 255)
    lab[..., 1:] = np.clip((lab[..., 1:] - 128) * 1.35 + 128, 0, 255)
    flat = np.asarray(cv2.cvtColor(lab.astype(np.uint8), cv2.COLOR_LAB2RGB), np.float32)
    return _bytes(flat * (1 - 0.9 * _lines(smooth, 1.5 * scale, 2.4))[..., None])


def _painting(picture: Pixels, seed: int, alpha: Map) -> Pixels:
    """Paint in strokes that follow the forms, thick enough to catch the light, on canvas."""
    height, width = picture.shape[:2]
    paint = _painted(picture, alpha)
    grey = _grey(paint)
    noise = np.random.default_rng([seed, 9]).standard_normal((height, width), np.float32)
    relief = _along(ops.blur(noise, 1.3), grey) * (6 - 2 * alpha) + ops.blur(noise[::-1], 1.0) * 5
    vivid = grey[..., None] + (paint - grey[..., None]) * 1.2
    return _bytes(_curve(vivid, 0.18) + relief[..., None])


def _along(noise: Map, grey: Map) -> Map:
    """Smear noise along the forms of a picture, to a deviation of 1."""
    soft = ops.blur(grey, 2)
    down, right = np.asarray(cv2.Sobel(soft, cv2.CV_32F, 0, 1)), np.asarray(cv2.Sobel(soft, cv2.CV_32F, 1, 0))
    twice = [ops.wide_blur(part.astype(np.float32), 6) for part in (right**2 - down**2, 2 * right * down)]
    slant = (0.5 * np.arctan2(twice[1], twice[0]) + np.pi / 2).astype(np.float32)
    total, weight = np.zeros_like(noise), np.full_like(noise, 1e-3)
    for degrees in (0.0, 45.0, 90.0, 135.0):
        fits = np.cos(slant - np.float32(np.radians(degrees))) ** 8
        smeared = ops.correlate(noise, _line(17, -degrees))
        total += fits * smeared / np.float32(smeared.std() + 1e-6)
        weight += fits
    return (total / weight).astype(np.float32)


def _illustration(picture: Pixels, seed: int, alpha: Map) -> Pixels:
    """Paint in clear, even colours, with fine dark outlines."""
    del seed
    scale = min(picture.shape[:2]) / 1024
    smooth = _painted(picture, alpha)
    grey = _grey(smooth)[..., None]
    vivid = np.clip(grey + (smooth - grey) * 1.32 + 7, 0, 255)
    return _bytes(_curve(vivid, 0.2) * (1 - 0.6 * _lines(_bytes(smooth), 1.3 * scale, 2.0))[..., None])


def _lines(picture: Pixels, width: float, gain: float) -> Map:
    """Return ink along dark borders, 0–1. Source: XDoG, Winnemöller et al. 2012, without its thresholding."""
    grey = _grey(picture)
    width = max(0.6, width)
    edge = ops.blur(grey, 1.6 * width) - ops.blur(grey, width)
    return np.clip((edge * gain - 5) / 22, 0, 1).astype(np.float32)


def _curve(value: NDArray[np.floating[Any]], strength: float) -> Map:
    """Return a steeper middle: an S-curve mixed in by `strength`. Values 0–255."""
    share = np.clip(value / np.float32(255), 0, 1)
    return (255 * ((1 - strength) * share + strength * share * share * (3 - 2 * share))).astype(np.float32)


def _grain(shape: tuple[int, ...], seed: int, amount: float) -> Map:
    noise = np.random.default_rng([seed, 10]).standard_normal(shape, np.float32)
    return (ops.blur(noise, 0.7) * np.float32(2.4 * amount)).astype(np.float32)


def _grey(picture: NDArray[Any]) -> Map:
    """Return a picture's brightness. float32 [H, W]"""
    return np.asarray(picture.mean(-1, dtype=np.float32), np.float32)


def _in_grey(value: NDArray[np.floating[Any]]) -> Pixels:
    return np.repeat(_bytes(value)[..., None], 3, -1)


def _bytes(value: NDArray[np.floating[Any]]) -> Pixels:
    return (np.clip(value, 0, 255) + 0.5).astype(np.uint8)


_STYLES: dict[str, Callable[[Pixels, int, Map], Pixels]] = {
    "mono": _mono,
    "film": _film,
    "sketch": _sketch,
    "comic": _comic,
    "painting": _painting,
    "illustration": _illustration,
}
