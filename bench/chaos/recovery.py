"""Measures how soon a dead worker's job has another claim, with SQL of its own. For the campaigns; kills nobody."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import psutil

from bench.chaos import audit

LOOK_SECONDS = 0.1
Held = tuple[str, int]
"""A job, and the number of the claim under which its worker died."""


@dataclass
class Recoveries:
    """Looks on from the first death to the last claim.

    Two figures a claim: seconds since the death, and seconds since it was possible, which is the later of the death and
    the moment from which on the database answered and some worker lived without a break.
    """

    url: str
    since_death: list[float] = field(default_factory=list[float])
    since_possible: list[float] = field(default_factory=list[float])
    _died: dict[Held, float] = field(default_factory=dict[Held, float])
    _possible: float | None = None

    def died(self, jobs: list[Held]) -> None:
        """Note that the worker of these jobs was killed just now."""
        self._died |= dict.fromkeys(jobs, time.monotonic())

    async def watch(self) -> None:
        """Look until canceled."""
        while True:
            began = time.monotonic()
            try:
                await asyncio.to_thread(self._look, began)
            except Exception:  # whatever the driver says of a database that was killed under it
                self._possible = None
            await asyncio.sleep(LOOK_SECONDS)

    async def all_claimed(self, seconds: float) -> None:
        """Wait until no job is watched any more, or so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._died:
                    await asyncio.sleep(LOOK_SECONDS)

    def _look(self, now: float) -> None:
        alive = any(lives(_process(name)) for (name,) in audit.ask(self.url, "SELECT id FROM workers"))
        possible = self._possible if self._possible is not None else now
        if self._died:
            names = ", ".join(f"'{job_id}'" for job_id, _ in self._died)
            jobs = audit.ask(self.url, f"SELECT id, status, attempt FROM jobs WHERE id IN ({names})")
            for job_id, status, attempt in jobs:
                self._judge(job_id, status, attempt, possible)
        self._possible = possible if alive else None

    def _judge(self, job_id: str, status: str, attempt: int, possible: float) -> None:
        for held, died in list(self._died.items()):
            if held[0] != job_id or (attempt == held[1] and status not in ("completed", "failed")):
                continue
            del self._died[held]
            if attempt > held[1]:
                now = time.monotonic()
                self.since_death.append(now - died)
                self.since_possible.append(now - max(died, possible))


def lives(pid: int) -> bool:
    """Tell whether a process runs, and is not one that has ended and that nobody has asked how."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _process(worker_id: str) -> int:
    return int(worker_id[1:].partition("-")[0])
