"""The rules of breakers, places and rates: properties over any history, and whole days in simulation."""

import heapq
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.domain import lanes
from castlist.domain.lanes import FAILURES, FIRST_SHUT_MS, LONGEST_SHUT_MS, Lane, Limits, State, Wait, Why

LIMITS = Limits(concurrency=3, per_minute=30)
NAMES = st.sampled_from("abcdefgh")
STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "succeed", "passing", "key", "leave", "turn", "hold", "again"]), NAMES,
              st.integers(0, 40_000)),
    max_size=60,
)  # fmt: skip


def entered(lane: Lane, who: str, now_ms: int) -> Lane:
    after = lanes.enter(lane, LIMITS, who, now_ms)
    assert isinstance(after, Lane), after
    return after


def broken(now_ms: int = 0) -> Lane:
    lane = Lane()
    for count in range(FAILURES):
        lane = lanes.fail(entered(lane, f"i{count}", now_ms), f"i{count}", "passing", "status 503", now_ms)
    return lane


@given(STEPS)
def test_whatever_happens_places_are_limited_waits_are_positive_and_it_survives_being_written(steps) -> None:
    lane, now_ms = Lane(), 1_000_000
    for what, who, later_ms in steps:
        now_ms += later_ms
        before = lane.state(now_ms)
        match what:
            case "enter":
                after = lanes.enter(lane, LIMITS, who, now_ms)
                assert isinstance(after, Wait) or before is not State.OPEN, "nothing new is asked of an open one"
            case "turn":
                after = lanes.turn(lane, LIMITS, now_ms)
            case "succeed":
                after = lanes.succeed(lane, who)
            case "passing" | "key":
                after = lanes.fail(lane, who, what, "words", now_ms)
            case "leave":
                after = lanes.leave(lane, who)
            case "hold":
                after = lanes.hold(lane, later_ms, now_ms)
            case _:
                after = lanes.try_again(lane, now_ms)
        if isinstance(after, Wait):
            assert after.wait_ms > 0
            continue
        lane = after
        assert len([until for until in lane.places.values() if until > now_ms]) <= LIMITS.concurrency
        assert lane.shut_until_ms <= now_ms + LONGEST_SHUT_MS
        assert lanes.from_text(lanes.to_text(lane)) == lane


def test_it_opens_after_failures_in_a_row_and_not_before() -> None:
    lane = Lane()
    for count in range(FAILURES):
        assert lane.state(0) is State.CLOSED, count
        lane = lanes.fail(entered(lane, "a", 0), "a", "passing", "status 503", 0)
    assert lane.state(0) is State.OPEN
    assert lanes.enter(lane, LIMITS, "b", 0) == Wait(FIRST_SHUT_MS, Why.SHUT)


def test_one_success_between_failures_keeps_it_closed() -> None:
    lane = Lane()
    for _ in range(3 * FAILURES):
        for _ in range(FAILURES - 1):
            lane = lanes.fail(entered(lane, "a", 0), "a", "passing", "x", 0)
        lane = lanes.succeed(entered(lane, "a", 0), "a")
    assert lane.state(0) is State.CLOSED


def test_half_open_lets_one_try_and_its_end_decides() -> None:
    lane, now_ms = broken(), FIRST_SHUT_MS
    assert lane.state(now_ms) is State.HALF_OPEN
    probing = entered(lane, "a", now_ms)
    assert isinstance(lanes.enter(probing, LIMITS, "b", now_ms), Wait)
    assert lanes.succeed(probing, "a").state(now_ms) is State.CLOSED
    again = lanes.fail(probing, "a", "passing", "status 503", now_ms)
    assert again.shut_until_ms == now_ms + 2 * FIRST_SHUT_MS, "each time longer"
    given_up = lanes.leave(probing, "a")
    assert isinstance(lanes.enter(given_up, LIMITS, "b", now_ms), Lane), "a canceled try does not block the next"


def test_a_try_whose_worker_died_does_not_block_for_ever() -> None:
    now_ms = FIRST_SHUT_MS
    probing = entered(broken(), "a", now_ms)
    assert isinstance(lanes.enter(probing, LIMITS, "b", now_ms + LIMITS.place_ms), Lane)


@pytest.mark.parametrize("fault", ["key", "quota"])
def test_a_key_or_an_account_opens_at_once_and_a_new_worker_may_try(fault) -> None:
    lane = lanes.fail(entered(Lane(), "a", 0), "a", fault, "status 401", 0)
    assert lane.state(0) is State.OPEN
    assert lane.said == "status 401"
    assert lanes.try_again(lane, 10).state(10) is State.HALF_OPEN
    assert lanes.try_again(Lane(), 10) == Lane()


