"""When a message is tried, and what an answer means. Pure: clocks and sockets are elsewhere.

Source: the retry schedule of Standard Webhooks 1.0: ten tries over 75 hours 35 minutes.
"""

from dataclasses import dataclass
from enum import Enum

_SECOND, _MINUTE, _HOUR = 1_000, 60_000, 3_600_000
WAITS_MS: tuple[int, ...] = (
    5 * _SECOND,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Waits between the ten tries."""
GONE = 410


class Next(Enum):
    """What becomes of a delivery after a try."""

    DELIVERED = "delivered"
    WAIT = "wait"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery; `wait_ms` counts only for WAIT."""

    next: Next
    wait_ms: int = 0


def judge(tries: int, http_status: int | None) -> Verdict:
    """Judge a delivery after so many tries, the last of which was answered with this status (None: no answer)."""
    if http_status is not None and 200 <= http_status < 300:
        return Verdict(Next.DELIVERED)
    if http_status == GONE or tries > len(WAITS_MS):
        return Verdict(Next.GIVEN_UP)
    return Verdict(Next.WAIT, WAITS_MS[tries - 1])
