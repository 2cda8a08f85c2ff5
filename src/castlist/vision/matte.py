"""Cut the subject out of any picture: a soft matte and the subject's own colours.

Called by the engines that put a character in front of another backdrop, and by scoring. Decides which of the ways to
cut fits the picture; the ways themselves are in `silhouette`, `flat` and `alpha`. Opens no files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from castlist.domain.errors import NoSubjectFound
from castlist.vision import alpha as refine
from castlist.vision import flat, silhouette, votes

if TYPE_CHECKING:
    from castlist.vision.faces import Face

Float = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SMALLEST_PX = 16
LEAST_SUBJECT, MOST_SUBJECT = 0.004, 0.995  # shares of the picture
SURE, UNSURE = 0.92, 0.06  # likelihoods above and below which the edges need not be asked
TRUST = 0.1  # weight of the likelihood against the picture's edges
CORE = 0.9
DOUBT = (0.3, 1.2)
VOTE, MOST_FOR = 0.8, 2.5
MOST_SURE = 4.5
BLUR, HAIR_BLUR = 1.0, 2.0
SPUR = 0.05
BAND, HAIR_BAND = 1.5, 3.5  # half width of the rim, in cells of the segmenter


@dataclass(frozen=True, slots=True)
class CutOut:
    """A subject without its backdrop.

    alpha: float32 [H, W], 0-1. colour: uint8 [H, W, 3], sRGB, the subject's colours, continued smoothly outside it.
    method: how it was found: "alpha", "flat", "person" or "object".
    """

    alpha: Float
    colour: Pixels
    method: str


def cut_out(
    image: Pixels, focus: Face | None = None, *, alpha: NDArray | None = None, max_side: int | None = None
) -> CutOut:
    """Cut the subject out of a picture.

    image: uint8 [H, W, 3], sRGB. focus: the face of the subject, if it has one. alpha: the picture's own
    transparency, [H, W], uint8 0-255 or float 0-1, used when it says something. max_side: scale the picture down
    to this many px first; the result has that size then, otherwise the picture's.
    Returns the cut-out; the same input gives the same bytes.
    Raises NoSubjectFound when nothing stands out.
    """
    image, focus, alpha = _fit(image, focus, alpha, max_side)
    if min(image.shape[:2]) < SMALLEST_PX:
        raise NoSubjectFound
    if alpha is not None and (own := _own_alpha(alpha)) is not None:
        return CutOut(own, _bytes(flat.spread(image.astype(np.float32) / 255, own)), "alpha")
    if float(image.std(axis=(0, 1)).max()) < 2.0:
        raise NoSubjectFound
    plain = flat.backdrop(image)
    if plain is not None and flat.is_drawing(image, plain.outside):
        return _checked(*flat.edge_alpha(image, plain), "flat")
    likely = silhouette.likely(image, focus)
    if focus is None and _share(likely) < LEAST_SUBJECT:
        raise NoSubjectFound
    return _photograph(image, likely, focus)


def _fit(
    image: Pixels, focus: Face | None, alpha: NDArray | None, max_side: int | None
) -> tuple[Pixels, Face | None, NDArray | None]:
    height, width = image.shape[:2]
    scale = 1.0 if max_side is None else max_side / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(image), focus, alpha
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if focus is not None:
        x, y, face_width, face_height = focus.box
        box = (x * scale, y * scale, face_width * scale, face_height * scale)
        focus = replace(focus, box=box, points=focus.points * scale)
    return refine.reduce_to(image, *size), focus, None if alpha is None else refine.reduce_to(alpha, *size)


def _own_alpha(alpha: NDArray) -> Float | None:
    """Return a picture's own transparency as float32 0-1, or None when it is (nearly) all opaque or all clear."""
    own = np.clip(alpha.astype(np.float32) / (255.0 if alpha.dtype == np.uint8 else 1.0), 0.0, 1.0)
    clear = float((own < 0.5).mean())
    return own if 0.002 < clear < 1 - 0.0005 else None


