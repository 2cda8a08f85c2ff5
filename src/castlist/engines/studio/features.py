"""What of a face may be changed: eyes that can look elsewhere, a mouth that can smile. Called by `reference`."""

from dataclasses import dataclass

from castlist.engines.studio import expression, gaze
from castlist.engines.studio.face import FaceShape, Points
from castlist.engines.studio.ops import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The parts of a face that may be changed, in picture px; None for what is left alone."""

    eyes: gaze.Eyes | None = None
    mouth: expression.Mouth | None = None
    smiling: bool = False
    """It smiles in the reference."""

    def moved(self, right: float, down: float) -> "Features":
        """Return the same features in a picture that was extended at the left and top by so many px."""
        eyes = self.eyes.moved(right, down) if self.eyes is not None else None
        mouth = self.mouth.moved(right, down) if self.mouth is not None else None
        return Features(eyes, mouth, self.smiling)

    def able(self) -> frozenset[str]:
        """Return which wishes of `lexicon.FACES` an image of this character can show."""
        gazes = {"eye contact", "sideways"} if self.eyes is not None else set[str]()
        smile = {"smile"} if self.smiling or self.mouth is not None else set[str]()
        return frozenset(gazes | smile | (set[str]() if self.smiling else {"serious"}))


def of(picture: Pixels, mesh: Points, shape: FaceShape, confidence: float) -> Features:
    """Look at a photographed face.

    Args:
        picture: uint8 [H, W, 3].
        mesh: float32 [468, 3], its px.
        shape: the face. confidence: the detector's.
    """
    from castlist.vision import iris

    return Features(
        gaze.of(picture, iris.find(picture, mesh), shape, confidence),
        expression.of(picture, mesh, shape, confidence),
        expression.smiles(mesh, shape),
    )
