"""Says whether a picture shows the same character as its reference, how sure that is, and why.

Called by ``flow`` after each picture and by the benchmark. It must not decide what happens to the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from castlist.scoring import appearance, calibration, face
from castlist.scoring.appearance import Look
from castlist.scoring.face import KnownFace
from castlist.vision.faces import Image

Verdict = Literal["same", "uncertain", "different", "not_comparable"]
Floats = NDArray[np.float32]

FACE_METHOD = "sface+dlib"
ONE_FACE_METHOD = "sface"
LOOK_METHOD = "colours-and-details"
NO_METHOD = "none"


@dataclass(frozen=True, slots=True)
class Identity:
    """The outcome for one picture.

    Attributes:
        score: 0-1, higher is more alike, 0.5 and more is the same character; None when nothing can be said. Every
            method and pose is put on this scale by ``calibration``.
        verdict: ``same`` from 0.5 on, which with two face measures takes both; ``uncertain`` when they disagree or fall
            just short.
        method: how it was measured: ``sface+dlib``, ``sface`` where the second finds no eyes to go by,
            ``colours-and-details``; ``none`` when it was not.
        reason: one or two sentences for people.
    """

    score: float | None
    verdict: Verdict
    method: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A reference prepared once and compared with many pictures."""

    faces: tuple[KnownFace, ...]
    look: Look | None

    @classmethod
    def prepare(cls, image: Image, alpha: Floats | None = None) -> Reference:
        """Measure the reference.

        Args:
            image: uint8 [H, W, 3] sRGB.
            alpha: float32 [H, W], 0-1: the subject, where a caller has it already.
        """
        found = tuple(face.known_faces(image))
        return cls(found, None if found else appearance.look(image, alpha))

    def score(self, image: Image, alpha: Floats | None = None) -> Identity:
        """Compare one picture with the reference.

        Args:
            image: uint8 [H, W, 3] sRGB.
            alpha: float32 [H, W], 0-1: the subject in this picture; it sharpens the comparison of drawings.
        """
        return best_of([self], image, alpha)[0]


def best_of(references: Sequence[Reference], image: Image, alpha: Floats | None = None) -> tuple[Identity, int]:
    """Compare one picture, measured once, with several references of one character.

    Returns:
        The best outcome, and the place of the reference that gave it.
    """
    found = face.known_faces(image) if any(one.faces for one in references) else []
    outcomes = [_compare(one, found, image, alpha) for one in references]
    scores = [-1.0 if outcome.score is None else outcome.score for outcome in outcomes]
    best = int(np.argmax(scores))
    return outcomes[best], best


def identify(reference: Image, other: Image) -> Identity:
    """Compare two pictures; prepare a ``Reference`` instead to compare many with one."""
    return Reference.prepare(reference).score(other)


def _compare(known: Reference, found: Sequence[KnownFace], image: Image, alpha: Floats | None) -> Identity:
    if known.faces:
        return compare_faces(known.faces, found)
    if known.look is None:
        reason = "The reference shows neither a face nor a subject that stands out."
        return Identity(None, "not_comparable", NO_METHOD, reason)
    return _compare_looks(appearance.likeness(known.look, image, alpha))


@dataclass(frozen=True, slots=True)
class _Match:
    """Two faces compared. cosine of SFace and distance of dlib, each beside the pose's limit and as a score."""

    turn: float
    cosine: float
    distance: float | None

    @property
    def scores(self) -> tuple[float, ...]:
        first = round(calibration.cosine_score(self.cosine, self.turn), 4)
        if self.distance is None:
            return (first,)
        return first, round(calibration.distance_score(self.distance), 4)

    @property
    def verdict(self) -> Verdict:
        low, high = min(self.scores), max(self.scores)
        if low >= calibration.SAME:
            return "same"
        return "uncertain" if high >= calibration.SAME or low >= calibration.DOUBTFUL else "different"

    def reason(self) -> str:
        wanted, most = calibration.least_cosine(self.turn), calibration.MOST_DISTANCE
        parts = [f"similarity {self.cosine:.2f} ({wanted:.2f} or more is the same person)"]
        if self.distance is not None:
            parts.append(f"distance {self.distance:.2f} ({most:.2f} or less)")
        agree = len({score >= calibration.SAME for score in self.scores}) == 1
        word = {"same": "the same person", "uncertain": "not quite the same person", "different": "another person"}
        said = word.get(self.verdict, "") if agree else "and disagree"
        who = "Two face measures say" if agree else "Two face measures were taken"
        who = who if len(parts) == 2 else "One face measure says"
        return f"{who} {said}: {', '.join(parts)}, for heads turned {min(self.turn, 90):.0f}°."


def _match(one: KnownFace, other: KnownFace) -> _Match:
    turn = max(abs(one.yaw - other.yaw), abs(one.yaw), abs(other.yaw))
    pair = one.descriptor, other.descriptor
    distance = None if pair[0] is None or pair[1] is None else float(np.linalg.norm(pair[0] - pair[1]))
    return _Match(turn, float(one.embedding @ other.embedding), distance)


def compare_faces(known: Sequence[KnownFace], found: Sequence[KnownFace]) -> Identity:
    """Judge measured faces: the reference's largest against the most alike of the picture's.

    Args:
        known: the reference's faces, largest first; at least one.
        found: the picture's.
    """
    if not found:
        reason = "The reference shows a face, this picture none that can be measured."
        return Identity(None, "not_comparable", NO_METHOD, reason)
    best = max((_match(known[0], other) for other in found), key=lambda match: (min(match.scores), match.cosine))
    reason = best.reason()
    if len(found) > 1:
        reason += f" The best of {len(found)} faces in this picture."
    if len(known) > 1:
        reason += " The reference shows several people; its largest face was compared."
    method = FACE_METHOD if len(best.scores) == 2 else ONE_FACE_METHOD
    return Identity(min(best.scores), best.verdict, method, reason)


def _compare_looks(agreement: float) -> Identity:
    score = round(calibration.look_score(agreement), 4)
    verdict: Verdict = (
        "same" if score >= calibration.SAME else "uncertain" if score >= calibration.DOUBTFUL else "different"
    )
    words = {"same": "match", "uncertain": "partly match", "different": "do not match", "not_comparable": ""}[verdict]
    reason = f"No photographed face in the reference: its colours and details {words} ({agreement:.2f})."
    return Identity(score, verdict, LOOK_METHOD, reason)
