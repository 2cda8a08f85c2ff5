"""The worker process, from start to SIGTERM. Called by the command line; an edge, so it commits.

The durable engine calls in threads of its own; the job itself runs on this process's one event loop.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from castlist.domain.ids import random_text
from castlist.domain.pools import DEFAULT_POOL
from castlist.flow.deliver import Present, deliver_due
from castlist.flow.meter import FLUSH_SECONDS
from castlist.flow.perform import Interrupted, perform
from castlist.flow.service import Service
from castlist.flow.shared_lanes import give_another_chance
from castlist.flow.standing import Standing, standing
from castlist.flow.strays import sweep_strays
from castlist.flow.sweep import sweep
from castlist.queue.durable import DurableRunner
from castlist.store import workers
from castlist.store.passing import is_passing

HAND_BACK_SECONDS = 5.0
"""How long a stopping worker waits for its jobs to be put down."""
DELIVER_SECONDS = 1.0
"""Seconds between two looks into the outbox."""
QUEUE_KEPT_MS = 3_600_000
"""How long the queue remembers a job that has ended; whatever matters about it is in our own tables."""
STRAYS_SECONDS = 6 * 3600.0
LOOK_SECONDS = 1.0
"""Seconds between two looks at a job that another worker has."""
BEATS_A_LEASE, WATCHES_A_LEASE = 4, 10
"""How often a lease is renewed before it runs out, and looked at by others: whoever dies right after it was renewed is
found out a tenth of a lease after its end."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.5, 10.0

Duty = Callable[[], Awaitable[None]]


