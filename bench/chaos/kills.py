"""The campaign of kills: API nodes, workers and the database die at random moments under load."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.chaos import audit
from bench.chaos.installation import Installation
from bench.chaos.load import Load
from bench.chaos.recovery import lives

SETTLE_SECONDS = 90
"""Seconds without the end of a single job after which one counts as stuck."""
TOLD_SECONDS = 60
"""Seconds after the last end within which everybody who follows a job must know of it."""
LAST_LOOK_SECONDS = 5
"""Seconds in which whoever looks on has seen the last end and the last claim."""


@dataclass
class Outcome:
    """What a campaign found."""

    name: str
    kills: Counter[str] = field(default_factory=Counter[str])
    jobs: int = 0
    completed: int = 0
    failed: int = 0
    rerun: int = 0
    said: Counter[str] = field(default_factory=Counter[str])
    unclear: list[str] = field(default_factory=list[str])
    longest_seconds: float = 0.0
    recoveries: list[float] = field(default_factory=list[float])
    """Seconds from when a database and a live worker were there until another claim of a dead worker's job."""
    since_death: list[float] = field(default_factory=list[float])
    """The same from the death of the worker, whatever else was dead by then."""
    followed: Counter[str] = field(default_factory=Counter[str])
    broken: int = 0
    """How often somebody who followed a job had to begin again."""
    settled_seconds: float = 0.0
    faults: list[str] = field(default_factory=list[str])


async def campaign(
    here: Installation,
    name: str,
    *,
    kills: int,
    minutes: float = 60,
    seed: int = 1,
    clients: int = 3,
    pause_seconds: float = 3.0,
) -> Outcome:
    """Kill at random under load, let it settle, audit.

    Args:
        here: started; left running.
        minutes: after which no more is killed, however many are left.
        pause_seconds: between two jobs of a client; what waits at the end must be worked off.
    """
    until = time.monotonic() + 60 * minutes
    outcome, dice = Outcome(name), random.Random(seed)
    load = here.load(clients=clients, seed=seed, pause_seconds=pause_seconds)
    running = asyncio.create_task(load.run())
    watching = asyncio.create_task(here.claims.watch())
    while sum(outcome.kills.values()) < kills and time.monotonic() < until:
        await asyncio.sleep(dice.uniform(0.5, 4))
        await _strike(here, dice, outcome)
    load.stopping = True
    await _reviving(here, running)
    outcome.settled_seconds = await asyncio.to_thread(here.settle, SETTLE_SECONDS)
    await here.claims.all_claimed(LAST_LOOK_SECONDS)
    watching.cancel()
    await conclude(here, load, outcome)
    return outcome


async def recoveries(here: Installation, name: str, *, times: int) -> Outcome:
    """Kill the worker of the only job there is, again and again, and measure until another has it."""
    outcome = Outcome(name)
    load = here.load(clients=1, images=3)
    load.stopping = True
    watching = asyncio.create_task(here.claims.watch())
    for number in range(times):
        load.seed = number
        await load.once()
        held: dict[int, list[tuple[str, int]]] = {}
        while not held:
            await asyncio.sleep(0.1)
            held = await asyncio.to_thread(here.holders)
        (pid, jobs), *_ = held.items()
        os.kill(pid, signal.SIGKILL)
        outcome.kills["worker"] += 1
        here.claims.died(jobs)
        await here.claims.all_claimed(SETTLE_SECONDS)
        await asyncio.to_thread(here.wait_until_ready)
        outcome.settled_seconds = await asyncio.to_thread(here.settle, SETTLE_SECONDS)
    watching.cancel()
    await conclude(here, load, outcome)
    return outcome


async def conclude(here: Installation, load: Load, outcome: Outcome) -> None:
    """Wait until whoever follows a job has been told of its end; read the books and judge them."""
    await load.followers.ended(TOLD_SECONDS)
    books = audit.read(here.url)
    outcome.jobs = len(books.jobs)
    outcome.completed = sum(job[1] == "completed" for job in books.jobs)
    outcome.failed = outcome.jobs - outcome.completed
    outcome.rerun = sum(job[7] - 1 for job in books.jobs)
    outcome.said, outcome.unclear = load.said, load.unclear
    outcome.followed, outcome.broken = load.followers.how, load.followers.broken
    outcome.longest_seconds = load.longest_seconds
    outcome.faults = [*audit.faults(books, load.accepted, here.file), *load.followers.faults(books)]
    outcome.recoveries, outcome.since_death = here.claims.since_possible, here.claims.since_death


async def _reviving(here: Installation, running: "asyncio.Task[None]") -> None:
    while not running.done():
        here.revive()
        await asyncio.wait({running}, timeout=1)
    await running
    here.revive()


async def _strike(here: Installation, dice: random.Random, outcome: Outcome) -> None:
    """Kill something and see that it comes back."""
    here.revive()
    if here.postgres is not None and (not outcome.kills["database"] or dice.random() < 0.3):
        outcome.kills["database"] += 1
        await asyncio.to_thread(here.postgres.kill)
        await asyncio.sleep(dice.uniform(0, 2))
        await asyncio.to_thread(here.postgres.start)
        return
    holders: dict[int, list[tuple[str, int]]] = {}
    with contextlib.suppress(Exception):
        holders = await asyncio.to_thread(here.holders)
    if here.postgres is None:  # the worker below `serve`, which replaces it itself; or the server with its worker
        at_work = [pid for pid in holders if lives(pid)]
        for pid in at_work:
            os.kill(pid, signal.SIGKILL)
            outcome.kills["worker"] += 1
            here.claims.died(holders[pid])
        spared = 0.7 if at_work else 0.9  # one that only starts is seldom struck, or none would get to work
        if dice.random() < spared:
            return
    for victim in here.pick(dice):
        if not victim.alive():
            continue
        victim.send(signal.SIGKILL)
        outcome.kills["worker" if victim in here.workers.values() else "API node"] += 1
        here.claims.died(holders.get(victim.pid, []))
    here.revive()
    await asyncio.to_thread(here.wait_until_ready)
