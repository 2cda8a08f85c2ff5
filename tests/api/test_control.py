"""What an owner may do to a job: repeat it safely, wait for it, follow it, cancel it, have its webhook sent again."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from castlist.domain.credits import EntryKind
from castlist.flow.service import Service
from castlist.net.guard import FetchPolicy
from castlist.store import deliveries, jobs, ledger
from castlist.testing.http import API, RUN
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import MemoryQueue, run_all
from castlist.testing.service import Clock, Customer, a_customer, a_service, balance_millis, ledger_faults

PLAIN = {"input_image": figure_uri(), "num_images": 2}
HOOK = "https://hooks.example.com/castlist"


async def submitted(client: httpx2.AsyncClient, **more: Any) -> str:
    answer = await client.post(RUN, json={**PLAIN, **more})
    assert answer.status_code == 202, answer.text
    return answer.json()["jobId"]


async def begin(service: Service, job_id: str, images: int) -> None:
    """Claim a job as a worker does, and let so many of its images land."""
    async with service.database.write() as tx:
        job = await jobs.claim(tx, job_id, "w-test", now_ms=service.clock())
        assert job is not None
        for position in range(images):
            file = f"{position:064x}.png"
            await jobs.put_image(
                tx,
                jobs.Image(
                    job_id=job_id, position=position, pose="front", seed=1, engine="toy", file=file,
                    content_type="image/png", width_px=8, height_px=8, size_bytes=1, sha256=file[:64], created_ms=1,
                ),
            )  # fmt: skip


class TestIdempotency:
    async def test_a_thousand_at_once_are_one_job(
        self, client: httpx2.AsyncClient, service: Service, customer: Customer
    ) -> None:
        answers = await asyncio.gather(
            *(client.post(RUN, json=PLAIN, headers={"Idempotency-Key": "order-7"}) for _ in range(1000))
        )
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["jobId"] for answer in answers}) == 1
        assert await balance_millis(service, customer.account_id) == 98_000
        assert isinstance(service.queue, MemoryQueue)
        assert len(service.queue.job_ids) == 1

    async def test_order_and_spacing_do_not_matter(self, client: httpx2.AsyncClient) -> None:
        headers = {"Idempotency-Key": "a", "Content-Type": "application/json"}
        first = await client.post(RUN, content=json.dumps(PLAIN), headers=headers)
        second = await client.post(RUN, content=json.dumps(dict(reversed(PLAIN.items())), indent=3), headers=headers)
        assert first.json()["jobId"] == second.json()["jobId"]

    async def test_another_body_is_refused(self, client: httpx2.AsyncClient) -> None:
        headers = {"Idempotency-Key": "a"}
        await client.post(RUN, json=PLAIN, headers=headers)
        answer = await client.post(RUN, json={**PLAIN, "num_images": 3}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_mismatch")

    async def test_a_refused_request_does_not_use_the_key_up(self, client: httpx2.AsyncClient) -> None:
        headers = {"Idempotency-Key": "a"}
        blank = await client.post(RUN, json={**PLAIN, "input_image": "https://127.0.0.1/"}, headers=headers)
        assert blank.status_code == 422
        assert (await client.post(RUN, json=PLAIN, headers=headers)).status_code == 202

    async def test_one_that_could_not_be_paid_does_not_either(
        self, client: httpx2.AsyncClient, service: Service, clock: Clock
    ) -> None:
        poor = await a_customer(service, credits="1")
        headers = {**poor.headers, "Idempotency-Key": "a"}
        assert (await client.post(RUN, json=PLAIN, headers=headers)).status_code == 402
        async with service.database.write() as tx:
            await ledger.append(tx, poor.account_id, EntryKind.GRANT, 1000, now_ms=clock())
        assert (await client.post(RUN, json=PLAIN, headers=headers)).status_code == 202
        assert await balance_millis(service, poor.account_id) == 0

    @pytest.mark.parametrize("key", ["", "x" * 256, "two words"])
    async def test_a_malformed_key(self, client: httpx2.AsyncClient, key: str) -> None:
        answer = await client.post(RUN, json=PLAIN, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


class TestPrefer:
    async def test_the_finished_job_comes_at_once(self, client: httpx2.AsyncClient, service: Service) -> None:
        asking = asyncio.create_task(client.post(RUN, json=PLAIN, headers={"Prefer": "respond-async, wait=30"}))
        while not await run_all(service):
            await asyncio.sleep(0.01)
        answer = await asking
        assert answer.status_code == 200
        assert answer.json()["status"] == "completed"
        assert len(answer.json()["output"]["images"]) == 2

    async def test_what_is_not_done_in_time_is_accepted(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post(RUN, json=PLAIN, headers={"Prefer": "wait=1"})
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")


class TestCancel:
    async def test_a_pending_job_is_free(
        self, client: httpx2.AsyncClient, service: Service, customer: Customer
    ) -> None:
        job_id = await submitted(client)
        job = (await client.post(f"{API}/jobs/{job_id}/cancel")).json()
        assert (job["status"], job["error"]["code"], job["creditsRefunded"]) == ("failed", "canceled", 2)
        await run_all(service)  # the worker that finds it in the queue leaves it alone
        assert (await client.get(f"{API}/jobs/{job_id}")).json() == job
        assert await balance_millis(service, customer.account_id) == 100_000

    async def test_images_that_landed_are_delivered_and_paid(
        self, client: httpx2.AsyncClient, service: Service, customer: Customer
    ) -> None:
        job_id = await submitted(client)
        await begin(service, job_id, images=1)
        job = (await client.post(f"{API}/jobs/{job_id}/cancel")).json()
        assert (job["status"], job["error"]["code"], job["creditsRefunded"]) == ("failed", "canceled", 1)
        assert len(job["output"]["images"]) == 1
        assert await balance_millis(service, customer.account_id) == 99_000
        assert await ledger_faults(service) == []
        async with service.database.write() as tx:
            assert not await jobs.holds(tx, job_id, 1)  # so its worker can keep nothing more

    async def test_an_ended_job_conflicts(self, client: httpx2.AsyncClient, service: Service) -> None:
        job_id = await submitted(client)
        await run_all(service)
        answer = await client.post(f"{API}/jobs/{job_id}/cancel")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")

    async def test_somebody_elses_job_is_not_found(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post(f"{API}/jobs/job_{'0' * 22}/cancel")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found")


class TestReplay:
    @pytest.fixture
    async def service(self, tmp_path: Path, template: Path, clock: Clock) -> AsyncIterator[Service]:
        """A service that would call any public address; nothing is sent here."""
        async with a_service(tmp_path, template=template, clock=clock, fetch_policy=FetchPolicy()) as made:
            yield made

    async def test_a_new_message_enters_the_outbox(self, client: httpx2.AsyncClient, service: Service) -> None:
        job_id = await submitted(client, webhook_url=HOOK)
        await run_all(service)
        answer = await client.post(f"{API}/jobs/{job_id}/webhook/replay")
        assert answer.status_code == 202
        async with service.database.read() as tx:
            messages = [delivery.id for delivery, _ in await deliveries.of_job(tx, job_id)]
        assert len(messages) == 2
        assert answer.json() == {"jobId": job_id, "webhookId": answer.json()["webhookId"]}
        assert answer.json()["webhookId"] in messages

    async def test_a_running_job_conflicts(self, client: httpx2.AsyncClient) -> None:
        job_id = await submitted(client, webhook_url=HOOK)
        assert (await client.post(f"{API}/jobs/{job_id}/webhook/replay")).status_code == 409

    async def test_a_job_without_a_webhook_conflicts(self, client: httpx2.AsyncClient, service: Service) -> None:
        job_id = await submitted(client)
        await run_all(service)
        assert (await client.post(f"{API}/jobs/{job_id}/webhook/replay")).status_code == 409


class TestEvents:
    async def test_a_job_from_pending_to_its_end(self, client: httpx2.AsyncClient, service: Service) -> None:
        job_id = await submitted(client)
        reading = asyncio.create_task(client.get(f"{API}/jobs/{job_id}/events"))
        await asyncio.sleep(0)
        await run_all(service)
        answer = await reading
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [
            (lines[0].removeprefix("event: "), json.loads(lines[2].removeprefix("data: ")))
            for lines in (block.split("\n") for block in answer.text.strip().split("\n\n")[1:])
        ]
        names = [name for name, _ in events]
        assert names[0] == "state"
        assert names.count("image") == 2
        assert names[-1] == "end"
        assert events[-1][1] == (await client.get(f"{API}/jobs/{job_id}")).json()
        assert {data["url"] for name, data in events if name == "image"} == set(events[-1][1]["output"]["images"])

    async def test_somebody_elses_job_is_not_found(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get(f"{API}/jobs/job_{'0' * 22}/events")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found")
