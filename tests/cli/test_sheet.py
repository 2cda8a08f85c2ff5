"""The contact sheet and the identity in words."""

import numpy as np
import pytest
from PIL import Image

from castlist.cli import sheet

RED, BLUE = (200, 0, 0), (0, 0, 200)


def test_the_sheet_shows_reference_and_pictures_in_rows(tmp_path):
    reference, made = tmp_path / "reference.png", tmp_path / "made.png"
    Image.new("RGB", (300, 400), RED).save(reference)
    Image.new("RGB", (640, 360), BLUE).save(made)
    tiles = [sheet.Tile(made, "slight-left", 1.25, {"score": 0.8, "verdict": "same"})] * 3
    drawn = sheet.draw([sheet.Row("One", reference, tiles), sheet.Row("Two", reference, tiles[:2])])
    pixels = np.asarray(drawn)
    tile_area = sheet.TILE_PX**2
    assert (pixels == RED).all(-1).sum() == pytest.approx(2 * tile_area, rel=0.01)
    assert (pixels == BLUE).all(-1).sum() == pytest.approx(5 * tile_area, rel=0.01)


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ({"score": 0.876, "verdict": "same"}, "0.88 same"),
        ({"score": None, "verdict": "unknown", "reason": "no face"}, "no face"),
        ({"score": None, "verdict": "unknown", "reason": None}, "unknown"),
    ],
)
def test_an_identity_in_words(identity, words):
    assert sheet.identity_words(identity) == words
