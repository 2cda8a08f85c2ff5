"""What passes between a hosted engine and the HTTP driver, as data. Engines build and parse it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to a hosted engine, as data. Headers may hold secrets: never log them."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    """JSON body, or None."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; ValueError when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Pending:
    """The service is at work: ask again with `poll`. `remote_id` is saved before waiting, so nobody pays twice."""

    remote_id: str
    poll: Request
    cancel: Request | None = None
    fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """Done: the pictures, as URLs to download or as encoded bytes, one for the shot asked for."""

    pictures: tuple[str | bytes, ...]
    model: str
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The service declined, for the customer's eyes: the reason as given by the service."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """It did not work. `retry`: the same request may work later. `operator`: for the log only, e.g. a bad key."""

    reason: str
    retry: bool
    operator: str = ""


Parsed = Pending | Finished | Refused | Broken
