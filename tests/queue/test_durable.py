"""The durable engine in this process, on both back ends: the order in which it takes jobs, and what it forgets."""

import asyncio
import time
from collections.abc import Iterator
from threading import Event

import pytest
from dbos._error import DBOSInitializationError

from castlist.queue import durable
from castlist.queue.durable import DurableQueue, DurableRunner
from castlist.store.database import Database

PATIENCE_SECONDS = 60.0


class Running:
    """A runner that notes what it ran; the first job holds the only slot until it is let go."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ran: list[str] = []
        self.let_go = Event()
        self.worker_id = f"w-{time.time_ns()}"
        self.runner = DurableRunner(url, self.worker_id, self._run)

    def _run(self, job_id: str) -> None:
        self.ran.append(job_id)
        if len(self.ran) == 1:
            self.let_go.wait(PATIENCE_SECONDS)

    async def enqueue(self, *jobs: tuple[str, int]) -> None:
        queue, database = DurableQueue(self.url), Database(self.url)
        for job_id, order in jobs:
            async with database.write() as tx:
                await queue.enqueue(tx, job_id, order)
        queue.close()
        await database.close()

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.ran) < count:
            assert time.monotonic() < deadline, self.ran
            time.sleep(0.02)


@pytest.fixture
def running(database_url: str) -> Iterator[Running]:
    durable.migrate(database_url)
    made = Running(database_url)
    made.runner.start()
    try:
        yield made
    finally:
        made.let_go.set()
        made.runner.stop()


def test_a_start_that_fails_leaves_nothing_in_the_way_of_the_next(database_url: str) -> None:
    with pytest.raises(DBOSInitializationError):
        Running(database_url).runner.start()  # without the engine's tables
    durable.migrate(database_url)
    made = Running(database_url)
    made.runner.start()
    made.runner.stop()


def test_lower_orders_go_first_and_equal_ones_as_they_came(running: Running) -> None:
    asyncio.run(running.enqueue(("first", 50)))
    running.wait_for(1)
    asyncio.run(running.enqueue(("d", 70), ("b", 20), ("e", 2**31 - 1), ("c", 20), ("a", 1)))
    running.let_go.set()
    running.wait_for(6)
    assert running.ran == ["first", "a", "b", "c", "d", "e"]


def test_what_has_ended_is_forgotten_and_what_has_not_stays(running: Running) -> None:
    running.let_go.set()
    asyncio.run(running.enqueue(*((f"job-{number}", 1) for number in range(3))))
    running.wait_for(3)
    assert running.runner.forget(0) == 0
    deadline, forgotten = time.monotonic() + PATIENCE_SECONDS, 0
    while forgotten < 3:  # the last one's end is noted a moment after it ran
        assert time.monotonic() < deadline
        forgotten += running.runner.forget((time.time_ns() // 1_000_000) + 1000)
    running.let_go.clear()
    running.ran.clear()
    asyncio.run(running.enqueue(("open", 1), ("waiting", 2)))
    running.wait_for(1)
    assert running.runner.forget((time.time_ns() // 1_000_000) + 1000) == 0
    running.let_go.set()
    running.wait_for(2)


def test_jobs_that_have_begun_are_handed_back_all_or_some(running: Running) -> None:
    asyncio.run(running.enqueue(("first", 1)))
    running.wait_for(1)
    runner, worker_id = running.runner, running.worker_id
    assert runner.holders() == {worker_id}
    assert runner.begun(worker_id) == {"first"}
    assert runner.hand_back([worker_id], only={"another"}) == 0
    assert runner.hand_back(["w-unknown"]) == 0
    assert runner.hand_back([worker_id], only={"first"}) == 1


def test_a_worker_takes_its_own_pools_jobs_alone(running: Running) -> None:
    async def enqueue() -> None:
        queue, database = DurableQueue(running.url), Database(running.url)
        for job_id, pool in (("far", "gpu"), ("near", "default"), ("near too", "default")):
            async with database.write() as tx:
                await queue.enqueue(tx, job_id, pool=pool)
        queue.close()
        await database.close()

    running.let_go.set()
    asyncio.run(enqueue())
    running.wait_for(2)
    time.sleep(5 * durable.POLL_SECONDS)
    assert running.ran == ["near", "near too"]


def test_a_paused_worker_begins_nothing(running: Running) -> None:
    running.let_go.set()
    asyncio.run(running.enqueue(("before", 1)))
    running.wait_for(1)
    running.runner.pause()
    time.sleep(5 * durable.POLL_SECONDS)
    asyncio.run(running.enqueue(("after", 1)))
    time.sleep(5 * durable.POLL_SECONDS)
    assert running.ran == ["before"]


def test_whether_the_engines_tables_are_there_is_known(database_url: str) -> None:
    assert not durable.is_current(database_url)
    durable.migrate(database_url)
    assert durable.is_current(database_url)


@pytest.mark.parametrize("a_database", ["postgres"], indirect=True)
def test_postgres_ends_a_transaction_that_nobody_goes_on_with(running: Running) -> None:
    engine = running.runner._dbos._sys_db.engine  # pyright: ignore[reportPrivateUsage]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one() == "5s"
