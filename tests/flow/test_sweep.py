"""What has expired goes, on time and not before; the records of jobs and money stay."""

import dataclasses

import pytest
from sqlalchemy import func, select

from castlist.domain.fairness import LAST_TURN
from castlist.domain.pools import DEFAULT_POOL
from castlist.flow.plan import plan
from castlist.flow.service import Service
from castlist.flow.submit import Caller, Stamp, earlier, submit
from castlist.flow.sweep import LATE, sweep
from castlist.store import deliveries, jobs, keys, rates, tables, turns
from castlist.store.deliveries import Try
from castlist.store.files import Files
from castlist.store.jobs import Job
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Clock, Customer, a_customer, ledger_faults

DAY_HOURS = 24


async def a_job(service: Service, customer: Customer, stamp: Stamp | None = None) -> Job:
    planned = await plan(service, service.request_model.model_validate({"input_image": figure_uri(), "seed": 1}))
    async with service.database.write() as tx:
        return (await submit(tx, service, Caller(customer.account_id, customer.key_id), planned, stamp)).job


async def files_of(service: Service, job: Job) -> list[bool]:
    """Return, for every file of a job, whether it is there."""
    async with service.database.read() as tx:
        names = [image.file for image in (await jobs.images_of(tx, [job.id]))[job.id]]
    return [await service.files.get(name) is not None for name in [*names, *job.request["references"]] if name]


async def test_an_idempotency_key_outlives_a_month_and_no_more(
    service: Service, customer: Customer, clock: Clock
) -> None:
    caller, stamp = Caller(customer.account_id, customer.key_id), Stamp("order-7", "0" * 64)
    job = await a_job(service, customer, stamp)

    async def meant() -> str | None:
        async with service.database.read() as tx:
            found = await earlier(tx, caller, stamp)
        return found.id if found else None

    clock.advance(hours=30 * DAY_HOURS)
    await sweep(service)
    assert await meant() == job.id
    clock.advance(seconds=1)
    await sweep(service)
    assert await meant() is None


async def test_pictures_go_after_their_time_and_the_record_stays(
    service: Service, customer: Customer, clock: Clock
) -> None:
    job = await a_job(service, customer)
    await run_all(service)
    clock.advance(hours=DAY_HOURS, seconds=-1)
    assert await sweep(service) == 0
    assert all(await files_of(service, job))
    clock.advance(seconds=1)
    assert await sweep(service) == 5
    assert not any(await files_of(service, job))
    assert await sweep(service) == 0
    async with service.database.read() as tx:
        assert (await jobs.get(tx, job.id)) is not None
    assert await ledger_faults(service) == []


@dataclasses.dataclass(frozen=True)
class Stubborn(Files):
    """A storage that cannot delete one file."""

    lasting: str = ""

    async def delete(self, name: str) -> None:
        if name == self.lasting:
            raise OSError("read-only")
        await Files.delete(self, name)


async def test_a_file_that_cannot_be_removed_stands_in_nobodys_way(
    service: Service, customer: Customer, clock: Clock
) -> None:
    job = await a_job(service, customer)
    await run_all(service)
    clock.advance(hours=31 * DAY_HOURS)
    async with service.database.read() as tx:
        lasting = (await jobs.images_of(tx, [job.id]))[job.id][0].file
    assert lasting is not None
    stubborn = dataclasses.replace(service, files=Stubborn(service.files.store, lasting))
    assert await sweep(stubborn) == 4
    assert (await files_of(service, job)).count(True) == 1
    assert await sweep(service) == 1
    assert not any(await files_of(service, job))


async def test_what_another_job_still_needs_stays_for_it(service: Service, customer: Customer, clock: Clock) -> None:
    first = await a_job(service, customer)
    await run_all(service)
    clock.advance(hours=12)
    second = await a_job(service, customer)  # the same reference and the same seed
    await run_all(service)
    clock.advance(hours=12)
    await sweep(service)
    *pictures, reference = await files_of(service, first)
    assert not any(pictures)
    assert reference
    assert all(await files_of(service, second))
    clock.advance(hours=12)
    await sweep(service)
    assert not any(await files_of(service, second))


@pytest.mark.parametrize("state", ["delivered", "given_up", "due"])
async def test_how_a_webhook_fared_is_kept_for_a_month(
    service: Service, customer: Customer, clock: Clock, state: str
) -> None:
    job = await a_job(service, customer)
    async with service.database.write() as tx:
        await deliveries.add(tx, job.id, job.account_id, "https://example.com/", now_ms=clock())
        [due] = await deliveries.take_due(tx, now_ms=clock(), hold_ms=0)
        await deliveries.record(tx, due, Try(1, clock(), 200, None), state=state, next_ms=clock() + 10**12)

    async def told() -> int:
        await sweep(service)
        async with service.database.read() as tx:
            return len(await deliveries.of_job(tx, job.id))

    clock.advance(hours=30 * DAY_HOURS)
    assert await told() == 1
    clock.advance(seconds=1)
    assert await told() == (1 if state == "due" else 0)
    async with service.database.read() as tx:
        tries = (await tx.execute(select(func.count()).select_from(tables.delivery_tries))).scalar_one()
    assert tries == (1 if state == "due" else 0)


async def test_keys_go_ninety_days_after_their_end(service: Service, clock: Clock) -> None:
    good = await a_customer(service)
    expiring = await a_customer(service, expires_ms=clock() + 1000)
    revoked = await a_customer(service)
    async with service.database.write() as tx:
        await keys.revoke(tx, revoked.key_id, now_ms=clock() + 1000)

    async def there() -> set[str]:
        await sweep(service)
        async with service.database.read() as tx:
            return {key.id for key in await keys.list_all(tx)}

    clock.advance(hours=90 * DAY_HOURS, seconds=1)
    assert await there() == {good.key_id, expiring.key_id, revoked.key_id}
    clock.advance(seconds=1)
    assert await there() == {good.key_id}


async def test_what_a_key_used_is_forgotten_once_its_minute_is_over(
    service: Service, customer: Customer, clock: Clock
) -> None:
    async with service.database.write() as tx:
        await rates.take(tx, customer.key_id, 60, now_us=clock() * 1000)

    async def used() -> int | None:
        await sweep(service)
        async with service.database.read() as tx:
            return await rates.used(tx, customer.key_id)

    assert await used() is not None
    clock.advance(seconds=2)
    assert await used() is None


async def test_the_virtual_clock_begins_anew_when_nothing_is_open(service: Service, customer: Customer) -> None:
    job = await a_job(service, customer)
    far = dataclasses.replace(job, id="job_far", clock=LATE + 1, finish=LAST_TURN, attempt=1)
    async with service.database.write() as tx:
        await jobs.insert(tx, far)

    async def clocks() -> turns.Clocks:
        await sweep(service)
        async with service.database.read() as tx:
            return await turns.read(tx, DEFAULT_POOL, customer.key_id)

    assert (await clocks()).clock == LATE + 1
    await run_all(service)
    assert (await clocks()).clock == LATE + 1, "one job is still open"
    service.queue.job_ids.append(far.id)  # pyright: ignore[reportAttributeAccessIssue]
    await run_all(service)
    assert await clocks() == turns.Clocks(0, 0)
