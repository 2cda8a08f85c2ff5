"""What an engine is asked for and what it answers. Made by `flow.perform`, read by engines.

Pictures in memory are uint8 [H, W, 3], sRGB; with transparency uint8 [H, W, 4], straight alpha.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from castlist.domain.poses import Pose

Pixels = NDArray[np.uint8]
Alpha = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A picture of the character. `sha256` is that of the bytes as received, the key for anything cached about it."""

    pixels: Pixels
    sha256: str
    alpha: Alpha | None = None
    """float32 [H, W], 0–1, when the picture came with transparency."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One image to make: its place in the job (0-based), its pose and its own seed."""

    index: int
    pose: Pose
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """All images of a job that are still to be made. Engines share work among the shots of one task."""

    references: tuple[Reference, ...]
    shots: tuple[Shot, ...]
    background: str
    width_px: int
    height_px: int
    job_seed: int
    """The same for every shot of a job, for choices that should agree among its images."""
    prompt: str | None = None
    model_type: str = ""
    character_notes: str = ""
    """What is known of the character in words, e.g. "left-handed, always wears the red scarf"."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One finished image. `seconds` is engine time alone; `notes` say what was asked for and could not be done."""

    index: int
    pixels: Pixels
    seed: int
    model: str
    seconds: float
    notes: tuple[str, ...] = ()
    prompt: str = ""
    """The words the engine was given for this image, if it reads any."""
    engine: str = ""
    """Who made it, filled in by `flow.route`."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """One image that will not come: `code` is `refused` or `engine_failed`, `message` a sentence for the customer."""

    index: int
    code: str
    message: str
    elsewhere: bool = False
    """The next engine of the route may be asked: nothing was declined, and nothing is being paid for."""
    engine: str = ""
    """Who was asked last, filled in by `flow.route`."""


Outcome = Made | NotMade


class Watch(Protocol):
    """How an engine tells where it is and learns that it should stop. Called from the engine's own thread."""

    def progress(self, index: int, fraction: float) -> None:
        """Report that image `index` is done to `fraction` (0–1)."""
        ...

    def check(self) -> None:
        """Raise `JobCanceled` when the job is no longer wanted; call it between steps, at least once a second."""
        ...
