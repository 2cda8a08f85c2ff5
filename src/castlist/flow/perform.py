"""Runs one job on a worker: claim, make the images that are still missing, keep each as it lands, finish.

Called by the worker with a job's id, as often as it takes: after a crash the next claim goes on where the last one was.
No transaction is open while an engine works.
"""

import asyncio
import contextlib
import dataclasses
import hashlib
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import structlog

from castlist.domain import poses
from castlist.domain.cards import Card
from castlist.domain.errors import CastlistError, InputImageRejected, JobCanceled, ModelUnavailable, WorkerLost
from castlist.domain.jobs import MAX_ATTEMPTS
from castlist.domain.seeds import image_seed
from castlist.domain.tasks import Made, Pixels, Shot, Task
from castlist.engines.base import Engine
from castlist.flow import tally, tracing
from castlist.flow.encoding import Encode, Encoded, encoder
from castlist.flow.finish import Failed, Result, Succeeded, finish
from castlist.flow.hosted import Desk
from castlist.flow.make import Landed, Lost, make
from castlist.flow.patience import Patience, PatientLanes
from castlist.flow.references import load
from castlist.flow.service import Service
from castlist.flow.shared_lanes import SharedLanes
from castlist.flow.tracing import Span
from castlist.flow.watch import JobWatch
from castlist.store import jobs, remotes
from castlist.store.files import content_type
from castlist.store.jobs import Image, Job
from castlist.vision import picture

HEARTBEAT_SECONDS = 0.5
"""Seconds between two reports of how far a job is: a write each."""
LOOK_SECONDS = 0.1
"""Seconds between two looks whether the job is still to be made: a read each."""
COMPARED_SIDE_PX = 512


class Interrupted(Exception):
    """The worker is shutting down, or another one has taken the job over: leave it as it is."""


async def perform(service: Service, job_id: str, worker_id: str, stopping: asyncio.Event) -> None:
    """Run a job to its end.

    Raises:
        Interrupted: `stopping` was set, or the claim was lost; the job is not finished and nothing is settled.
    """
    async with service.database.write() as tx:
        job = await jobs.claim(tx, job_id, worker_id, now_ms=service.clock())
    if job is None:
        structlog.get_logger().info("job ended before it began", job_id=job_id)
        return
    tally.started(service.meter, job)
    parent = job.request.get(tracing.HEADER)
    with (
        structlog.contextvars.bound_contextvars(job_id=job_id, request_id=job.request_id, attempt=job.attempt),
        service.tracer.span("job", parent=parent, job_id=job_id, engine=job.engine, attempt=job.attempt) as span,
    ):
        try:
            await _run(service, job, stopping, span)
        except Interrupted:
            if stopping.is_set():
                await _put_down(service, job)
            raise


async def _put_down(service: Service, job: Job) -> None:
    with contextlib.suppress(Exception):  # of no more worth than one attempt; the worker has little time
        async with service.database.write() as tx:
            await jobs.put_down(tx, job.id, job.attempt)


async def _run(service: Service, job: Job, stopping: asyncio.Event, span: Span) -> None:
    log = structlog.get_logger()
    log.info("job started", images=job.num_images, engine=job.engine, attempt=job.attempt)
    if job.attempt - job.put_down > MAX_ATTEMPTS:
        result: Result = Failed(WorkerLost())
    else:
        result = await _walk(service, job, stopping, span)

    async def end() -> tuple[bool, Job | None]:
        async with service.database.write() as tx:
            return await finish(tx, service, job, result, attempt=job.attempt), await jobs.get(tx, job.id)

    ended, after = await Patience(lambda: not stopping.is_set()).through(end)
    if not ended or after is None:
        raise Interrupted(f"job {job.id} is another worker's by now")
    tally.ended(service.meter, after)
    span.note(status=after.status.value, error=after.error_code or "")
    log.info(f"job {after.status}", error=after.error_code, seconds=round((service.clock() - job.created_ms) / 1000, 2))