def _photograph(image: Pixels, likely: Float, focus: Face | None) -> CutOut:
    picture = image.astype(np.float32) / 255
    face_px = min(image.shape[:2]) / 4 if focus is None else float(max(focus.box[2], focus.box[3]))
    hair = _hair_zone(likely.shape, None if focus is None else focus.box)
    cell = max(2.0, min(max(likely.shape) / 256, 6 * face_px / 256))
    chance = _weighed(likely, votes.colour_votes(picture, likely), hair, cell)
    shape = _shape(chance, likely, hair, face_px)
    alpha = _sharpened(picture, shape, chance, hair, cell)
    return _checked(alpha, refine.foreground(picture, alpha), "person")


def _weighed(likely: Float, votes_: Float, hair: Float, cell: float) -> Float:
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
    return (1.0 / (1.0 + np.exp(doubt - odds - VOTE * np.minimum(votes_, MOST_FOR)))).astype(np.float32)


def _hair_zone(shape: tuple[int, ...], box: tuple[float, ...] | None) -> Float:
    """Return 1 around the head where edges may be soft, falling to 0 at the shoulders; 0.5 without a face."""
    height, width = shape
    if box is None:
        return np.full(shape, 0.5, np.float32)
    x, y, face_width, face_height = box
    side = max(face_width, face_height)
    across = np.arange(width, dtype=np.float32)[None] - (x + face_width / 2)
    down = np.arange(height, dtype=np.float32)[:, None] - (y + face_height / 2)
    radius = np.hypot(across / 1.5, down / np.where(down > 0, 1.9, 1.6)) / side
    return np.clip((1.15 - radius) / 0.3, 0.0, 1.0).astype(np.float32)


def _shape(chance: Float, likely: Float, hair: Float, face_px: float) -> NDArray[np.bool_]:
    """Return the subject's silhouette without specks, thin spurs beside the clothes, and dents inside."""
    import cv2

    solid = (chance > 0.5).astype(np.uint8)
    spur = max(1.5, SPUR * face_px)
    opened = cv2.dilate(cv2.morphologyEx(solid, cv2.MORPH_OPEN, refine.disc(spur)), refine.disc(2)) > 0
    solid[~opened & (chance < 0.95) & (hair < 0.5)] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    body = (areas > 0.1 * max(1, areas.max()))[labels] & (solid > 0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~body).astype(np.uint8), connectivity=4)
    mean = np.bincount(labels.ravel(), likely.ravel().astype(np.float64)) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    return body | ((mean > 0.5) & (np.arange(len(mean)) > 0))[labels]


def _sharpened(picture: Float, shape: NDArray[np.bool_], chance: Float, hair: Float, cell: float) -> Float:
    """Find the alpha near the rim of the silhouette: firm and narrow on clothes, soft and wide in hair."""
    import cv2

    within = cv2.distanceTransform(shape.astype(np.uint8), cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform((~shape).astype(np.uint8), cv2.DIST_L2, 5)
    band_in = cell * (BAND + (HAIR_BAND - BAND) * hair)
    band_out = cell * (BAND + (HAIR_BAND - BAND) * hair)
    known = np.where(within > band_in, 1.0, np.where(beyond > band_out, 0.0, 0.5)).astype(np.float32)
    prior = np.where(shape, np.maximum(chance, 0.5), np.minimum(chance, 0.5)).astype(np.float32)
    depth = np.where(shape, within / band_in, beyond / band_out)
    trust = (TRUST * np.clip(depth, 0.0, 1.0) ** 2).astype(np.float32)
    alpha = refine.solve(picture, known, prior, trust)
    low, high = 0.10 - 0.06 * hair, 0.90 + 0.06 * hair
    return np.clip((alpha - low) / (high - low), 0.0, 1.0)


def _checked(alpha: Float, colour: Float, method: str) -> CutOut:
    if not LEAST_SUBJECT < _share(alpha) < MOST_SUBJECT:
        raise NoSubjectFound
    return CutOut(alpha.astype(np.float32), _bytes(colour), method)


def _share(alpha: Float) -> float:
    return float((alpha > 0.5).mean())


def _bytes(colour: Float) -> Pixels:
    return np.rint(np.clip(colour, 0.0, 1.0) * 255).astype(np.uint8)
