"""Webhooks of ended jobs, sent to real receivers on loopback, on a clock that the test moves."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from castlist.api.present import webhook_body
from castlist.domain.errors import InvalidRequest
from castlist.flow.deliver import deliver_due
from castlist.flow.plan import plan
from castlist.flow.service import Service
from castlist.flow.submit import Caller, submit
from castlist.net.guard import FetchPolicy
from castlist.net.post import post
from castlist.store import deliveries, jobs
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.receivers import receiving
from castlist.testing.service import Clock, Customer, a_customer, a_service
from castlist.webhooks import signing
from castlist.webhooks.schedule import WAITS_MS


@pytest.fixture
async def local(tmp_path: Path, template: Path, clock: Clock) -> AsyncIterator[Service]:
    """A service that may call loopback, at any port the test opens."""
    policy = FetchPolicy(allow_networks=("127.0.0.0/8",), allow_ports=tuple(range(1024, 65536)))
    async with a_service(tmp_path, template=template, clock=clock, fetch_policy=policy) as made:
        yield made


async def finished_job(service: Service, url: str) -> tuple[Customer, str]:
    customer = await a_customer(service)
    request = service.request_model.model_validate({"input_image": figure_uri(), "num_images": 2, "webhook_url": url})
    planned = await plan(service, request)
    async with service.database.write() as tx:
        caller = Caller(customer.account_id, customer.key_id, base_url="https://images.example.com")
        job = (await submit(tx, service, caller, planned)).job
    await run_all(service)
    return customer, job.id


async def outbox(service: Service, job_id: str) -> list[tuple[deliveries.Delivery, list[deliveries.Try]]]:
    async with service.database.read() as tx:
        return await deliveries.of_job(tx, job_id)


async def test_the_ended_job_is_sent_once_and_signed(local: Service, clock: Clock):
    async with receiving() as receiver:
        customer, job_id = await finished_job(local, receiver.url)
        assert await deliver_due(local, webhook_body(local)) == 1
        assert await deliver_due(local, webhook_body(local)) == 0
    [(headers, body)] = receiver.got
    told = json.loads(body)
    assert told["jobId"] == job_id
    assert told["status"] == "completed"
    assert told["statusUrl"] == f"https://images.example.com/api/v1/jobs/{job_id}"
    assert len(told["output"]["images"]) == 2
    secret = signing.secret_of(local.secret, customer.account_id, 1)
    expected = signing.headers(headers["webhook-id"], clock.now_ms // 1000, body, [secret])
    assert {name: headers[name] for name in expected} == expected
    [(delivery, tries)] = await outbox(local, job_id)
    assert (delivery.state, [one.http_status for one in tries]) == ("delivered", [200])


async def test_ten_tries_with_one_id_then_given_up(local: Service, clock: Clock):
    async with receiving(500) as receiver:
        _, job_id = await finished_job(local, receiver.url)
        for wait_ms in (*WAITS_MS, 0):
            assert await deliver_due(local, webhook_body(local)) == 1
            clock.advance(seconds=wait_ms / 1000 - 1)
            assert await deliver_due(local, webhook_body(local)) == 0
            clock.advance(seconds=1)
        clock.advance(hours=1000)
        assert await deliver_due(local, webhook_body(local)) == 0
    [(delivery, tries)] = await outbox(local, job_id)
    assert (delivery.state, len(tries)) == ("given_up", 10)
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {delivery.id}


async def test_gone_ends_it(local: Service, clock: Clock):
    async with receiving(410) as receiver:
        _, job_id = await finished_job(local, receiver.url)
        await deliver_due(local, webhook_body(local))
    assert (await outbox(local, job_id))[0][0].state == "given_up"


async def test_redirects_are_not_followed(local: Service):
    async with receiving(302) as receiver:
        _, job_id = await finished_job(local, receiver.url)
        await deliver_due(local, webhook_body(local))
    [(delivery, [tried])] = await outbox(local, job_id)
    assert (delivery.state, tried.http_status) == ("due", 302)


async def test_a_dead_receiver_is_tried_again(local: Service):
    async with receiving() as receiver:
        url = receiver.url
    _, job_id = await finished_job(local, url)
    await deliver_due(local, webhook_body(local))
    [(delivery, [tried])] = await outbox(local, job_id)
    assert (delivery.state, tried.http_status) == ("due", None)
    assert tried.problem


async def test_a_sender_that_dies_loses_nothing(local: Service, clock: Clock):
    async with receiving() as receiver:
        await finished_job(local, receiver.url)
        async with local.database.write() as tx:
            assert await deliveries.take_due(tx, now_ms=clock(), hold_ms=60_000)  # taken, and never heard of again
        assert await deliver_due(local, webhook_body(local)) == 0
        clock.advance(seconds=60)
        assert await deliver_due(local, webhook_body(local)) == 1
    assert len(receiver.got) == 1


async def test_after_a_rotation_both_secrets_sign_and_later_the_new_one_alone(local: Service, clock: Clock):
    async with receiving(500) as receiver:
        customer, _ = await finished_job(local, receiver.url)
        old, new = (signing.secret_of(local.secret, customer.account_id, version) for version in (1, 2))
        async with local.database.write() as tx:
            await deliveries.rotate(tx, customer.account_id, now_ms=clock(), overlap_ms=60_000)
        await deliver_due(local, webhook_body(local))
        clock.advance(seconds=60)
        await deliver_due(local, webhook_body(local))
    [(during, body), (after, _)] = receiver.got
    for headers, secrets in ((during, [new, old]), (after, [new])):
        expected = signing.headers(headers["webhook-id"], int(headers["webhook-timestamp"]), body, secrets)
        assert headers["webhook-signature"] == expected["webhook-signature"]


async def test_a_replay_has_an_id_of_its_own(local: Service, clock: Clock):
    async with receiving() as receiver:
        _, job_id = await finished_job(local, receiver.url)
        await deliver_due(local, webhook_body(local))
        async with local.database.write() as tx:
            job = await jobs.get(tx, job_id)
            assert job is not None
            await deliveries.add(tx, job_id, job.account_id, receiver.url, now_ms=clock())
        await deliver_due(local, webhook_body(local))
    [(first, body), (again, same)] = receiver.got
    assert first["webhook-id"] != again["webhook-id"]
    assert json.loads(body) == json.loads(same)


async def test_an_address_that_has_become_private_is_not_called(local: Service):
    """What passed at submit is checked again when it is sent: names may point elsewhere by then."""
    async with receiving() as receiver:
        _, job_id = await finished_job(local, receiver.url)
        strict = dataclasses.replace(local, fetch_policy=FetchPolicy(allow_ports=(receiver.port,)))
        await deliver_due(strict, webhook_body(strict))
        assert receiver.got == []
    [(_, [tried])] = await outbox(local, job_id)
    assert (tried.http_status, tried.problem) == (None, "the address is not public or not valid")


async def test_a_thousand_messages_to_a_dead_receiver_delay_nobody_else(local: Service, clock: Clock):
    async with receiving() as receiver:
        url = receiver.url
    unlucky, job_id = await finished_job(local, url)
    async with local.database.write() as tx:
        for _ in range(1000):
            await deliveries.add(tx, job_id, unlucky.account_id, url, now_ms=clock() - 1000)
    async with receiving() as alive:
        await finished_job(local, alive.url)
        assert await deliver_due(local, webhook_body(local)) == 21
        assert len(alive.got) == 1


async def test_a_silent_receiver_is_left_after_a_while():
    """One that takes the message and never answers."""
    silent = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    policy = FetchPolicy(allow_networks=("127.0.0.0/8",), allow_ports=(port,))
    async with server:
        posted = await post(f"http://127.0.0.1:{port}/", b"{}", {}, policy, timeout_s=0.2)
        silent.set()
    assert (posted.status, posted.problem) == (None, "no answer within 0.2 seconds")


async def test_rotation_overlaps(local: Service, clock: Clock):
    customer = await a_customer(local)
    now_ms = clock()
    async with local.database.write() as tx:
        assert await deliveries.rotate(tx, customer.account_id, now_ms=now_ms, overlap_ms=1000) == 2
    async with local.database.read() as tx:
        assert await deliveries.secret_versions(tx, customer.account_id, now_ms=now_ms) == [2, 1]
        assert await deliveries.secret_versions(tx, customer.account_id, now_ms=now_ms + 1000) == [2]


@pytest.mark.parametrize("url", ["http://127.0.0.1/hook", "ftp://example.com/", "http://169.254.169.254/", "hook"])
async def test_private_addresses_are_refused_at_submit(service: Service, url: str):
    request = service.request_model.model_validate({"input_image": figure_uri(), "webhook_url": url})
    with pytest.raises(InvalidRequest) as caught:
        await plan(service, request)
    assert [problem.field for problem in caught.value.details] == ["webhook_url"]
