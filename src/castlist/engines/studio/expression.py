"""Lets a closed mouth smile a little: corners up and out, cheeks raised, lower lids with them. Called by `shoot`.

A bend of the face, nothing is painted: no teeth, no new folds. `of` says whose mouth may be bent at all: closed, not
smiling yet, photographed, large enough and not under a beard that hides its corners. The others keep their expression.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from castlist.engines.studio import ops
from castlist.engines.studio.face import FaceShape
from castlist.engines.studio.ops import Map, Pixels

Points = NDArray[np.float32]

CORNERS = 61, 291
UPPER, LOWER = 13, 14
ABOVE, BELOW = 0, 17
"""Mesh points: the corners of the mouth by the picture's sides, the middle of the lips' inner edges and of their outer
ones."""
LIDS = 145, 374
"""Mesh points: the middle of the lower lids."""
FACE_PX = 100
"""Smaller faces keep their expression."""
SURE = 0.88
"""Least confidence of the detector: faces that are drawn or an animal's score less."""
TURNED_DEG = 22
"""Heads turned farther in the reference keep their expression: half of the mouth is hidden."""
PARTED = 0.075
"""Widest gap between the lips of a closed mouth, over its width."""
SMILING = 0.06
"""From here on the corners stand so high over the middle of the lips, over the width, that it smiles already."""
DROOPING = -0.06
"""Corners that hang lower than this cannot be lifted to a smile."""
TALL = 0.45
"""Lips taller than this over their width are pursed."""
ROUGH, DARK = 0.12, 0.62
"""A skin rougher than this round the corners, or darker over the upper lip than the cheeks by this, is a beard."""
CHEEKS, MOUSTACHE = (50, 280, 205, 425, 36, 266), (165, 391, 92, 322, 186, 410)
"""Mesh points of the cheeks and over the upper lip."""

SMILE_AT, CORNER_UP = 0.115, (0.07, 0.125)
"""How high the corners stand over the middle of the lips in a full smile, and least and most that they rise for it, in
mouth widths."""
CORNER_OUT, CORNER_REACH = 0.05, 0.2
CHEEK_AT, CHEEK_PULL, CHEEK_REACH = (0.16, 0.42), (0.012, 0.04), 0.24
"""Where a cheek is pulled, out and up from the corner, how far, out and up, and over which reach, in mouth widths."""
LID_UP, LID_REACH = 0.018, 0.16
"""How far a lower lid rises and over which reach, in mouth widths."""
ROUNDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Mouth:
    """A mouth that may smile, in picture px."""

    spots: Points
    """float32 [N, 2]: what is pulled."""
    pulls: Points
    """float32 [N, 2]: how far in a full smile."""
    reach_px: Points
    """float32 [N]"""

    def moved(self, right: float, down: float) -> "Mouth":
        """Return the same mouth in a picture that was extended at the left and top by so many px."""
        return replace(self, spots=self.spots + np.array([right, down], np.float32))

    def shift(self, points: Map, strength: float) -> Map:
        """Return how far a smile moves `points`. Both float32 [..., 2], picture px; strength 0–1."""
        total = np.zeros_like(points)
        for spot, pull, reach in zip(self.spots, self.pulls, self.reach_px, strict=True):
            away = ((points - spot) ** 2).sum(-1) / np.float32(2 * reach**2)
            total += np.exp(-away)[..., None] * (np.float32(strength) * pull)
        return total

    def source_of(self, targets: Map, strength: float) -> Map:
        """Return where each of `targets` (float32 [..., 2], picture px) lay before the smile."""
        source = targets
        for _ in range(ROUNDS):
            source = targets - self.shift(source, strength)
        return source


def of(picture: Pixels, mesh: Points, shape: FaceShape, confidence: float) -> Mouth | None:
    """Return the mouth when it can smile and look natural, else None.

    Args:
        picture: uint8 [H, W, 3].
        mesh: float32 [468, 2 or more], its px.
        shape: the face. confidence: the detector's.
    """
    if shape.height_px < FACE_PX or confidence < SURE or abs(shape.yaw_deg) > TURNED_DEG:
        return None
    points = mesh[:, :2]
    corners, middle, width = _mouth(mesh)
    up = float(np.clip(SMILE_AT - _lift(mesh, shape), *CORNER_UP))
    gap = float(np.hypot(*(points[LOWER] - points[UPPER]))) / width
    tall = float((points[BELOW] - points[ABOVE]) @ shape.down) / width
    if gap > PARTED or tall > TALL or not DROOPING < _lift(mesh, shape) <= SMILING or bearded(picture, mesh):
        return None
    spots, pulls, reach = [], [], []
    for corner, lid, side in zip(corners, points[list(LIDS)], (-1, 1), strict=True):
        across = 2 * max(float(abs((corner - middle) @ shape.right)), 0.25 * width)

        def way(out: float, up: float, side: int = side, across: float = across) -> Points:
            return (side * out * across * shape.right - up * width * shape.down).astype(np.float32)

        spots += [corner, corner + way(*CHEEK_AT), lid]
        pulls += [way(CORNER_OUT, up), way(*CHEEK_PULL), way(0, LID_UP)]
        reach += [CORNER_REACH * (across + width) / 2, CHEEK_REACH * (across + width) / 2, LID_REACH * width]
    return Mouth(*(np.array(values, np.float32) for values in (spots, pulls, reach)))


def smiles(mesh: Points, shape: FaceShape) -> bool:
    """Tell whether the corners of a mouth stand so high that it smiles."""
    return _lift(mesh, shape) > SMILING


def _lift(mesh: Points, shape: FaceShape) -> float:
    """Return how high the corners of a mouth stand over the middle of its lips, over its width."""
    corners, middle, width = _mouth(mesh)
    return float(((middle - corners) @ shape.down).mean()) / width


def _mouth(mesh: Points) -> tuple[Points, Points, float]:
    """Return a mouth's corners, the middle between its lips, and its width in px."""
    corners, middle = mesh[list(CORNERS), :2], mesh[[UPPER, LOWER], :2].mean(0, dtype=np.float32)
    return corners, middle, max(float(np.hypot(*(corners[1] - corners[0]))), 1e-3)


def bearded(picture: Pixels, mesh: Points) -> bool:
    """Tell whether hair hides the corners of a mouth: rough skin round them, or a dark moustache."""
    corners, _, width = _mouth(mesh)
    half = max(3, int(0.22 * width))
    for x, y in corners:
        part = picture[max(0, int(y) - half) : int(y) + half + 1, max(0, int(x) - half) : int(x) + half + 1]
        if min(part.shape[:2]) < 4:
            return True
        light = ops.resize(part, 32, 32).astype(np.float32).mean(-1)
        if float((light - ops.blur(light, 1.6)).std()) > ROUGH * max(float(light.mean()), 1.0):
            return True
    lip, cheek = (_light(picture, mesh[list(spots), :2], 0.03 * width) for spots in (MOUSTACHE, CHEEKS))
    return lip < DARK * cheek


def _light(picture: Pixels, points: Points, reach_px: float) -> float:
    """Return the usual brightness round some points."""
    limits = np.array(picture.shape[1::-1]) - 1
    half = max(1, round(reach_px))
    columns, rows = np.clip(points.astype(int), half, limits - half).T
    parts = (picture[y - half : y + half + 1, x - half : x + half + 1] for x, y in zip(columns, rows, strict=True))
    return float(np.median([part.mean() for part in parts]))
