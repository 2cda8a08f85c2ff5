"""The safety gate: asks the classifier about pictures that come in and images that go out, and words its refusals.

Called where references are taken in and by `make`. What is too much is a rule of `domain.safety`; what a refusal leads
to is the caller's affair.
"""

import dataclasses
import importlib.metadata
from dataclasses import dataclass

import numpy as np

from castlist.domain.errors import UnsafePicture
from castlist.domain.safety import DEFAULT_LIMITS, Classifier, Limits, objection
from castlist.domain.tasks import Alpha, Pixels
from castlist.vision.fit import flatten
from castlist.vision.safety import BundledClassifier

ENTRY_POINT = "castlist.classifiers"
"""Group in which a package offers a classifier: a callable without arguments that returns one."""

KNOWN = 4096
"""Pictures of which is remembered what was said; then it begins anew."""


class BadScreen(Exception):
    """The settings name a classifier that is not there, or classes that it does not measure."""


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """The gate of one installation, with a switch for each side."""

    classifier: Classifier
    limits: Limits = dataclasses.field(default_factory=lambda: DEFAULT_LIMITS)
    inputs: bool = True
    outputs: bool = True
    _known: dict[str, str | None] = dataclasses.field(default_factory=dict[str, "str | None"])
    """What was said of pictures that came in, by the hash of their bytes: clients send the same ones again."""

    def admit(self, pixels: Pixels, alpha: Alpha | None = None, sha256: str | None = None) -> None:
        """Look at a picture that came in, or remember what was said of the same bytes.

        Args:
            pixels: uint8 [H, W, 3], sRGB.
            alpha: float32 [H, W], 0–1. What lies under transparent parts is looked at as well: engines may see it.
            sha256: of the bytes as received.

        Raises:
            UnsafePicture: it is refused.
        """
        if not self.inputs:
            return
        if sha256 is not None and sha256 in self._known:
            reason = self._known[sha256]
        else:
            seen = (pixels,) if alpha is None else (pixels, flatten(pixels, alpha))
            reason = next((found for each in seen if (found := self._objection(each))), None)
            self._remember(sha256, reason)
        if reason is not None:
            raise UnsafePicture(f"This picture was refused: it {reason}. Try another picture of the character.")

    def refusal(self, pixels: Pixels) -> str | None:
        """Return why an image that was made is not given out, as a sentence; None lets it pass.

        Args:
            pixels: uint8 [H, W, 3], sRGB, or [H, W, 4] with straight alpha.
        """
        if not self.outputs:
            return None
        if pixels.shape[2] == 4:
            pixels = flatten(pixels[..., :3], np.divide(pixels[..., 3], 255, dtype=np.float32))
        reason = self._objection(pixels)
        return None if reason is None else f"This image was made and refused: it {reason}."

    def _remember(self, sha256: str | None, reason: str | None) -> None:
        if sha256 is None:
            return
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[sha256] = reason

    def _objection(self, pixels: Pixels) -> str | None:
        return objection(self.classifier.read(np.ascontiguousarray(pixels)), self.limits, self.classifier.classes)


def build_screen(name: str, limits: Limits, *, inputs: bool, outputs: bool) -> Screen | None:
    """Return the gate that the settings ask for, None when both sides are off.

    Args:
        name: `bundled`, or the name of an entry point.

    Raises:
        BadScreen: there is no such classifier, or it does not measure a class that has a limit.
    """
    if not inputs and not outputs:
        return None
    classifier = _find(name)
    unknown = [limited for limited in limits if limited not in classifier.classes]
    if unknown:
        measured = ", ".join(classifier.classes)
        raise BadScreen(f"safety_limits names {unknown[0]}, but the classifier {name} measures: {measured}.")
    return Screen(classifier, limits, inputs, outputs)


def _find(name: str) -> Classifier:
    if name == BundledClassifier.name:
        return BundledClassifier()
    points = importlib.metadata.entry_points(group=ENTRY_POINT)
    for point in points:
        if point.name == name:
            return point.load()()
    known = ", ".join([BundledClassifier.name, *(point.name for point in points)])
    raise BadScreen(f"There is no safety classifier {name}. There are: {known}.")
