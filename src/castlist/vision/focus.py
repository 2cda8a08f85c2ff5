"""Find what is out of focus beside a person in focus: bystanders, flags and signs behind a shallow depth of field.

Called by `matte`. Compares the sharpness of everything with that of the face; says nothing about plain areas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import reduce_to

if TYPE_CHECKING:
    from castlist.vision.faces import Face

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

FACE_PX = 150  # the face is brought to this size at most, so that sharpness means the same in every picture
FINE, COARSE = 1.0, 4.0  # details are between nothing and the one, structures between the one and the other, px
WINDOW = 0.10  # details and structures are summed up this far around, in face sizes
BLURRED = 0.55  # less details to structures than this share of the face's is out of focus
STRUCTURE = 8.0  # a place with less structure than this (of 255) is plain: nobody can say


def out_of_focus(image: NDArray[np.uint8], face: Face) -> Mask:
    """Return what is clearly less sharp than the face.

    image: uint8 [H, W, 3], sRGB. Returns bool [H, W]; all False when the face itself is too small or plain to compare.
    """
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, FACE_PX / max(face.box[2:]))
    small = reduce_to(image, max(1, round(width * scale)), max(1, round(height * scale))).astype(np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), FINE)
    window = max(1.0, WINDOW * max(face.box[2:]) * scale)
    details = _strength(small - soft, window)
    structures = _strength(soft - cv2.GaussianBlur(soft, (0, 0), COARSE), window)
    x, y, w, h = (round(value * scale) for value in face.box)
    inside = slice(max(0, y), max(1, y + h)), slice(max(0, x), max(1, x + w))
    ratio = details / (structures + 2)
    if ratio[inside].size < 24 * 24:
        return np.zeros((height, width), bool)
    blurred = (ratio < BLURRED * float(np.median(ratio[inside]))) & (structures > STRUCTURE)
    grown = cv2.resize(blurred.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(grown > 0)


def _strength(values: NDArray[Any], window: float) -> Float:
    """Return the root mean square of the strongest channel around each pixel."""
    import cv2

    power = cv2.GaussianBlur(np.abs(values).max(-1) ** 2, (0, 0), window)
    return cast(Float, np.sqrt(power))
