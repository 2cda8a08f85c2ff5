"""Submitting: hold, job and queue entry commit together or not at all, at any concurrency."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

import pytest

from castlist.domain.errors import IdempotencyMismatch, InsufficientCredits
from castlist.domain.fairness import IMAGE
from castlist.domain.pools import DEFAULT_POOL, Pool, Pools
from castlist.flow.plan import Plan
from castlist.flow.service import Service
from castlist.flow.submit import Caller, Stamp, Submitted, submit
from castlist.store import jobs, ledger
from castlist.testing.queues import run_all
from castlist.testing.service import Customer, a_customer, balance_millis, ledger_faults

MakePlan = Callable[..., Awaitable[Plan]]


async def attempt(
    service: Service, customer: Customer, planned: Plan, stamp: Stamp | None = None
) -> Submitted | InsufficientCredits:
    """Submit in a transaction of its own, as the edge does."""
    try:
        async with service.database.write() as tx:
            return await submit(tx, service, Caller(customer.account_id, customer.key_id), planned, stamp)
    except InsufficientCredits as error:
        return error


async def all_jobs(service: Service, customer: Customer) -> list[jobs.Job]:
    async with service.database.read() as tx:
        return await jobs.newest(tx, customer.account_id, limit=1000)


async def test_two_hundred_at_once_with_credits_for_fifty(service: Service, plan_of: MakePlan) -> None:
    customer = await a_customer(service, credits="50")
    planned = await plan_of(service, num_images=1)
    results = await asyncio.gather(*(attempt(service, customer, planned) for _ in range(200)))
    accepted = [result for result in results if isinstance(result, Submitted)]
    assert len(accepted) == len(await all_jobs(service, customer)) == 50
    assert sorted(result.balance_millis for result in accepted) == list(range(0, 50_000, 1000))
    assert await balance_millis(service, customer.account_id) == 0
    assert await ledger_faults(service) == []
    async with service.database.read() as tx:
        history = await ledger.history(tx, customer.account_id, limit=1000)
    assert min(entry.balance_millis for entry in history) == 0
    assert sum(entry.change_millis for entry in history) == 0


async def test_jobs_of_different_sizes_never_overdraw(service: Service, plan_of: MakePlan) -> None:
    customer = await a_customer(service, credits="10.5")
    plans = [await plan_of(service, num_images=count) for count in (1, 2, 3, 5, 13)]
    results = await asyncio.gather(*(attempt(service, customer, planned) for planned in plans * 4))
    held = sum(result.job.held_millis for result in results if isinstance(result, Submitted))
    assert await balance_millis(service, customer.account_id) == 10_500 - held >= 0
    assert await ledger_faults(service) == []


async def test_what_is_submitted_can_be_run(service: Service, customer: Customer, plan_of: MakePlan) -> None:
    await attempt(service, customer, await plan_of(service, num_images=2))
    await run_all(service)
    (job,) = await all_jobs(service, customer)
    assert (job.status, job.held_millis, job.captured_millis, job.released_millis) == ("completed", 2000, 2000, 0)
    assert await balance_millis(service, customer.account_id) == 98_000


async def test_a_rolled_back_submission_leaves_nothing(service: Service, customer: Customer, plan_of: MakePlan) -> None:
    planned = await plan_of(service)

    async def broken() -> None:
        async with service.database.write() as tx:
            await submit(tx, service, Caller(customer.account_id, None), planned)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await broken()
    assert await all_jobs(service, customer) == []
    assert await balance_millis(service, customer.account_id) == 100_000
    await run_all(service)  # the queue's entry, had it survived, finds no job


async def test_too_few_credits_hold_nothing(service: Service, plan_of: MakePlan) -> None:
    customer = await a_customer(service, credits="3.999")
    refused = await attempt(service, customer, await plan_of(service, num_images=4))
    assert isinstance(refused, InsufficientCredits)
    assert refused.extra == {"credits_remaining": 3.999}
    assert await all_jobs(service, customer) == []
    assert await balance_millis(service, customer.account_id) == 3999


async def test_a_repeated_stamp_is_the_same_job_at_any_concurrency(
    service: Service, customer: Customer, plan_of: MakePlan
) -> None:
    planned = await plan_of(service)
    stamp = Stamp("once", "digest")
    results = await asyncio.gather(*(attempt(service, customer, planned, stamp) for _ in range(30)))
    assert len({result.job.id for result in results if isinstance(result, Submitted)}) == 1
    assert len(await all_jobs(service, customer)) == 1
    assert await balance_millis(service, customer.account_id) == 96_000
    with pytest.raises(IdempotencyMismatch):
        await attempt(service, customer, planned, Stamp("once", "another"))
    other = await a_customer(service)
    assert isinstance(await attempt(service, other, planned, stamp), Submitted)
    assert len(await all_jobs(service, other)) == 1


async def test_every_pool_has_a_clock_of_its_own(service: Service, customer: Customer, plan_of: MakePlan) -> None:
    """A long queue for one pool does not put a key's first job for another pool behind that pool's queue."""
    busy = dataclasses.replace(service, pools=Pools({"gpu": Pool(engines=("toy",))}))
    planned = await plan_of(service)
    caller = Caller(customer.account_id, customer.key_id)

    async def submitted(where: Service) -> jobs.Job:
        async with where.database.write() as tx:
            return (await submit(tx, where, caller, planned)).job

    first = [await submitted(service) for _ in range(3)]
    other = await submitted(busy)
    assert [job.pool for job in (*first, other)] == [DEFAULT_POOL] * 3 + ["gpu"]
    assert [job.finish for job in first] == [IMAGE * 4 * number for number in (1, 2, 3)]
    assert other.finish == IMAGE * 4
