"""What a worker learns of a job that it has lost."""

import asyncio

from castlist.flow.perform import perform
from castlist.flow.service import Service
from castlist.flow.standing import Standing, standing
from castlist.store import jobs, workers
from castlist.testing.service import Clock, Customer


async def test_a_job_is_held_while_its_holder_lives_and_ended_when_it_has(
    service: Service, customer: Customer, clock: Clock, job_of
) -> None:
    job = await job_of(service, customer)
    assert await standing(service, job.id) is Standing.FREE
    async with service.database.write() as tx:
        await workers.renew(tx, "w-1", "default", now_ms=clock(), lease_ms=10_000)
        await jobs.claim(tx, job.id, "w-1", now_ms=clock())
    assert await standing(service, job.id) is Standing.HELD
    async with service.database.write() as tx:
        await workers.renew(tx, "w-1", "default", now_ms=clock(), lease_ms=0)
    assert await standing(service, job.id) is Standing.FREE
    await perform(service, job.id, "w-2", asyncio.Event())
    assert await standing(service, job.id) is Standing.ENDED
    assert await standing(service, "job_none") is Standing.ENDED