async def _walk(service: Service, job: Job, stopping: asyncio.Event, span: Span) -> Result:
    async with _watching(service, job, stopping) as watch:
        try:
            await _make_missing(service, job, watch, span)
        except JobCanceled as canceled:
            if watch.lost:
                raise Interrupted("the job was stopped from outside") from None
            return Failed(canceled)
        except CastlistError as error:
            return Failed(error)
        except Exception:
            if watch.lost:  # what a job that is no longer ours stumbles over is nobody's concern
                raise Interrupted("the job was stopped from outside") from None
            raise
    return Succeeded()


async def _make_missing(service: Service, job: Job, watch: JobWatch, span: Span) -> None:
    route = _route(service, job)
    patience = Patience(lambda: not watch.lost)
    earlier = await patience.through(lambda: _earlier(service, job))
    there = {image.position for image in earlier}
    shots = tuple(shot for shot in shots_of(job) if shot.index not in there)
    watch.done = len(there)
    if not shots:
        return
    task = await patience.through(lambda: _task(service, job, shots))
    desk = Desk(
        decode=service.decode,
        name=job.id,
        remotes=JobRemotes(service, job, patience),
        lanes=PatientLanes(SharedLanes(service), patience),
        leave_running=lambda: watch.lost and not watch.ended,
        policy=service.fetch_policy,
    )
    encoders = {
        engine.card.id: await patience.through(lambda card=engine.card: _encoder(service, job, card))
        for engine in route
    }

    def encode(made: Made) -> Encoded:
        return encoders[made.engine](made)

    results = make(
        route,
        task,
        watch,
        encode=encode,
        min_identity=job.request["min_identity"],
        keep_best=job.request.get("on_drift", "deliver") == "deliver",
        desk=desk,
        screen=service.screen,
        earlier=await patience.through(lambda: _opened(service, earlier)),
    )
    async for result in results:
        await _keep(service, job, result, patience)
        if isinstance(result, Landed):
            span.event("image", index=result.shot.index, **result.stages)
        watch.landed(result.shot.index)


@dataclasses.dataclass(frozen=True, slots=True)
class JobRemotes:
    """The `Remotes` of one job, in the database. Saves only while the job is still this claim's."""

    service: Service
    job: Job
    patience: Patience

    async def saved(self, shot: Shot) -> str | None:
        """See `flow.hosted.Remotes`."""

        async def read() -> str | None:
            async with self.service.database.read() as tx:
                return await remotes.saved(tx, self.job.id, shot.index, shot.seed)

        return await self.patience.through(read)

    async def save(self, shot: Shot, remote: str | None) -> None:
        """See `flow.hosted.Remotes`. To give up here would be to forget work that is paid for."""
        await self.patience.through(lambda: self._write(shot, remote))

    async def _write(self, shot: Shot, remote: str | None) -> None:
        async with self.service.database.write() as tx:
            if not await jobs.holds(tx, self.job.id, self.job.attempt):
                raise Interrupted(f"job {self.job.id} is another worker's by now")
            if remote is None:
                await remotes.drop(tx, self.job.id, shot.index, shot.seed)
            else:
                await remotes.save(tx, self.job.id, shot.index, shot.seed, remote)


def _route(service: Service, job: Job) -> list[Engine]:
    """Return the engines that may make a job's images: those of its submission that are still there and ready."""
    chosen = service.catalog.engines.get(job.engine)
    others = [service.catalog.engines.get(name) for name in job.request.get("route", ())]
    if chosen is None and not any(others):
        raise ModelUnavailable(f"The engine {job.engine} is no longer there.")
    ready = [engine for engine in others if engine is not None and engine.unready() is None]
    return ready or [engine for engine in (chosen, *others) if engine is not None][:1]


def shots_of(job: Job) -> list[Shot]:
    """Return all shots of a job: its poses in order, each with its seed."""
    return [
        Shot(index, poses.BY_ID[pose], image_seed(job.seed, index)) for index, pose in enumerate(job.request["poses"])
    ]


