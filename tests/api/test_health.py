"""Lives, and can serve."""

from dataclasses import replace
from pathlib import Path

import httpx2

from castlist.api.readiness import Readiness
from castlist.flow.service import Service, Terms
from castlist.flow.survey import ALONE_SECONDS
from castlist.store import workers
from castlist.store.files import Files
from castlist.testing.http import RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.service import Clock, Customer


async def test_all_is_well(anyone: httpx2.AsyncClient) -> None:
    assert (await anyone.get("/healthz")).json() == {"status": "ok"}
    answer = await anyone.get("/readyz")
    assert answer.status_code == 200
    ready = answer.json()
    assert ready["status"] == "ok"
    assert [check["name"] for check in ready["checks"]] == ["database", "storage", "queue"]
    assert all(check["detail"] for check in ready["checks"])


async def test_a_database_that_is_away_is_named_with_what_hangs_on_it(service: Service) -> None:
    class Away:
        is_sqlite = True

        async def ping(self) -> None:
            raise ConnectionError("secret-host:5432")

        def read(self) -> None:
            raise ConnectionError("secret-host:5432")

    async with client_of(replace(service, database=Away())) as client:  # type: ignore[arg-type]
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "server_error")
    assert [detail["field"] for detail in error["details"]] == ["database", "queue"]
    assert "secret-host" not in answer.text


async def test_a_storage_that_is_away_is_named(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    files = Files.in_folder(folder)
    folder.rmdir()
    async with client_of(replace(service, files=files)) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert {"field": "storage", "message": "does not answer"} in answer.json()["error"]["details"]


async def test_a_queue_without_a_worker_is_not_ready_once_jobs_wait(
    service: Service, customer: Customer, clock: Clock
) -> None:
    async def details(terms: Terms) -> list[dict[str, str]]:
        async with client_of(replace(service, terms=terms)) as client:
            answer = await client.get("/readyz")
        return answer.json()["error"]["details"] if answer.status_code == 503 else []

    async with client_of(service) as client:
        await client.post(RUN, json={"input_image": figure_uri()}, headers=customer.headers)
    assert await details(Terms()) == []
    clock.advance(seconds=ALONE_SECONDS + 1)
    (wrong,) = await details(Terms())
    assert wrong == {"field": "queue", "message": "no worker runs: 1 waiting, the oldest for 31 s, 0 workers"}
    async with service.database.write() as tx:
        await workers.renew(tx, "w1", "default", now_ms=clock.now_ms, lease_ms=10_000)
    assert await details(Terms()) == []
    (slow,) = await details(Terms(queue_seconds=20))
    assert slow["message"] == "1 waiting, the oldest for 31 s, 1 workers"


async def test_however_many_ask_the_answer_is_looked_up_once_a_second(service: Service) -> None:
    looked = 0

    class Counting:
        is_sqlite = True

        async def ping(self) -> None:
            nonlocal looked
            looked += 1

        def read(self) -> None:
            raise ConnectionError

    readiness, counting = Readiness(), replace(service, database=Counting())  # type: ignore[arg-type]
    for _ in range(20):
        await readiness.checks(counting)
    assert looked <= 2
