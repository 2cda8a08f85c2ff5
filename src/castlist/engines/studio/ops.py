"""OpenCV with types: the few picture operations the studio needs. Called all over the studio; knows no characters."""

from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Array = TypeVar("Array", Map, Pixels)

NEAREST, LINEAR, CUBIC, AREA = cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA
REPLICATE, NOTHING, REFLECT = cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT, cv2.BORDER_REFLECT_101


def resize(picture: Array, width: int, height: int, how: int | None = None) -> Array:
    """Scale to width × height px: averaging when shrinking, linear when enlarging, unless told."""
    if how is None:
        how = AREA if width < picture.shape[1] else LINEAR
    return cast(Array, cv2.resize(picture, (max(1, width), max(1, height)), interpolation=how))


def blur(picture: Array, sigma: float) -> Array:
    """Blur by a Gaussian of `sigma` px; the border goes on."""
    if sigma < 0.05:
        return picture
    return cast(Array, cv2.GaussianBlur(picture, (0, 0), sigma, borderType=REPLICATE))


def wide_blur(picture: Map, sigma: float) -> Map:
    """Blur by a large Gaussian at reduced size: the same to the eye, many times faster."""
    height, width = picture.shape[:2]
    step = max(1, int(sigma / 3))
    if step == 1:
        return blur(picture, sigma)
    small = resize(picture, -(-width // step), -(-height // step))
    return resize(blur(small, sigma / step), width, height)


def correlate(picture: Map, kernel: Map) -> Map:
    """Weigh each px's neighbourhood by a kernel; the border goes on."""
    return cast(Map, cv2.filter2D(picture, cv2.CV_32F, kernel, borderType=REPLICATE))


def box(picture: Array, size: int) -> Array:
    """Average over squares of `size` px."""
    return cast(Array, cv2.blur(picture, (size, size), borderType=REPLICATE))


def remap(picture: Array, x: Map, y: Map, how: int = LINEAR, border: int = REPLICATE) -> Array:
    """Fetch the pixels at (x, y)."""
    return cast(Array, cv2.remap(picture, x, y, how, borderMode=border))


def shift(picture: Map, right: float, down: float) -> Map:
    """Move a picture by a fraction of a px or more; its border goes on."""
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    size = picture.shape[1], picture.shape[0]
    return cast(Map, cv2.warpAffine(picture, move, size, borderMode=REPLICATE))


def grow(mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Widen a mask by a disc of `radius` px."""
    return cv2.dilate(mask.astype(np.uint8), disc(radius)) > 0


def shrink(mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Narrow a mask by a disc of `radius` px; beyond the border the mask goes on."""
    return cv2.erode(mask.astype(np.uint8), disc(radius), borderType=REPLICATE) > 0


def distance(mask: NDArray[np.bool_]) -> Map:
    """Return the distance of each true px to the nearest false one."""
    return cast(Map, cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5))


def nearest_clear(mask: NDArray[np.bool_]) -> tuple[Map, tuple[Map, Map]]:
    """Return each true px's distance to the nearest false one, and that one's column and row."""
    depth, labels = cv2.distanceTransformWithLabels(
        mask.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label: NDArray[np.int32] = np.asarray(labels, np.int32)
    rows, columns = np.nonzero(~mask)
    places = np.zeros((int(label.max()) + 1, 2), np.float32)
    places[label[rows, columns]] = np.stack([columns, rows], -1)
    found = places[label]
    return cast(Map, depth), (found[..., 0].copy(), found[..., 1].copy())


def disc(radius: float) -> Pixels:
    """Return a disc as structuring element."""
    side = 2 * max(0, round(radius)) + 1
    return cast(Pixels, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))


def smoothstep(value: Map) -> Map:
    """Ease from 0 to 1 over 0 … 1, flat outside."""
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def to_bytes(alpha: Map) -> Pixels:
    """Return 0–1 as 0–255."""
    return (np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8)