@pytest.mark.parametrize("fault", ["", "setup"])
def test_what_speaks_against_one_request_alone_opens_nothing(fault) -> None:
    lane = Lane()
    for _ in range(2 * FAILURES):
        lane = lanes.fail(entered(lane, "a", 0), "a", fault, "status 400", 0)
    assert lane == Lane()


def test_what_was_sent_before_it_opened_cannot_keep_it_open_longer() -> None:
    lane = broken()
    assert lanes.fail(lane, "late", "passing", "x", 5).shut_until_ms == lane.shut_until_ms


def test_work_that_is_under_way_is_always_let_in() -> None:
    full = lanes.hold(broken(), 60_000, 0)
    for who in "abcdef":
        full = lanes.enter(full, LIMITS, who, 0, at_work=True)
        assert isinstance(full, Lane)


def test_an_image_that_is_taken_up_again_keeps_its_place() -> None:
    lane = Lane()
    for who in "abc":
        lane = entered(lane, who, 0)
    assert isinstance(lanes.enter(lane, LIMITS, "d", 1), Wait)
    assert isinstance(lanes.enter(lane, LIMITS, "a", 1), Lane)


def test_a_pause_the_service_asks_for_holds_for_all_and_only_grows() -> None:
    lane = lanes.hold(lanes.hold(Lane(), 7_000, 0), 1_000, 1)
    assert lanes.enter(lane, LIMITS, "a", 2) == Wait(6_998, Why.HELD)
    assert lanes.turn(lane, LIMITS, 2) == Wait(6_998, Why.HELD)
    assert isinstance(lanes.turn(lane, LIMITS, 7_000), Lane)


@given(st.integers(1, 600), st.lists(st.integers(0, 30_000), min_size=1, max_size=300))
def test_no_minute_ever_sees_more_requests_than_allowed(per_minute, gaps) -> None:
    lane, now_ms, sent = Lane(), 0, []
    limits = Limits(1, per_minute)
    for gap in gaps:
        now_ms += gap
        after = lanes.turn(lane, limits, now_ms)
        if isinstance(after, Lane):
            lane = after
            sent.append(now_ms)
    for start, at in enumerate(sent):
        assert sum(at <= other < at + 60_000 for other in sent[start:]) <= per_minute


def test_nothing_waits_for_moments_that_a_clock_ran_ahead_to_and_came_back_from() -> None:
    ahead_ms, back_ms = 36_000_000, 3 * 3_600_000
    full = lanes.hold(broken(ahead_ms), 0, ahead_ms)
    full = replace(full, places=dict.fromkeys("abc", ahead_ms + LIMITS.place_ms), next_ms=ahead_ms + 2_000)
    assert isinstance(lanes.enter(full, LIMITS, "d", ahead_ms - 60_000), Wait), "a minute is waited out"
    assert isinstance(lanes.turn(full, LIMITS, ahead_ms - 60_000), Wait)
    after = lanes.enter(full, LIMITS, "d", ahead_ms - back_ms)
    assert isinstance(after, Lane)
    assert after.probe == "d", "one tries what was shut"
    assert set(after.places) == {"d"}
    assert isinstance(lanes.turn(full, LIMITS, ahead_ms - back_ms), Lane)


def test_unreadable_words_are_a_fresh_start() -> None:
    assert lanes.from_text("{") == lanes.from_text('{"new": 1}') == Lane()


def test_a_day_with_an_outage() -> None:
    """Ten workers ask all day; the service is away for an hour. It is left alone, and back in use soon afterwards."""
    away = range(6 * 3_600_000, 7 * 3_600_000)
    dice, lane, limits = random.Random(5), Lane(), Limits(concurrency=10)
    asked: list[tuple[int, bool]] = []
    events = [(dice.randrange(10_000), f"w{number}", "enter") for number in range(10)]
    heapq.heapify(events)
    while events[0][0] < 12 * 3_600_000:
        now_ms, who, what = heapq.heappop(events)
        if what == "enter":
            after = lanes.enter(lane, limits, who, now_ms)
            if isinstance(after, Wait):
                heapq.heappush(events, (now_ms + min(after.wait_ms, 60_000), who, "enter"))
                continue
            lane = after
            works = now_ms not in away
            asked.append((now_ms, works))
            heapq.heappush(events, (now_ms + (12_000 if works else 2_000), who, "well" if works else "badly"))
        else:
            well = what == "well"
            lane = lanes.succeed(lane, who) if well else lanes.fail(lane, who, "passing", "status 503", now_ms)
            heapq.heappush(events, (now_ms + dice.randrange(1, 20_000), who, "enter"))
    in_vain = [at for at, works in asked if not works]
    assert len(in_vain) < 40, "an hour of outage costs a handful of requests, not thousands"
    first_after = min(at for at, works in asked if works and at >= away.stop)
    assert first_after - away.stop <= LONGEST_SHUT_MS + 60_000
    assert len([at for at, works in asked if works]) > 10_000
