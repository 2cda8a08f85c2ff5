"""What every step of the line needs, built once by `bootstrap` and passed in. Plain values and seams, no logic."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from castlist.domain.credits import to_millis
from castlist.domain.pools import DEFAULT_POOL, Pools
from castlist.domain.requests import RunRequest
from castlist.engines.catalog import Catalog
from castlist.flow.encoding import UNMARKED
from castlist.flow.meter import Meter
from castlist.flow.screen import Screen
from castlist.flow.tracing import Tracer
from castlist.net.guard import FetchPolicy
from castlist.provenance.mark import Marking
from castlist.store.database import Database
from castlist.store.files import Files
from castlist.vision import picture
from castlist.vision.sandbox import Sandbox


def now_ms() -> int:
    """Return Unix milliseconds: the clock of production."""
    return time.time_ns() // 1_000_000


class JobQueue(Protocol):
    """Where submitted jobs go. Implemented by `queue.durable` and, for tests, by `testing.queues`."""

    async def enqueue(self, tx: Any, job_id: str, order: int = 1, pool: str = DEFAULT_POOL) -> None:
        """Enqueue a job inside the caller's transaction; those of a lower order are taken first."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator decided about money and time."""

    prices: Mapping[str, str] = field(default_factory=dict[str, str])
    """Credits per image by model type."""
    default_price: str = "1"
    output_ms: int = 24 * 3_600_000
    """How long a job's images are kept after its end."""
    upload_ms: int = 24 * 3_600_000
    metrics_token: str | None = field(default=None, repr=False)
    """What /metrics asks for; None leaves it open."""
    queue_seconds: float = 0
    """For how long a job may wait before the service says that it is not ready; 0 is for ever."""
    consent_required: bool = False
    """Whether an account must have made the statement about the people in its pictures before it submits a job."""
    rate_a_minute: int = 0
    """Requests of a key that has no limit of its own; 0 is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One installation: its database, files, engines, queue, terms and secret."""

    database: Database
    files: Files
    catalog: Catalog
    queue: JobQueue
    request_model: type[RunRequest]
    secret: bytes
    """Signs links and peppers API keys."""
    terms: Terms = field(default_factory=Terms)
    pools: Pools = field(default_factory=Pools)
    marking: Marking = UNMARKED
    """How images are marked as made by a machine."""
    fetch_policy: FetchPolicy = field(default_factory=FetchPolicy)
    meter: Meter = field(default_factory=Meter)
    """Counts what happens in this process."""
    tracer: Tracer = field(default_factory=Tracer)
    """Follows a request through its job to its webhook."""
    screen: Screen | None = None
    """Refuses pictures that are unsafe; None lets all pass."""
    sandbox: Sandbox | None = None
    """Where the pictures of strangers are decoded; None is in this process."""
    clock: Callable[[], int] = now_ms

    @property
    def decode(self) -> picture.Decode:
        """What decodes a picture that a stranger sent."""
        return picture.decode if self.sandbox is None else self.sandbox.decode

    def price_millis(self, model_type: str) -> int:
        """Return the price of one image, in thousandths of a credit: configuration first, then the serving card's."""
        price = self.terms.prices.get(model_type)
        if price is None:
            own = [card.price_credits for card in self.catalog.cards() if card.model_types[:1] == (model_type,)]
            price = own[0] if own else self.terms.default_price
        return to_millis(price)

    async def close(self) -> None:
        """Close everything that is open."""
        self.tracer.close()
        self.queue.close()
        if self.sandbox is not None:
            self.sandbox.close()
        await self.database.close()
