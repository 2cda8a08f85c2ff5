"""What all workers know in common about one engine: whether it works, who is at it, when it may be asked again.

Pure: each step takes what is known and the time, and returns what is known then, or `Wait`. `store.lanes` keeps it, one
row an engine; `flow.admission` takes the steps. Times are Unix milliseconds, or any clock that all callers share.

The breaker: closed, until failures in a row or the operator's own fault open it; open, until its time is over; then
half-open, where one image tries alone. It closes when anything succeeds.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from castlist.domain.wire import Fault

FAILURES = 5
"""Images in a row that must fail before nothing more is asked for."""
FIRST_SHUT_MS, LONGEST_SHUT_MS = 15_000, 300_000
OPERATOR_SHUT_MS = 300_000
"""How long a key or an account that was declined is left alone: nobody puts that right in seconds."""
LONGEST_HOLD_MS = 3_600_000
LOOK_MS = 500
"""When to look again for a place, which nobody announces."""
MINUTE_MS = 60_000


class State(StrEnum):
    """Of the breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Why(StrEnum):
    """What an image waits for."""

    SHUT = "the engine failed"
    HELD = "the service asked for a pause"
    FULL = "as many images as allowed are under way"
    RATE = "as many were asked for this minute as allowed"


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: ask again in so long."""

    wait_ms: int
    why: Why


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows an engine. `place_ms`: how long the place of one who is never heard of again is kept."""

    concurrency: int
    per_minute: int | None = None
    place_ms: int = 660_000


@dataclass(frozen=True, slots=True)
class Lane:
    """What is known of one engine."""

    failures: int = 0
    """Images that failed in a row."""
    trips: int = 0
    """How often in a row it was opened; each time it stays open longer."""
    shut_until_ms: int = 0
    """0: closed."""
    fault: str = ""
    """Why it was opened, …"""
    said: str = ""
    """… in words for the operator."""
    since_ms: int = 0
    held_until_ms: int = 0
    """The service's own Retry-After, for everybody."""
    next_ms: int = 0
    """When the next request for work may go out, by the rate."""
    probe: str = ""
    """Who tries a half-open engine."""
    places: Mapping[str, int] = field(default_factory=dict[str, int])
    """Who is at it, and until when that is believed without further word."""

    def state(self, now_ms: int) -> State:
        """Return the breaker's state."""
        if not self.shut_until_ms:
            return State.CLOSED
        return State.OPEN if now_ms < self.shut_until_ms else State.HALF_OPEN


def believable(lane: Lane, limits: Limits, now_ms: int) -> Lane:
    """Return a lane without moments far further ahead than any step puts one: a clock set them that was ahead."""
    shut_until_ms, held_until_ms, next_ms = lane.shut_until_ms, lane.held_until_ms, lane.next_ms
    return replace(
        lane,
        shut_until_ms=now_ms if shut_until_ms > now_ms + 2 * LONGEST_SHUT_MS else shut_until_ms,
        held_until_ms=0 if held_until_ms > now_ms + 2 * LONGEST_HOLD_MS else held_until_ms,
        next_ms=0 if next_ms > now_ms + 2 * max(_pace_ms(limits), MINUTE_MS) else next_ms,
        places={name: until for name, until in lane.places.items() if until <= now_ms + 2 * limits.place_ms},
    )


def _pace_ms(limits: Limits) -> int:
    return 0 if limits.per_minute is None else -(-MINUTE_MS // limits.per_minute)


def enter(lane: Lane, limits: Limits, who: str, now_ms: int, *, at_work: bool = False) -> Lane | Wait:
    """Take a place for an image.

    Args:
        who: the image's name; one that has a place already keeps it.
        at_work: the service works on it already, so nothing new is asked for and nothing stands in the way.
    """
    lane = believable(lane, limits, now_ms)
    places = {name: until for name, until in lane.places.items() if until > now_ms}
    state = lane.state(now_ms)
    if not at_work:
        if state is State.OPEN:
            return Wait(lane.shut_until_ms - now_ms, Why.SHUT)
        if now_ms < lane.held_until_ms:
            return Wait(lane.held_until_ms - now_ms, Why.HELD)
        if state is State.HALF_OPEN and lane.probe != who and lane.probe in places:
            return Wait(LOOK_MS, Why.SHUT)
        if len(places.keys() - {who}) >= limits.concurrency:
            return Wait(LOOK_MS, Why.FULL)
    probe = who if state is State.HALF_OPEN and not at_work else lane.probe
    return replace(lane, places={**places, who: now_ms + limits.place_ms}, probe=probe)


def turn(lane: Lane, limits: Limits, now_ms: int) -> Lane | Wait:
    """Take the right to send one request for work. They are spread evenly: never more in any minute than allowed."""
    lane = believable(lane, limits, now_ms)
    if now_ms < lane.held_until_ms:
        return Wait(lane.held_until_ms - now_ms, Why.HELD)
    if limits.per_minute is None:
        return lane
    if now_ms < lane.next_ms:
        return Wait(lane.next_ms - now_ms, Why.RATE)
    return replace(lane, next_ms=now_ms + _pace_ms(limits))


def hold(lane: Lane, wait_ms: int, now_ms: int) -> Lane:
    """Note that the service wants to be left alone for so long."""
    until = now_ms + min(max(wait_ms, 0), LONGEST_HOLD_MS)
    return replace(lane, held_until_ms=max(lane.held_until_ms, until))


def leave(lane: Lane, who: str) -> Lane:
    """Give a place back without having learned anything."""
    return replace(lane, places={name: until for name, until in lane.places.items() if name != who})


def succeed(lane: Lane, who: str) -> Lane:
    """Give a place back after the service did what it should, which includes declining."""
    return Lane(held_until_ms=lane.held_until_ms, next_ms=lane.next_ms, places=leave(lane, who).places)


def fail(lane: Lane, who: str, fault: Fault, said: str, now_ms: int) -> Lane:
    """Give a place back after the engine failed.

    Args:
        fault: whose fault; only a passing one, a key's or an account's speaks against the engine as a whole.
        said: what went wrong, for the operator: one line without secrets.
    """
    left, state = leave(lane, who), lane.state(now_ms)
    if fault not in ("passing", "key", "quota") or state is State.OPEN:
        return left  # what was sent before it opened says nothing new
    failures = left.failures + 1
    operators = fault != "passing"
    if not operators and state is State.CLOSED and failures < FAILURES:
        return replace(left, failures=failures)
    shut_ms = OPERATOR_SHUT_MS if operators else min(LONGEST_SHUT_MS, FIRST_SHUT_MS * 2 ** min(left.trips, 10))
    return replace(
        left,
        failures=failures,
        trips=left.trips + 1,
        shut_until_ms=now_ms + shut_ms,
        fault=fault,
        said=said,
        since_ms=now_ms if state is State.CLOSED else lane.since_ms,
        probe="",
    )


def try_again(lane: Lane, now_ms: int) -> Lane:
    """Let the next image try an engine that is shut, e.g. because its key may have been put right."""
    return replace(lane, shut_until_ms=min(lane.shut_until_ms, now_ms)) if lane.shut_until_ms else lane


def to_text(lane: Lane) -> str:
    """Write a lane down."""
    return json.dumps(asdict(lane), separators=(",", ":"), sort_keys=True)


def from_text(text: str) -> Lane:
    """Read what `to_text` wrote; a fresh lane when it is unreadable, e.g. from another release."""
    try:
        return Lane(**json.loads(text))
    except (ValueError, TypeError):
        return Lane()
