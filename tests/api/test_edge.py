"""What is true of every answer: ids, headers, HEAD and OPTIONS, faults of our own without a word about them."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import structlog

from castlist.flow.service import Service
from castlist.store.database import Database
from castlist.testing.http import API, RUN, client_of
from castlist.testing.service import Customer


class Broken(Database):
    """A database that does what none should."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        raise RuntimeError("secret: something odd at /var/lib/castlist.sqlite")
        yield


async def test_every_answer_has_an_id_and_is_not_sniffed(anyone: httpx2.AsyncClient) -> None:
    for method, address in (
        ("GET", "/healthz"),
        ("GET", "/nowhere"),
        ("POST", RUN),
        ("OPTIONS", RUN),
        ("GET", "/docs"),
    ):
        answer = await anyone.request(method, address)
        assert answer.headers["x-request-id"].startswith("req_")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_sane_request_id_is_kept_and_another_is_not(anyone: httpx2.AsyncClient) -> None:
    answer = await anyone.get("/nowhere", headers={"X-Request-Id": "my-id.42"})
    assert answer.headers["x-request-id"] == answer.json()["error"]["requestId"] == "my-id.42"
    for strange in ("", "a b", "x" * 81, "<script>", "é"):
        answer = await anyone.get("/healthz", headers={"X-Request-Id": strange.encode()})  # type: ignore[dict-item]
        assert answer.headers["x-request-id"].startswith("req_")


async def test_head_and_options(anyone: httpx2.AsyncClient) -> None:
    head = await anyone.head("/healthz")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "15")
    options = await anyone.options(f"{API}/jobs")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (await anyone.options(RUN)).headers["allow"] == "POST, OPTIONS"
    assert (await anyone.options("/nowhere")).status_code == 404
    assert (await anyone.head(RUN)).status_code == 405


async def test_a_fault_of_ours_says_nothing_about_itself(service: Service, customer: Customer) -> None:
    broken = dataclasses.replace(service, database=Broken("sqlite:////nowhere/at/all"))
    async with client_of(broken) as client:
        with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            answer = await client.get(f"{API}/credits", headers={**customer.headers, "X-Request-Id": "find-me"})
        assert answer.status_code == 500
        assert answer.json()["error"]["code"] == "server_error"
        assert "secret" not in answer.text
        assert {"find-me"} == {line["request_id"] for line in logs}
        assert [line["event"] for line in logs] == ["request failed", "request"]
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["error"]["code"]) == (503, "server_error")
        assert "secret" not in ready.text
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("address", ["/healthz", f"{API}/models", f"{API}/credits"])
async def test_answers_of_the_api_are_not_cached(client: httpx2.AsyncClient, address: str) -> None:
    assert (await client.get(address)).headers["cache-control"] == "no-store"
