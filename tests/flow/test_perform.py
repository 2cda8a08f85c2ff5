"""Running a job: it goes on where it was, stops when told to, and survives any engine."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from castlist.domain.errors import ImageRefused, JobCanceled
from castlist.domain.jobs import MAX_ATTEMPTS
from castlist.domain.seeds import image_seed
from castlist.domain.tasks import Made, NotMade, Outcome, Task, Watch
from castlist.engines.base import Local
from castlist.flow.finish import Failed, finish
from castlist.flow.patience import Patience
from castlist.flow.perform import Interrupted, JobRemotes, perform, shots_of
from castlist.flow.service import Service
from castlist.store import jobs
from castlist.store.database import Database, Tx
from castlist.store.jobs import Image, Job
from castlist.testing.engines import ToyEngine, paint
from castlist.testing.queues import run_all
from castlist.testing.service import Customer, a_customer, a_service, balance_millis, ledger_faults

MakeJob = Callable[..., Awaitable[Job]]


class Gated(ToyEngine):
    """Stops before image `at` until it is let go."""

    card = replace(ToyEngine.card, id="gated")

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at, self.reached, self.go = at, threading.Event(), threading.Event()
        self.asked: list[list[int]] = []

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        self.asked.append([shot.index for shot in task.shots])
        for shot in task.shots:
            if shot.index == self.at:
                self.reached.set()
                while not self.go.wait(0.01):
                    watch.check()
            yield from super().generate(replace(task, shots=(shot,)), watch)


class Odd(Local):
    """Yields what no engine should: strangers, repeats, and not everything."""

    card = replace(ToyEngine.card, id="odd")

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        shot = task.shots[0]
        made = Made(shot.index, paint(task, shot), shot.seed, "odd", 0.0)
        yield NotMade(99, "refused", "A stranger.")
        yield made
        yield made


async def state(service: Service, job: Job) -> tuple[Job, list[Image]]:
    async with service.database.read() as tx:
        found = await jobs.get(tx, job.id)
        images = (await jobs.images_of(tx, [job.id]))[job.id]
    assert found is not None
    return found, images


async def start(service: Service, job: Job, stopping: asyncio.Event | None = None) -> asyncio.Task[None]:
    return asyncio.create_task(perform(service, job.id, "w", stopping or asyncio.Event()))


async def reached(engine: Gated) -> None:
    assert await asyncio.to_thread(engine.reached.wait, 10)


async def test_an_interrupted_job_goes_on_where_it_was_and_gives_the_same_pictures(
    tmp_path: Path, template: Path, job_of: MakeJob
) -> None:
    engine = Gated(at=2)
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        customer = await a_customer(service)
        job = await job_of(service, customer, num_images=4)
        stopping = asyncio.Event()
        running = await start(service, job, stopping)
        await reached(engine)
        while len((await state(service, job))[1]) < 2:
            await asyncio.sleep(0.01)
        stopping.set()
        with pytest.raises(Interrupted):
            await running
        left, images = await state(service, job)
        assert (left.status, left.attempt, len(images)) == ("processing", 1, 2)
        assert await balance_millis(service, customer.account_id) == 96_000

        engine.go.set()
        await perform(service, job.id, "w2", asyncio.Event())
        ended, images = await state(service, job)
        assert engine.asked == [[0, 1, 2, 3], [2, 3]]
        assert (ended.status, ended.attempt, ended.captured_millis) == ("completed", 2, 4000)

        twin = await job_of(service, customer, num_images=4)
        service.queue.job_ids = [twin.id]  # type: ignore[attr-defined]
        await run_all(service)
        assert [image.sha256 for image in (await state(service, twin))[1]] == [image.sha256 for image in images]
        assert [image.seed for image in images] == [image_seed(7, index) for index in range(4)]
        assert await ledger_faults(service) == []


async def test_a_job_that_is_canceled_midway_keeps_and_pays_what_has_landed(
    tmp_path: Path, template: Path, job_of: MakeJob
) -> None:
    engine = Gated(at=1)
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        customer = await a_customer(service)
        job = await job_of(service, customer, num_images=4)
        running = await start(service, job)
        await reached(engine)
        while len((await state(service, job))[1]) < 1:
            await asyncio.sleep(0.01)
        async with service.database.write() as tx:
            assert await finish(tx, service, job, Failed(JobCanceled()))
        with pytest.raises(Interrupted):
            await running
        ended, images = await state(service, job)
        assert (ended.status, ended.error_code, len(images)) == ("failed", "canceled", 1)
        assert await balance_millis(service, customer.account_id) == 99_000
        assert await ledger_faults(service) == []


async def test_a_worker_that_lost_its_job_changes_nothing(tmp_path: Path, template: Path, job_of: MakeJob) -> None:
    engine = Gated(at=0)
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        customer = await a_customer(service)
        job = await job_of(service, customer, num_images=2)
        first = await start(service, job)
        await reached(engine)
        async with service.database.write() as tx:
            assert await jobs.claim(tx, job.id, "w2", now_ms=service.clock())
        engine.go.set()
        with pytest.raises(Interrupted):
            await first
        left, images = await state(service, job)
        assert (left.status, left.attempt, left.worker_id, images) == ("processing", 2, "w2", [])


class Faltering(Database):
    """A database that is away for the next `away` reads."""

    away = 0

    def read(self) -> AbstractAsyncContextManager[Tx]:
        if self.away:
            self.away -= 1
            raise OSError("away")
        return super().read()


async def test_a_look_at_the_job_that_fails_is_followed_by_another(
    tmp_path: Path, template: Path, job_of: MakeJob
) -> None:
    engine = Gated(at=0)
    async with a_service(tmp_path, template=template, engines=[engine]) as whole:
        faltering = Faltering(whole.database.url)
        service = replace(whole, database=faltering)
        customer = await a_customer(whole)
        job = await job_of(whole, customer, num_images=2)
        running = await start(service, job)
        await reached(engine)
        faltering.away = 2
        async with asyncio.timeout(30):
            while faltering.away:
                await asyncio.sleep(0.01)
        async with whole.database.write() as tx:
            assert await finish(tx, whole, job, Failed(JobCanceled()))
        async with asyncio.timeout(30):  # the engine is still before its first image: only a look can end it
            with pytest.raises(Interrupted):
                await running
        await faltering.close()


async def test_a_claim_that_is_lost_can_note_nothing_at_a_service_any_more(
    service: Service, customer: Customer, job_of: MakeJob
) -> None:
    job = await job_of(service, customer)
    async with service.database.write() as tx:
        first = await jobs.claim(tx, job.id, "w1", now_ms=service.clock())
        second = await jobs.claim(tx, job.id, "w2", now_ms=service.clock())
    assert first is not None
    assert second is not None
    patience = Patience(lambda: True)
    shot = shots_of(job)[0]
    await JobRemotes(service, second, patience).save(shot, "work 2")
    for remote in ("work 1", None):
        with pytest.raises(Interrupted):
            await JobRemotes(service, first, patience).save(shot, remote)
    assert await JobRemotes(service, first, patience).saved(shot) == "work 2"


async def test_an_ended_job_is_not_run(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await job_of(service, customer)
    async with service.database.write() as tx:
        await finish(tx, service, job, Failed(JobCanceled()))
    await perform(service, job.id, "w", asyncio.Event())
    await perform(service, "job_that_never_was", "w", asyncio.Event())
    assert (await state(service, job))[1] == []


async def test_a_job_that_kills_its_workers_is_given_up(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await job_of(service, customer)
    for _ in range(MAX_ATTEMPTS):
        async with service.database.write() as tx:
            assert await jobs.claim(tx, job.id, "w", now_ms=service.clock())
    await perform(service, job.id, "w", asyncio.Event())
    ended, _ = await state(service, job)
    assert (ended.status, ended.error_code) == ("failed", "worker_lost")
    assert await balance_millis(service, customer.account_id) == 100_000


async def test_stopping_workers_do_not_count_against_a_job(
    service: Service, customer: Customer, job_of: MakeJob
) -> None:
    job = await job_of(service, customer)
    stopping = asyncio.Event()
    stopping.set()
    for _ in range(MAX_ATTEMPTS + 1):
        with pytest.raises(Interrupted):
            await perform(service, job.id, "w", stopping)
    await perform(service, job.id, "w", asyncio.Event())
    ended, _ = await state(service, job)
    assert (ended.status, ended.attempt, ended.put_down) == ("completed", MAX_ATTEMPTS + 2, MAX_ATTEMPTS + 1)


async def test_an_engine_that_is_gone_fails_the_job(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await job_of(service, customer)
    bare = replace(service, catalog=replace(service.catalog, engines={}))
    await perform(bare, job.id, "w", asyncio.Event())
    ended, _ = await state(service, job)
    assert (ended.status, ended.error_code) == ("failed", "model_unavailable")
    assert await balance_millis(service, customer.account_id) == 100_000


async def test_a_reference_that_is_gone_fails_the_job(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await job_of(service, customer)
    await service.files.delete(job.request["references"][0])
    await perform(service, job.id, "w", asyncio.Event())
    ended, _ = await state(service, job)
    assert (ended.status, ended.error_code) == ("failed", "input_image_rejected")
    assert "expired" in (ended.error_message or "")


async def test_what_an_odd_engine_leaves_out_is_lost_and_what_it_repeats_counts_once(
    tmp_path: Path, template: Path, job_of: MakeJob
) -> None:
    async with a_service(tmp_path, template=template, engines=[Odd()]) as service:
        customer = await a_customer(service)
        job = await job_of(service, customer, num_images=3)
        await perform(service, job.id, "w", asyncio.Event())
        ended, images = await state(service, job)
    assert [(image.position, image.code) for image in images] == [(0, None), (1, "engine_failed"), (2, "engine_failed")]
    assert (ended.status, ended.captured_millis, ended.released_millis) == ("completed", 1000, 2000)


async def test_an_engine_that_breaks_off_delivers_what_it_has(tmp_path: Path, template: Path, job_of: MakeJob) -> None:
    engine = ToyEngine(fails={0: ImageRefused("Not this."), 2: RuntimeError("secret")})
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        customer = await a_customer(service)
        job = await job_of(service, customer, num_images=4)
        await perform(service, job.id, "w", asyncio.Event())
        ended, images = await state(service, job)
    assert [image.code for image in images] == ["refused", None, "engine_failed", "engine_failed"]
    assert not any("secret" in (image.message or "") for image in images)
    assert (ended.status, ended.captured_millis) == ("completed", 1000)


async def test_transparent_pictures_keep_their_alpha(service: Service, customer: Customer, job_of: MakeJob) -> None:
    from castlist.vision import picture

    for output_format in ("png", "webp"):
        job = await job_of(service, customer, num_images=1, background="transparent", output_format=output_format)
        await perform(service, job.id, "w", asyncio.Event())
        _, (image,) = await state(service, job)
        data = await service.files.get(image.file or "")
        assert data is not None
        alpha = picture.decode(data).alpha
        assert alpha is not None
        assert alpha.min() == 0
