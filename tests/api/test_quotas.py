"""What an account may have at most: refused in words, with nothing held or kept; and again when there is room."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from castlist.flow.service import Service
from castlist.store import quotas
from castlist.testing.http import API, RUN
from castlist.testing.pictures import figure_file, figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Clock, Customer, balance_millis, ledger_faults

Limit = Callable[..., Awaitable[None]]
BODY: dict[str, Any] = {"input_image": figure_uri(), "num_images": 2}


@pytest.fixture
def limit(service: Service, customer: Customer) -> Limit:
    """Sets the customer's quota."""

    async def change(**values: int | None) -> None:
        async with service.database.write() as tx:
            await quotas.change(tx, customer.account_id, values)

    return change


def refusal(answer: httpx2.Response) -> str:
    """Return the words of a 429 and check the rest of it."""
    assert answer.status_code == 429, answer.text
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert int(answer.headers["Retry-After"]) > 0
    return answer.json()["error"]["message"]


async def test_open_jobs(client: httpx2.AsyncClient, service: Service, customer: Customer, limit: Limit) -> None:
    await limit(most_open_jobs=2)
    answers = await asyncio.gather(*(client.post(RUN, json=BODY) for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {202: 2, 429: 8}
    words = {refusal(answer) for answer in answers if answer.status_code == 429}
    assert words == {"This account may have 2 jobs queued or running at a time. Submit again when one ends."}
    assert await balance_millis(service, customer.account_id) == 96_000
    await run_all(service)
    assert (await client.post(RUN, json=BODY)).status_code == 202
    assert await ledger_faults(service) == []


async def test_images_a_day(client: httpx2.AsyncClient, clock: Clock, limit: Limit) -> None:
    await limit(most_images_a_day=5)
    for status in (202, 202, 429):
        answer = await client.post(RUN, json=BODY)
        assert answer.status_code == status
    assert refusal(answer) == "This account may ask for 5 images a day (UTC), and 1 are left today."
    assert (await client.post(RUN, json={**BODY, "num_images": 1})).status_code == 202
    clock.advance(seconds=int(answer.headers["Retry-After"]))
    assert (await client.post(RUN, json=BODY)).status_code == 202


async def test_what_failed_for_free_does_not_count(client: httpx2.AsyncClient, limit: Limit) -> None:
    await limit(most_images_a_day=2, most_millis_a_day=2000)
    job_id = (await client.post(RUN, json=BODY)).json()["jobId"]
    refusal(await client.post(RUN, json=BODY))
    assert (await client.post(f"{API}/jobs/{job_id}/cancel")).status_code == 200
    assert (await client.post(RUN, json=BODY)).status_code == 202


async def test_credits_a_day(client: httpx2.AsyncClient, limit: Limit) -> None:
    await limit(most_millis_a_day=3500)
    assert (await client.post(RUN, json=BODY)).status_code == 202
    words = refusal(await client.post(RUN, json=BODY))
    assert words == "This account may spend 3.5 credits a day (UTC), and 1.5 are left today."


async def test_room_for_pictures(client: httpx2.AsyncClient, clock: Clock, limit: Limit) -> None:
    first, other = figure_file(seed=1), figure_file(seed=2)

    async def upload(data: bytes) -> httpx2.Response:
        return await client.post(f"{API}/uploads", files={"file": ("a.png", data)})

    kept = await upload(first)
    await limit(most_upload_bytes=kept.json()["bytes"] + 100)
    assert (await upload(first)).status_code == 201, "the same picture takes no more room"
    answer = await upload(other)
    assert "Room comes back as pictures expire." in refusal(answer)
    refusal(await client.post(RUN, json={**BODY, "input_image": figure_uri(2)}))
    assert (await client.post(RUN, json={**BODY, "input_image": kept.json()["assetUrl"]})).status_code == 202
    clock.advance(seconds=int(answer.headers["Retry-After"]))
    assert (await upload(other)).status_code == 201


async def test_a_refusal_does_not_use_the_idempotency_key_up(client: httpx2.AsyncClient, limit: Limit) -> None:
    headers = {"Idempotency-Key": "order-7"}
    await limit(most_images_a_day=1)
    refusal(await client.post(RUN, json=BODY, headers=headers))
    await limit(most_images_a_day=None)
    assert (await client.post(RUN, json=BODY, headers=headers)).status_code == 202
