"""Runs a task on a hosted engine: all its shots at once, as far as the engine allows. Called by `make`.

Turns what the driver brings into outcomes: pictures decoded and brought to size, refusals in the service's words,
everything else neutral for the customer and in detail for the operator's log.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

import structlog

from castlist.domain.errors import EngineFailed, ImageRefused, JobCanceled
from castlist.domain.seeds import SEED_LIMIT
from castlist.domain.tasks import Made, NotMade, Outcome, Pixels, Shot, Task, Watch
from castlist.domain.wire import Pending, Refused, from_text, to_text
from castlist.engines.base import Hosted
from castlist.net.client import Client
from castlist.net.driver import Driver, Errand, Taken
from castlist.net.guard import FetchPolicy
from castlist.vision import picture
from castlist.vision.fit import fit, flatten

MAX_SIDE_PX = 4096
FAREWELL_SECONDS = 15.0
"""How long a canceled task waits for its shots to tell the service."""


class Remotes(Protocol):
    """Remembers, for one job, where the work on each of its shots is. The key is the shot's index and seed: a retake
    has another seed. `save` returns once the text is safe, and may raise when the job is another worker's by now."""

    async def saved(self, shot: Shot) -> str | None:
        """Return what was last saved for this very shot."""
        ...

    async def save(self, shot: Shot, remote: str) -> None:
        """Keep a text of at most a few thousand characters, free of secrets."""
        ...


class Forgotten:
    """Remembers nothing: for runs that are never resumed."""

    async def saved(self, shot: Shot) -> str | None:
        """See `Remotes`."""
        return None

    async def save(self, shot: Shot, remote: str) -> None:
        """See `Remotes`."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """How hosted engines are reached during one job. The clock and the dice can be replaced."""

    remotes: Remotes = field(default_factory=Forgotten)
    leave_running: Callable[[], bool] = lambda: False
    """Asked when the job stops: True when another worker will go on with it, so that work at a service is left alone;
    False when it is canceled, so that the service is told to stop."""
    policy: FetchPolicy = field(default_factory=FetchPolicy)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class _Slip:
    """One shot's place in `Remotes`, as the driver sees it."""

    remotes: Remotes
    shot: Shot

    async def saved(self) -> Pending | None:
        text = await self.remotes.saved(self.shot)
        return None if text is None else from_text(text)

    async def save(self, pending: Pending) -> None:
        await self.remotes.save(self.shot, to_text(pending))


async def outcomes(engine: Hosted, task: Task, watch: Watch, desk: Desk) -> AsyncGenerator[tuple[Shot, Outcome]]:
    """Yield one outcome a shot, as each is done.

    Raises: JobCanceled through `watch`, after the service was told for every shot under way.
    """
    objection = engine.objection(task)
    if objection is not None:
        for shot in task.shots:
            yield shot, NotMade(shot.index, ImageRefused.code, objection)
        return
    async with Client.opened() as client:
        driver = Driver(client=client, policy=desk.policy, sleep=desk.sleep, clock=desk.clock, dice=desk.dice)
        sitting = _Sitting(engine, task, watch, desk, driver)
        running = [asyncio.create_task(sitting.make(shot)) for shot in task.shots]
        try:
            for done in asyncio.as_completed(running):
                yield await done
        except JobCanceled:
            await asyncio.wait(running, timeout=FAREWELL_SECONDS)  # each hears of it from the watch
            raise
        finally:
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Sitting:
    """One task under way."""

    engine: Hosted
    task: Task
    watch: Watch
    desk: Desk
    driver: Driver

    async def make(self, shot: Shot) -> tuple[Shot, Outcome]:
        async with _lane(self.engine):
            self.watch.check()
            started = self.desk.clock()
            result = await self.driver.run(self._errand(shot))
            seconds = self.desk.clock() - started
        if isinstance(result, Taken):
            return shot, self._made(shot, result, seconds)
        log = structlog.get_logger().bind(engine=self.engine.card.id, image=shot.index)
        if isinstance(result, Refused):
            log.info("image refused", reason=result.reason)
            return shot, NotMade(shot.index, ImageRefused.code, result.reason or ImageRefused().message)
        log.warning("image not made", reason=result.operator)
        return shot, NotMade(shot.index, EngineFailed.code, EngineFailed().message)

    def _errand(self, shot: Shot) -> Errand[tuple[Pixels, tuple[str, ...]]]:
        return Errand(
            service=self.engine,
            build=lambda: self.engine.build(self.task, shot),
            read=lambda data: _picture(data, self.task),
            watch=self.watch,
            index=shot.index,
            slip=_Slip(self.desk.remotes, shot),
            keep_on_cancel=self.desk.leave_running,
        )

    def _made(self, shot: Shot, taken: Taken[tuple[Pixels, tuple[str, ...]]], seconds: float) -> Made:
        pixels, notes = taken.picture
        seed = taken.seed if taken.seed is not None and 0 <= taken.seed < SEED_LIMIT else self.engine.seed(shot)
        return Made(
            index=shot.index,
            pixels=pixels,
            seed=seed,
            model=taken.model or self.engine.models[self.task.model_type],
            seconds=seconds,
            notes=notes,
            prompt=self.engine.prompt(self.task, shot),
        )


def _picture(data: bytes, task: Task) -> tuple[Pixels, tuple[str, ...]]:
    found = picture.decode(data, max_side=MAX_SIDE_PX)
    pixels, cropped = fit(flatten(found.pixels, found.alpha), task.width_px, task.height_px)
    return pixels, (f"cropped from {found.width} × {found.height}",) if cropped else ()


_LANES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = WeakKeyDictionary()
"""How many images are asked for at once, for each engine, over all jobs of this process."""


@contextlib.asynccontextmanager
async def _lane(engine: Hosted) -> AsyncGenerator[None]:
    lanes = _LANES.setdefault(asyncio.get_running_loop(), {})
    async with lanes.setdefault(engine.card.id, asyncio.Semaphore(engine.common.concurrency)):
        yield
