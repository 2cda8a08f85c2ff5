"""Small real pictures to send, made on the spot. A figure is a plain head and shoulders: enough to be a picture."""

import base64

import numpy as np

from castlist.domain.tasks import Pixels
from castlist.vision import picture
from castlist.vision.picture import OutputFormat


def figure(width_px: int = 96, height_px: int = 96, seed: int = 0) -> Pixels:
    """Return a figure before a ground: uint8 [H, W, 3]."""
    colours = np.random.default_rng(seed).integers(30, 226, (3, 3), np.uint8)
    down, right = np.mgrid[0:height_px, 0:width_px] / np.array([height_px, width_px]).reshape(2, 1, 1)
    pixels = np.empty((height_px, width_px, 3), np.uint8)
    pixels[...] = colours[0]
    pixels[((down - 1.05) / 0.45) ** 2 + ((right - 0.5) / 0.4) ** 2 < 1] = colours[1]
    pixels[((down - 0.4) / 0.22) ** 2 + ((right - 0.5) / 0.17) ** 2 < 1] = colours[2]
    return pixels


def figure_file(format: OutputFormat = "png", *, width_px: int = 96, height_px: int = 96, seed: int = 0) -> bytes:
    """Return a figure as a file."""
    return picture.encode(figure(width_px, height_px, seed), format)


def data_uri(data: bytes, media_type: str = "image/png") -> str:
    """Return a file as a data: URI."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def figure_uri(seed: int = 0) -> str:
    """Return a figure as a data: URI."""
    return data_uri(figure_file(seed=seed))
