"""Find scraps of the old backdrop that the segmenter took for clothes: a flag by the sleeve, a chair behind the arm.

Called by `rim`. Two witnesses must agree: the colours across the picture, and a graph cut along its edges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import reduce_to

Float = NDArray[np.float32]
Box = tuple[float, float, float, float]

SIDE_PX = 320
DEEP, BESIDE = 0.35, 0.10  # nearer to the rim than this, within and beyond it, nothing is certain; in face sizes
AGAINST = (0.6, 1.0)  # far votes against a pixel from which it is suspected, and from which wholly
BELOW, ASIDE = 0.1, 0.85  # lower than the chin and farther from the face's middle, in face sizes, are shoulders
FEET = 4.5  # so far below the chin, in face sizes, the segmenter sees shoes too dimly for a second opinion
LEAST = 0.03  # suspected areas smaller than this, in squared face sizes, are not worth the cut
ROUNDS = 4
SURE = 0.95  # where the segmenter is so sure and the colour is that of the face, it is a hand or an arm
NEARBY = 0.12  # how far around that is looked at, in face sizes
SKIN = (45.0, 9.0)  # how far skin may lie from the face's lightness and from its colour, in Lab (0-100, +-127)


def scraps(picture: Float, likely: Float, far_votes: Float, hair: Float, face: Box) -> Float:
    """Return how surely a pixel of the silhouette is a scrap of backdrop, 0-1; always 0 in hair and on sure skin.

    picture: float32 [H, W, 3], sRGB, 0-1. likely, far_votes, hair: float32 [H, W]. face: x, y, width, height in px.
    Source: Rother, Kolmogorov, Blake, "GrabCut" (2004); the same for the same picture.
    """
    import cv2

    height, width = likely.shape
    face_px = max(face[2:])
    suspect = np.clip((-far_votes - AGAINST[0]) / (AGAINST[1] - AGAINST[0]), 0.0, 1.0)
    suspect *= 1 - hair * ~_beside_neck(likely.shape, face)
    suspect[max(0, round(face[1] + face[3] + FEET * face_px)) :] = 0
    suspect *= ~((likely > SURE) & _like_the_face(picture, likely, face))
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


def _beside_neck(shape: tuple[int, ...], face: Box) -> NDArray[np.bool_]:
    """Return where shoulders are rather than hair. bool [H, W]"""
    face_px = max(face[2:])
    across = np.abs(np.arange(shape[1])[None] - (face[0] + face[2] / 2))
    down = np.arange(shape[0])[:, None] - (face[1] + face[3])
    return (across > ASIDE * face_px) & (down > BELOW * face_px)


def _like_the_face(picture: Float, likely: Float, face: Box) -> NDArray[np.bool_]:
    """Return where most of the silhouette nearby has the colour of the middle of the face. bool [H, W]"""
    import cv2

    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    x, y, width, height = face
    rows = slice(max(0, int(y + 0.3 * height)), max(1, int(y + 0.8 * height)))
    columns = slice(max(0, int(x + 0.25 * width)), max(1, int(x + 0.75 * width)))
    away = np.abs(lab - np.median(lab[rows, columns].reshape(-1, 3), axis=0))
    alike = (away[..., 0] < SKIN[0]) & (np.hypot(away[..., 1], away[..., 2]) < SKIN[1]) & (likely > SURE)
    window = (2 * max(1, round(NEARBY * max(width, height))) + 1,) * 2
    share = cv2.blur(alike.astype(np.float32), window)
    return np.asarray(share > 0.4 * cv2.blur((likely > SURE).astype(np.float32), window) + 1e-3)
