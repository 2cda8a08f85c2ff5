"""Scoring stays apart from the engines and never takes part in changing a picture."""

import numpy as np
from PIL import Image as Pillow

from castlist import data
from castlist.scoring import Reference


def test_scoring_leaves_the_pictures_alone() -> None:
    portrait = np.array(Pillow.open(data.path("samples/astronaut.png")).convert("RGB"))
    before = portrait.copy()
    Reference.prepare(portrait).score(portrait)
    assert np.array_equal(portrait, before)


def test_scores_repeat_exactly() -> None:
    drawing = np.array(Pillow.open(data.path("samples/drawn-man.png")).convert("RGB"))
    smaller = np.ascontiguousarray(drawing[::2, ::2])
    assert len({Reference.prepare(drawing).score(smaller) for _ in range(3)}) == 1
