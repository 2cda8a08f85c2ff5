"""Cut the subject out of any picture: a soft matte and the subject's own colours.

Called by the engines that put a character in front of another backdrop, and by scoring. Decides which of the ways to
cut fits the picture; the ways themselves are in `silhouette`, `flat` and `alpha`. Opens no files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from castlist.domain.errors import NoSubjectFound
from castlist.vision import alpha as refine
from castlist.vision import flat, objects, outline, paint, paper, people, rim, silhouette
from castlist.vision.focus import out_of_focus

if TYPE_CHECKING:
    from castlist.vision.faces import Face

Float = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SMALLEST_PX, WORK_PX = (
    16,
    1536,
)  # larger pictures are cut at the latter size, and the result enlarged
OPAQUE, SOLID = 0.998, 0.5
LEAST_SUBJECT, MOST_SUBJECT = 0.004, 0.995  # shares of the picture
SURE, SURE_WITH_FACE = (
    0.92,
    0.80,
)  # mean likelihood within the silhouette that makes it a person
FACE = 0.85  # photographed faces are at least this certain
EVEN = 4.0  # a plain backdrop strays less than this (of 255) from its smooth colour
FRAMED = 0.85  # and takes up so much of the upper and side borders


@dataclass(frozen=True, slots=True)
class CutOut:
    """A subject without its backdrop.

    alpha: float32 [H, W], 0-1. colour: uint8 [H, W, 3], sRGB, the subject's colours, continued smoothly outside it.
    method: how it was found: "alpha", "flat" (a drawing before a plain backdrop), "person",
    "plain" (anything else before a plain backdrop) or "object".
    """

    alpha: Float
    colour: Pixels
    method: str


def cut_out(
    image: Pixels,
    focus: Face | None = None,
    *,
    alpha: NDArray[Any] | None = None,
    max_side: int | None = None,
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
        return CutOut(
            own,
            _bytes(outline.spread(np.divide(image, 255, dtype=np.float32), own)),
            "alpha",
        )
    if max(image.shape[:2]) > WORK_PX:
        small, small_focus, _ = _fit(image, focus, None, WORK_PX)
        return _enlarged(_found(small, small_focus), small, image)
    return _found(image, focus)


def _enlarged(cut: CutOut, small: Pixels, image: Pixels) -> CutOut:
    """Bring a cut-out to the size of the picture, with the picture's own colours where a photograph is opaque."""
    import cv2

    height, width = image.shape[:2]
    fine = np.divide(image, 255, dtype=np.float32)
    alpha = refine.enlarge(cut.alpha, np.divide(small, 255, dtype=np.float32), fine)
    colour = np.asarray(
        cv2.resize(cut.colour, (width, height), interpolation=cv2.INTER_LINEAR),
        np.uint8,
    )
    own = cut.method != "flat"  # a drawing's colours may have been evened out
    return CutOut(alpha, np.where((alpha > OPAQUE)[..., None] & own, image, colour), cut.method)


def _found(image: Pixels, focus: Face | None) -> CutOut:
    """Find the subject of an opaque picture, at its own size."""
    if float(image.std(axis=(0, 1)).max()) < 2.0:
        raise NoSubjectFound
    plain = flat.backdrop(image)
    if focus is None or focus.confidence <= FACE:
        sheet = plain or paper.backdrop(image)
        if sheet is not None and paper.is_drawn_on(image, sheet):
            return _checked(*outline.edge_alpha(*paper.whitened(image, sheet)), "flat")
    if plain is not None and flat.is_drawing(image, plain.outside):
        return _checked(*outline.edge_alpha(image, plain), "flat")
    likely = silhouette.likely(image, focus)
    if focus is not None:
        rest, blurred = people.others(image, focus), out_of_focus(image, focus)
        if rest or (blurred & (likely > 0.5)).any():
            likely = np.where(people.belongs(image, likely, focus, rest, blurred), likely, 0.001).astype(np.float32)
    method = "person"
    if not _confident(likely, focus) or (focus is None and _is_framed(plain)):
        likely, method = _other_than_people(image, likely, plain)
    if focus is None or focus.confidence <= FACE:
        whole = paint.figure(image, likely > SOLID)
        if whole is not None:
            return _checked(*outline.edge_alpha(image, paint.behind(image, whole)), "flat")
    picture = np.divide(image, 255, dtype=np.float32)
    even = None if plain is None or plain.noise > EVEN else plain.outside
    if method == "plain":
        alpha = rim.cut(picture, likely, even, None, exact=True)
    else:
        alpha = rim.cut(picture, likely, even, None if focus is None else focus.box)
    return _checked(alpha, refine.foreground(picture, alpha), method)


def _confident(likely: Float, focus: Face | None) -> bool:
    """Say whether the segmenter of people has found one, or an animal that it takes for one."""
    if _share(likely) < LEAST_SUBJECT:
        return False
    if focus is not None and focus.confidence > FACE:
        return True
    if focus is not None:
        x, y, width, height = (max(0, round(v)) for v in focus.box)
        if float(likely[y : y + height + 1, x : x + width + 1].mean()) < 0.5:
            return False  # what was taken for a face is none
    return float(likely[likely > 0.5].mean()) > (SURE_WITH_FACE if focus is not None else SURE)


def _is_framed(plain: flat.Backdrop | None) -> bool:
    """Say whether an even backdrop surrounds the subject, so that what is not backdrop is the subject."""
    return plain is not None and plain.noise < EVEN and plain.border > FRAMED


def _other_than_people(image: Pixels, likely: Float, plain: flat.Backdrop | None) -> tuple[Float, str]:
    """Return the likelihood of a drawing on paper or of a thing, and how it was found; raise when there is neither."""
    if plain is not None and _is_framed(plain):
        return np.where(plain.outside, 0.02, 0.98).astype(np.float32), "plain"
    thing = objects.salient(image, likely)
    if thing is None:
        raise NoSubjectFound
    return thing, "object"


def _fit(
    image: Pixels, focus: Face | None, alpha: NDArray[Any] | None, max_side: int | None
) -> tuple[Pixels, Face | None, NDArray[Any] | None]:
    height, width = image.shape[:2]
    scale = 1.0 if max_side is None else max_side / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(image), focus, alpha
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if focus is not None:
        x, y, face_width, face_height = focus.box
        box = (x * scale, y * scale, face_width * scale, face_height * scale)
        focus = replace(focus, box=box, points=focus.points * scale)
    return (
        refine.reduce_to(image, *size),
        focus,
        None if alpha is None else refine.reduce_to(alpha, *size),
    )


def _own_alpha(alpha: NDArray[Any]) -> Float | None:
    """Return a picture's own transparency as float32 0-1, or None when it is (nearly) all opaque or all clear."""
    own = np.clip(alpha.astype(np.float32) / (255.0 if alpha.dtype == np.uint8 else 1.0), 0.0, 1.0)
    clear = float((own < 0.5).mean())
    return own if 0.002 < clear < 1 - 0.0005 else None


def _checked(alpha: Float, colour: Float, method: str) -> CutOut:
    if not LEAST_SUBJECT < _share(alpha) < MOST_SUBJECT:
        raise NoSubjectFound
    return CutOut(alpha.astype(np.float32), _bytes(colour), method)


def _share(alpha: Float) -> float:
    return float((alpha > 0.5).mean())


def _bytes(colour: Float) -> Pixels:
    return np.rint(np.clip(colour, 0.0, 1.0) * 255).astype(np.uint8)
