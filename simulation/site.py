"""One installation in the simulated world: its database and files, and the processes that serve it.

The steps are castlist's own; only the loops around them, which in production belong to uvicorn and to the durable
engine's threads, are written here.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from castlist.flow.deliver import deliver_due
from castlist.flow.perform import Interrupted, perform
from castlist.flow.service import Service
from castlist.flow.standing import Standing, standing
from castlist.flow.submit import Caller, Stamp, Submitted, earlier, submit
from castlist.flow.sweep import sweep
from castlist.store import ledger, workers
from castlist.store.jobs import Image, Job
from simulation.audit import Watchman
from simulation.database import Room, SimDatabase
from simulation.network import Receivers
from simulation.network import Service as HostedService
from simulation.queue import SimQueue
from simulation.storage import Shelf, SimFiles
from simulation.world import START_MS, Process, World

LEASE_MS = 8_000
DEAD = (
    "(SELECT id FROM workers WHERE lease_until_ms <= ? UNION SELECT owner FROM sim_queue WHERE state = 'begun' "
    "AND owner NOT IN (SELECT id FROM workers WHERE lease_until_ms > ?))"
)
EXPIRED = "images JOIN jobs ON jobs.id = job_id WHERE jobs.expires_ms <= ? AND file IS NOT NULL AND swept_ms IS NULL"
Duty = Callable[[], Awaitable[object]]


def present(job: Job, images: Sequence[Image]) -> dict[str, Any]:
    """Return the body of a webhook: what the receiver's side of the audit needs."""
    made = sum(image.file is not None for image in images)
    return {"job": job.id, "account": job.account_id, "status": job.status.value, "images": made}


class Site:
    """What all processes of one installation share."""

    def __init__(self, world: World, room: Room, base: Service) -> None:
        self.world, self.room, self._base = world, room, base
        self.shelf = Shelf()
        self.service = HostedService(world, room)
        self.receivers = Receivers(world, base.secret)
        self.watchman = Watchman(world, room)
        self.nodes: list[Node] = []
        self.workers: list[SimWorker] = []
        self._started = 0
        world.site = self

    def service_of(self, process: Process) -> Service:
        """Return the service as one process has it."""
        database: Any = SimDatabase(self.world, process, self.room)
        files: Any = SimFiles(self.world, process, self.shelf)
        queue = SimQueue(self.world, process, self.room, database)
        return dataclasses.replace(self._base, database=database, files=files, queue=queue, clock=process.clock)

    def process(self, kind: str) -> Process:
        """Start a process with a name of its own and a clock that is nearly right."""
        self._started += 1
        return Process(f"{kind}-{self._started}", self.world, skew_ms=self.world.dice.randrange(-40, 41))

    def start_node(self) -> None:
        """Start an API process."""
        self.nodes.append(Node(self, self.process("api")))

    def start_worker(self, *, jobs_at_once: int) -> None:
        """Start a worker process."""
        worker = SimWorker(self, self.process("worker"), jobs_at_once)
        self.workers.append(worker)
        worker.process.spawn(worker.run())

    async def revive(self) -> None:
        """Start a new process for every one that died, as a service manager does."""
        while True:
            await asyncio.sleep(0.5 + self.world.dice.random())
            for node in [node for node in self.nodes if not node.process.alive]:
                self.nodes.remove(node)
                self.start_node()
            for worker in [worker for worker in self.workers if not worker.process.alive]:
                self.workers.remove(worker)
                self.start_worker(jobs_at_once=worker.jobs_at_once)


class Node:
    """An API process."""

    def __init__(self, site: Site, process: Process) -> None:
        self.process, self.service = process, site.service_of(process)

    async def submit(self, caller: Caller, planned: Any, stamp: Stamp | None) -> Submitted:
        """Do what `api.routes.runs` does once the request is planned."""
        database = self.service.database
        if stamp is not None:
            async with database.read() as tx:
                if (job := await earlier(tx, caller, stamp)) is not None:
                    return Submitted(job, await ledger.balance_millis(tx, caller.account_id))
        async with database.write() as tx:
            return await submit(tx, self.service, caller, planned, stamp)

    async def cancel(self, job_id: str, account_id: str) -> None:
        """Do what `api.routes.control` does."""
        from castlist.flow.cancel import cancel

        async with self.service.database.write() as tx:
            await cancel(tx, self.service, job_id, account_id)


