"""Parts of files over HTTP: `Range`, `If-Range` and `If-None-Match`. Pure; reads headers as strangers write them.

Source: RFC 9110, sections 13.1 and 14.
"""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=\s*([0-9]{0,19})-([0-9]{0,19})\s*")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int


class Unsatisfiable(ValueError):
    """The range begins after the end of the file."""


def part_of(header: str | None, size_bytes: int) -> Part | None:
    """Return the part that a Range header asks for, or None when all is to be sent.

    Several ranges at once and what is no range are answered with the whole file, as the RFC allows.

    Raises:
        Unsatisfiable: there is nothing at that range.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        if int(last) == 0 or size_bytes == 0:
            raise Unsatisfiable
        return Part(max(0, size_bytes - int(last)), size_bytes - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size_bytes:
        raise Unsatisfiable
    return Part(int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1)


def matches(header: str | None, etag: str) -> bool:
    """Tell whether an If-None-Match header names this ETag (weak comparison)."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag in (name.strip().removeprefix("W/") for name in header.split(","))


def range_still_holds(if_range: str | None, etag: str) -> bool:
    """Tell whether a Range header counts: there is no If-Range, or it names this very ETag."""
    return if_range is None or if_range.strip() == etag
