"""Every way in which credits could appear or vanish is found, and a sound ledger has no fault; on both databases."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from castlist.domain.credits import EntryKind
from castlist.flow.perform import perform
from castlist.flow.service import Service
from castlist.store import conservation, ledger
from castlist.store.tables import entries, images, jobs
from castlist.testing.engines import ToyEngine
from castlist.testing.service import Customer, a_customer, a_service, ledger_faults


async def change(service: Service, statement: Any) -> None:
    """Tamper with the database, past its own constraints where they would stop it."""
    async with service.database.write() as tx:
        if tx.dialect.name == "sqlite":
            await tx.execute(sa.text("PRAGMA ignore_check_constraints=ON"))
        await tx.execute(statement)


@pytest.fixture
async def customer(service: Service) -> Customer:
    return await a_customer(service)


@pytest.fixture
async def job(service: Service, customer: Customer, job_of) -> Any:
    """A job of three images, all delivered, and one that is still open."""
    ended = await job_of(service, customer, num_images=3)
    await job_of(service, customer, num_images=1, seed=8)
    await perform(service, ended.id, "w", asyncio.Event())
    return ended


async def test_a_sound_ledger_has_no_fault(service: Service, job: Any) -> None:
    async with service.database.read() as tx:
        found = await conservation.verify(tx)
    assert (found.accounts, found.jobs, found.faults) == (1, 2, [])
    assert found.entries == 4  # grant, two holds, a capture


TAMPERED = {
    "an entry is gone": (
        sa.delete(entries).where(entries.c.kind == "capture"),
        "its capture is 3000, the ledger has 0",
    ),
    "an image is gone": (sa.delete(images).where(images.c.position == 0), "3000 are captured for 2 delivered images"),
    "a job's capture was changed": (
        sa.update(jobs).where(jobs.c.captured_millis > 0).values(captured_millis=2000, released_millis=1000),
        "its capture is 2000, the ledger has 3000",
    ),
    "a job's hold was changed": (
        sa.update(jobs).where(jobs.c.captured_millis > 0).values(num_images=2),
        "it holds 3000 for 2 images at 1000",
    ),
    "a job ended without an entry": (
        sa.update(jobs)
        .where(jobs.c.status == "pending")
        .values(status="failed", captured_millis=0, released_millis=1000, finished_ms=1),
        "its release is 1000, the ledger has 0",
    ),
    "the entries' account has no such job": (
        sa.update(entries).where(entries.c.kind == "capture").values(job_id="job_none"),
        "a capture for job_none, which does not exist",
    ),
    "an entry was inserted in between": (
        sa.update(entries).where(entries.c.kind == "capture").values(sequence=9),
        "entries are missing or there are too many",
    ),
    "a grant was enlarged": (
        sa.update(entries).where(entries.c.kind == "grant").values(amount_millis=200_000, change_millis=200_000),
        "the entries up to here sum to 200000, it says 100000",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_what_was_tampered_with_is_found(service: Service, job: Any, how: str) -> None:
    statement, sentence = TAMPERED[how]
    await change(service, statement)
    faults = await ledger_faults(service)
    assert any(sentence in fault for fault in faults), faults


async def test_an_open_job_with_money_taken_and_a_negative_balance_are_found(
    service: Service, customer: Customer, job: Any
) -> None:
    if not service.database.is_sqlite:
        pytest.skip("PostgreSQL's own constraints cannot be passed by")
    await change(service, sa.update(jobs).where(jobs.c.status == "pending").values(captured_millis=500))
    async with service.database.write() as tx:
        await ledger.append(tx, customer.account_id, EntryKind.ADJUST, -96_000, now_ms=0)
    await change(
        service,
        sa.insert(entries).values(
            account_id=customer.account_id, sequence=6, kind="adjust", amount_millis=-1, change_millis=-1,
            balance_millis=-1, note="", created_ms=0,
        ),
    )  # fmt: skip
    faults = " ".join(await ledger_faults(service))
    assert "it is pending, yet 500 are captured" in faults
    assert "the balance is negative, -1" in faults


async def test_other_writers_do_not_disturb_the_proof(tmp_path, template, job_of) -> None:
    async with a_service(tmp_path, template=template, engines=[ToyEngine()]) as service:
        customer = await a_customer(service)

        async def submit_and_run(seed: int) -> None:
            one = await job_of(service, customer, num_images=1, seed=seed)
            await perform(service, one.id, "w", asyncio.Event())

        working = asyncio.gather(*(submit_and_run(seed) for seed in range(4)))
        while not working.done():
            assert await ledger_faults(service) == []
            await asyncio.sleep(0.01)
        await working
