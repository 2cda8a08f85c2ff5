"""`castlist api` and `castlist worker --pool` on PostgreSQL: who takes a job, and who hands it on."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from bench.chaos import audit
from bench.chaos.installation import Installation
from bench.chaos.processes import Process, wait_for


@pytest.fixture
def here() -> Iterator[Installation]:
    """A node and a database, a pool for the only engine, leases that never run out during a test."""
    settings = {
        "CASTLIST_POOLS": '{"gpu": {"engines": ["stripes"], "jobs": 1}}',
        "CASTLIST_LEASE_SECONDS": "600",
        "CASTLIST_DRAIN_SECONDS": "0",
    }
    with TemporaryDirectory() as folder:
        made = Installation.on_postgres(Path(folder), seconds=1.0, nodes=1, workers=0, **settings)
        made.start()
        yield made
        made.close()


def worker(here: Installation, name: str, pool: str) -> Process:
    made = Process(name, ["worker", "--pool", pool], here.settings, here.folder / f"{name}.log")
    here.workers[name] = made
    made.start()
    wait_for(made.ready, name)
    return made


def job(here: Installation, job_id: str) -> tuple[str, int, str | None]:
    (row,) = audit.ask(here.url, f"SELECT status, attempt, worker_id FROM jobs WHERE id = '{job_id}'")
    return row[0], row[1], row[2]


async def test_a_job_waits_for_its_pool_and_is_handed_on_by_a_worker_that_stops(here: Installation) -> None:
    worker(here, "near", "default")
    load = here.load(images=1)
    await load.once()
    waiting = load.accepted["key-0"]
    time.sleep(2)
    assert job(here, waiting)[:2] == ("pending", 0)
    first = worker(here, "first", "gpu")
    wait_for(lambda: job(here, waiting)[0] == "completed", "the end of the job that waited")
    second = worker(here, "second", "gpu")
    load.seed, load.least, load.images = 1, 6, 6
    await load.once()
    handed = load.accepted["key-1"]
    wait_for(lambda: job(here, handed)[0] == "processing", "the job's begin")
    (pid,) = here.holders()
    holder, other = (first, second) if pid == first.pid else (second, first)
    assert holder.end(signal.SIGTERM) == 0
    wait_for(lambda: job(here, handed)[0] == "completed", "the job's end")
    status, attempt, worker_id = job(here, handed)
    assert (status, attempt) == ("completed", 2)
    assert str(worker_id).startswith(f"w{other.pid}-")
    assert audit.faults(audit.read(here.url), load.accepted, here.file) == []
