"""How patient the driver is: time limits, and how long to wait before asking again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often, per picture. An operator's options fill it in; `dice` below are 0–1."""

    request_s: float = 60.0
    """For one request, sending and reading."""
    total_s: float = 600.0
    tries: int = 5
    """Of a request for work, the first included. Work under way is looked after as long as the total allows."""
    first_poll_s: float = 1.0
    longest_poll_s: float = 5.0
    first_retry_s: float = 0.5
    longest_retry_s: float = 30.0

    def poll_s(self, polls: int, dice: float) -> float:
        """Return the wait before the next look: growing slowly, and spread so that pictures do not ask together."""
        return min(self.longest_poll_s, self.first_poll_s * 1.3 ** min(polls, 50)) * (0.75 + 0.5 * dice)

    def retry_s(self, failures: int, dice: float) -> float:
        """Return the wait after a failure: doubled each time, anywhere in the upper half of that."""
        return min(self.longest_retry_s, self.first_retry_s * 2.0 ** min(failures, 50)) * (0.5 + 0.5 * dice)


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Read Retry-After, in seconds or as a date; 0 when it says nothing sensible.

    Args:
        headers: of the answer, names in lower case.
    Source: RFC 9110, 10.2.3.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (at - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
