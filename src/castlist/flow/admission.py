"""Lets images through to hosted engines: when, how many at once, and what is learned from how they end.

The rules are `domain.lanes`; what is known is shared by all workers through `Lanes`. Used by `hosted`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from castlist.domain import lanes
from castlist.domain.lanes import Lane, Limits, State, Wait, Why
from castlist.domain.tasks import Watch
from castlist.domain.wire import Broken

CHECK_SECONDS = 0.5
"""How often a wait looks whether the job is still wanted."""
PATIENCE_MS = {Why.SHUT: 30_000, Why.HELD: 120_000}
"""How long an image waits for what it waits for, when nobody else can make it; else as long as it takes …"""
PATIENCE_ELSEWHERE_MS = {Why.SHUT: 0, Why.HELD: 5_000}
"""… and when somebody else can."""

Step = Callable[[Lane, int], Lane | Wait]


class Lanes(Protocol):
    """Where it is kept what is known of engines."""

    async def change(self, engine: str, step: Step) -> Wait | None:
        """Take a step, alone among all who share this; return how long to wait when it cannot be taken."""
        ...


@dataclass
class Alone:
    """Shares with nobody: for runs outside an installation. `clock` counts seconds."""

    clock: Callable[[], float]
    known: dict[str, Lane] = field(default_factory=dict[str, Lane])

    async def change(self, engine: str, step: Step) -> Wait | None:
        """See `Lanes`."""
        after = step(self.known.get(engine, Lane()), round(self.clock() * 1000))
        if isinstance(after, Wait):
            return after
        self.known[engine] = after
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One image at one engine, from the wait for its place to what was learned."""

    shared: Lanes
    engine: str
    limits: Limits
    who: str
    sleep: Callable[[float], Awaitable[None]]

    async def enter(self, watch: Watch, *, at_work: bool, elsewhere: bool) -> Wait | None:
        """Wait for a place; return what is not worth waiting for.

        Args:
            at_work: the service works on the image already.
            elsewhere: another engine could make it.
        """
        patience = PATIENCE_ELSEWHERE_MS if elsewhere else PATIENCE_MS
        while True:
            wait = await self.shared.change(
                self.engine, lambda lane, now_ms: lanes.enter(lane, self.limits, self.who, now_ms, at_work=at_work)
            )
            if wait is None or wait.wait_ms > patience.get(wait.why, wait.wait_ms):
                return wait
            watch.check()
            await self.sleep(min(CHECK_SECONDS, wait.wait_ms / 1000))

    async def wait_ms(self) -> int:
        """See `net.errand.Turns`."""
        wait = await self.shared.change(self.engine, lambda lane, now_ms: lanes.turn(lane, self.limits, now_ms))
        return wait.wait_ms if wait else 0

    async def hold(self, seconds: float) -> None:
        """See `net.errand.Turns`."""
        wait_ms = round(min(seconds, lanes.LONGEST_HOLD_MS / 1000) * 1000)
        await self.shared.change(self.engine, lambda lane, now_ms: lanes.hold(lane, wait_ms, now_ms))

    async def leave(self) -> None:
        """Give the place back without having learned anything."""
        await self.shared.change(self.engine, lambda lane, _: lanes.leave(lane, self.who))

    async def succeeded(self) -> None:
        """Give the place back: the service did what it should."""
        opened = False

        def step(lane: Lane, now_ms: int) -> Lane:
            nonlocal opened
            opened = lane.state(now_ms) is not State.CLOSED
            return lanes.succeed(lane, self.who)

        await self.shared.change(self.engine, step)
        if opened:
            structlog.get_logger().info("engine works again", engine=self.engine)

    async def failed(self, broken: Broken) -> None:
        """Give the place back: it did not work."""
        opened: Lane | None = None

        def step(lane: Lane, now_ms: int) -> Lane:
            nonlocal opened
            after = lanes.fail(lane, self.who, broken.blame, broken.operator, now_ms)
            opened = after if after.shut_until_ms != lane.shut_until_ms else None
            return after

        await self.shared.change(self.engine, step)
        if opened is None:
            return
        log = structlog.get_logger().bind(engine=self.engine, reason=broken.operator)
        if broken.blame == "passing":
            log.warning("engine is left alone for a while", failures=opened.failures)
        else:
            log.error("engine is left alone: its operator must act", fault=broken.blame)
