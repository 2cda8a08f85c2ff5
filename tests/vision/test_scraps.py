"""What is found beside the shoulders and belongs to the backdrop; hair above them is left alone."""

import numpy as np

from castlist.vision.scraps import scraps

FACE = (130.0, 60.0, 60.0, 80.0)


def _person() -> tuple[np.ndarray, np.ndarray]:
    """A blue body with a skin-coloured head before red, and the silhouette a segmenter would find."""
    rows, columns = np.mgrid[0:320, 0:320]
    head = np.hypot((columns - 160) / 38, (rows - 100) / 52) < 1
    body = (rows > 165) & (np.abs(columns - 160) < 90 + 0.2 * (rows - 165))
    picture = np.full((320, 320, 3), (0.7, 0.1, 0.1), np.float32)
    picture[body] = (0.1, 0.2, 0.6)
    picture[head] = (0.8, 0.6, 0.5)
    return picture, (head | body).astype(np.float32)


def test_a_scrap_on_the_shoulder_is_found_even_where_long_hair_might_hang() -> None:
    picture, likely = _person()
    scrap = np.zeros((320, 320), bool)
    scrap[155:200, 238:300] = True
    likely[scrap] = 0.98
    picture[scrap] = (0.7, 0.1, 0.1)
    far = np.where(picture[..., 0] == np.float32(0.7), -1.5, 1.5).astype(np.float32)
    found = scraps(picture, likely, far, np.ones((320, 320), np.float32), FACE)
    assert found[165:195, 262:295].mean() > 0.8
    assert found[(likely > 0.5) & ~scrap].max() < 0.2


def test_hair_of_the_backdrop_s_colour_stays() -> None:
    picture, likely = _person()
    hair = np.zeros((320, 320), bool)
    hair[60:180, 196:222] = True
    likely[hair] = 0.98
    picture[hair] = (0.7, 0.1, 0.1)
    far = np.where(picture[..., 0] == np.float32(0.7), -1.5, 1.5).astype(np.float32)
    found = scraps(picture, likely, far, np.ones((320, 320), np.float32), FACE)
    assert found[60:165].max() == 0
