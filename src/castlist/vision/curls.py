"""Find the old backdrop that shows through curls: small light or dark windows in hair, of the backdrop's colour.

Called by `rim`. Looks at hair alone: eyes, teeth and collars are left to the face and the clothes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import disc

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]

AGAINST = 2.2  # the colours nearby speak so strongly for the backdrop, in log-odds
DEEP = 0.22  # a window is no farther from the silhouette's rim, in face sizes
LARGEST = 0.03  # and no larger, in squared face sizes
CONTRAST = 45.0  # and so much lighter or darker than the hair around it, of 255
FACE = (0.56, 0.60)  # half axes of the face within its box's middle, in its width and height


def windows(picture: Float, shape: Mask, near_votes: Float, face: Box) -> Mask:
    """Return where the backdrop shows through hair. bool [H, W]

    picture: float32 [H, W, 3], sRGB, 0-1. shape: bool [H, W], the silhouette. near_votes: float32 [H, W], for the
    subject, log-odds. face: x, y, width, height in px.
    """
    import cv2

    face_px = max(face[2:])
    down = np.arange(shape.shape[0], dtype=np.float32)[:, None] - (face[1] + face[3] / 2)
    across = np.arange(shape.shape[1], dtype=np.float32)[None] - (face[0] + face[2] / 2)
    hair = (np.hypot(across / (FACE[0] * face[2]), down / (FACE[1] * face[3])) > 1) & (down < face[3] / 2)
    depth = cv2.distanceTransform(np.pad(shape, ((1, 0), (1, 1))).astype(np.uint8), cv2.DIST_L2, 5)[1:, 1:-1]
    suspect = shape & hair & (near_votes < -AGAINST) & (depth < DEEP * face_px)
    grey = picture.mean(-1) * 255
    found = np.zeros_like(shape)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(suspect.astype(np.uint8), connectivity=8)
    ring = disc(max(2.0, 0.02 * face_px))
    reach = ring.shape[0]
    for label in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[label])
        if not 4 < area < LARGEST * face_px**2:
            continue
        part = (
            slice(max(0, top - reach), top + height + reach),
            slice(max(0, left - reach), left + width + reach),
        )
        own = np.asarray(labels[part] == label, np.bool_)
        around = (cv2.dilate(own.astype(np.uint8), ring) > 0) & ~own & shape[part] & ~suspect[part]
        if around.any() and abs(float(grey[part][own].mean()) - float(grey[part][around].mean())) > CONTRAST:
            found[part] |= own
    return found
