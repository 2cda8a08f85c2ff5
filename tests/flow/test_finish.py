"""Finishing: whatever landed is paid, the rest comes back, and it happens once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from castlist.domain.errors import Conflict, EngineFailed, JobCanceled, JobNotFound
from castlist.domain.jobs import JobStatus
from castlist.flow.cancel import cancel
from castlist.flow.finish import Failed, Result, Succeeded, finish
from castlist.flow.service import Service, Terms
from castlist.store import jobs
from castlist.store.jobs import Image, Job
from castlist.testing.service import Customer, a_customer, a_service, balance_millis, ledger_faults

MakeJob = Callable[..., Awaitable[Job]]


async def land(service: Service, job: Job, position: int, *, made: bool = True) -> None:
    """Keep an image, made or given up."""
    parts: dict[str, Any] = {"file": f"{position}.png"} if made else {"code": "refused", "message": "No."}
    async with service.database.write() as tx:
        await jobs.put_image(
            tx,
            Image(job_id=job.id, position=position, pose="front", seed=0, engine="toy", created_ms=0, **parts),
        )


async def end(service: Service, job: Job, result: Result, attempt: int | None = None) -> bool:
    async with service.database.write() as tx:
        return await finish(tx, service, job, result, attempt=attempt)


async def claimed(service: Service, job: Job) -> Job:
    async with service.database.write() as tx:
        found = await jobs.claim(tx, job.id, "w", now_ms=service.clock())
    assert found is not None
    return found


async def again(service: Service, job: Job) -> Job:
    async with service.database.read() as tx:
        found = await jobs.get(tx, job.id)
    assert found is not None
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    outcomes=st.lists(st.sampled_from(["made", "given up", "missing"]), min_size=1, max_size=13),
    price=st.sampled_from(["0", "0.001", "0.5", "1", "2.125"]),
    result=st.sampled_from([Succeeded(), Failed(EngineFailed()), Failed(JobCanceled())]),
)
def test_captured_and_released_are_what_was_held(
    template: Path, job_of: MakeJob, outcomes: list[str], price: str, result: Result
) -> None:
    async def walk() -> None:
        with TemporaryDirectory() as folder:
            terms = Terms(default_price=price)
            async with a_service(Path(folder), template=template, terms=terms) as service:
                customer = await a_customer(service)
                job = await claimed(service, await job_of(service, customer, num_images=len(outcomes)))
                for position, outcome in enumerate(outcomes):
                    if outcome != "missing":
                        await land(service, job, position, made=outcome == "made")
                assert await end(service, job, result, job.attempt)
                after = await again(service, job)
                made = outcomes.count("made")
                assert after.captured_millis == made * job.price_millis
                assert (after.captured_millis or 0) + (after.released_millis or 0) == job.held_millis
                canceled = isinstance(result, Failed) and isinstance(result.error, JobCanceled)
                assert after.status == (JobStatus.COMPLETED if made and not canceled else JobStatus.FAILED)
                assert (after.error_code is None) == (after.status is JobStatus.COMPLETED)
                assert after.error_code != "canceled" or canceled
                assert await balance_millis(service, customer.account_id) == 100_000 - made * job.price_millis
                assert await ledger_faults(service) == []

    asyncio.run(walk())


async def test_a_job_ends_once(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await claimed(service, await job_of(service, customer))
    await land(service, job, 0)
    results = await asyncio.gather(
        *(end(service, job, Succeeded(), job.attempt) for _ in range(5)),
        *(end(service, job, Failed(JobCanceled())) for _ in range(5)),
    )
    assert sum(results) == 1
    assert await balance_millis(service, customer.account_id) == 99_000
    assert await ledger_faults(service) == []


async def test_a_stale_claim_ends_nothing(service: Service, customer: Customer, job_of: MakeJob) -> None:
    first = await claimed(service, await job_of(service, customer))
    second = await claimed(service, first)
    assert not await end(service, first, Succeeded(), first.attempt)
    assert (await again(service, first)).status is JobStatus.PROCESSING
    assert await balance_millis(service, customer.account_id) == 96_000
    assert await end(service, second, Failed(EngineFailed("It broke.")), second.attempt)
    after = await again(service, first)
    assert (after.status, after.error_code, after.error_message) == ("failed", "engine_failed", "It broke.")
    assert await balance_millis(service, customer.account_id) == 100_000


async def test_outputs_expire_a_day_after_the_end(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await claimed(service, await job_of(service, customer))
    await land(service, job, 0)
    service.clock.advance(hours=5)  # type: ignore[attr-defined]
    await end(service, job, Succeeded(), job.attempt)
    after = await again(service, job)
    assert after.finished_ms == service.clock()
    assert after.expires_ms == service.clock() + 24 * 3_600_000


async def test_a_job_that_none_has_begun_can_be_canceled(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await job_of(service, customer)
    other = await a_customer(service)

    async def stop(account_id: str) -> None:
        async with service.database.write() as tx:
            await cancel(tx, service, job.id, account_id)

    with pytest.raises(JobNotFound):
        await stop(other.account_id)
    await stop(customer.account_id)
    after = await again(service, job)
    assert (after.status, after.error_code) == ("failed", "canceled")
    assert await balance_millis(service, customer.account_id) == 100_000
    with pytest.raises(Conflict, match="failed"):
        await stop(customer.account_id)
    assert await ledger_faults(service) == []
