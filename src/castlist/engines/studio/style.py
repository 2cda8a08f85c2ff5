"""Puts on a style that the prompt names: monochrome, film, sketch, comic, painting, illustration. Called by `picture`.

Classical filters and the bundled enlarger only: a picture shrunk and enlarged again by it comes out painted.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels


def put_on(name: str, picture: Pixels, seed: int, alpha: Map) -> Pixels:
    """Return the picture (uint8 [H, W, 3]) in the style `name` of `lexicon.STYLES`.

    Args:
        alpha: float32 [H, W], 0–1, of the character: a pencil only hints at what is behind.
    """
    if name == "sketch":
        picture = _receded(picture, alpha)
    return _STYLES[name](picture, seed)


def _receded(picture: Pixels, alpha: Map) -> Pixels:
    """Return the picture with its surroundings smoothed and paled: an artist leaves leaf and grass out."""
    height, width = picture.shape[:2]
    small = ops.resize(picture, width // 2, height // 2)
    for _ in range(4):
        small = np.asarray(cv2.bilateralFilter(small, 9, 60, 5), np.uint8)
    calm = ops.resize(small, width, height, ops.LINEAR).astype(np.float32)
    pale = 150 + (calm - 150) * 0.55 + 45
    mixed = pale + alpha[..., None] * (picture - pale)
    return _bytes(mixed)


def painted(picture: Pixels, shrink: float = 4.0) -> Pixels:
    """Return the picture as if painted: details smoothed to strokes with crisp borders."""
    from castlist.vision import upscale

    height, width = picture.shape[:2]
    small = ops.resize(picture, round(width / shrink), round(height / shrink))
    for _ in range(3):
        small = np.asarray(cv2.bilateralFilter(small, 5, 32, 3), np.uint8)
    large = upscale.enlarge(np.ascontiguousarray(small), shrink)
    return ops.resize(large, width, height, ops.LINEAR) if large.shape[:2] != (height, width) else large


def _mono(picture: Pixels, seed: int) -> Pixels:
    grey = np.asarray(picture.astype(np.float32) @ np.array([0.36, 0.52, 0.12], np.float32))
    return _grey(_curve(grey, 0.35) + _grain(grey.shape, seed, 3.2))


def _film(picture: Pixels, seed: int) -> Pixels:
    height, width = picture.shape[:2]
    colour = picture.astype(np.float32)
    glow = ops.wide_blur(np.maximum(colour - 190, 0), 0.012 * min(height, width))
    colour += glow * np.array([0.9, 0.45, 0.25], np.float32)
    curved = _curve(colour, 0.2)
    lifted = 14 + curved * np.array([0.945, 0.93, 0.885], np.float32) + np.array([4, 1, 0], np.float32)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shaded = lifted * (1 - 0.13 * np.clip(x * x + y * y - 0.35, 0, 2))[..., None]
    return _bytes(shaded + _grain((height, width), seed, 4.0)[..., None])


def _sketch(picture: Pixels, seed: int) -> Pixels:
    height, width = picture.shape[:2]
    grey = ops.blur(picture.astype(np.float32).mean(-1).astype(np.float32), 0.8)
    lines = grey / np.maximum(ops.wide_blur(grey, 0.006 * min(height, width)), 1)
    drawn = 255 * np.clip(lines, 0, 1) ** 3.2
    noise = np.random.default_rng([seed, 8]).standard_normal((height, width), np.float32)
    hatch = ops.blur(noise, 0.8) * 26
    tone = np.clip((130 - ops.wide_blur(grey, 0.004 * min(height, width))) / 130, 0, 1)
    sheet = drawn - tone * (34 + 1.6 * hatch)
    paper = 246 + ops.blur(noise, 1.5) * 6
    return _bytes((np.clip(sheet, 20, 255) * paper / 255)[..., None] * np.array([1, 0.99, 0.965], np.float32))


def _comic(picture: Pixels, seed: int) -> Pixels:
    del seed
    scale = min(picture.shape[:2]) / 1024
    smooth = painted(picture, 3.0)
    lab = np.asarray(cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB), np.uint8).astype(np.float32)
    light = lab[..., 0]
    steps = np.floor(light / 36) * 36 + 18
    lab[..., 0] = np.clip(0.45 * light + 0.55 * steps + 6, 0, 255)
    lab[..., 1:] = np.clip((lab[..., 1:] - 128) * 1.3 + 128, 0, 255)
    flat = np.asarray(cv2.cvtColor(lab.astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8).astype(np.float32)
    return _bytes(flat * (1 - 0.85 * _lines(smooth, 1.6 * scale, 2.2))[..., None])


def _painting(picture: Pixels, seed: int) -> Pixels:
    height, width = picture.shape[:2]
    paint = painted(picture, 3.2).astype(np.float32)
    grey = paint.mean(-1).astype(np.float32)
    noise = np.random.default_rng([seed, 9]).standard_normal((height, width), np.float32)
    weave = ops.blur(noise, 1.0)
    strokes = cv2.filter2D(noise, cv2.CV_32F, np.eye(17, dtype=np.float32) / 17)
    relief = (strokes - ops.blur(np.asarray(strokes, np.float32), 2)) * 22 + weave * 9
    vivid = grey[..., None] + (paint - grey[..., None]) * 1.18
    return _bytes(_curve(vivid, 0.15) + relief[..., None])


def _illustration(picture: Pixels, seed: int) -> Pixels:
    del seed
    scale = min(picture.shape[:2]) / 1024
    smooth = painted(picture, 3.6)
    colour = smooth.astype(np.float32)
    grey = colour.mean(-1, keepdims=True)
    vivid = np.clip(grey + (colour - grey) * 1.28 + 6, 0, 255)
    return _bytes(vivid * (1 - 0.55 * _lines(smooth, 1.3 * scale, 1.8))[..., None])


def _lines(picture: Pixels, width: float, gain: float) -> Map:
    """Return ink along dark borders, 0–1. Source: XDoG, Winnemöller et al. 2012, without its thresholding."""
    grey = picture.astype(np.float32).mean(-1).astype(np.float32)
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


def _grey(value: NDArray[np.floating[Any]]) -> Pixels:
    return np.repeat(_bytes(value)[..., None], 3, -1)


def _bytes(value: NDArray[np.floating[Any]]) -> Pixels:
    return (np.clip(value, 0, 255) + 0.5).astype(np.uint8)


_STYLES: dict[str, Callable[[Pixels, int], Pixels]] = {
    "mono": _mono,
    "film": _film,
    "sketch": _sketch,
    "comic": _comic,
    "painting": _painting,
    "illustration": _illustration,
}
