"""How an installation stands: what its gauges show, and whether it can serve. Only reads.

Called by the API's health and metrics routes and by `castlist top` and `castlist doctor`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from castlist import __version__
from castlist.domain.credits import to_credits
from castlist.domain.errors import EngineFailed, ImageDrifted, ImageRefused, JobCanceled, WorkerLost
from castlist.domain.lanes import Lane, State
from castlist.flow.service import Service
from castlist.store import lanes, meters, survey
from castlist.store.meters import Key
from castlist.store.survey import Standing

LOOK_SECONDS = 4.0
"""How long the database or the storage may take to answer before it counts as away."""
ALONE_SECONDS = 30.0
"""For how long jobs may wait without any worker before the queue counts as standing still."""
FULL_BYTES = 50_000_000
"""Free space under which a folder counts as full: less than a few jobs' pictures."""
ENDS = (ImageRefused.code, ImageDrifted.code, EngineFailed.code, JobCanceled.code, WorkerLost.code)
"""Codes with which images, the first three, and jobs usually end without success."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be well for the service to serve, and what was seen."""

    name: str
    well: bool
    detail: str


async def standing(service: Service) -> tuple[Standing, Mapping[str, Lane]]:
    """Return how things stand, and what workers know of engines."""
    async with service.database.read() as tx:
        return await survey.look(tx, now_ms=service.clock()), await lanes.known(tx)


async def readings(service: Service) -> dict[Key, float]:
    """Return every metric's series: the sums of all processes, and the gauges as they are now."""
    await service.meter.flush(service.database)
    async with service.database.read() as tx:
        sums = await meters.read(tx)
    now, known = await standing(service)
    pools = {alive.pool for alive in now.workers}
    found: dict[Key, float] = {
        ("jobs_running", ()): now.running,
        ("queue_oldest_seconds", ()): now.queue_seconds,
        ("webhooks_due", ()): now.webhooks_due,
        ("webhook_oldest_seconds", ()): now.webhook_seconds,
        ("credits_held", ()): to_credits(now.held_millis),
        ("info", (__version__,)): 1,
    }
    waiting = {**dict.fromkeys(service.catalog.model_types(), 0), **now.waiting}
    found |= {("jobs_waiting", (name,)): count for name, count in waiting.items()}
    found |= {("workers", (pool,)): sum(alive.pool == pool for alive in now.workers) for pool in pools}
    for name, engine in service.catalog.engines.items():
        lane = known.get(name, Lane())
        found["engine_ready", (name,)] = engine.unready() is None
        found["engine_shut", (name,)] = lane.state(now.now_ms) is not State.CLOSED
        found["engine_under_way", (name,)] = sum(until > now.now_ms for until in lane.places.values())
    free = await service.files.reach()
    if free is not None:
        found["storage_free_bytes", ()] = free
    return {**_zeros(service), **sums, **found}


def _zeros(service: Service) -> dict[Key, float]:
    """Return what may be counted and begins at 0: a counter that springs into being at 1 never seems to have risen."""
    found = [("jobs_submitted_total", (name,)) for name in service.catalog.model_types()]
    found += [("credits_total", (kind,)) for kind in ("held", "captured", "released")]
    found += [("inputs_refused_total", (reason,)) for reason in ("unsafe", "no_subject", "unusable")]
    found += [("webhook_tries_total", (outcome,)) for outcome in ("delivered", "wait", "given_up")]
    found += [("jobs_ended_total", ("completed", "")), *(("jobs_ended_total", ("failed", code)) for code in ENDS)]
    for engine in service.catalog.ready():
        found += [("images_total", (engine.card.id, outcome)) for outcome in ("delivered", *ENDS[:3])]
    return dict.fromkeys(found, 0.0)


async def checks(service: Service) -> list[Check]:
    """Return what must be well for the service to serve. Each is asked at the same time and none for long."""
    return list(
        await asyncio.gather(
            _ask("database", lambda: _database(service)),
            _ask("storage", lambda: _storage(service)),
            _ask("queue", lambda: _queue(service)),
        )
    )


async def _ask(name: str, look: Callable[[], Awaitable[tuple[bool, str]]]) -> Check:
    try:
        well, detail = await asyncio.wait_for(look(), LOOK_SECONDS)
        return Check(name, well, detail)
    except TimeoutError:
        return Check(name, False, f"does not answer within {LOOK_SECONDS:g} s")
    except Exception:
        # Why is for the operator's log: it may name hosts and paths.
        structlog.get_logger().exception("not ready", what=name)
        return Check(name, False, "does not answer")


async def _database(service: Service) -> tuple[bool, str]:
    began = time.perf_counter()
    await service.database.ping()
    return True, f"answers in {(time.perf_counter() - began) * 1000:.0f} ms"


async def _storage(service: Service) -> tuple[bool, str]:
    free = await service.files.reach()
    if free is None:
        return True, "the bucket answers"
    return free > FULL_BYTES, f"{free / 1e9:.1f} GB free"


async def _queue(service: Service) -> tuple[bool, str]:
    async with service.database.read() as tx:
        now = await survey.look(tx, now_ms=service.clock())
    waiting, seconds, most = sum(now.waiting.values()), now.queue_seconds, service.terms.queue_seconds
    said = f"{waiting} waiting, the oldest for {seconds:.0f} s, {len(now.workers)} workers"
    if not now.workers and seconds > ALONE_SECONDS:
        return False, f"no worker runs: {said}"
    return not most or seconds <= most, said