class SimWorker:
    """A worker process: takes messages, performs their jobs, and does its duties."""

    def __init__(self, site: Site, process: Process, jobs_at_once: int) -> None:
        self.site, self.process, self.jobs_at_once = site, process, jobs_at_once
        self.service = site.service_of(process)
        self.queue: Any = self.service.queue
        self.draining, self.stopping = False, asyncio.Event()
        self.running: dict[tuple[int, int], str] = {}
        self.missed: set[str] = set()

    async def run(self) -> None:
        """Work until the process dies or is told to stop."""
        dice = self.site.world.dice
        await self._stubbornly(self._renew)
        self.process.spawn(self._every(LEASE_MS / 2500, self._renew, LEASE_MS / 2500))
        self.process.spawn(self._every(1.0, self._look_round, dice.random()))
        for _ in range(self.jobs_at_once):
            self.process.spawn(self._jobs())

    async def stop(self) -> None:
        """Do what a worker does on SIGTERM, and end."""
        self.draining = True
        await asyncio.sleep(2 * self.site.world.dice.random())
        self.stopping.set()
        await asyncio.sleep(1.5)
        with contextlib.suppress(Exception):
            await self.queue.hand_back([self.process.name])
            async with self.service.database.write() as tx:
                await workers.remove(tx, self.process.name)
        self.process.kill()

    async def _jobs(self) -> None:
        while not self.draining:
            try:
                number, token, job_id = await self.queue.take(self.process.name)
            except Exception:
                await asyncio.sleep(0.5)
                continue
            self.running[number, token] = job_id
            await self._until_it_ends(job_id)
            del self.running[number, token]
            if self.stopping.is_set():
                return
            await self._stubbornly(lambda number=number, token=token: self.queue.done(number, token))

    async def _until_it_ends(self, job_id: str) -> None:
        """See `worker.main`."""
        wait_s = 0.5
        while not self.stopping.is_set():
            try:
                await perform(self.service, job_id, self.process.name, self.stopping)
            except Interrupted:
                self.site.world.say(self.process.name, f"leaves {job_id}")
                if not await self._sees_the_end(job_id):
                    continue
            except Exception as problem:
                self.site.world.say(self.process.name, f"broke off {job_id}: {type(problem).__name__}: {problem}"[:200])
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, 10.0)
                continue
            return

    async def _sees_the_end(self, job_id: str) -> bool:
        """See `worker.main`."""
        while not self.stopping.is_set():
            with contextlib.suppress(Exception):
                stands = await standing(self.service, job_id)
                if stands is not Standing.HELD:
                    return stands is Standing.ENDED
            await asyncio.sleep(1.0)
        return False

    async def _renew(self) -> None:
        async with self.service.database.write() as tx:
            await workers.renew(tx, self.process.name, "default", now_ms=self.service.clock(), lease_ms=LEASE_MS)

    async def _take_over(self) -> None:
        holders, now_ms = self.queue.holders(), self.service.clock()
        async with self.service.database.read() as tx:
            dead = {*holders, *await workers.expired(tx, now_ms=now_ms)}
            dead -= {self.process.name, *await workers.living(tx, now_ms=now_ms)}
        if not dead:
            return
        self.site.world.say(self.process.name, f"hands back what {', '.join(sorted(dead))} had begun")
        await self.queue.hand_back(sorted(dead))
        async with self.service.database.write() as tx:
            for name in sorted(dead):
                await workers.remove(tx, name)

    async def _look_round(self) -> None:
        """Do the duties that there is something to do for; a glance past castlist's code saves the idle rounds."""
        now_ms = self.service.clock()
        if self._any("deliveries WHERE state = 'due' AND next_ms <= ?", now_ms):
            self.process.spawn(deliver_due(self.service, present))
        if self._any(DEAD, world_ms := START_MS + round(self.site.world.loop.time() * 1000), world_ms):
            await self._take_over()
        await self._look_after_own()
        if self.site.world.sweeps and self._any(EXPIRED, now_ms):
            await sweep(self.service)

    async def _look_after_own(self) -> None:
        """See `worker.main`: what the queue believes to be running here for two looks, and is not, goes back."""
        missed = self.queue.begun(self.process.name) - set(self.running.values())
        if lost := missed & self.missed:
            self.site.world.say(self.process.name, f"never heard that it has {', '.join(sorted(lost))}")
            await self.queue.hand_back([self.process.name], lost)
        self.missed = missed - lost

    def _any(self, query: str, *values: object) -> bool:
        return bool(self.site.room.rows(f"SELECT 1 FROM {query} LIMIT 1", *values))

    async def _every(self, seconds: float, duty: Duty, first: float) -> None:
        await asyncio.sleep(first)
        while True:
            with contextlib.suppress(Exception):
                await duty()
            await asyncio.sleep(seconds)

    async def _stubbornly(self, act: Duty) -> None:
        while True:
            try:
                await act()
            except Exception:
                await asyncio.sleep(0.5)
            else:
                return
