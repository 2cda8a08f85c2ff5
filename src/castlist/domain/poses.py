"""The thirteen poses: what each asks of the head, the camera and the frame. Engines interpret them; nobody else does.

Gaze: with `camera` the eyes look where they look in the reference, however the head is turned; `ahead` they follow the
head; `aside` they look farther to the side than the head.

Angles are those of the head as seen by the viewer, in degrees: yaw positive turns the face toward the viewer's right,
pitch positive lifts the chin, roll positive tilts the crown toward the viewer's right.
"""

from dataclasses import dataclass
from typing import Literal

Framing = Literal["close_up", "head_and_shoulders", "half_length", "wide"]
Camera = Literal["eye", "low", "high"]
Gaze = Literal["camera", "ahead", "aside"]


@dataclass(frozen=True, slots=True)
class Pose:
    """One of the thirteen. `words` describe it to engines that read prompts and to people."""

    id: str
    words: str
    framing: Framing = "head_and_shoulders"
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    camera: Camera = "eye"
    gaze: Gaze = "camera"
    smile: float = 0.0
    """How much a closed mouth smiles, 0–1, where an engine can let it."""


POSES: tuple[Pose, ...] = (
    Pose("front", "facing the camera, head and shoulders"),
    Pose("three-quarter-left", "three-quarter view to the left, half length", "half_length", -24, 1, -2),
    Pose("close-up", "close-up of the face", "close_up", 5, 1, 1, smile=0.7),
    Pose(
        "three-quarter-right",
        "three-quarter view to the right, head and shoulders",
        yaw_deg=24,
        roll_deg=2,
        gaze="ahead",
    ),
    Pose("wide", "small in a wide view of the surroundings", "wide", -6, 0, -3),
    Pose("tilted", "head tilted to one side", yaw_deg=7, roll_deg=9, smile=0.7),
    Pose("half-length", "half-length portrait", "half_length", 8, 0, 2, gaze="aside", smile=0.6),
    Pose("slight-left", "head turned slightly to the left", yaw_deg=-12, roll_deg=-4),
    Pose("chin-up", "chin lifted", yaw_deg=-5, pitch_deg=12, gaze="ahead"),
    Pose("slight-right", "head turned slightly to the right", yaw_deg=12, roll_deg=4, gaze="aside"),
    Pose("chin-down", "chin lowered, eyes to the camera", yaw_deg=4, pitch_deg=-11),
    Pose("low-camera", "seen from slightly below", "half_length", 10, 5, 3, "low", gaze="ahead"),
    Pose("high-camera", "seen from slightly above", "half_length", -10, -6, -5, "high", smile=0.7),
)

BY_ID = {pose.id: pose for pose in POSES}
