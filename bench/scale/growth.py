"""Measures what requests and the worker's duties cost while the history grows. Called by `__main__` and its test.

Everything runs in this process over the real application and the real database functions, without sockets, so that
what is counted is castlist's own work: processor time of this process, and of PostgreSQL's processes that serve it.
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import psutil

from bench.scale import fill
from castlist.bootstrap import bring_up_to_date
from castlist.domain.credits import to_credits
from castlist.domain.pools import DEFAULT_POOL
from castlist.flow.finish import Succeeded, finish
from castlist.flow.service import Service, now_ms
from castlist.flow.sweep import sweep
from castlist.queue import durable
from castlist.queue.durable import DurableQueue
from castlist.store import deliveries, jobs, quotas, workers
from castlist.store.jobs import Image
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_file
from castlist.testing.postgres import Postgres
from castlist.testing.service import Customer, a_customer, build_service

Operation = Callable[[], Awaitable[Any]]
WORKER = "w1-bench"
GENEROUS = {"most_open_jobs": 10**9, "most_images_a_day": 10**9, "most_millis_a_day": 10**15}
"""Limits that nobody reaches: what an account has is counted all the same."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of one operation, ms. cpu_ms: of this process and of the database's."""

    wall_ms: float
    cpu_ms: float


class Bench:
    """One database with a history, a client of the busiest account, and the operations."""

    def __init__(self, service: Service, client: httpx2.AsyncClient, asset: str, rows: int) -> None:
        from dbos import DBOSClient

        self.service, self._client, self._asset, self._rows = service, client, asset, rows
        engine: Any = DBOSClient(system_database_url=service.database.url)
        self._engine = engine
        name = durable.queue_of(DEFAULT_POOL)
        engine.register_queue(name, worker_concurrency=1)
        self._queue: Any = engine.retrieve_queue(name)
        self._turn = 0
        self.taken: list[str] = []

    def operations(self) -> dict[str, Operation]:
        """Return what is measured, by name; each may be done often. Jobs are submitted, taken and finished in turn."""
        old = fill.job_id((self._rows // 2) // 4 * 4)
        deep = self._rows // 2 // 4 * 4
        return {
            "the floor: `SELECT 1`": self.service.database.ping,
            "POST run: accept a job": self._submit,
            "take a job from the queue": self._take,
            "claim, record two images, finish": self._perform,
            "GET an old job": lambda: self.get(f"/jobs/{old}"),
            "GET the newest 20 jobs": lambda: self.get("/jobs"),
            "GET 20 jobs, deep in the list": lambda: self.get("/jobs", cursor=self._cursor(deep)),
            "GET 20 failed jobs": lambda: self.get("/jobs", status="failed"),
            "GET pending jobs, none there": lambda: self.get("/jobs", status="pending"),
            "GET the usage of today": lambda: self.get("/usage", **{"from": _day(), "to": _day()}),
            "GET credits": lambda: self.get("/credits"),
            "GET /metrics": lambda: self._client.get("/metrics"),
            "GET /readyz": lambda: self._client.get("/readyz"),
            "newest jobs of all, for `castlist top`": self._top,
            "look for dead workers": self._reap,
            "look into the outbox": self._outbox,
            "sweep, nothing expired": lambda: sweep(self.service),
        }

    def close(self) -> None:
        """Let go of the queue."""
        self._engine.destroy()

    async def _submit(self) -> None:
        self._turn += 1
        headers = {"Idempotency-Key": f"bench-{self._turn}"}
        said = {"input_image": self._asset, "num_images": fill.IMAGES}
        _checked(await self._client.post(RUN, json=said, headers=headers))

    async def _take(self) -> None:
        take = self._engine._sys_db.start_queued_workflows
        found, why = await asyncio.to_thread(take, self._queue, WORKER, durable.VERSION, None)
        if len(found) != 1:
            raise RuntimeError(f"nothing was to be taken: {why}")
        self.taken += found

    async def _perform(self) -> None:
        service, job_id = self.service, self.taken.pop()
        async with service.database.write() as tx:
            job = await jobs.claim(tx, job_id, WORKER, now_ms=service.clock())
        assert job is not None
        for place in range(fill.IMAGES):
            image = _image(job_id, place, service.clock())
            async with service.database.write() as tx:
                assert await jobs.holds(tx, job_id, job.attempt)
                await jobs.put_image(tx, image)
        async with service.database.write() as tx:
            assert await finish(tx, service, job, Succeeded(), attempt=job.attempt)

    async def get(self, path: str, **asked: str) -> dict[str, Any]:
        """Ask the API as the busiest account."""
        return _checked(await self._client.get(API + path, params=asked))

    def _cursor(self, number: int) -> str:
        came_ms = self.service.clock() - (self._rows - number) * fill.APART_MS
        return base64.urlsafe_b64encode(f"{came_ms} {fill.job_id(number)}".encode()).decode().rstrip("=")

    async def _top(self) -> None:
        async with self.service.database.read() as tx:
            await jobs.newest(tx, limit=10)

    async def _reap(self) -> None:
        begun = {"status": "PENDING", "name": durable.WORKFLOW, "load_input": False, "load_output": False}
        await asyncio.to_thread(self._engine.list_workflows, **begun)
        async with self.service.database.read() as tx:
            await workers.expired(tx, now_ms=self.service.clock())
            await workers.living(tx, now_ms=self.service.clock())

    async def _outbox(self) -> None:
        async with self.service.database.write() as tx:
            await deliveries.take_due(tx, now_ms=self.service.clock(), hold_ms=1)


def _day() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def _image(job_id: str, place: int, made_ms: int) -> Image:
    name = f"{abs(hash((job_id, place))):064d}"
    return Image(
        job_id=job_id, position=place, pose="front", seed=place, engine="toy", file=f"{name}.png",
        content_type="image/png", width_px=64, height_px=64, size_bytes=900, sha256=name, identity={"score": 0.8},
        created_ms=made_ms,
    )  # fmt: skip


def _checked(answer: httpx2.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise RuntimeError(f"{answer.request.url} answered {answer.status_code}: {answer.text[:300]}")
    return answer.json()


@asynccontextmanager
async def a_bench(folder: Path, rows: int, url: str | None = None) -> AsyncGenerator[Bench]:
    """Give an installation with so many ended jobs, in a SQLite file in `folder` or in the empty database at `url`."""
    plain = build_service(folder, database_url=url, clock=now_ms)  # type: ignore[arg-type]
    service = replace(plain, queue=DurableQueue(plain.database.url))
    await bring_up_to_date(service)
    customer = await a_customer(service, credits=f"{to_credits(fill.START_MILLIS):.0f}")
    async with client_of(service) as client:
        client.headers.update(customer.headers)
        sent = await client.post(f"{API}/uploads", files={"file": ("a.png", figure_file(), "image/png")})
        asset = _checked(sent)["assetUrl"]
        history = fill.History(rows, service.clock(), customer.account_id, customer.key_id, json.dumps(_request(asset)))
        fill.fill(service.database.url, history)
        await _limit(service, customer)
        bench = await asyncio.to_thread(Bench, service, client, asset, rows)
        try:
            yield bench
        finally:
            bench.close()
            await service.close()


def _request(asset: str) -> dict[str, Any]:
    """What the planning of a job leaves in its row, of a usual size."""
    return {
        "references": [asset.rpartition("/")[2]], "ingredients": [], "poses": ["front", "three-quarter-left"],
        "prompt": "standing on a hill in the evening, with a red scarf and a lantern", "background": "auto",
        "width_px": 1024, "height_px": 1024, "output_format": "png", "min_identity": None, "on_drift": "deliver",
        "webhook_url": None, "route": [], "base_url": "https://images.test",
    }  # fmt: skip


async def _limit(service: Service, customer: Customer) -> None:
    async with service.database.write() as tx:
        await quotas.change(tx, customer.account_id, dict(GENEROUS))


async def costs(bench: Bench, repetitions: int, backends: Callable[[], float] = lambda: 0.0) -> dict[str, Cost]:
    """Do each operation so often and return what it cost.

    Args:
        backends: processor seconds that the database's own processes have used.
    """
    found: dict[str, Cost] = {}
    for name, operation in bench.operations().items():
        walls: list[float] = []
        cpus: list[float] = []
        for _ in range(repetitions + 1):
            cpu, wall = time.process_time() + backends(), time.perf_counter()
            await operation()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() + backends() - cpu)
        found[name] = Cost(1000 * median(walls[1:]), 1000 * median(cpus[1:]))
    return found


def backends_of(postgres: Postgres, url: str) -> Callable[[], float]:
    """Return what reads the processor seconds of the server's processes that serve a database.

    Source: Documentation/scheduler/sched-stats.rst of Linux, /proc/<pid>/schedstat: nanoseconds on the processor.
    """
    from sqlalchemy.engine import make_url

    name = make_url(url).database
    asked = f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend'"
    pids = [row[0] for row in postgres.execute(asked)]

    def seconds() -> float:
        return (
            sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids if psutil.pid_exists(pid))
            / 1e9
        )

    return seconds


async def at(folder: Path, rows: int, repetitions: int, where: tuple[Postgres, str] | None = None) -> dict[str, Cost]:
    """Return what everything costs at so many rows.

    Args:
        where: a server and the URL of an empty database on it; without, a SQLite file in `folder`.
    """
    async with a_bench(folder, rows, where[1] if where else None) as bench:
        if where is None:
            return await costs(bench, repetitions)
        await costs(bench, 1)  # opens the connections
        return await costs(bench, repetitions, backends_of(*where))
