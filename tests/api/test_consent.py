"""The statement about the people in pictures: made, withdrawn, recorded, asked for."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from castlist.domain.consent import STATEMENT, VERSION
from castlist.flow.service import Service, Terms
from castlist.store import consents
from castlist.store.consents import Consent
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.service import Clock, Customer, a_customer, a_service

BODY = {"input_image": figure_uri(), "num_images": 1}


@pytest.fixture
async def strict(tmp_path: Path, template: Path) -> AsyncIterator[Service]:
    async with a_service(tmp_path, template=template, terms=Terms(consent_required=True)) as service:
        yield service


async def test_by_default_nothing_is_asked(client: httpx2.AsyncClient) -> None:
    answer = (await client.get(f"{API}/consent")).json()
    assert answer == {"statement": STATEMENT, "version": VERSION, "stated": False, "required": False}
    assert (await client.post(RUN, json=BODY)).status_code == 202


async def test_it_is_recorded_with_version_time_key_and_request(
    client: httpx2.AsyncClient, service: Service, customer: Customer, clock: Clock
) -> None:
    answer = await client.put(f"{API}/consent", json={"stated": True}, headers={"X-Request-Id": "my-request"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["stated"], said["recordedVersion"], said["keyId"]) == (True, VERSION, customer.key_id)
    assert (await client.get(f"{API}/consent")).json() == said
    async with service.database.read() as tx:
        (record,) = await consents.history(tx, customer.account_id)
    assert record == Consent(
        account_id=customer.account_id,
        version=VERSION,
        stated=True,
        key_id=customer.key_id,
        request_id="my-request",
        created_ms=clock.now_ms,
    )


async def test_saying_it_twice_records_once_and_withdrawing_keeps_what_was_said(
    client: httpx2.AsyncClient, service: Service, customer: Customer, clock: Clock
) -> None:
    for stated in (True, True, False, False, True):
        clock.advance(seconds=1)
        answer = await client.put(f"{API}/consent", json={"stated": stated, "version": VERSION})
        assert answer.json()["stated"] is stated
    async with service.database.read() as tx:
        records = await consents.history(tx, customer.account_id)
    assert [record.stated for record in records] == [True, False, True]


async def test_where_it_is_required_a_submit_without_it_is_forbidden(strict: Service) -> None:
    customer, other = await a_customer(strict), await a_customer(strict)
    async with client_of(strict) as client:
        client.headers.update(customer.headers)
        refused = await client.post(RUN, json=BODY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        assert "PUT /api/v1/consent" in refused.json()["error"]["message"]
        assert (await client.get(f"{API}/credits")).json() == {"creditsRemaining": 100, "creditsHeld": 0}
        assert (await client.put(f"{API}/consent", json={"stated": True})).json()["required"] is True
        assert (await client.post(RUN, json=BODY)).status_code == 202
        assert (await client.post(RUN, json=BODY, headers=other.headers)).status_code == 403
        await client.put(f"{API}/consent", json={"stated": False})
        assert (await client.post(RUN, json=BODY)).status_code == 403


async def test_words_that_have_changed_must_be_stated_anew(strict: Service) -> None:
    customer = await a_customer(strict)
    old = Consent(
        account_id=customer.account_id, version="2020-01-01", stated=True, key_id=None, request_id=None, created_ms=1
    )
    async with strict.database.write() as tx:
        await consents.add(tx, old)
    async with client_of(strict) as client:
        client.headers.update(customer.headers)
        seen = (await client.get(f"{API}/consent")).json()
        assert (seen["stated"], seen["recordedVersion"]) == (False, "2020-01-01")
        assert (await client.post(RUN, json=BODY)).status_code == 403
        assert (await client.put(f"{API}/consent", json={"stated": True})).json()["stated"] is True
        assert (await client.post(RUN, json=BODY)).status_code == 202


async def test_a_repeated_key_gives_its_job_even_after_a_withdrawal(strict: Service) -> None:
    customer = await a_customer(strict)
    async with client_of(strict) as client:
        client.headers.update({**customer.headers, "Idempotency-Key": "once"})
        await client.put(f"{API}/consent", json={"stated": True})
        first = (await client.post(RUN, json=BODY)).json()
        await client.put(f"{API}/consent", json={"stated": False})
        assert (await client.post(RUN, json=BODY)).json()["jobId"] == first["jobId"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "stated"),
        ({"stated": "yes"}, "stated"),
        ({"stated": 1}, "stated"),
        ({"stated": True, "version": "1999-01-01"}, "version"),
        ({"stated": True, "colour": 1}, "colour"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx2.AsyncClient, body: dict[str, object], field: str) -> None:
    answer = await client.put(f"{API}/consent", json=body)
    assert answer.status_code == 400
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
    assert (await client.get(f"{API}/consent")).json()["stated"] is False


async def test_a_key_that_may_only_read_cannot_state(service: Service) -> None:
    reader = await a_customer(service, scopes=("read",))
    async with client_of(service) as client:
        client.headers.update(reader.headers)
        assert (await client.get(f"{API}/consent")).status_code == 200
        assert (await client.put(f"{API}/consent", json={"stated": True})).status_code == 403
