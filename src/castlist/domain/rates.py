"""How often a key may ask: the generic cell rate algorithm. Pure: where its one number lies is `store.rates`' affair.

A key may spend its whole minute at once and then gets one request back every sixtieth of a minute divided by its rate.
All there is to remember is the moment at which the whole minute will be there again.

Source: ITU-T I.371 annex A, the virtual scheduling algorithm, with a burst tolerance of one minute.
"""

from dataclasses import dataclass

MINUTE_US = 60_000_000
MOST_A_MINUTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what its answer says about the next ones."""

    allowed: bool
    limit: int
    """Requests a minute."""
    remaining: int
    """Requests that may follow at once."""
    reset_s: int
    """Unix seconds at which the whole minute is there again."""
    retry_after_s: int
    """Seconds until the next request may pass; 0 when it may at once."""


def step_us(limit: int) -> int:
    """Return for how long one request weighs, in microseconds, at so many requests a minute."""
    return MINUTE_US // limit


def taken(full_us: int | None, limit: int, now_us: int) -> tuple[int, bool]:
    """Let one request pass if it may; return the new moment of fullness and whether it passed.

    Args:
        full_us: Unix microseconds at which the whole minute would be there again; None when nothing was used yet.
    """
    # Further ahead than a minute it can only be after the clock was set back or the limit was lowered.
    begin_us = min(max(full_us or 0, now_us), now_us + MINUTE_US)
    after_us = begin_us + step_us(limit)
    if after_us > now_us + MINUTE_US:
        return begin_us, False
    return after_us, True


def verdict(full_us: int | None, limit: int, now_us: int, *, allowed: bool = True) -> Verdict:
    """Say what a moment of fullness means now."""
    step = step_us(limit)
    ahead_us = max(0, (full_us or 0) - now_us)
    remaining = max(0, (MINUTE_US - ahead_us) // step)
    wait_us = max(0, ahead_us + step - MINUTE_US)
    return Verdict(
        allowed=allowed,
        limit=limit,
        remaining=min(limit, remaining),
        reset_s=-(-(now_us + ahead_us) // 1_000_000),
        retry_after_s=0 if remaining else max(1, -(-wait_us // 1_000_000)),
    )
