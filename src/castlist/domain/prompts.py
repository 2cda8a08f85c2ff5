"""From pose, background, scene and notes about the character to words, in the idiom of each family of models.

Used by engines that read words. Services are told not to rewrite what they get, so these are the very words the model
reads. Tests hold a snapshot of each; change them with pictures at hand.

Source: Black Forest Labs' prompting guides for Kontext ("this character", name what must stay) and FLUX.2 (references
by number), Google's image generation guide (name the provided pictures, describe the whole scene), help pages of
Qwen-Image editing ("image 1" by order); read 2026-11-22.
"""

from dataclasses import dataclass

from castlist.domain.poses import Pose
from castlist.domain.tasks import Shot, Task

BACKDROPS = {
    "white": "before a plain, evenly lit, pure white background",
    "black": "before a plain, pure black background",
    "gray": "before a plain, evenly lit, mid-gray background",
    "green screen": "before a flat, evenly lit chroma-key green screen",
    "neutral": "before a soft, neutral studio backdrop",
    "original": "in the same surroundings as in the reference",
}
ONE_PICTURE = "One single picture, no collage, no text."
MEDIUM = "a photo stays a photo, a drawing stays a drawing in the same style."


@dataclass(frozen=True, slots=True)
class Idiom:
    """How a family is spoken to. `{images}` becomes "image 1" or "images 1, 2 and 3", `{pictures}` counts them."""

    subject: str
    keep: str


KONTEXT = Idiom(
    "This character",
    "Keep exactly the same facial features, hairstyle, skin tone{clothes}: it must be recognisably the same character.",
)
NUMBERED = Idiom(
    "The character from {images}",
    "The face, hairstyle, skin tone{clothes} stay exactly those of {images}.",
)
PROVIDED = Idiom(
    "Using the {pictures} of one character, make a new picture of this same character",
    "It must be recognisably the same individual: keep the facial features, hairstyle, skin tone{clothes} exactly "
    "as provided.",
)
IDIOMS = {
    "flux-kontext": KONTEXT,
    "nano-banana-pro": PROVIDED,
    "nano-banana-2": PROVIDED,
    "flux-2-dev": NUMBERED,
    "flux-2-klein": NUMBERED,
    "qwen-image-2-pro": NUMBERED,
    "qwen-image-edit": NUMBERED,
}
"""By model type; another one is spoken to by numbers, which every editing model understands."""


def render(task: Task, shot: Shot) -> str:
    """Return the words that ask for one shot, in one paragraph."""
    idiom, count = IDIOMS.get(task.model_type, NUMBERED), len(task.references)
    names = {"images": _images(count), "pictures": "provided picture" if count == 1 else f"{count} provided pictures"}
    scene = _scene(task.prompt)
    keep = idiom.keep.format(clothes=" and body" if scene else ", body and clothing", **names)
    view = _view(shot.pose)
    if scene:
        first = f"{idiom.subject.format(**names)} in this scene: {scene} View: {view}."
        medium = f"Unless the scene says otherwise, {MEDIUM}"
    else:
        first = f"{idiom.subject.format(**names)}: {view}, {_backdrop(task)}."
        medium = MEDIUM[0].upper() + MEDIUM[1:]
    return " ".join(part for part in (first, _about(task), keep, medium, ONE_PICTURE) if part)


def plain(task: Task, shot: Shot) -> str:
    """Return a scene for a service that writes its own prompt around it: what is to be seen, and how."""
    scene, view = _scene(task.prompt), _view(shot.pose)
    shown = f"the same person: {scene} View: {view}." if scene else f"the same person, {view}, {_backdrop(task)}."
    return f"{shown} {_about(task)}".strip()


def _backdrop(task: Task) -> str:
    return BACKDROPS[task.background]


def _images(count: int) -> str:
    if count == 1:
        return "image 1"
    return f"images {', '.join(str(number) for number in range(1, count))} and {count}"


def _about(task: Task) -> str:
    notes = _scene(task.character_notes)
    return f"About the character: {notes}" if notes else ""


def _scene(words: str | None) -> str:
    words = " ".join((words or "").split())
    return words if not words or words[-1] in ".!?…" else f"{words}."


def _view(pose: Pose) -> str:
    sided = "left" in pose.words or "right" in pose.words
    return f"{pose.words} (left and right as the viewer sees them)" if sided else pose.words
