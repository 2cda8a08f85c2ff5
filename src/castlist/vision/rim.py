"""Turn the likelihood of a photographed subject into a clean alpha: weigh, shape, and follow the edges at the rim.

Called by `matte`. Finds no subject itself; what it is given may be off by a few pixels, and hang on to scraps nearby.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.vision.alpha import disc, solve
from castlist.vision.curls import windows
from castlist.vision.scraps import scraps
from castlist.vision.votes import colour_votes

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]

# Weights in log-odds. Chosen by agreement with a large matting network on 37 pictures, and by eye.
MOST_SURE = 4.5  # the segmenter counts no more than this
VOTE, MOST_FOR = 0.8, 2.5  # weight of the colour votes, and the most they may add to the subject
SCRAP = 6.0  # a scrap of backdrop beside the clothes
PLAIN = 3.0  # a pixel of a plain backdrop
CORE = 0.9  # from this likelihood on a pixel is of the subject's core ...
DOUBT = (-0.3, 0.7)  # ... and doubt grows from beside the core to one cell of the segmenter further off
BLUR, HAIR_BLUR = 1.0, 2.0  # the segmenter's rim is vague by so many of its cells
BAND, HAIR_BAND = 1.5, 2.4  # half width of the rim that edges decide, in cells
TRUST = 0.2  # weight of the likelihood against edges at the ends of that band
SURENESS = 0.005
SPUR = 0.05  # spurs thinner than twice this, in face sizes, are no part of the clothes
SOFT = 0.5
NOTHING = 0.02  # likelihood of the subject where the backdrop shows through its hair
TRIM, HAIR_TRIM = 0.10, 0.04  # alphas nearer than this to 0 and 1 are made 0 and 1


def cut(picture: Float, likely: Float, plain: Mask | None, face: Box | None, *, exact: bool = False) -> Float:
    """Return the alpha of the subject.

    picture: float32 [H, W, 3], sRGB, 0-1. likely: float32 [H, W], 0-1. plain: bool [H, W], a plain backdrop, if there
    is one. face: x, y, width, height in px, if there is one. exact: the likelihood was read off a plain backdrop, and
    colours shall take nothing from it. Returns float32 [H, W], 0-1.
    """
    face_px = min(likely.shape) / 4 if face is None else max(face[2:])
    cell = max(2.0, min(max(likely.shape) / 256, 6 * face_px / 256))
    hair = _hair_zone(likely.shape, face)
    colours = colour_votes(picture, likely)
    votes: Any = VOTE * np.minimum(colours.near, MOST_FOR)
    if face is not None:
        votes = votes - SCRAP * scraps(picture, likely, colours.far, hair, face)
    if exact:
        votes = np.maximum(votes, 0.0)
    if plain is not None:
        votes = np.where(plain, -PLAIN, votes)
    chance = _weighed(likely, votes, hair, cell)
    shape = _shape(chance, likely, hair, face_px)
    if face is not None:
        through = windows(picture, shape, colours.near, face)
        shape, chance = shape & ~through, np.where(through, NOTHING, chance).astype(np.float32)
    return _sharpened(picture, shape, chance, hair, cell)


def _weighed(likely: Float, votes: Float, hair: Float, cell: float) -> Float:
    """Weigh the segmenter against colour: near its rim it cannot know more than one of its cells, in hair even less."""
    import cv2

    shape = likely > 0.5
    depth = cv2.distanceTransform(shape.astype(np.uint8), cv2.DIST_L2, 5)
    depth += cv2.distanceTransform((~shape).astype(np.uint8), cv2.DIST_L2, 5)
    blur = cell * (BLUR + (HAIR_BLUR - BLUR) * hair)
    odds = np.log(np.clip(likely, 1e-4, 1 - 1e-4) / np.clip(1 - likely, 1e-4, 1 - 1e-4))
    odds = np.clip(odds, -MOST_SURE, MOST_SURE) * np.clip(depth / blur, 0.1, 1.0)
    core = (likely > CORE).astype(np.uint8)
    apart = cv2.distanceTransform(1 - core, cv2.DIST_L2, 5) / cell if core.any() else np.zeros_like(likely)
    doubt = DOUBT[0] + (DOUBT[1] - DOUBT[0]) * np.clip(apart - 1, 0.0, 1.0)
    return (1.0 / (1.0 + np.exp(doubt - odds - votes))).astype(np.float32)


def _hair_zone(shape: tuple[int, ...], face: Box | None) -> Float:
    """Return 1 around the head where edges may be soft, falling to 0 at the shoulders; 0.5 without a face."""
    height, width = shape
    if face is None:
        return np.full(shape, 0.5, np.float32)
    x, y, face_width, face_height = face
    side = max(face_width, face_height)
    across = np.arange(width, dtype=np.float32)[None] - (x + face_width / 2)
    down = np.arange(height, dtype=np.float32)[:, None] - (y + face_height / 2)
    radius = np.hypot(across / 1.5, down / np.where(down > 0, 1.9, 1.6)) / side
    return np.clip((1.15 - radius) / 0.3, 0.0, 1.0).astype(np.float32)


def _shape(chance: Float, likely: Float, hair: Float, face_px: float) -> Mask:
    """Return the subject's silhouette without specks, thin spurs beside the clothes, and dents inside."""
    import cv2

    solid = (chance > 0.5).astype(np.uint8)
    spur = max(1.5, SPUR * face_px)
    opened = cv2.dilate(cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc(spur)), disc(2)) > 0
    solid[~opened & (chance < 0.95) & (hair < 0.5)] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    body = (areas > 0.1 * max(1, areas.max()))[np.asarray(labels, np.int32)] & (solid > 0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~body).astype(np.uint8), connectivity=4)
    mean = np.bincount(labels.ravel(), likely.ravel().astype(np.float64)) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    return body | ((mean > 0.5) & (np.arange(len(mean)) > 0))[np.asarray(labels, np.int32)]


def _sharpened(picture: Float, shape: Mask, chance: Float, hair: Float, cell: float) -> Float:
    """Find the alpha near the rim of the silhouette: firm and narrow on clothes, soft and wide in hair."""
    import cv2

    within = cv2.distanceTransform(shape.astype(np.uint8), cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform((~shape).astype(np.uint8), cv2.DIST_L2, 5)
    band = cell * (BAND + (HAIR_BAND - BAND) * hair)
    known = np.where(within > band, 1.0, np.where(beyond > band, 0.0, 0.5)).astype(np.float32)
    prior = np.where(shape, np.maximum(chance, 0.5), np.minimum(chance, 0.5)).astype(np.float32)
    depth = np.where(shape, within / band, beyond / band)
    trust = (TRUST * np.clip(depth, 0.0, 1.0) ** 2 + SURENESS * (2 * chance - 1) ** 2).astype(np.float32)
    alpha = solve(picture, known, prior, trust)
    trim = TRIM + (HAIR_TRIM - TRIM) * hair
    alpha = np.clip((alpha - trim) / (1 - 2 * trim), 0.0, 1.0)
    firm = alpha * alpha * (3 - 2 * alpha)
    return (firm + (alpha - firm) * SOFT * hair).astype(np.float32)
