"""The gate: what it looks at on each side, and how it words a refusal."""

import numpy as np
import pytest

from castlist.domain.errors import InputImageRejected, UnsafePicture
from castlist.domain.safety import DEFAULT_LIMITS
from castlist.flow.screen import BadScreen, Screen, build_screen
from castlist.testing.classifiers import RedIsExplicit
from castlist.testing.pictures import figure
from castlist.vision.safety import BundledClassifier

RED = np.full((32, 32, 3), (255, 0, 0), np.uint8)
OPAQUE = np.ones((32, 32), np.float32)
HARMLESS = figure(64, 64)


def test_an_unsafe_input_is_rejected_with_a_sentence() -> None:
    with pytest.raises(UnsafePicture) as refused:
        Screen(RedIsExplicit()).admit(RED)
    assert isinstance(refused.value, InputImageRejected)
    assert (refused.value.code, refused.value.status) == ("input_image_rejected", 422)
    assert refused.value.message == (
        "This picture was refused: it looks sexually explicit to the safety classifier (1.00; 0.85 is the limit). "
        "Try another picture of the character."
    )


def test_a_harmless_input_passes() -> None:
    Screen(RedIsExplicit()).admit(HARMLESS)


def test_what_lies_under_transparent_parts_is_looked_at_and_so_is_what_shows() -> None:
    screen = Screen(RedIsExplicit())
    with pytest.raises(UnsafePicture):
        screen.admit(RED, OPAQUE * 0)
    with pytest.raises(UnsafePicture):
        screen.admit(RED, OPAQUE)


def test_the_same_bytes_are_looked_at_once() -> None:
    classifier = RedIsExplicit()
    screen = Screen(classifier)
    for _ in range(3):
        screen.admit(HARMLESS, None, "harmless")
        with pytest.raises(UnsafePicture):
            screen.admit(RED, None, "red")
    assert classifier.seen == 2


def test_an_unsafe_image_is_told_of_not_raised() -> None:
    screen = Screen(RedIsExplicit())
    assert screen.refusal(HARMLESS) is None
    refusal = "it looks sexually explicit to the safety classifier (1.00; 0.85 is the limit)."
    assert screen.refusal(RED) == f"This image was made and refused: {refusal}"
    transparent = np.dstack([RED, np.zeros((32, 32), np.uint8)])
    assert screen.refusal(transparent) is None
    assert screen.refusal(np.dstack([RED, np.full((32, 32), 255, np.uint8)])) is not None


def test_each_side_has_a_switch() -> None:
    classifier = RedIsExplicit()
    Screen(classifier, inputs=False).admit(RED)
    assert Screen(classifier, outputs=False).refusal(RED) is None
    assert classifier.seen == 0


def test_the_settings_build_it() -> None:
    assert build_screen("bundled", DEFAULT_LIMITS, inputs=False, outputs=False) is None
    built = build_screen("bundled", {"suggestive": 0.5}, inputs=True, outputs=False)
    assert built is not None
    assert isinstance(built.classifier, BundledClassifier)
    assert (built.inputs, built.outputs, built.limits) == (True, False, {"suggestive": 0.5})


def test_what_is_not_there_is_named_beside_what_is() -> None:
    with pytest.raises(BadScreen, match=r"There is no safety classifier other\. There are: bundled"):
        build_screen("other", DEFAULT_LIMITS, inputs=True, outputs=True)
    with pytest.raises(BadScreen, match="names violence, but the classifier bundled measures: explicit,"):
        build_screen("bundled", {"violence": 0.5}, inputs=True, outputs=True)
