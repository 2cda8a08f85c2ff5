"""The campaign of kills: API nodes, workers and the database die at random moments under load."""

import asyncio
import contextlib
import os
import random
import signal
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.chaos import audit
from bench.chaos.installation import Installation

SETTLE_SECONDS = 90
"""Seconds without the end of a single job after which one counts as stuck."""
LEASE_SECONDS = 5


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
    """Seconds from the death of a worker until another claim of the job it had."""
    settled_seconds: float = 0.0
    faults: list[str] = field(default_factory=list[str])

    @property
    def recovery(self) -> str:
        """Median and longest recovery, as text."""
        if not self.recoveries:
            return "–"
        return f"{statistics.median(self.recoveries):.1f} / {max(self.recoveries):.1f} s of {len(self.recoveries)}"


async def campaign(
    here: Installation, name: str, *, kills: int, minutes: float = 60, seed: int = 1, clients: int = 3
) -> Outcome:
    """Kill at random under load, let it settle, audit.

    Args:
        here: started; left running.
        minutes: after which no more is killed, however many are left.
    """
    until = time.monotonic() + 60 * minutes
    outcome, dice = Outcome(name), random.Random(seed)
    load = here.load(clients=clients, seed=seed, pause_seconds=1.0)
    running = asyncio.create_task(load.run())
    watching: list[asyncio.Task[None]] = []
    while sum(outcome.kills.values()) < kills and time.monotonic() < until:
        await asyncio.sleep(dice.uniform(0.5, 4))
        watching += await _strike(here, dice, outcome)
    load.stopping = True
    await _reviving(here, running)
    outcome.settled_seconds = await asyncio.to_thread(here.settle, SETTLE_SECONDS)
    await asyncio.gather(*watching, return_exceptions=True)
    conclude(here, load, outcome)
    return outcome


async def recoveries(here: Installation, name: str, *, times: int) -> Outcome:
    """Kill the worker of the only job there is, again and again, and measure until another has it."""
    outcome = Outcome(name)
    load = here.load(clients=1, images=3)
    load.stopping = True
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
        await asyncio.gather(*_watched(here, jobs, outcome))
        await asyncio.to_thread(here.wait_until_ready)
        outcome.settled_seconds = await asyncio.to_thread(here.settle, SETTLE_SECONDS)
    conclude(here, load, outcome)
    return outcome


def conclude(here: Installation, load: object, outcome: Outcome) -> None:
    """Read the books and judge them."""
    books = audit.read(here.url)
    outcome.jobs = len(books.jobs)
    outcome.completed = sum(job[1] == "completed" for job in books.jobs)
    outcome.failed = outcome.jobs - outcome.completed
    outcome.rerun = sum(job[7] - 1 for job in books.jobs)
    outcome.said, outcome.unclear = load.said, load.unclear  # type: ignore[attr-defined]
    outcome.longest_seconds = load.longest_seconds  # type: ignore[attr-defined]
    outcome.faults = audit.faults(books, load.accepted, here.file)  # type: ignore[attr-defined]


async def _reviving(here: Installation, running: "asyncio.Task[None]") -> None:
    while not running.done():
        here.revive()
        await asyncio.wait({running}, timeout=1)
    await running
    here.revive()


async def _strike(here: Installation, dice: random.Random, outcome: Outcome) -> list["asyncio.Task[None]"]:
    """Kill something and see that it comes back; return the tasks that watch over its jobs."""
    here.revive()
    if here.postgres is not None and (not outcome.kills["database"] or dice.random() < 0.3):
        outcome.kills["database"] += 1
        await asyncio.to_thread(here.postgres.kill)
        await asyncio.sleep(dice.uniform(0, 2))
        await asyncio.to_thread(here.postgres.start)
        return []
    holders: dict[int, list[tuple[str, int]]] = {}
    with contextlib.suppress(Exception):
        holders = await asyncio.to_thread(here.holders)
    if here.postgres is None and holders and dice.random() < 0.7:  # the worker below `serve`, which replaces it itself
        pid = dice.choice(list(holders))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        outcome.kills["worker"] += 1
        return _watched(here, holders.get(pid, []), outcome)
    watching: list[asyncio.Task[None]] = []
    for victim in here.pick(dice):
        if not victim.alive():
            continue
        pid = victim.pid
        victim.send(signal.SIGKILL)
        outcome.kills["worker" if victim in here.workers.values() else "API node"] += 1
        watching += _watched(here, holders.get(pid, []), outcome)
    here.revive()
    await asyncio.to_thread(here.wait_until_ready)
    return watching


def _watched(here: Installation, held: list[tuple[str, int]], outcome: Outcome) -> list["asyncio.Task[None]"]:
    died = time.monotonic()

    async def watch(job_id: str, attempt: int) -> None:
        question = f"SELECT status, attempt FROM jobs WHERE id = '{job_id}'"
        while True:
            with contextlib.suppress(Exception):
                ((status, now),) = await asyncio.to_thread(audit.ask, here.url, question)
                if now > attempt:
                    outcome.recoveries.append(time.monotonic() - died)
                    return
                if status in ("completed", "failed"):
                    return
            await asyncio.sleep(0.1)

    return [asyncio.create_task(watch(job_id, attempt)) for job_id, attempt in held]
