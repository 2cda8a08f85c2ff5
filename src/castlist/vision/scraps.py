"""Find scraps of the old backdrop that the segmenter took for clothes: a flag by the sleeve, a chair behind the arm.

Called by `rim`. Two witnesses must agree: the colours across the picture, and a graph cut along its edges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import reduce_to

Float = NDArray[np.float32]

SIDE_PX = 320
DEEP, BESIDE = 0.35, 0.10  # nearer to the rim than this, within and beyond it, nothing is certain; in face sizes
AGAINST = (0.6, 1.0)  # far votes against a pixel from which it is suspected, and from which wholly
LEAST = 0.03  # suspected areas smaller than this, in squared face sizes, are not worth the cut
ROUNDS = 4


def scraps(picture: Float, likely: Float, far_votes: Float, hair: Float, face_px: float) -> Float:
    """Return how surely a pixel of the silhouette is a scrap of backdrop, 0-1; always 0 in hair.

    picture: float32 [H, W, 3], sRGB, 0-1. likely, far_votes, hair: float32 [H, W]. face_px: the size of the face.
    Source: Rother, Kolmogorov, Blake, "GrabCut" (2004); the same for the same picture.
    """
    import cv2

    height, width = likely.shape
    suspect = np.clip((-far_votes - AGAINST[0]) / (AGAINST[1] - AGAINST[0]), 0.0, 1.0) * (1 - hair)
    if float((suspect * (likely > 0.5)).sum()) < LEAST * face_px**2:
        return np.zeros_like(likely)
    scale = min(1.0, SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.rint(reduce_to(picture, *size)[:, :, ::-1] * 255).astype(np.uint8)
    solid = (reduce_to(likely, *size) > 0.5).astype(np.uint8)
    within = cv2.distanceTransform(np.pad(solid, ((1, 0), (1, 1))), cv2.DIST_L2, 5)[1:, 1:-1]
    beyond = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    mask = np.where(solid > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[within > DEEP * face_px * scale] = cv2.GC_FGD
    mask[beyond > BESIDE * face_px * scale] = cv2.GC_BGD
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(np.ascontiguousarray(small), mask, (0, 0, 1, 1), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # one of the two sides is empty
        return np.zeros_like(likely)
    cut_off = 1 - (mask & 1).astype(np.float32)
    return (suspect * cv2.resize(cut_off, (width, height), interpolation=cv2.INTER_LINEAR)).astype(np.float32)
