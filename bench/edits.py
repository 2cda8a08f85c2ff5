"""Edits of pictures that keep who is in them: called by `scores`. Pictures are uint8 [H, W, 3] sRGB."""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from castlist.domain.tasks import Pixels

Edit = Callable[[Pixels], Any]


def _jpeg(quality: int) -> Edit:
    return lambda image: cv2.imdecode(
        cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR
    )


def _resize(x: float, y: float | None = None) -> Edit:
    return lambda image: cv2.resize(image, None, fx=x, fy=y or x, interpolation=cv2.INTER_AREA)


def _crop(left: float, top: float, right: float, bottom: float) -> Edit:
    def cut(image: Pixels) -> Pixels:
        height, width = image.shape[:2]
        return image[
            round(top * height) : round((1 - bottom) * height), round(left * width) : round((1 - right) * width)
        ]

    return cut


def _levels(gain: float | tuple[float, float, float], offset: float = 0) -> Edit:
    return lambda image: np.clip(image * np.asarray(gain) + offset, 0, 255).astype(np.uint8)


def _gamma(power: float) -> Edit:
    return lambda image: (255 * (image / 255.0) ** power).astype(np.uint8)


def _turned(degrees: float) -> Edit:
    def turn(image: Pixels) -> Any:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.05)
        return cv2.warpAffine(image, matrix, (width, height))

    return turn


def _noise(image: Pixels) -> Pixels:
    noise = np.random.default_rng(5).normal(0, 8, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


LIGHT: dict[str, Edit] = {
    "verbatim": lambda image: image,
    "JPEG q75": _jpeg(75),
    "JPEG q40": _jpeg(40),
    "half size": _resize(0.5),
    "a third larger": _resize(1.33),
    "stretched by 6 %": _resize(1.06, 1.0),
    "cropped to 90 %": _crop(0.05, 0.05, 0.05, 0.05),
    "cropped on one side": _crop(0.12, 0.0, 0.0, 0.08),
    "brighter": _levels(1.15, 5),
    "darker": _levels(0.75),
    "warmer": _levels((1.1, 1.0, 0.88)),
    "gamma": _gamma(1.3),
    "turned by 1.5 degrees": _turned(1.5),
    "noise": _noise,
    "mirrored": lambda image: image[:, ::-1],
}
"""What somebody does who passes a picture off as another one."""

STRONG: dict[str, Edit] = {
    "JPEG q20": _jpeg(20),
    "a quarter of the size": _resize(0.25),
    "cropped to 70 %": _crop(0.15, 0.1, 0.15, 0.2),
    "much darker": _levels(0.4),
    "much brighter": _levels(1.5, 10),
    "grey": lambda image: np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2),
    "blue light": _levels((0.8, 0.95, 1.2)),
    "turned by 15 degrees": _turned(15),
}
"""What else leaves the character who it is."""


def made(image: Pixels, edits: dict[str, Edit]) -> Iterator[tuple[str, Pixels]]:
    """Yield each edit of a picture with its name."""
    for name, edit in edits.items():
        yield name, np.ascontiguousarray(edit(image), np.uint8)
