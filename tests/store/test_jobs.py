"""Jobs in the database: their states change only along the arrows, and only for who holds them."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from castlist.domain.credits import Settlement
from castlist.domain.jobs import JobStatus, may_go
from castlist.store import jobs, keys
from castlist.store.database import Database
from castlist.store.jobs import Ending, Image, Job

Fresh = Callable[[], AbstractAsyncContextManager[Database]]


async def a_job(database: Database, number: int = 0, **changes: Any) -> Job:
    async with database.write() as tx:
        account_id = await keys.ensure_account(tx, "a", now_ms=0)
        job = Job(
            **{
                "id": f"job_{number}",
                "account_id": account_id,
                "key_id": None,
                "model_type": "toy",
                "engine": "toy",
                "substituted": False,
                "request": {"poses": ["front"]},
                "seed": 7,
                "num_images": 2,
                "price_millis": 500,
                "held_millis": 1000,
                "created_ms": number,
                "expires_ms": 10,
                **changes,
            }
        )
        await jobs.insert(tx, job)
    return job


def ending(status: JobStatus) -> Ending:
    return Ending(status, Settlement(400, 600), expires_ms=99, error_code="x" if status is JobStatus.FAILED else None)


STEP = st.one_of(
    st.just(("claim", 0)),
    st.tuples(st.sampled_from(["complete", "fail", "report", "holds"]), st.integers(0, 4)),
    st.just(("cancel", 0)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=12))
def test_states_follow_the_arrows_and_stale_claims_change_nothing(fresh: Fresh, steps: list[tuple[str, int]]) -> None:
    async def walk() -> None:
        async with fresh() as database:
            job = await a_job(database)
            status, attempt = JobStatus.PENDING, 0
            for step, number in steps:
                async with database.write() as tx:
                    match step:
                        case "claim":
                            claimed = await jobs.claim(tx, job.id, "w", now_ms=5)
                            assert (claimed is not None) == may_go(status, JobStatus.PROCESSING)
                            if claimed is not None:
                                status, attempt = JobStatus.PROCESSING, attempt + 1
                                assert (claimed.status, claimed.attempt) == (status, attempt)
                        case "report" | "holds":
                            told = (
                                await jobs.report(tx, job.id, number, 0.5)
                                if step == "report"
                                else await jobs.holds(tx, job.id, number)
                            )
                            assert told == (status is JobStatus.PROCESSING and number == attempt)
                        case "cancel":
                            ended = await jobs.end(tx, job.id, ending(JobStatus.FAILED), now_ms=9)
                            assert ended == (not status.terminal)
                            status = JobStatus.FAILED if ended else status
                        case _:
                            target = JobStatus.COMPLETED if step == "complete" else JobStatus.FAILED
                            ended = await jobs.end(tx, job.id, ending(target), now_ms=9, attempt=number)
                            assert ended == (may_go(status, target) and number == attempt)
                            status = target if ended else status
                    found = await jobs.get(tx, job.id)
                assert found is not None
                assert (found.status, found.attempt) == (status, attempt)
                assert (found.finished_ms is not None) == status.terminal

    asyncio.run(walk())


async def test_only_one_of_many_ends_a_job(database: Database) -> None:
    job = await a_job(database)

    async def end() -> bool:
        async with database.write() as tx:
            return await jobs.end(tx, job.id, ending(JobStatus.FAILED), now_ms=1)

    assert sum(await asyncio.gather(*(end() for _ in range(20)))) == 1


def image(**changes: Any) -> Image:
    base = {"job_id": "job_0", "position": 0, "pose": "front", "seed": 1, "engine": "toy", "created_ms": 1}
    return Image(**{**base, "file": "a.png", **changes})


async def test_an_image_takes_the_place_of_an_earlier_one(database: Database) -> None:
    await a_job(database)
    async with database.write() as tx:
        await jobs.put_image(tx, image(position=1))
        await jobs.put_image(tx, image(seed=1))
        await jobs.put_image(tx, image(seed=2, identity={"score": 0.5}, notes=("n",)))
        found = await jobs.images_of(tx, ["job_0", "job_none"])
    assert [(kept.position, kept.seed) for kept in found["job_0"]] == [(0, 2), (1, 1)]
    assert found["job_0"][0].identity == {"score": 0.5}
    assert list(found["job_0"][0].notes) == ["n"]
    assert found["job_none"] == []


@pytest.mark.parametrize("wrong", [{"file": None}, {"code": "refused"}])
async def test_an_image_is_made_or_given_up_and_not_both(database: Database, wrong: dict[str, Any]) -> None:
    from sqlalchemy.exc import IntegrityError

    await a_job(database)
    with pytest.raises(IntegrityError):
        async with database.write() as tx:
            await jobs.put_image(tx, image(**wrong))


async def test_pages_miss_and_repeat_nothing(database: Database) -> None:
    for number in range(9):
        await a_job(database, number, created_ms=number // 3)  # three at a time in the same millisecond
    seen: list[str] = []
    before: tuple[int, str] | None = None
    async with database.read() as tx:
        while page := await jobs.newest(tx, limit=2, before=before):
            seen += [job.id for job in page]
            before = (page[-1].created_ms, page[-1].id)
        failed = await jobs.newest(tx, status=JobStatus.FAILED)
        other = await jobs.newest(tx, "acc_other")
    assert seen == [f"job_{number}" for number in range(8, -1, -1)]
    assert failed == other == []


async def test_a_job_belongs_to_its_account(database: Database) -> None:
    job = await a_job(database)
    async with database.read() as tx:
        assert await jobs.get(tx, job.id, job.account_id) == job
        assert await jobs.get(tx, job.id, "acc_other") is None
