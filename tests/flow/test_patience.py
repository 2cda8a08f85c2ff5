"""A running job waits out what passes, within its one claim; what stays is raised at once; poison counts deaths."""

import asyncio
import dataclasses
import errno
from typing import Any

import pytest
from obstore.exceptions import GenericError, NotFoundError
from sqlalchemy.exc import IntegrityError, OperationalError

from castlist.domain.jobs import MAX_ATTEMPTS
from castlist.flow.patience import Patience
from castlist.flow.perform import perform
from castlist.flow.service import Service
from castlist.store import jobs
from castlist.store.files import Files
from castlist.store.passing import is_passing
from castlist.testing.service import Customer, balance_millis, ledger_faults


class State(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("problem", "passes"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (ConnectionRefusedError(), True),
        (GenericError("503 Service Unavailable"), True),
        (OperationalError("", {}, Exception("database is locked")), True),
        (State("57P03"), True),
        (State("25P03"), True),
        (State("25006"), False),
        (OperationalError("", {}, State("40001")), True),
        (OperationalError("", {}, State("42601")), False),
        (IntegrityError("", {}, State("23505")), False),
        (FileNotFoundError(), False),
        (NotFoundError("no"), False),
        (ValueError("a mistake of ours"), False),
    ],
    ids=str,
)
def test_what_passes(problem: Exception, passes: bool) -> None:
    assert is_passing(problem) is passes


class Full:
    """A storage whose disk is full for the first few files."""

    def __init__(self, files: Files, times: int) -> None:
        self._files, self.times = files, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    async def put(self, *parts: Any, **more: Any) -> str:
        if self.times > 0:
            self.times -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return await self._files.put(*parts, **more)


async def test_a_full_disk_costs_time_and_nothing_else(service: Service, customer: Customer, job_of) -> None:
    job = await job_of(service, customer, num_images=2)
    await perform(
        dataclasses.replace(service, files=Full(service.files, 2)),  # type: ignore[arg-type]
        job.id, "w", asyncio.Event(),
    )  # fmt: skip
    async with service.database.read() as tx:
        ended = await jobs.get(tx, job.id)
    assert ended is not None
    assert (ended.status, ended.attempt, ended.captured_millis) == ("completed", 1, 2000)


async def test_a_step_that_is_not_wanted_any_more_is_not_repeated() -> None:
    calls = 0

    async def act() -> None:
        nonlocal calls
        calls += 1
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await Patience(lambda: False).through(act)
    assert calls == 1


async def test_poison_ends_after_so_many_deaths_and_is_refunded(service: Service, customer: Customer, job_of) -> None:
    before = await balance_millis(service, customer.account_id)
    job = await job_of(service, customer, num_images=2)

    class Dies:
        async def put(self, *_: Any, **__: Any) -> str:
            raise SystemError("a picture that kills its worker")

        def __getattr__(self, name: str) -> Any:
            return getattr(service.files, name)

    deadly = dataclasses.replace(service, files=Dies())  # type: ignore[arg-type]
    for attempt in range(1, MAX_ATTEMPTS + 1):
        with pytest.raises(SystemError):
            await perform(deadly, job.id, f"w-{attempt}", asyncio.Event())
    await perform(deadly, job.id, "w-last", asyncio.Event())
    async with service.database.read() as tx:
        ended = await jobs.get(tx, job.id)
    assert ended is not None
    assert (ended.status, ended.error_code, ended.attempt) == ("failed", "worker_lost", MAX_ATTEMPTS + 1)
    assert (ended.captured_millis, await balance_millis(service, customer.account_id)) == (0, before)
    assert await ledger_faults(service) == []
