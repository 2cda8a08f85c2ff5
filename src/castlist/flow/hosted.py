"""Runs a task on hosted engines: all its shots at once, as far as the engines allow. Called by `route`.

Turns what the driver brings into outcomes: pictures decoded and brought to size, refusals in the service's words,
everything else neutral for the customer and in detail for the operator's log. A shot that an engine cannot make goes on
to the next one, unless it was declined or may have been paid for.
"""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

import structlog

from castlist.domain.errors import EngineFailed, ImageRefused, JobCanceled
from castlist.domain.seeds import SEED_LIMIT
from castlist.domain.tasks import Made, NotMade, Outcome, Pixels, Shot, Task, Watch
from castlist.domain.wire import Asked, Broken, Pending, Refused, Saved, from_text, to_text
from castlist.engines.base import Hosted
from castlist.flow.admission import Alone, Lanes, Pass
from castlist.net.client import Client
from castlist.net.driver import Driver
from castlist.net.errand import Errand, Taken
from castlist.net.guard import FetchPolicy
from castlist.vision import picture
from castlist.vision.fit import fit, flatten

MAX_SIDE_PX = 4096
FAREWELL_SECONDS = 15.0
"""How long a canceled task waits for its shots to tell the service."""
PATIENCE_SECONDS = 5.0
"""Longest pause before an engine is asked again while another one could make the picture."""


class Remotes(Protocol):
    """Remembers, for one job, where the work on each of its shots is. The key is the shot's index and seed: a retake
    has another seed. `save` returns once the text is safe, and may raise when the job is another worker's by now."""

    async def saved(self, shot: Shot) -> str | None:
        """Return what was last saved for this very shot."""
        ...

    async def save(self, shot: Shot, remote: str | None) -> None:
        """Keep a text of at most a few thousand characters, free of secrets; None to keep nothing."""
        ...


class Forgotten:
    """Remembers nothing: for runs that are never resumed."""

    async def saved(self, shot: Shot) -> str | None:
        """See `Remotes`."""
        return None

    async def save(self, shot: Shot, remote: str | None) -> None:
        """See `Remotes`."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """How hosted engines are reached during one job. The clock and the dice can be replaced."""

    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The job's, the same for whoever goes on with it and for no other job anywhere."""
    remotes: Remotes = field(default_factory=Forgotten)
    lanes: Lanes | None = None
    """What all workers know of engines; None is a run that shares with nobody."""
    leave_running: Callable[[], bool] = lambda: False
    """Asked when the job stops: True when another worker will go on with it, so that work at a service is left alone;
    False when it is canceled, so that the service is told to stop."""
    policy: FetchPolicy = field(default_factory=FetchPolicy)
    decode: picture.Decode = picture.decode
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class _Slip:
    """One shot's place in `Remotes`, as the driver sees it."""

    remotes: Remotes
    shot: Shot
    engine: str
    work: Pending | Asked | None

    async def saved(self) -> Pending | Asked | None:
        return self.work

    async def save(self, state: Pending | Asked | None) -> None:
        await self.remotes.save(self.shot, None if state is None else to_text(Saved(self.engine, state)))


