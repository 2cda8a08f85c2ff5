"""The customers of the simulated world: they order, lose the answer, ask again, and change their minds."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from castlist.domain.errors import CastlistError, IdempotencyMismatch, InsufficientCredits
from castlist.flow.submit import Caller, Stamp
from simulation.world import Killed

if TYPE_CHECKING:
    from simulation.site import Site


@dataclass(eq=False)
class Order:
    """One wish of a customer, however often it is sent."""

    account_id: str
    plan: Any
    key: str | None
    at_s: float
    patience_s: float
    """How long the customer waits for an answer before asking again, while the first request may still be under way."""
    twins: int = 1
    """How many copies go out at the same moment."""
    cancel_after_s: float | None = None
    digest: str = "body"
    sent: int = 0
    job_ids: set[str] = field(default_factory=set[str])
    refusals: list[str] = field(default_factory=list[str])

    @property
    def seed(self) -> int:
        """The job's seed, by which the audit finds it."""
        return self.plan.seed


class Customer:
    """Sends one order until it is answered; a request without a key is never sent twice."""

    def __init__(self, site: "Site", order: Order) -> None:
        self._site, self._order, self._world = site, order, site.world

    async def run(self) -> None:
        """Order, and perhaps cancel."""
        order = self._order
        await asyncio.sleep(order.at_s)
        await asyncio.gather(*(self._insist() for _ in range(order.twins)))
        if order.cancel_after_s is not None and order.job_ids:
            await asyncio.sleep(order.cancel_after_s)
            await self._cancel(min(order.job_ids))

    async def _insist(self) -> None:
        order = self._order
        for _ in range(40):
            order.sent += 1
            answer = await self._ask(lambda node: node.submit(self._caller(), order.plan, self._stamp()))
            if answer is not None:
                order.job_ids.add(answer.job.id)
                self._world.say("customer", f"is told {answer.job.id} by seed {order.seed}")
                return
            if order.key is None or order.refusals:
                return
            await asyncio.sleep(0.3 + self._world.dice.random())

    async def _cancel(self, job_id: str) -> None:
        for _ in range(40):
            try:
                await self._ask(lambda node: node.cancel(job_id, self._order.account_id), raises=True)
            except (ConnectionError, TimeoutError):
                await asyncio.sleep(0.5)
            else:
                return

    async def _ask(self, what: Any, *, raises: bool = False) -> Any:
        """Send one request to some node; None when no answer came or it was a refusal."""
        nodes = [node for node in self._site.nodes if node.process.alive]
        try:
            if not nodes:
                raise ConnectionError
            node = self._world.dice.choice(nodes)
            request = node.process.spawn(what(node))
            await asyncio.wait({request}, timeout=self._order.patience_s)
            if not request.done():
                raise TimeoutError
            if request.cancelled() or isinstance(request.exception(), Killed):
                raise ConnectionError
            with contextlib.suppress(CastlistError):
                return request.result()
        except (ConnectionError, TimeoutError):
            if raises:
                raise
            return None
        except Exception as problem:  # a 500: the customer does not know what has happened
            self._world.say("customer", f"gets a 500: {type(problem).__name__}: {problem}"[:300])
            if raises:
                raise ConnectionError from None
            return None
        refusal = request.exception()
        if isinstance(refusal, InsufficientCredits | IdempotencyMismatch):
            self._order.refusals.append(refusal.code)
        return None

    def _caller(self) -> Caller:
        return Caller(self._order.account_id, None)

    def _stamp(self) -> Stamp | None:
        return None if self._order.key is None else Stamp(self._order.key, self._order.digest)
