"""A minute's worth at once, then one by one; clocks that jump; what the headers will say."""

from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.rates import MINUTE_US, step_us, taken, verdict

NOW_US = 1_795_000_000_000_000


def asked(moments_us: list[int], limit: int, full_us: int | None = None) -> list[bool]:
    """Return which of the requests at these moments pass."""
    passed: list[bool] = []
    for now_us in moments_us:
        full_us, allowed = taken(full_us, limit, now_us)
        passed.append(allowed)
    return passed


def test_the_whole_minute_may_be_spent_at_once() -> None:
    assert asked([NOW_US] * 100, 60) == [True] * 60 + [False] * 40


def test_then_one_comes_back_at_a_time() -> None:
    moments = [NOW_US] * 60 + [NOW_US + 999_999, NOW_US + 1_000_000, NOW_US + 1_000_001, NOW_US + 2_000_000]
    assert asked(moments, 60)[60:] == [False, True, False, True]


@given(limit=st.integers(1, 10_000), gaps_us=st.lists(st.integers(0, 2_000_000), max_size=300))
def test_never_more_than_a_minutes_worth_and_what_came_back(limit: int, gaps_us: list[int]) -> None:
    moments = [NOW_US + sum(gaps_us[: index + 1]) for index in range(len(gaps_us))]
    passed = [moment for moment, allowed in zip(moments, asked(moments, limit), strict=True) if allowed]
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert (
                last - first + 1 <= MINUTE_US // step_us(limit) + (passed[last] - passed[first]) // step_us(limit) + 1
            )


@given(limit=st.integers(1, 1000), used=st.integers(0, 1000))
def test_what_an_answer_says_is_true(limit: int, used: int) -> None:
    full_us: int | None = None
    for _ in range(min(used, limit)):
        full_us, _ = taken(full_us, limit, NOW_US)
    said = verdict(full_us, limit, NOW_US)
    assert said.remaining == sum(asked([NOW_US] * limit, limit, full_us))
    assert (said.retry_after_s == 0) == (said.remaining > 0)
    if not said.remaining:
        assert asked([NOW_US + said.retry_after_s * 1_000_000], limit, full_us) == [True]
    assert verdict(full_us, limit, said.reset_s * 1_000_000).remaining == limit


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    full_us, _ = taken(None, 60, NOW_US)
    hour_us = 60 * MINUTE_US
    assert asked([NOW_US - hour_us, NOW_US - hour_us + 1_000_000], 60, full_us) == [False, True]


def test_a_limit_that_is_lowered_holds_at_once() -> None:
    full_us: int | None = None
    for _ in range(60):
        full_us, _ = taken(full_us, 60, NOW_US)
    assert verdict(full_us, 6, NOW_US).retry_after_s == 10