class AlreadyRunning(RuntimeError):
    """Another worker uses this SQLite database. SQLite takes one; use PostgreSQL for more."""

    def __init__(self) -> None:
        super().__init__((type(self).__doc__ or "").strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a worker works: for which pool, how many jobs at once, after how much silence it counts as dead."""

    pool: str = DEFAULT_POOL
    concurrency: int = 1
    lease_ms: int = 10_000
    sweep_seconds: float = 60.0
    drain_seconds: float = 20.0
    """How long its jobs may run on when it is told to stop."""
    signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGINT)
    """Those that tell it to stop; the second one means at once."""


class Worker:
    """One worker process."""

    def __init__(self, service: Service, present: Present, habits: Habits) -> None:
        """Prepare, starting nothing yet.

        Args:
            present: turns a job into the body of its webhook.
        """
        self.id = f"w{os.getpid()}-{random_text(8)}"
        self._service, self._present, self._habits = service, present, habits
        self._draining = asyncio.Event()
        """Set when no more jobs shall begin."""
        self._stopping = asyncio.Event()
        """Set when those that run shall be put down."""
        self._renewed_at = time.monotonic()
        self._patient_until = 0.0
        self._running: dict[asyncio.Task[None], str] = {}
        """Whose job each task runs."""
        self._unheard: set[str] = set()
        self._delivering: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger().bind(worker=self.id)

    async def run(self) -> None:
        """Run jobs until told to stop; then let them end for a while, and hand on what is unfinished."""
        loop = asyncio.get_running_loop()
        for number in self._habits.signals:
            loop.add_signal_handler(number, self._stop)
        habits, url = self._habits, self._service.database.url

        def run_job(job_id: str) -> None:
            asyncio.run_coroutine_threadsafe(self._run_job(job_id), loop).result()

        runner = DurableRunner(url, self.id, run_job, concurrency=habits.concurrency, pool=habits.pool)
        await self._renew()
        await asyncio.to_thread(runner.start)
        if self._service.database.is_sqlite:
            await self._take_over(runner, everyone=True)
        await give_another_chance(self._service)
        self._log.info("worker ready", pool=habits.pool)
        beat_seconds = habits.lease_ms / 1000 / BEATS_A_LEASE
        watch_seconds = habits.lease_ms / 1000 / WATCHES_A_LEASE
        living = [
            asyncio.create_task(self._every(beat_seconds, self._renew)),
            asyncio.create_task(self._every(DELIVER_SECONDS, self._deliver)),
            asyncio.create_task(self._every(FLUSH_SECONDS, self._flush)),
        ]
        duties = [
            asyncio.create_task(self._every(watch_seconds, lambda: self._take_over(runner))),
            asyncio.create_task(self._every(beat_seconds, lambda: self._find_unheard(runner))),
            asyncio.create_task(self._every(habits.sweep_seconds, self._sweep)),
            asyncio.create_task(self._every(habits.sweep_seconds, lambda: self._forget(runner))),
            asyncio.create_task(self._every(STRAYS_SECONDS, self._sweep_strays)),
        ]
        await self._draining.wait()
        for duty in duties:
            duty.cancel()
        await self._drain(runner)
        for duty in living:
            duty.cancel()
        with contextlib.suppress(Exception):  # what was counted last is worth a try, no more
            await self._flush()

    def _stop(self) -> None:
        if self._draining.is_set():
            self._stopping.set()
        self._draining.set()

    async def _drain(self, runner: DurableRunner) -> None:
        """Let running jobs end as long as they may, and give what is left back to the queue."""
        self._log.info("worker stopping", jobs=len(self._running), drain_seconds=self._habits.drain_seconds)
        runner.pause()
        if self._running and not self._stopping.is_set():
            hurry = asyncio.create_task(self._stopping.wait())
            ending = asyncio.create_task(asyncio.wait(set(self._running)))
            await asyncio.wait({hurry, ending}, timeout=self._habits.drain_seconds, return_when=asyncio.FIRST_COMPLETED)
        self._stopping.set()
        if self._running:
            await asyncio.wait(set(self._running), timeout=HAND_BACK_SECONDS)
        handed = await asyncio.wait_for(asyncio.to_thread(runner.hand_back, [self.id]), HAND_BACK_SECONDS)
        async with self._service.database.write() as tx:
            await workers.remove(tx, self.id)
        self._log.info("worker stopped", handed_back=handed)

    async def _run_job(self, job_id: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running[task] = job_id
        try:
            ended = await self._until_it_ends(job_id)
        finally:
            del self._running[task]
        if not ended:
            # The queue must not record an end: to it the job stays begun, until it is handed to the next worker.
            await asyncio.Event().wait()

    async def _until_it_ends(self, job_id: str) -> bool:
        """Perform a job, again after faults of ours such as a database that is away for a while.

        Returns:
            False when the job was put down because this worker stops.
        """
        wait_seconds = FIRST_RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                await perform(self._service, job_id, self.id, self._stopping)
                return True
            except Interrupted as interruption:
                self._log.info("job left", job_id=job_id, why=str(interruption))
                if await self._sees_the_end(job_id):
                    return True
                continue
            except Exception:
                self._log.exception("a job broke off and will be taken up again", job_id=job_id)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_seconds)
            wait_seconds = min(2 * wait_seconds, LONGEST_RETRY_SECONDS)
        return False

    async def _sees_the_end(self, job_id: str) -> bool:
        """Wait until a job that another claim holds has ended; False when nobody holds it any more."""
        while not self._stopping.is_set():
            with contextlib.suppress(Exception):  # the database will be there again
                match await standing(self._service, job_id):
                    case Standing.ENDED:
                        return True
                    case Standing.FREE:
                        return False
                    case Standing.HELD:
                        pass
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)
        return False

    async def _renew(self) -> None:
        pool, lease_ms = self._habits.pool, self._habits.lease_ms
        async with self._service.database.write() as tx:
            await workers.renew(tx, self.id, pool, now_ms=self._service.clock(), lease_ms=lease_ms)
        now = time.monotonic()
        if now - self._renewed_at > lease_ms / 1000:
            # The database was away, for the others too: their leases have run out although they live.
            self._patient_until = now + lease_ms / 1000
        self._renewed_at = now

    async def _take_over(self, runner: DurableRunner, *, everyone: bool = False) -> None:
        """Hand back the jobs of workers whose lease ran out, or of every other one."""
        if time.monotonic() < self._patient_until:
            return
        holders = await asyncio.to_thread(runner.holders)  # first: who begins a job after this holds a lease by then
        async with self._service.database.read() as tx:
            if everyone:
                dead = {*holders, *await workers.others(tx, self.id)} - {self.id}
            else:
                now_ms = self._service.clock()
                # A worker that was taken for dead and woke up may hold a job without a lease, and then die of it.
                dead = {*holders, *await workers.expired(tx, now_ms=now_ms)} - {
                    self.id,
                    *await workers.living(tx, now_ms=now_ms),
                }
        if not dead:
            return
        handed = await asyncio.to_thread(runner.hand_back, sorted(dead))
        async with self._service.database.write() as tx:
            for name in dead:
                await workers.remove(tx, name)
        self._log.info("took over from dead workers", workers=len(dead), jobs=handed)

    async def _find_unheard(self, runner: DurableRunner) -> None:
        """Hand back jobs that the queue believes to run here and that do not, at two looks in a row.

        The database took the word that they begin, and went away before it said so.
        """
        unheard = await asyncio.to_thread(runner.begun, self.id) - set(self._running.values())
        if lost := unheard & self._unheard:
            handed = await asyncio.to_thread(runner.hand_back, [self.id], only=lost)
            self._log.info("handed back jobs that never began here", jobs=handed)
        self._unheard = unheard

    async def _sweep(self) -> None:
        if removed := await sweep(self._service):
            self._log.info("removed expired files", files=removed)

    async def _sweep_strays(self) -> None:
        if removed := await sweep_strays(self._service):
            self._log.warning("removed files that nothing knew", files=removed)

    async def _forget(self, runner: DurableRunner) -> None:
        if forgotten := await asyncio.to_thread(runner.forget, self._service.clock() - QUEUE_KEPT_MS):
            self._log.info("forgot jobs that ended in the queue", jobs=forgotten)

    async def _flush(self) -> None:
        await self._service.meter.flush(self._service.database)

    async def _deliver(self) -> None:
        # Not awaited: the next look into the outbox must not wait for a slow receiver of this one.
        task = asyncio.create_task(self._guarded(self._deliver_due))
        self._delivering.add(task)
        task.add_done_callback(self._delivering.discard)

    async def _deliver_due(self) -> None:
        await deliver_due(self._service, self._present)

    async def _every(self, seconds: float, duty: Duty) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._guarded(duty)

    async def _guarded(self, duty: Duty) -> None:
        """Do a duty once; what stops it is said in the log, and it is done again when its time comes."""
        try:
            await duty()
        except Exception as problem:
            if is_passing(problem):
                self._log.warning("the database or the storage is away", fault=repr(problem)[:200])
            else:
                self._log.exception("a duty failed and will be tried again")


@contextlib.contextmanager
def sole_worker(lock_file: Path) -> Generator[None]:
    """Hold a lock that only one process can have; raises `AlreadyRunning`. It goes with the process."""
    with lock_file.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        yield
