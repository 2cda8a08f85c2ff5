"""Prompts find the places they mean, an operator's own folder counts, and notes say what was not done."""

from pathlib import Path

import numpy as np
import pytest

from castlist.engines.studio import meaning, notes
from castlist.engines.studio.plates import Collection
from castlist.vision import picture


@pytest.fixture(scope="module")
def collection() -> Collection:
    return Collection()


@pytest.mark.parametrize(
    ("prompt", "plates"),
    [
        ("the same person hiking on a sunny mountain trail", {"peaks", "autumn", "summit"}),
        ("reading by a fireplace in a cozy cabin", {"cabin"}),
        ("in a modern office, business suit", {"office"}),
        ("walking on a beach at sunset", {"b_sunset", "beach"}),
        ("sitting in a cafe drinking coffee", {"cafe"}),
        ("giving a talk on stage", {"hall"}),
        ("as an astronaut on the moon", {"moon"}),
        ("cooking in a kitchen", {"apartment"}),
        ("at a wedding party", {"hall"}),
        ("working out in a gym", {"warehouse"}),
        ("in a japanese garden with cherry blossoms", {"b_forest"}),
        ("under the stars at night in the desert", {"night", "b_night", "dawn"}),
        ("as a scientist in a laboratory", {"lab"}),
        ("riding a horse through a meadow at dawn", {"b_sunrise"}),
        ("repairing a car in a garage", {"workshop", "warehouse"}),
        ("waking up in a hotel bed", {"b_interior"}),
        ("in a green park on a summer day", {"park", "b_forest"}),
        ("at a waterfall in the jungle", {"stream"}),
        ("wearing a red dress at a gala", {"hall"}),
        ("flying above the clouds", {"sky"}),
        ("on the sunny terrace of a mexican house", {"b_courtyard"}),
        ("oil painting of the person in venice", {"venice", "sunset"}),
        ("on top of a mountain at sunset", {"summit"}),
        ("in a snowy landscape", {"snow"}),
        ("skiing in winter", {"snow"}),
        ("on a tropical beach", {"beach"}),
        ("among old books in a library", {"library"}),
        ("in Tokyo at night with neon lights", {"night_city"}),
        ("walking through a forest in autumn", {"autumn", "b_sunrise"}),
        ("in a cozy library", {"library"}),
        ("in a bright kitchen", {"apartment"}),
        ("sitting in a cozy kitchen", {"apartment"}),
        ("in a cozy cafe", {"cafe"}),
        ("having dinner in a restaurant", {"cafe"}),
        ("working at a desk in a bright office", {"office"}),
        ("shopping in a mall", {"esplanade"}),
        ("crossing a wide street downtown", {"city"}),
        ("waiting in a hotel lobby", {"lobby", "esplanade"}),
        ("walking through a sunny park", {"park", "b_forest"}),
        ("in a sunny office", {"office"}),
        ("teaching in a classroom in front of a blackboard", {"classroom"}),
        ("a student at school", {"classroom"}),
        ("on a train looking out of the window", {"train"}),
        ("commuting by train in the morning", {"train"}),
        ("buying vegetables at a street market", {"market"}),
        ("at a farmers market", {"market"}),
        ("cheering in a football stadium", {"stadium"}),
        ("a knight in the great hall of a castle", {"castle"}),
        ("a king on his throne", {"castle"}),
        ("in a spaceship cockpit", {"bridge", "moon"}),
        ("a science fiction hero in outer space", {"bridge", "moon"}),
        ("walking on the moon", {"moon"}),
        ("on mars", {"dawn"}),
        ("under the full moon in a meadow", {"b_night", "night"}),
        ("in New York Times Square", {"city", "night_city"}),
        ("on a red carpet", {"hall"}),
        ("among jungle temple ruins", {"forest", "stream", "b_forest", "sunset", "venice", "b_sunset"}),
        ("in a medieval village", {"sunset", "venice", "b_sunset", "b_courtyard"}),
        ("in a school library", {"library"}),
        ("standing on a bridge in fog", {"venice", "sunset", "b_sunset"}),
        ("in a greenhouse", {"park", "b_forest", "b_courtyard"}),
    ],
)
def test_a_prompt_finds_the_place_it_means(collection: Collection, prompt: str, plates: set[str]) -> None:
    for seed in range(6):
        choice = collection.choose(prompt, seed)
        assert choice is not None
        assert choice.place.path.stem in plates, choice.place.caption


def test_a_studio_portrait_is_taken_in_a_studio(collection: Collection) -> None:
    """Before a bundled studio, or before the wall that stands for one when none is bundled; never elsewhere."""
    choice = collection.choose("portrait photo, studio lighting", 1)
    assert choice is None or "studio" in choice.place.path.stem


@pytest.mark.parametrize("prompt", ["smiling", "in a blue dress", "zxcv", ""])
def test_a_prompt_without_a_place_chooses_none(collection: Collection, prompt: str) -> None:
    assert collection.choose(prompt, 1) is None


def test_what_is_ruled_out_is_not_looked_for() -> None:
    assert "beach" not in meaning.read("in a forest, no beach")


def test_the_operators_own_plates_come_first(tmp_path: Path) -> None:
    pixels = np.full((40, 60, 3), 90, np.uint8)
    (tmp_path / "reef.png").write_bytes(picture.encode(pixels, "png"))
    (tmp_path / "reef.txt").write_text("a tropical beach with palm trees at sunset", encoding="utf-8")
    (tmp_path / "notes.md").write_text("not a plate", encoding="utf-8")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    mine = Collection(tmp_path)
    choice = mine.choose("on a tropical beach", 1)
    assert choice is not None
    assert choice.place.own
    assert mine.pixels(choice.place.path).shape == pixels.shape


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("a pencil sketch of her in a park", "sketch"),
        ("in Rome, black and white", "mono"),
        ("comic book hero", "comic"),
        ("anime illustration", "illustration"),
        ("oil painting", "painting"),
        ("shot on kodak film", "film"),
        ("in a park", None),
    ],
)
def test_styles_are_read_from_the_prompt(prompt: str, style: str | None) -> None:
    assert meaning.styles(prompt)[:1] == ([style] if style else [])


def test_a_comic_book_is_no_library() -> None:
    assert "library" not in meaning.read("a comic book hero in the city")
    assert "city" in meaning.read("a comic book hero in the city")
    assert "library" in meaning.read("reading a book in a library")


def test_a_style_is_no_activity(collection: Collection) -> None:
    assert not any("painting" in note for note in notes.of("oil painting", None, 1, ("painting",)))


def test_borrowed_plates_are_credited(collection: Collection) -> None:
    choice = collection.choose("hiking on a sunny mountain trail", 1)
    assert choice is not None
    assert choice.place.credit
    assert any(choice.place.credit in note for note in notes.of("hiking on a mountain trail", choice, 1))
