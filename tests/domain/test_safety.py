"""What is refused, by class and limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.safety import objection

WORDS = {"explicit": "sexually explicit", "violent": "violent"}
SHARES = st.floats(0, 1)


@pytest.mark.parametrize(("value", "refused"), [(0.84, False), (0.85, True), (1.0, True)])
def test_a_class_is_refused_from_its_limit_on(value: float, refused: bool) -> None:
    assert (objection({"explicit": value}, {"explicit": 0.85}, WORDS) is not None) is refused


def test_a_class_without_a_limit_is_allowed() -> None:
    assert objection({"explicit": 1.0, "violent": 1.0}, {}, WORDS) is None


def test_the_reason_names_the_surest_class_its_value_and_its_limit() -> None:
    limits = {"explicit": 0.5, "violent": 0.7}
    reason = objection({"explicit": 0.6, "violent": 0.9}, limits, WORDS)
    assert reason == "looks violent to the safety classifier (0.90; 0.70 is the limit)"


@given(st.dictionaries(st.sampled_from(list(WORDS)), SHARES), st.dictionaries(st.sampled_from(list(WORDS)), SHARES))
def test_refused_means_that_some_class_reached_its_limit(reading: dict[str, float], limits: dict[str, float]) -> None:
    reached = any(name in reading and reading[name] >= limit for name, limit in limits.items())
    assert (objection(reading, limits, WORDS) is not None) is reached
