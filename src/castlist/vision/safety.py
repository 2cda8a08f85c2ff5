"""The bundled safety classifier: how sexually explicit a picture looks. Measures; `domain.safety` says what is refused.

Called by `flow.screen`. It judges the picture as a whole and knows nothing else: no violence, no age, no person.

Source: NSFWJS MobileNetV2Mid (nsfwjs 4.3.0, MIT), five classes; its authors call it about 93 % accurate (README, read
2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from castlist.domain.tasks import Pixels
from castlist.vision import models

SIDE_PX = 224
_CLASSES = ("drawing", "hentai", "neutral", "porn", "sexy")
# `explicit` is the sum of both kinds, because a picture between photograph and drawing is given half to each.
_WORDS = MappingProxyType(
    {
        "explicit": "sexually explicit",
        "explicit_drawing": "like a sexually explicit drawing",
        "suggestive": "sexually suggestive",
    }
)


class BundledClassifier:
    """See `domain.safety.Classifier`. The model is loaded on the first picture."""

    name = "bundled"
    classes: Mapping[str, str] = _WORDS

    def read(self, pixels: Pixels) -> dict[str, float]:
        """Return `explicit`, `explicit_drawing` and `suggestive`, each 0–1. pixels: uint8 [H, W, 3], sRGB."""
        found = raw_classes(pixels)
        drawn = found["hentai"]
        return {"explicit": found["porn"] + drawn, "explicit_drawing": drawn, "suggestive": found["sexy"]}


def raw_classes(pixels: Pixels) -> dict[str, float]:
    """Return what the network says in its makers' own words: five numbers that add up to 1.

    The mean of the picture and its mirror image, because on harmless crops of skin the two differ by up to 0.5.

    Args:
        pixels: uint8 [H, W, 3], sRGB. Brought to a square as the network was trained on, whatever its shape; averaged
            where the makers' code picks single pixels, which differs by chance on large pictures.
    """
    import cv2

    way = cv2.INTER_AREA if min(pixels.shape[:2]) > SIDE_PX else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=way), np.float32) / np.float32(255)
    views = np.stack([small, small[:, ::-1]])
    (values,) = models.session("nsfw_mobilenet_v2").run(["classes"], {"image": views})
    return dict(zip(_CLASSES, np.asarray(values).mean(axis=0).tolist(), strict=True))
