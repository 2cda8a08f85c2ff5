"""The world of one history: its seed, its time, the processes in it, and what befalls them.

Every seam (database, storage, network) asks here before and after it acts. Here alone it is decided what fails.
"""

import asyncio
import contextvars
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from simulation.loop import VirtualLoop

T = TypeVar("T")

START_MS = 1_795_000_000_000
PROCESS: "contextvars.ContextVar[Process]" = contextvars.ContextVar("process")


class Killed(BaseException):
    """The process is gone: nothing it still does has any effect."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How often things go wrong in a history: probabilities per opportunity, and counts."""

    crash: float = 0.0
    crashes: int = 0
    """At most so many kills."""
    database: float = 0.0
    """Locked, or the connection lost before or at the commit."""
    storage: float = 0.0
    network: float = 0.0
    """Refused, cut, timed out or answered with a fault, at an engine's service or a webhook's receiver."""
    stall: float = 0.0
    """A process stops for seconds, as under memory pressure, and goes on as if nothing had happened."""
    outages: int = 0
    """How often the database or the storage is away for a while."""
    clock_steps: int = 0
    ghosts: int = 0
    """Messages of the queue that are delivered once more."""


CALM = Weather()


@dataclass(eq=False)
class Process:
    """One operating system process: a name, its tasks, a clock that may be wrong, and whether it lives."""

    name: str
    world: "World"
    alive: bool = True
    skew_ms: int = 0
    frozen_until_s: float = 0.0
    tasks: dict["asyncio.Task[Any]", None] = field(default_factory=dict["asyncio.Task[Any]", None])

    def clock(self) -> int:
        """Return Unix milliseconds as this process believes them to be."""
        return START_MS + round(self.world.loop.time() * 1000) + self.skew_ms

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Start a task of this process."""
        context = contextvars.copy_context()
        context.run(PROCESS.set, self)
        return self.world.loop.create_task(coroutine, context=context)

    def check(self) -> None:
        """Raise `Killed` when the process is dead."""
        if not self.alive:
            raise Killed

    def kill(self) -> None:
        """End the process like `kill -9`: its tasks unwind, but every seam is closed to them."""
        if self.alive:
            self.alive = False
            self.world.say(self.name, "is killed")
            for task in list(self.tasks):
                task.cancel()


class World:
    """See the module."""

    def __init__(self, seed: int, weather: Weather, *, tell: bool = False) -> None:
        self.seed, self.weather = seed, weather
        self.dice = random.Random(seed ^ 0x5EED)
        self.loop = VirtualLoop(self.thread_s)
        self.loop.set_task_factory(_adopt)
        self.faults: Counter[str] = Counter()
        self.points: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.violations: list[str] = []
        self.story: list[str] | None = [] if tell else None
        self.away: dict[str, float] = {}
        """Until when the database or the storage is away, in seconds of the loop."""
        self.stepped = False
        """Whether any clock was ever set: then times of different processes do not compare."""
        self.orderly = False
        """Whether no claim is ever taken over from a worker that lives: one worker, no stall, no message twice."""
        self.sweeps = False
        """Whether workers remove expired files while others still make new ones."""
        self.site: Any = None
        """The installation, once there is one: see `site`."""

    def say(self, who: str, what: str) -> None:
        """Note what happened, when somebody wants to read it."""
        if self.story is not None:
            self.story.append(f"{self.loop.time():12.4f} s  {who:<9} {what}")

    def violate(self, what: str) -> None:
        """Note that something happened which must never happen."""
        self.violations.append(what)
        self.say("AUDIT", what)

    def thread_s(self) -> float:
        """Return how long the next call in a thread takes: mostly milliseconds."""
        return 0.002 + 0.2 * self.dice.random() ** 4

    def befalls(self, kind: str, probability: float) -> bool:
        """Decide whether a fault happens, and count it."""
        if probability and self.dice.random() < probability:
            self.faults[kind] += 1
            return True
        return False

    def point(self, process: Process, label: str) -> None:
        """Pass a labelled crash point; the process may die here."""
        process.check()
        self.points[label] += 1
        weather = self.weather
        if weather.crash and self.kills.total() < weather.crashes and self.dice.random() < weather.crash:
            self.kills[label] += 1
            self.say(process.name, f"dies at: {label}")
            process.kill()
            raise Killed

    async def pause(self, process: Process) -> None:
        """Let a seam take its time; the process may be frozen for long."""
        process.check()
        delay_s = 0.0005 + 0.01 * self.dice.random() ** 3
        if self.weather.stall and self.befalls("stalled process", self.weather.stall):
            process.frozen_until_s = self.loop.time() + 0.5 + 14 * self.dice.random() ** 2
            self.say(process.name, f"stalls until {process.frozen_until_s:.3f} s")
        await asyncio.sleep(max(delay_s, process.frozen_until_s - self.loop.time()))
        process.check()

    def committed(self, process: Process, tables: set[str]) -> None:
        """Let the audit look at a commit the moment it is done."""
        if "jobs" in tables:
            self.site.watchman.look(process)

    def is_away(self, what: str) -> bool:
        """Tell whether the database or the storage is away right now."""
        return self.loop.time() < self.away.get(what, 0.0)

    def close(self) -> None:
        """End everything that still runs."""
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.call_later(0, self.loop.stop)
        self.loop.run_forever()
        self.loop.close()


def _adopt(loop: asyncio.AbstractEventLoop, coroutine: Any, context: Any = None) -> "asyncio.Task[Any]":
    """Make a task and remember to which process it belongs: children inherit from whoever started them."""
    task = asyncio.Task(coroutine, loop=loop, context=context)
    process = context.get(PROCESS) if context is not None else PROCESS.get(None)
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(process.tasks.pop)
    return task
