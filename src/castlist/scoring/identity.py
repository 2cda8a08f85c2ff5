"""Says whether a picture shows the same character as its reference, how sure that is, and why.

Called by ``flow`` after each picture and by the benchmark. It must not decide what happens to the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from castlist.scoring import appearance, face
from castlist.scoring.appearance import Look
from castlist.scoring.face import KnownFace
from castlist.vision.faces import Image

Verdict = Literal["same", "uncertain", "different", "not_comparable"]
Floats = NDArray[np.float32]

FACE_METHOD = "sface-cosine"
LOOK_METHOD = "colours-and-details"
# Below the threshold by at most this much a face is doubtful rather than foreign: among 261 pairs of different people
# the highest cosine was 0.34, among 38 pairs of the same person the lowest 0.56.
_DOUBT = 0.1
# Of 108 drawings re-posed and put on other grounds 95 % scored above 0.74; of other characters in the same style 95 %
# scored below 0.64.
_SAME_LOOK, _OTHER_LOOK = 0.7, 0.5


@dataclass(frozen=True, slots=True)
class Identity:
    """The outcome for one picture.

    Attributes:
        score: 0-1, higher is more alike; None when nothing can be said. With ``sface-cosine`` it is the cosine of the
            two embeddings, negative values cut to 0; real photographs of one person reach about 0.5-0.9. With
            ``colours-and-details`` it is the share of colours and details found again. Scores of different methods do
            not compare.
        verdict: the score beside the threshold that fits the pose.
        method: how it was measured; ``none`` when it was not.
        reason: one sentence for people.
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
        if self.faces:
            return compare_faces(self.faces, face.known_faces(image))
        if self.look is None:
            return Identity(
                None, "not_comparable", "none", "The reference shows neither a face nor a subject that stands out."
            )
        return _compare_looks(appearance.likeness(self.look, image, alpha))


def identify(reference: Image, other: Image) -> Identity:
    """Compare two pictures; prepare a ``Reference`` instead to compare many with one."""
    return Reference.prepare(reference).score(other)


def compare_faces(known: Sequence[KnownFace], found: Sequence[KnownFace]) -> Identity:
    """Judge embedded faces: the reference's largest against the most alike of the picture's.

    Args:
        known: the reference's faces, largest first; at least one.
        found: the picture's.
    """
    if not found:
        return Identity(
            None, "not_comparable", "none", "The reference shows a face, this picture none that can be measured."
        )
    subject = known[0]
    cosines = [float(subject.embedding @ other.embedding) for other in found]
    best = int(np.argmax(cosines))
    cosine = cosines[best]
    turn = max(abs(subject.yaw - found[best].yaw), abs(subject.yaw), abs(found[best].yaw))
    wanted = face.threshold(turn)
    verdict: Verdict = "same" if cosine >= wanted else "uncertain" if cosine >= wanted - _DOUBT else "different"
    side = "at or above" if cosine >= wanted else "below"
    reason = f"Face similarity {cosine:.2f}, {side} {wanted:.2f}, the threshold for heads turned {min(turn, 90):.0f}°."
    if len(found) > 1:
        reason += f" The best of {len(found)} faces in this picture."
    if len(known) > 1:
        reason += " The reference shows several people; its largest face was compared."
    return Identity(round(min(max(cosine, 0.0), 1.0), 4), verdict, FACE_METHOD, reason)


def _compare_looks(score: float) -> Identity:
    verdict: Verdict = "same" if score >= _SAME_LOOK else "uncertain" if score >= _OTHER_LOOK else "different"
    words = {"same": "match", "uncertain": "partly match", "different": "do not match", "not_comparable": ""}[verdict]
    reason = f"No photographed face in the reference: its colours and details {words} ({score:.2f})."
    return Identity(round(score, 4), verdict, LOOK_METHOD, reason)
