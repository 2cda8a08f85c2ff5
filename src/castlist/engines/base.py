"""What an engine is. Two kinds: `Local` computes in this process, `Hosted` asks somebody else's service.

Engines are built once per process with their options and secrets; they never read the environment or a settings file.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

from castlist.domain.cards import Card, EngineOptions
from castlist.domain.tasks import Outcome, Shot, Task, Watch
from castlist.domain.wire import Parsed, Reply, Request


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


class Hosted(Engine):
    """An engine behind somebody else's HTTP. Two pure methods; one shared driver does the rest."""

    @abstractmethod
    def build(self, task: Task, shot: Shot) -> Request:
        """Return the request that asks for this shot."""

    @abstractmethod
    def parse(self, reply: Reply) -> Parsed:
        """Read any answer of the service, to the first request as to polls; never raises on what a service may send."""
