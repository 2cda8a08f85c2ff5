"""Who may call what: malformed, unknown, revoked and expired keys, scopes, the time of last use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from castlist.domain.ids import new_key
from castlist.flow.service import Service
from castlist.store import keys
from castlist.store.database import Database
from castlist.testing.http import API, QUOTE, RUN, client_of
from castlist.testing.pictures import figure_file, figure_uri
from castlist.testing.service import Clock, Customer, a_customer

CREDITS = f"{API}/credits"
GUARDED = [
    ("POST", RUN),
    ("POST", QUOTE),
    ("POST", f"{API}/uploads"),
    ("GET", f"{API}/jobs"),
    ("GET", f"{API}/jobs/job_0000000000000000000000"),
    ("GET", CREDITS),
    ("GET", f"{API}/usage"),
]


class Unreachable(Database):
    """A database that nobody may ask."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        raise AssertionError("the database was asked")
        yield


def refused(answer: httpx2.Response) -> bool:
    return (
        answer.status_code == 401
        and answer.json()["error"]["code"] == "invalid_api_key"
        and answer.headers["www-authenticate"] == "Bearer"
    )


@pytest.mark.parametrize(("method", "address"), GUARDED)
async def test_every_guarded_route_wants_a_key(anyone: httpx2.AsyncClient, method: str, address: str) -> None:
    assert refused(await anyone.request(method, address))
    assert refused(await anyone.request(method, address, headers={"Authorization": f"Bearer {new_key()}"}))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YTpi",
        "Bearer cl_live_",
        f"Bearer {new_key()}x",
        f"Token {new_key()}",
    ],
)
async def test_a_malformed_key_costs_no_look_up(service: Service, header: str) -> None:
    import dataclasses

    blind = dataclasses.replace(service, database=Unreachable("sqlite:////nowhere/at/all"))
    async with client_of(blind) as client:
        assert refused(await client.get(CREDITS, headers={"Authorization": header}))


async def test_one_wrong_character_is_a_malformed_key(anyone: httpx2.AsyncClient, customer: Customer) -> None:
    swapped = customer.key[:-1] + ("a" if customer.key[-1] != "a" else "b")
    assert refused(await anyone.get(CREDITS, headers={"Authorization": f"Bearer {swapped}"}))


async def test_a_revoked_key_is_refused(client: httpx2.AsyncClient, service: Service, customer: Customer) -> None:
    assert (await client.get(CREDITS)).status_code == 200
    async with service.database.write() as tx:
        assert await keys.revoke(tx, customer.key_id, now_ms=service.clock())
    assert refused(await client.get(CREDITS))


async def test_an_expired_key_is_refused(anyone: httpx2.AsyncClient, service: Service, clock: Clock) -> None:
    customer = await a_customer(service, expires_ms=clock.now_ms + 1000)
    assert (await anyone.get(CREDITS, headers=customer.headers)).status_code == 200
    clock.advance(seconds=1)
    assert refused(await anyone.get(CREDITS, headers=customer.headers))


async def test_scopes(anyone: httpx2.AsyncClient, service: Service) -> None:
    reader = await a_customer(service, scopes=("read",))
    runner = await a_customer(service, scopes=("run",))
    body = {"json": {"input_image": figure_uri()}}
    upload = {"files": {"file": figure_file()}}
    for address, sent in ((RUN, body), (f"{API}/uploads", upload)):
        answer = await anyone.post(address, **sent, headers=reader.headers)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "forbidden"
        assert "scope run" in answer.json()["error"]["message"]
        assert (await anyone.post(address, **sent, headers=runner.headers)).status_code in (201, 202)
    assert (await anyone.get(CREDITS, headers=runner.headers)).status_code == 403
    assert (await anyone.get(CREDITS, headers=reader.headers)).status_code == 200


async def test_last_use_is_noted_once_a_minute(
    client: httpx2.AsyncClient, service: Service, customer: Customer, clock: Clock
) -> None:
    async def last_used_ms() -> int | None:
        async with service.database.read() as tx:
            record = await keys.find(tx, customer.key, pepper=service.secret)
        assert record is not None
        return record.last_used_ms

    assert await last_used_ms() is None
    first = clock.now_ms
    for _ in range(3):
        await client.get(CREDITS)
        assert await last_used_ms() == first
        clock.advance(seconds=20)
    clock.advance(seconds=1)
    await client.get(CREDITS)
    assert await last_used_ms() == clock.now_ms


async def test_the_catalogue_and_health_need_no_key(anyone: httpx2.AsyncClient) -> None:
    for address in (f"{API}/models", "/healthz", "/readyz", "/api/openapi", "/docs"):
        assert (await anyone.get(address)).status_code == 200