async def _encoder(service: Service, job: Job, card: Card) -> Encode:
    kept = [await service.files.get(file) for file in job.request["ingredients"]]
    ingredients = [data for data in kept if data is not None]
    output_format = job.request["output_format"]
    return encoder(card, output_format, service.marking, now_ms=service.clock(), ingredients=ingredients)


async def _task(service: Service, job: Job, shots: tuple[Shot, ...]) -> Task:
    request: dict[str, Any] = job.request
    try:
        references = tuple([await load(service, file) for file in request["references"]])
    except CastlistError as error:
        raise InputImageRejected(error.message) from None
    return Task(
        references=references,
        shots=shots,
        background=request["background"],
        width_px=request["width_px"],
        height_px=request["height_px"],
        job_seed=job.seed,
        prompt=request["prompt"],
        model_type=job.model_type,
    )


async def _opened(service: Service, images: Sequence[Image]) -> list[tuple[int, Pixels]]:
    """Open the images that an earlier attempt delivered, small: enough to tell whether another one repeats them."""
    opened: list[tuple[int, Pixels]] = []
    for image in images:
        data = await service.files.get(image.file) if image.file else None
        if data is not None:
            seen = await asyncio.to_thread(picture.decode, data, max_side=COMPARED_SIDE_PX)
            opened.append((image.position, seen.pixels))
    return opened


async def _earlier(service: Service, job: Job) -> list[Image]:
    async with service.database.read() as tx:
        return (await jobs.images_of(tx, [job.id]))[job.id]


async def _keep(service: Service, job: Job, result: Landed | Lost, patience: Patience) -> None:
    common: dict[str, Any] = {
        "job_id": job.id,
        "position": result.shot.index,
        "pose": result.shot.pose.id,
        "engine": (result.reason if isinstance(result, Lost) else result.made).engine or job.engine,
        "attempts": result.attempts,
        "created_ms": service.clock(),
    }
    began = time.perf_counter()
    if isinstance(result, Lost):
        image = Image(**common, seed=result.shot.seed, code=result.reason.code, message=result.reason.message)
    else:
        data = result.encoded.data
        extension = job.request["output_format"]
        file = await patience.through(lambda: service.files.put(data, extension, owner=job.id))
        height_px, width_px = result.made.pixels.shape[:2]
        image = Image(
            **common,
            seed=result.made.seed,
            model=result.made.model,
            file=file,
            content_type=content_type(file),
            width_px=width_px,
            height_px=height_px,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            identity=dataclasses.asdict(result.identity),
            seconds=round(result.made.seconds, 3),
            notes=result.made.notes,
            prompt=result.made.prompt,
            mark=result.encoded.mark,
        )

    async def put() -> None:
        async with service.database.write() as tx:
            if not await jobs.holds(tx, job.id, job.attempt):
                raise Interrupted(f"job {job.id} is another worker's by now")
            await jobs.put_image(tx, image)

    await patience.through(put)
    tally.kept(service.meter, result, image.engine, time.perf_counter() - began)


@contextlib.asynccontextmanager
async def _watching(service: Service, job: Job, stopping: asyncio.Event) -> AsyncGenerator[JobWatch]:
    """Give the engine a watch and, beside it, record progress and look whether the job is still ours."""
    watch = JobWatch(job.num_images)

    async def beat() -> None:
        told = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
            if stopping.is_set():
                watch.stop()
                return
            with contextlib.suppress(Exception):  # a beat that cannot be told now is followed by another
                async with service.database.read() as tx:
                    held = await jobs.is_held(tx, job.id, job.attempt)
                if held and time.monotonic() - told < HEARTBEAT_SECONDS:
                    continue
                told = time.monotonic()
                if not await report():
                    watch.stop()
                    return

    async def report() -> bool:
        async with service.database.write() as tx:
            if await jobs.report(tx, job.id, job.attempt, watch.fraction):
                return True
            now = await jobs.get(tx, job.id)
        watch.ended = now is None or now.status.terminal
        return False

    beating = asyncio.create_task(beat())
    try:
        yield watch
    finally:
        watch.stop()  # an engine that still runs, ahead of what is wanted, ends at its next check
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
