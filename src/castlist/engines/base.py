"""What an engine is. Two kinds: `Local` computes in this process, `Hosted` asks somebody else's service.

Engines are built once per process with their options and secrets; they never read the environment or a settings file.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from castlist.domain import prompts
from castlist.domain.cards import Card, EngineOptions
from castlist.domain.lanes import Limits
from castlist.domain.tasks import Outcome, Shot, Task, Watch
from castlist.domain.wire import Parsed, Reply, Request
from castlist.net.pace import Pace
from castlist.net.reach import Reach


class Engine(ABC):
    """A typed function with a card. Subclass `Local` or `Hosted`, not this."""

    card: Card

    def __init__(self, options: EngineOptions | None = None, secrets: Mapping[str, str] | None = None) -> None:
        self.options = options or self.card.options()
        self.secrets = dict(secrets or {})

    def unready(self) -> str | None:
        """Return why this engine cannot take a job now, in one sentence, or None when it can."""
        missing = [name for name in self.card.secrets if not self.secrets.get(name)]
        return f"needs {' and '.join(missing)}" if missing else None

    def remark(self) -> str | None:
        """Return what keeps a ready engine from doing all it is set up for, for the operator, or None."""
        return None


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


class HostedOptions(EngineOptions):
    """What an operator may set for any hosted engine. Subclass it with the service's own `base_url`."""

    base_url: str = Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", description="Where the service answers.")
    trusted_hosts: tuple[str, ...] = Field(
        (), description="Hosts, with everything under them, to which the key may go besides that of base_url."
    )
    models: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="The service's model id by model type, over the built-in ones; '' takes a model type out.",
    )
    references: int | None = Field(
        None, ge=1, le=16, description="Most reference pictures for every model, where yours differ from the built-in."
    )
    concurrency: int = Field(4, ge=1, le=64, description="Images asked for at once, by all workers together.")
    per_minute: int | None = Field(
        None,
        ge=1,
        le=6000,
        description="Most requests for work in a minute, by all workers together; unset: no limit.",
    )
    after_crash: Literal["ask again", "give up"] = Field(
        "ask again",
        description="What becomes of an image when its worker died with the request under way and the service cannot "
        "tell whether it arrived: asked for again, and perhaps paid twice, or given up, and perhaps paid for nothing.",
    )
    request_seconds: float = Field(60, gt=0, description="Longest time for one request.")
    total_seconds: float = Field(600, gt=0, description="Longest time for one image.")
    poll_seconds: float = Field(1, gt=0, description="First wait before looking after work; later ones are longer.")
    tries: int = Field(5, ge=1, le=20, description="How often work is asked for that fails for a passing reason.")


class Hosted(Engine):
    """An engine behind somebody else's HTTP. Two pure methods; one shared driver does the rest."""

    queues: bool = True
    """Whether the service accepts work at once and is asked for it later; else its first answer is the picture."""
    default_models: ClassVar[Mapping[str, str]] = {}
    """The service's model id by model type, as far as the operator does not say otherwise."""
    longest_prompts: ClassVar[Mapping[str, int]] = {}
    """By model type, how many characters of prompt the service reads, where that is few."""

    def __init__(self, options: EngineOptions | None = None, secrets: Mapping[str, str] | None = None) -> None:
        super().__init__(options, secrets)
        if not isinstance(self.options, HostedOptions):
            raise TypeError(f"the options of {self.card.id} must derive from HostedOptions")
        self.common: HostedOptions = self.options
        self.base_url = self.common.base_url.rstrip("/")
        self.models = {kind: model for kind, model in {**self.default_models, **self.common.models}.items() if model}
        self.card = dataclasses.replace(self.card, model_types=tuple(self.models) or self.card.model_types)
        if self.common.references is not None:
            self.card = dataclasses.replace(self.card, references=(1, self.common.references), references_by={})

    @abstractmethod
    def build(self, task: Task, shot: Shot) -> Request:
        """Return the request that asks for this shot; names secrets, never holds one."""

    @abstractmethod
    def parse(self, reply: Reply) -> Parsed:
        """Read any answer of the service, to the first request as to polls; never raises on what a service may send."""

    def prompt(self, task: Task, shot: Shot) -> str:
        """Return the words with which this shot is asked for; kept with the image."""
        return prompts.render(task, shot)

    def seed(self, shot: Shot) -> int:
        """Return the seed that is sent for a shot: its own within 31 bits, as most services read it."""
        return shot.seed & 0x7FFF_FFFF

    def objection(self, task: Task) -> str | None:
        """Return why this task cannot be asked for, in a sentence for the customer, or None: nothing is dropped."""
        if task.model_type not in self.models:
            return "This model is not configured."
        most = self.card.most_references(task.model_type)
        if len(task.references) > most:
            return f"This model takes at most {most} {'picture' if most == 1 else 'pictures'} of a character."
        words = max((len(self.prompt(task, shot)) for shot in task.shots), default=0)
        over = words - self.longest_prompts.get(task.model_type, words)
        if over > 0:
            return f"The prompt is {over} characters longer than this model reads."
        return None

    @property
    def key_header(self) -> str:
        """Header for a key under which the service takes a repeated request for the same one, if it promises that."""
        return ""

    @property
    def asks_again(self) -> bool:
        """See `net.errand.Service`."""
        return self.common.after_crash == "ask again"

    @property
    def limits(self) -> Limits:
        """What the operator allows it."""
        options = self.common
        return Limits(options.concurrency, options.per_minute, place_ms=round(options.total_seconds * 1000) + 60_000)

    @property
    def reach(self) -> Reach:
        """Where requests, and with them the secrets, may go."""
        return Reach(self.base_url, self.common.trusted_hosts)

    @property
    def pace(self) -> Pace:
        """How patient to be."""
        options = self.common
        return Pace(options.request_seconds, options.total_seconds, options.tries, options.poll_seconds)
