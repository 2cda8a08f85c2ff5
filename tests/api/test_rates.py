"""What a key may ask in a minute, and what every answer to it says about that."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator

import httpx2
import pytest

from castlist.api.app import create_app
from castlist.flow.service import Service
from castlist.store import keys
from castlist.testing.http import API, BASE_URL, RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.service import Clock, Customer, a_customer

LIMIT, REMAINING, RESET = (f"X-RateLimit-{name}" for name in ("Limit", "Remaining", "Reset"))


@pytest.fixture
async def client(service: Service, customer: Customer) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with a key, on an installation that allows ten requests a minute."""
    terms = dataclasses.replace(service.terms, rate_a_minute=10)
    async with client_of(dataclasses.replace(service, terms=terms)) as made:
        made.headers.update(customer.headers)
        yield made


async def statuses(client: httpx2.AsyncClient, count: int, path: str = f"{API}/credits") -> Counter[int]:
    return Counter([(await client.get(path)).status_code for _ in range(count)])


async def test_the_minute_is_counted_down_and_then_refused(client: httpx2.AsyncClient, clock: Clock) -> None:
    for left in range(9, -1, -1):
        answer = await client.get(f"{API}/credits")
        assert (answer.status_code, answer.headers[LIMIT], answer.headers[REMAINING]) == (200, "10", str(left))
        assert int(answer.headers[RESET]) == clock.now_ms // 1000 + 6 * (10 - left)
    refused = await client.get(f"{API}/credits")
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert refused.json()["error"]["message"] == "This key may ask 10 times a minute. Ask again in 6 s."
    assert (refused.headers["Retry-After"], refused.headers[REMAINING]) == ("6", "0")
    assert int(refused.headers[RESET]) == clock.now_ms // 1000 + 60


async def test_whoever_waits_as_told_may_ask_again(client: httpx2.AsyncClient, clock: Clock) -> None:
    await statuses(client, 11)
    clock.advance(seconds=5.9)
    assert (await client.get(f"{API}/credits")).status_code == 429
    clock.advance(seconds=0.1)
    assert await statuses(client, 2) == {200: 1, 429: 1}
    clock.advance(seconds=60)
    assert await statuses(client, 11) == {200: 10, 429: 1}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"{API}/jobs/job_{'0' * 22}", None, 404),
        ("GET", f"{API}/nothing", None, 404),
        ("DELETE", f"{API}/jobs", None, 405),
        ("POST", RUN, b"{", 400),
        ("POST", RUN, b"x" * 40_000_000, 413),
        ("HEAD", f"{API}/credits", None, 200),
        ("OPTIONS", f"{API}/credits", None, 204),
    ],
    ids=str,
)
async def test_every_answer_to_a_key_says_so(
    client: httpx2.AsyncClient, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = await client.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert (answer.headers[LIMIT], answer.headers[REMAINING]) == ("10", "9")


async def test_one_keys_limit_is_not_anothers(client: httpx2.AsyncClient, service: Service) -> None:
    await statuses(client, 10)
    client.headers.update((await a_customer(service)).headers)
    assert await statuses(client, 10) == {200: 10}


async def test_what_needs_no_key_uses_nothing_up(client: httpx2.AsyncClient) -> None:
    await statuses(client, 10)
    shown = await client.get(f"{API}/models")
    assert (shown.status_code, shown.headers[REMAINING]) == (200, "0")
    for path in ("/healthz", "/readyz", "/api/openapi", f"{API}/files/{'0' * 64}.png"):
        answer = await client.get(path)
        assert answer.status_code != 429
        assert LIMIT not in answer.headers


@pytest.mark.parametrize("text", ["", "Bearer nonsense", "Basic abc", "Bearer cl_live_" + "0" * 42])
async def test_without_a_good_key_there_is_no_rate(client: httpx2.AsyncClient, text: str) -> None:
    answer = await client.get(f"{API}/credits", headers={"Authorization": text})
    assert answer.status_code == 401
    assert LIMIT not in answer.headers


async def test_a_key_may_have_a_rate_of_its_own(
    client: httpx2.AsyncClient, service: Service, customer: Customer
) -> None:
    async with service.database.write() as tx:
        assert await keys.change(tx, customer.key_id, {"rate_a_minute": 3})
    assert await statuses(client, 4) == {200: 3, 429: 1}
    async with service.database.write() as tx:
        assert await keys.change(tx, customer.key_id, {"rate_a_minute": 0})
    assert await statuses(client, 30) == {200: 30}
    assert LIMIT not in (await client.get(f"{API}/credits")).headers


async def test_a_refused_submit_made_nothing_and_used_no_idempotency_key_up(
    client: httpx2.AsyncClient, service: Service, clock: Clock
) -> None:
    await statuses(client, 10)
    body = {"input_image": figure_uri(), "num_images": 1}
    refused = await client.post(RUN, json=body, headers={"Idempotency-Key": "order-7"})
    assert refused.status_code == 429
    clock.advance(seconds=6)
    assert (await client.post(RUN, json=body, headers={"Idempotency-Key": "order-7"})).status_code == 202
    clock.advance(seconds=60)
    assert len((await client.get(f"{API}/jobs")).json()["jobs"]) == 1


async def test_exact_at_any_concurrency_on_several_nodes(service: Service, customer: Customer) -> None:
    """Two applications on one database. On SQLite one process serves, so there the limit holds in each."""
    several = [service] if service.database.is_sqlite else [service, service]
    terms = dataclasses.replace(service.terms, rate_a_minute=60)
    nodes = [
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(create_app(dataclasses.replace(node, terms=terms))),
            base_url=BASE_URL,
            headers=customer.headers,
        )
        for node in several
    ]
    answers = await asyncio.gather(*(nodes[number % len(nodes)].get(f"{API}/credits") for number in range(150)))
    assert Counter(answer.status_code for answer in answers) == {200: 60, 429: 90}
    left = [int(answer.headers[REMAINING]) for answer in answers if answer.status_code == 200]
    assert sorted(left) == list(range(60))
    for node in nodes:
        await node.aclose()
