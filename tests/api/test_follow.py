"""Following jobs: streams that break off and go on, silence, and very many listeners at once."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from castlist.api.events import Telling
from castlist.api.follow import Follower, Seen
from castlist.api.present import Presenter
from castlist.flow.cancel import cancel
from castlist.flow.service import Service
from castlist.store import jobs
from castlist.store.database import Database
from castlist.store.jobs import Image, Job
from castlist.testing.http import API, RUN
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Customer

BODY: dict[str, Any] = {"input_image": figure_uri(), "num_images": 3}


@pytest.fixture
async def job(client: httpx2.AsyncClient, service: Service) -> Job:
    """A job that waits."""
    job_id = (await client.post(RUN, json=BODY)).json()["jobId"]
    async with service.database.read() as tx:
        found = await jobs.get(tx, job_id)
    assert found is not None
    return found


@pytest.fixture
async def follower(service: Service) -> AsyncIterator[Follower]:
    made = Follower(service.database)
    yield made
    while made.is_looking:
        await asyncio.sleep(0.01)


@contextmanager
def counted(service: Service) -> Iterator[list[str]]:
    """Collect the statements that are run."""
    statements: list[str] = []
    engine = service.database.reading

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def land(service: Service, job: Job, position: int) -> None:
    """Let one image of a job land."""
    file = f"{position:064x}.png"
    async with service.database.write() as tx:
        await jobs.put_image(
            tx,
            Image(
                job_id=job.id, position=position, pose="front", seed=1, engine="toy", file=file,
                content_type="image/png", width_px=8, height_px=8, size_bytes=1, sha256=file[:64], created_ms=1,
            ),
        )  # fmt: skip


def told(text: str) -> list[tuple[str, str, Any]]:
    """Return the name, id and data of every event in a stream."""
    found: list[tuple[str, str, Any]] = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return found


async def seen(service: Service, job: Job) -> Seen:
    async with service.database.read() as tx:
        now = await jobs.get(tx, job.id)
        assert now is not None
        return Seen(now, (await jobs.images_of(tx, [job.id]))[job.id])


async def test_a_stream_goes_on_after_the_last_event(service: Service, job: Job) -> None:
    presenter = Presenter("https://images.test", service.secret)
    await land(service, job, 2)
    first = told(Telling(presenter).news(await seen(service, job)))
    assert [(name, data.get("index")) for name, _, data in first] == [("state", None), ("image", 2)]
    again = Telling(presenter, first[-1][1])
    assert told(again.news(await seen(service, job))) == []
    await land(service, job, 0)
    assert [(name, data["index"]) for name, _, data in told(again.news(await seen(service, job)))] == [("image", 0)]
    late = told(Telling(presenter, first[0][1]).news(await seen(service, job)))
    assert [data["index"] for _, _, data in late] == [0, 2], "what came after that event, and no second state"


@pytest.mark.parametrize("strange", ["", "end", "nothing.1", "pending.xyz", "pending." + "f" * 17, "é", "pending.1\n"])
async def test_an_id_that_is_none_of_ours_begins_anew(service: Service, job: Job, strange: str) -> None:
    telling = Telling(Presenter("https://images.test", service.secret), strange)
    assert [name for name, _, _ in told(telling.news(await seen(service, job)))] == ["state"]


async def test_a_stream_over_http_ends_and_says_when_to_come_back(
    client: httpx2.AsyncClient, service: Service, job: Job
) -> None:
    reading = asyncio.create_task(client.get(f"{API}/jobs/{job.id}/events"))
    await asyncio.sleep(0)
    await run_all(service)
    answer = await reading
    assert answer.text.startswith("retry: 2000\n\n")
    events = told(answer.text)
    assert [data["index"] for name, _, data in events if name == "image"] == [0, 1, 2]
    assert (events[-1][0], events[-1][1]) == ("end", "end")
    rest = await client.get(f"{API}/jobs/{job.id}/events", headers={"Last-Event-ID": events[-2][1]})
    assert [name for name, _, _ in told(rest.text)] == ["end"]
    nothing = await client.get(f"{API}/jobs/{job.id}/events", headers={"Last-Event-ID": "end"})
    assert (nothing.status_code, nothing.content) == (204, b"")


async def test_silence_is_broken(follower: Follower, job: Job) -> None:
    async with aclosing(follower.follow(job.id, silence_seconds=0.3)) as following:
        states = [await anext(following) for _ in range(3)]
    assert states[0] is not None
    assert states[1:] == [None, None]


async def test_many_listeners_cost_one_statement_a_look(service: Service, follower: Follower, job: Job) -> None:
    """Two hundred listeners, half a second: five looks or fewer, whatever the number of listeners."""

    async def listen() -> list[str]:
        async with aclosing(follower.follow(job.id, silence_seconds=60)) as following:
            return [each.job.status.value async for each in following if each is not None]

    with counted(service) as statements:
        listeners = [asyncio.create_task(listen()) for _ in range(200)]
        await asyncio.sleep(0.5)
        assert 1 <= len([each for each in statements if each.startswith("SELECT")]) <= 6 + 2
        async with service.database.write() as tx:
            await cancel(tx, service, job.id, job.account_id)
        heard = await asyncio.gather(*listeners)
    assert heard == [["pending", "failed"]] * 200


async def test_who_reads_slowly_holds_nobody_up_and_hears_the_latest(
    service: Service, follower: Follower, job: Job
) -> None:
    slow = follower.follow(job.id, silence_seconds=60)
    fast = follower.follow(job.id, silence_seconds=60)
    async with aclosing(slow), aclosing(fast):
        await asyncio.gather(anext(slow), anext(fast))
        for position in range(3):
            await land(service, job, position)
            state = await anext(fast)
            assert state is not None
            assert len(state.images) == position + 1
        late = await anext(slow)
    assert late is not None
    assert len(late.images) == 3


async def test_a_listener_that_leaves_is_forgotten(follower: Follower, job: Job) -> None:
    listening = asyncio.create_task(anext(follower.follow(job.id, silence_seconds=60)))
    await listening
    async with aclosing(follower.follow(job.id, silence_seconds=60)) as following:
        await anext(following)
        leaving = asyncio.create_task(anext(following))
        await asyncio.sleep(0)
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving


async def test_many_may_wait_with_prefer(client: httpx2.AsyncClient, service: Service, customer: Customer) -> None:
    waiting = [
        asyncio.create_task(
            client.post(RUN, json={**BODY, "num_images": 1}, headers={"Prefer": "wait=30", "Idempotency-Key": "one"})
        )
        for _ in range(60)
    ]
    while not await run_all(service):
        await asyncio.sleep(0.01)
    answers = await asyncio.gather(*waiting)
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "completed")}
    assert len({answer.json()["jobId"] for answer in answers}) == 1


async def test_a_database_that_is_away_is_one_line_a_look_and_no_trace() -> None:
    away = Database("sqlite:////nowhere/at/all.sqlite")
    follower = Follower(away)
    with capture_logs() as lines:
        async with aclosing(follower.follow("job_1", silence_seconds=0.5)) as seen:
            assert await anext(seen) is None
    assert {(line["log_level"], "exc_info" in line) for line in lines} == {("warning", False)}
    await away.close()
