"""The words for each family, as they are sent. A change here changes every picture: look at some first."""

import dataclasses

import pytest

from castlist.domain.cards import BACKGROUNDS
from castlist.domain.model_types import MODEL_TYPES
from castlist.domain.poses import POSES
from castlist.domain.prompts import BACKDROPS, IDIOMS, plain, render
from castlist.domain.tasks import Shot
from castlist.testing.engine_kit import a_reference, a_task

SIDED = "three-quarter view to the left, half length (left and right as the viewer sees them)"
WHITE = "before a plain, evenly lit, pure white background"
STYLE = "a photo stays a photo, a drawing stays a drawing in the same style."
END = "One single picture, no collage, no text."

SNAPSHOTS = [
    (
        ("flux-kontext", 1, None),
        f"This character: {SIDED}, {WHITE}. Keep exactly the same facial features, hairstyle, skin tone, body and "
        f"clothing: it must be recognisably the same character. A{STYLE[1:]} {END}",
    ),
    (
        ("flux-kontext", 1, "hiking on a sunny\n mountain trail"),
        f"This character in this scene: hiking on a sunny mountain trail. View: {SIDED}. Keep exactly the same facial "
        "features, hairstyle, skin tone and body: it must be recognisably the same character. "
        f"Unless the scene says otherwise, {STYLE} {END}",
    ),
    (
        ("nano-banana-pro", 1, None),
        f"Using the provided picture of one character, make a new picture of this same character: {SIDED}, {WHITE}. "
        "It must be recognisably the same individual: keep the facial features, hairstyle, skin tone, body and "
        f"clothing exactly as provided. A{STYLE[1:]} {END}",
    ),
    (
        ("nano-banana-2", 3, "At a market!"),
        "Using the 3 provided pictures of one character, make a new picture of this same character in this scene: "
        f"At a market! View: {SIDED}. It must be recognisably the same individual: keep the facial features, "
        f"hairstyle, skin tone and body exactly as provided. Unless the scene says otherwise, {STYLE} {END}",
    ),
    (
        ("flux-2-dev", 2, None),
        f"The character from images 1 and 2: {SIDED}, {WHITE}. The face, hairstyle, skin tone, body and clothing stay "
        f"exactly those of images 1 and 2. A{STYLE[1:]} {END}",
    ),
    (
        ("qwen-image-2-pro", 1, "in the rain"),
        f"The character from image 1 in this scene: in the rain. View: {SIDED}. The face, hairstyle, skin tone "
        f"and body stay exactly those of image 1. Unless the scene says otherwise, {STYLE} {END}",
    ),
]


@pytest.mark.parametrize(("case", "words"), SNAPSHOTS, ids=lambda value: "-".join(map(str, value[:2])))
def test_snapshot(case: tuple[str, int, str | None], words: str) -> None:
    model_type, count, prompt = case
    task = a_task(model_type, references=[a_reference(seed) for seed in range(count)], prompt=prompt)
    assert render(task, task.shots[1]) == words


WITH_NOTES = [
    ("flux-kontext", None, f"{WHITE}. About the character: always wears a red scarf. Keep exactly"),
    ("nano-banana-pro", None, f"{WHITE}. About the character: always wears a red scarf. It must be"),
    ("flux-2-dev", "at sea", f"View: {SIDED}. About the character: always wears a red scarf. The face,"),
    ("qwen-image-2-pro", "at sea", f"View: {SIDED}. About the character: always wears a red scarf. The face,"),
]


@pytest.mark.parametrize(("model_type", "prompt", "words"), WITH_NOTES)
def test_notes_about_the_character_stand_before_what_must_stay(model_type: str, prompt: str | None, words: str) -> None:
    bare = a_task(model_type, prompt=prompt)
    task = dataclasses.replace(bare, character_notes=" always  wears a red scarf")
    assert words in render(task, task.shots[1])
    without = render(task, task.shots[1]).replace(" About the character: always wears a red scarf.", "")
    assert without == render(bare, bare.shots[1])
    assert plain(task, task.shots[1]).endswith("About the character: always wears a red scarf.")


def test_every_family_and_background_has_words() -> None:
    assert set(IDIOMS) == {model_type.id for model_type in MODEL_TYPES}
    assert set(BACKDROPS) == set(BACKGROUNDS)


def test_each_pose_and_background_is_asked_for_differently() -> None:
    for speak in (render, plain):
        task = a_task("flux-kontext")
        assert len({speak(task, Shot(0, pose, 0)) for pose in POSES}) == len(POSES)
        shot = task.shots[0]
        assert len({speak(dataclasses.replace(task, background=one), shot) for one in BACKDROPS}) == len(BACKDROPS)


def test_what_stands_around_a_scene_leaves_room_in_the_shortest_reader() -> None:
    for model_type in IDIOMS:
        task = a_task(model_type, references=[a_reference(seed) for seed in range(3)], prompt="x")
        assert max(len(render(task, Shot(0, pose, 0))) for pose in POSES) < 480


def test_a_scene_with_braces_is_left_alone() -> None:
    task = a_task("flux-2-dev", prompt="a sign saying {images} {0}")
    assert "{images} {0}" in render(task, task.shots[0])
