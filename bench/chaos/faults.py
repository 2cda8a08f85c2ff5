"""Faults that pass: the database stopped or frozen, the store saying 503, the disk full, clocks that jump."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from bench.chaos import audit
from bench.chaos.installation import Installation
from bench.chaos.kills import SETTLE_SECONDS, Outcome, conclude
from bench.chaos.network import Wire
from bench.chaos.processes import LEASE_SECONDS, Process

Fault = Callable[[], Awaitable[None]]


async def during(here: Installation, name: str, fault: Fault, *, clients: int = 3, calm_seconds: float = 5) -> Outcome:
    """Put load on an installation, let a fault come and pass, let everything settle, audit.

    Args:
        here: started; left running.
        fault: returns when it has passed.
    """
    outcome = Outcome(name)
    load = here.load(clients=clients, seed=hash(name) % 1000)
    running = asyncio.create_task(load.run())
    watching = asyncio.create_task(here.claims.watch())
    await asyncio.sleep(calm_seconds)
    await fault()
    await asyncio.sleep(calm_seconds)
    load.stopping = True
    await running
    outcome.settled_seconds = await asyncio.to_thread(here.settle, SETTLE_SECONDS)
    watching.cancel()
    await conclude(here, load, outcome)
    return outcome


async def database_stopped(here: Installation, seconds: float) -> None:
    """PostgreSQL is shut down, and comes back."""
    assert here.postgres is not None
    await asyncio.to_thread(here.postgres.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(here.postgres.start)


async def database_frozen(here: Installation, seconds: float) -> None:
    """PostgreSQL is there and says nothing."""
    assert here.postgres is not None
    here.postgres.freeze()
    await asyncio.sleep(seconds)
    here.postgres.freeze(thaw=True)


async def disk_full(folder: Path, seconds: float) -> None:
    """Nothing more can be written where the installation lies: a file takes what is left, and goes again."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    await asyncio.sleep(seconds)
    filler.unlink()


async def postgres_disk_full(here: Installation, seconds: float) -> None:
    """The disk under PostgreSQL is full, at last also for its log, over which the server ends and has to be started."""
    assert here.postgres is not None
    async with asyncio.TaskGroup() as both:
        both.create_task(disk_full(here.postgres.folder, seconds))
        await asyncio.sleep(seconds / 2)
        for _ in range(3):
            with suppress(Exception):
                await asyncio.to_thread(audit.ask, here.url, "SELECT pg_switch_wal()")
    await asyncio.to_thread(here.postgres.start)


async def cut_in_two(here: Installation, wire: Wire, worker: Process, seconds: float) -> None:
    """Whoever reaches the database over a wire is cut off, the worker among them in the middle of a job."""
    held: list[tuple[str, int]] = []
    while not held:
        held = (await asyncio.to_thread(here.holders)).get(worker.pid, [])
    wire.cut()
    here.claims.died(held)
    await asyncio.sleep(seconds)
    wire.mend()


class SmallDisk:
    """A file system of a few megabytes, in memory; needs the right to mount one."""

    def __init__(self, folder: Path, megabytes: int = 64) -> None:
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        subprocess.run(command, check=True, capture_output=True)

    def close(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Clock:
    """The wall clock of processes started under libfaketime, which read their shift from a file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set(0)

    @staticmethod
    def library() -> Path | None:
        """Return libfaketime, if this machine has it."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime*.so.1"))
        return next((path for path in found if "MT" in path.name), None)

    def settings(self) -> dict[str, str]:
        """Return what a process must have in its environment to see this clock."""
        return {
            "LD_PRELOAD": str(self.library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, shift_seconds: int) -> None:
        """Let the clock be off by so much from now on."""
        self._file.write_text(f"{shift_seconds:+d}s\n")


async def database_clock_steps(here: Installation, clock: "Clock", seconds: float) -> None:
    """The clock by which leases are measured jumps; a worker dies with a lease that lies an hour ahead."""
    worker = here.workers["worker-0"]
    clock.set(3600)
    await asyncio.sleep(seconds)
    ((told,),) = await asyncio.to_thread(audit.ask, here.url, "SELECT extract(epoch FROM clock_timestamp())::float")
    if abs(told - time.time() - 3600) > 60:
        raise OSError("the database does not see its clock jump")
    held: list[tuple[str, int]] = []
    while not held:
        held = (await asyncio.to_thread(here.holders)).get(worker.pid, [])
    worker.end()
    here.claims.died(held)
    clock.set(0)
    await asyncio.sleep(2 * LEASE_SECONDS)
    here.revive()
    await asyncio.sleep(seconds)
    clock.set(-3600)
    await asyncio.sleep(seconds)
    clock.set(0)
    await asyncio.sleep(seconds)


async def clock_steps(clock: Clock, seconds: float) -> None:
    """The clock of every process jumps an hour ahead, an hour back, and is right again."""
    for shift in (3600, -3600, 0):
        clock.set(shift)
        await asyncio.sleep(seconds)
