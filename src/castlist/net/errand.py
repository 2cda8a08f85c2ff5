"""What the driver is sent for: one picture, from whom, how to ask, and what to remember. Data and seams, no behaviour.

Filled in by `flow.hosted`, run by `driver`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from castlist.domain.tasks import Watch
from castlist.domain.wire import Asked, Parsed, Pending, Reply, Request
from castlist.net.pace import Pace
from castlist.net.reach import Reach

T = TypeVar("T")


class Service(Protocol):
    """What the driver needs to know of a hosted engine."""

    @property
    def secrets(self) -> Mapping[str, str]:
        """The secrets by name."""
        ...

    @property
    def reach(self) -> Reach:
        """Where its requests may go."""
        ...

    @property
    def pace(self) -> Pace:
        """How patient to be."""
        ...

    @property
    def queues(self) -> bool:
        """Whether it accepts work at once and is asked for it later; else the first answer is the picture."""
        ...

    @property
    def key_header(self) -> str:
        """Header for a key that makes a request that is sent again the same request; empty where there is none."""
        ...

    @property
    def asks_again(self) -> bool:
        """Whether to ask anew when a request may or may not have arrived before its worker died."""
        ...

    def parse(self, reply: Reply) -> Parsed:
        """Read any answer."""
        ...


class Slip(Protocol):
    """Remembers, for one picture, what the service called the work: whoever goes on with the job waits for it."""

    async def saved(self) -> Pending | Asked | None:
        """Return what an earlier process saved."""
        ...

    async def save(self, state: Pending | Asked | None) -> None:
        """Keep it, None to keep nothing; returns when it is safe."""
        ...


class Turns(Protocol):
    """When requests for work may go out, for all who ask the same service."""

    async def wait_ms(self) -> int:
        """Return 0 when one may go out now, which it then must, else in how long to ask again."""
        ...

    async def hold(self, seconds: float) -> None:
        """Tell everybody that the service wants to be left alone for so long."""
        ...


class AnyTime:
    """Lets every request out."""

    async def wait_ms(self) -> int:
        """See `Turns`."""
        return 0

    async def hold(self, seconds: float) -> None:
        """See `Turns`."""


@dataclass(frozen=True, slots=True)
class Errand(Generic[T]):
    """One picture to get: who makes it, how to ask, how to follow it, and how to read the file."""

    service: Service
    build: Callable[[], Request]
    """Called in a thread, and only when something must be sent."""
    read: Callable[[bytes], T]
    """Called in a thread; raises InputImageRejected for bytes that are no picture."""
    watch: Watch
    index: int
    slip: Slip
    keep_on_cancel: Callable[[], bool] = lambda: False
    """When the job stops: True leaves the work at the service alone, because someone else will wait for it."""
    key: str = ""
    """The same for the same picture in every process, and for no other picture: see `Service.key_header`."""
    turns: Turns = field(default_factory=AnyTime)
    patience_s: float | None = None
    """Longest pause before a request for work is sent again; None: the errand's time. Short where others can help."""


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """The picture, as `read` returned it, with what the service said about it."""

    picture: T
    model: str
    seed: int | None
