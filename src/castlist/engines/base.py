"""What an engine is. Two kinds: `Local` computes in this process, `Hosted` asks somebody else's service.

Engines are built once per process with their options and secrets; they never read the environment or a file of settings.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from castlist.domain.cards import Card, EngineOptions
from castlist.domain.tasks import Outcome, Shot, Task, Watch


class Engine(ABC):
    """A typed function with a card. Subclass `Local` or `Hosted`, not this."""

    card: ClassVar[Card]

    def __init__(self, options: EngineOptions | None = None, secrets: Mapping[str, str] | None = None) -> None:
        self.options = options or self.card.options()
        self.secrets = dict(secrets or {})

    def unready(self) -> str | None:
        """Return why this engine cannot take a job now, in one sentence, or None when it can."""
        missing = [name for name in self.card.secrets if not self.secrets.get(name)]
        return f"needs {' and '.join(missing)}" if missing else None


class Local(Engine):
    """An engine that computes here."""

    @abstractmethod
    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """Make the task's images, yielding each as soon as it is finished, in any order, exactly one outcome a shot.

        Runs in a worker thread. Raises `InputImageRejected` when the reference is of no use, lets `JobCanceled` from
        `watch.check()` through; any other exception fails the images that are still missing.
        """

    def close(self) -> None:
        """Give back what `generate` keeps warm."""


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


class Hosted(Engine):
    """An engine behind somebody else's HTTP. Two pure methods; one shared driver does the rest."""

    @abstractmethod
    def build(self, task: Task, shot: Shot) -> Request:
        """Return the request that asks for this shot."""

    @abstractmethod
    def parse(self, reply: Reply) -> Parsed:
        """Read any answer of the service, to the first request as to polls; never raises on what a service may send."""
