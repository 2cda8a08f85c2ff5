"""One scale for all measures: 0.5 is the threshold, whatever the pose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.scoring import calibration

TURN = st.floats(-180, 180)


@pytest.mark.parametrize(("turn", "wanted"), [(0, 0.363), (20, 0.363), (45, 0.2875), (70, 0.212), (90, 0.212)])
def test_thresholds_are_the_published_ones(turn: float, wanted: float) -> None:
    assert calibration.least_cosine(turn) == pytest.approx(wanted, abs=1e-3)


@given(TURN, TURN)
def test_the_threshold_only_falls_with_the_turn(one: float, two: float) -> None:
    near, far = sorted((abs(one), abs(two)))
    assert 0.212 <= calibration.least_cosine(far) <= calibration.least_cosine(near) <= 0.363


@given(TURN)
def test_the_threshold_of_every_pose_is_one_half(turn: float) -> None:
    assert calibration.cosine_score(calibration.least_cosine(turn), turn) == pytest.approx(0.5)
    assert calibration.distance_score(0.6) == pytest.approx(0.5)


@given(st.floats(-1, 1), st.floats(-1, 1), TURN)
def test_more_alike_never_scores_less(one: float, two: float, turn: float) -> None:
    low, high = sorted((one, two))
    assert 0 <= calibration.cosine_score(low, turn) <= calibration.cosine_score(high, turn) <= 1
    assert 0 <= calibration.distance_score(high + 1) <= calibration.distance_score(low + 1) <= 1
    assert 0 <= calibration.look_score(abs(one)) <= 1


def test_the_ends_of_the_scale() -> None:
    assert (calibration.cosine_score(1, 0), calibration.cosine_score(-0.2, 0)) == (1, 0)
    assert (calibration.distance_score(0), calibration.distance_score(1.2)) == (1, 0)