async def outcomes(
    engines: Sequence[Hosted], task: Task, watch: Watch, desk: Desk
) -> AsyncGenerator[tuple[Shot, Outcome]]:
    """Yield one outcome a shot, as each is done, by the first of the engines that can make it.

    Raises: JobCanceled through `watch`, after the service was told for every shot under way.
    """
    async with Client.opened() as client:
        driver = Driver(client=client, policy=desk.policy, sleep=desk.sleep, clock=desk.clock, dice=desk.dice)
        sitting = _Sitting(engines, task, watch, desk, driver, desk.lanes or Alone(desk.clock))
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

    engines: Sequence[Hosted]
    task: Task
    watch: Watch
    desk: Desk
    driver: Driver
    lanes: Lanes

    async def make(self, shot: Shot) -> tuple[Shot, Outcome]:
        text = await self.desk.remotes.saved(shot)
        saved = None if text is None else from_text(text)
        # Whoever has the work already is asked first; those before it have failed.
        ids = [engine.card.id for engine in self.engines]
        first = ids.index(saved.engine) if saved and saved.engine in ids else 0
        outcome: Outcome = NotMade(shot.index, EngineFailed.code, EngineFailed().message, elsewhere=True)
        for place, engine in enumerate(self.engines[first:], first):
            work = saved.work if saved and place == first and saved.engine == engine.card.id else None
            last = place + 1 == len(self.engines)
            outcome = await self._by(engine, shot, work, elsewhere=not last)
            if isinstance(outcome, Made) or not outcome.elsewhere:
                break
        return shot, outcome

    async def _by(self, engine: Hosted, shot: Shot, work: Pending | Asked | None, *, elsewhere: bool) -> Outcome:
        objection = engine.objection(self.task)
        if objection is not None:
            return NotMade(shot.index, ImageRefused.code, objection, elsewhere=True, engine=engine.card.id)
        log = structlog.get_logger().bind(engine=engine.card.id, image=shot.index)
        if isinstance(work, Asked):
            log.warning("its worker died with the request under way; it may have arrived")
        admission = Pass(
            shared=self.lanes,
            engine=engine.card.id,
            limits=engine.limits,
            who=f"{self.desk.name}:{shot.index}",
            sleep=self.desk.sleep,
        )
        async with _lane(engine):
            self.watch.check()
            at_work = isinstance(work, Pending)
            if wait := await admission.enter(self.watch, at_work=at_work, elsewhere=elsewhere):
                log.info("engine passed over", reason=str(wait.why), seconds=round(wait.wait_ms / 1000))
                return _failed(engine, shot, elsewhere=True)
            started = self.desk.clock()
            try:
                result = await self.driver.run(self._errand(engine, shot, work, admission, elsewhere=elsewhere))
            except BaseException:
                await admission.leave()
                raise
            seconds = self.desk.clock() - started
            await (admission.failed(result) if isinstance(result, Broken) else admission.succeeded())
        if isinstance(result, Taken):
            return self._made(engine, shot, result, seconds)
        if isinstance(result, Refused):
            log.info("image refused", reason=result.reason)
            return NotMade(
                shot.index, ImageRefused.code, result.reason or ImageRefused().message, engine=engine.card.id
            )
        log.warning("image not made", reason=result.operator, fault=result.blame or "unknown")
        return _failed(engine, shot, elsewhere=result.elsewhere)

    def _errand(
        self, engine: Hosted, shot: Shot, work: Pending | Asked | None, admission: Pass, *, elsewhere: bool
    ) -> Errand[tuple[Pixels, tuple[str, ...]]]:
        return Errand(
            service=engine,
            build=lambda: engine.build(self.task, shot),
            read=lambda data: _picture(data, self.task, self.desk.decode),
            watch=self.watch,
            index=shot.index,
            slip=_Slip(self.desk.remotes, shot, engine.card.id, work),
            keep_on_cancel=self.desk.leave_running,
            key=f"{self.desk.name}-{shot.index}-{shot.seed}",
            turns=admission,
            patience_s=PATIENCE_SECONDS if elsewhere else None,
        )

    def _made(self, engine: Hosted, shot: Shot, taken: Taken[tuple[Pixels, tuple[str, ...]]], seconds: float) -> Made:
        pixels, notes = taken.picture
        seed = taken.seed if taken.seed is not None and 0 <= taken.seed < SEED_LIMIT else engine.seed(shot)
        return Made(
            index=shot.index,
            pixels=pixels,
            seed=seed,
            model=taken.model or engine.models[self.task.model_type],
            seconds=seconds,
            notes=notes,
            prompt=engine.prompt(self.task, shot),
            engine=engine.card.id,
        )


def _failed(engine: Hosted, shot: Shot, *, elsewhere: bool) -> NotMade:
    message = EngineFailed().message
    return NotMade(shot.index, EngineFailed.code, message, elsewhere=elsewhere, engine=engine.card.id)


def _picture(data: bytes, task: Task, decode: picture.Decode) -> tuple[Pixels, tuple[str, ...]]:
    found = decode(data, max_side=MAX_SIDE_PX)
    pixels, cropped = fit(flatten(found.pixels, found.alpha), task.width_px, task.height_px)
    return pixels, (f"cropped from {found.width} × {found.height}",) if cropped else ()


_LANES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = WeakKeyDictionary()
"""How many images are asked for at once, for each engine, over all jobs of this process."""


@contextlib.asynccontextmanager
async def _lane(engine: Hosted) -> AsyncGenerator[None]:
    lanes = _LANES.setdefault(asyncio.get_running_loop(), {})
    async with lanes.setdefault(engine.card.id, asyncio.Semaphore(engine.common.concurrency)):
        yield
