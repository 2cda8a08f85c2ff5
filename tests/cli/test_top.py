"""`castlist top`: what it shows of an installation at work. Drawing is tested on what was read, not on a terminal."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from castlist.cli import top, top_view
from castlist.domain.errors import ImageRefused
from castlist.domain.lanes import Lane
from castlist.store import workers
from castlist.testing.engines import ToyEngine
from castlist.testing.http import RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import MemoryQueue, run_all
from castlist.testing.service import Clock, a_customer, a_service


def drawn(page, width: int = 130) -> str:
    console = Console(width=width, force_terminal=False, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(page)
    return console.export_text()


@pytest.fixture
async def busy(tmp_path: Path, template: Path, clock: Clock):
    """An installation with a job that ended, one at work and one that waits."""
    engine = ToyEngine(fails={1: ImageRefused("No.")})
    async with a_service(tmp_path, template=template, clock=clock, engines=[engine]) as service:
        customer = await a_customer(service)
        async with client_of(service) as client:
            client.headers.update(customer.headers)
            for count in (3, 2, 1):
                await client.post(RUN, json={"input_image": figure_uri(), "num_images": count})
        assert isinstance(service.queue, MemoryQueue)
        waiting = service.queue.job_ids[1:]
        service.queue.job_ids[1:] = []
        clock.advance(seconds=30)
        await run_all(service)
        async with service.database.write() as tx:
            await workers.renew(tx, "w-busy", "default", now_ms=clock.now_ms, lease_ms=10_000)
            from castlist.store import jobs

            await jobs.claim(tx, waiting[0], "w-busy", now_ms=clock.now_ms)
        await service.meter.flush(service.database)
        yield service, waiting


async def test_it_shows_queue_workers_engines_and_jobs(busy) -> None:
    service, (running, waiting) = busy
    page = drawn(top_view.page(service.catalog, await top.look(service), [], width=130))
    assert "1 waiting, 1 running" in page
    assert "the oldest for 30 s" in page
    assert "2 delivered, 1 not" in page
    assert "3 credits held" in page
    lines = page.splitlines()
    assert any("w-busy" in line and running in line for line in lines)
    assert any(line.startswith("toy") and "ready" in line for line in lines)
    assert any(waiting in line and "pending" in line and "0/1" in line for line in lines)
    assert any(running in line and "processing" in line and "0/2" in line for line in lines)
    assert any("completed" in line and "2/3" in line and "30 s" in line for line in lines)


async def test_rates_come_from_looks_and_narrow_terminals_lose_no_line(busy) -> None:
    service, jobs = busy
    first = await top.look(service)
    second = replace(
        first,
        standing=replace(first.standing, now_ms=first.standing.now_ms + 60_000),
        sums={**first.sums, ("images_total", ("toy", "delivered")): 32.0},
        lanes={"toy": Lane(shut_until_ms=first.standing.now_ms + 90_000, said="HTTP 500")},
    )
    page = drawn(top_view.page(service.catalog, second, [first, second], width=80), width=80)
    assert "30.0 a minute" in page
    assert "left alone" in page
    assert max(map(len, page.splitlines())) <= 80
    running, waiting = jobs
    assert any(running in line and "processing 0%" in line and "0/2" in line for line in page.splitlines())
    assert any(waiting in line and "pending" in line and "0/1" in line for line in page.splitlines())


def test_an_empty_installation_is_looked_at_once(castlist) -> None:
    page = castlist("top", "--once").out
    assert "0 waiting, 0 running" in page
    assert page.count("none") >= 2
    facts = castlist("top", "--json").json()
    assert facts["queue"] == {"waiting": {}, "running": 0, "oldestSeconds": 0}
    assert (facts["workers"], facts["jobs"]) == ([], [])
    assert "studio" in [engine["id"] for engine in facts["engines"]]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0.0 s"), (12, "12 s"), (119, "119 s"), (180, "3 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_durations_take_few_characters(seconds: float, words: str) -> None:
    assert top_view.age(seconds) == words


def test_a_database_that_is_away_is_said() -> None:
    assert "does not answer: no route" in drawn(top_view.away("no route"))


async def test_the_live_view_survives_a_database_that_is_away(busy) -> None:
    """Runs the loop itself until it has looked three times, the second time in vain."""
    service, _ = busy
    looks: list[str] = []

    class Flaky:
        url = service.database.url
        is_sqlite = True

        def read(self):
            looks.append("look")
            if len(looks) == 2:
                raise ConnectionError("gone")
            return service.database.read()

    async def until_three() -> None:
        while len(looks) < 6:
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(top._live(replace(service, database=Flaky()), 0.01))  # pyright: ignore
    await asyncio.wait_for(until_three(), 20)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
