"""White backdrop inside curls is found; grey strands, teeth and collars are not taken for it."""

import numpy as np

from castlist.vision.curls import windows

FACE = (120.0, 90.0, 80.0, 110.0)


def _head() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A face under dark hair, its silhouette, and votes that are sure of all dark colours."""
    rows, columns = np.mgrid[0:320, 0:320]
    shape = np.hypot((columns - 160) / 85, (rows - 130) / 110) < 1
    picture = np.full((320, 320, 3), 0.95, np.float32)
    picture[shape] = 0.15
    return picture, shape, np.where(shape, 3.0, -5.0).astype(np.float32)


def test_a_window_in_a_curl_is_opened() -> None:
    picture, shape, votes = _head()
    picture[50:60, 106:118], votes[50:60, 106:118] = 0.95, -5
    found = windows(picture, shape, votes, FACE)
    assert found[50:60, 106:118].all()
    assert found.sum() == 120


def test_teeth_and_what_hardly_differs_from_the_hair_stay() -> None:
    picture, shape, votes = _head()
    picture[170:176, 145:175], votes[170:176, 145:175] = 0.95, -5  # teeth
    picture[50:60, 106:118], votes[50:60, 106:118] = 0.25, -5  # a grey strand before a grey wall
    assert not windows(picture, shape, votes, FACE).any()


def test_a_large_light_area_is_a_hat_not_a_window() -> None:
    picture, shape, votes = _head()
    picture[25:75, 90:230], votes[25:75, 90:230] = 0.95, -5
    assert not windows(picture, shape, votes, FACE).any()
