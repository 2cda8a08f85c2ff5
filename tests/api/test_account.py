"""Usage by day, key and model type; what is held."""

from datetime import UTC, datetime
from pathlib import Path

import httpx2

from castlist.domain.errors import ImageRefused
from castlist.flow.service import Service
from castlist.testing.engines import ToyEngine
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Clock, Customer, a_customer, a_service


async def test_usage_adds_up(client: httpx2.AsyncClient, service: Service, clock: Clock, customer: Customer) -> None:
    async def submit(count: int, model_type: str) -> None:
        body = {"input_image": figure_uri(), "num_images": count, "model_type": model_type}
        assert (await client.post(RUN, json=body)).status_code == 202

    first_day = datetime.fromtimestamp(clock.now_ms / 1000, UTC).date().isoformat()
    await submit(2, "flux-kontext")
    await submit(3, "toy")
    clock.advance(hours=24)
    await submit(1, "flux-kontext")
    await run_all(service)
    await submit(4, "flux-kontext")  # not run yet: asked for, nothing delivered or charged
    second_day = datetime.fromtimestamp(clock.now_ms / 1000, UTC).date().isoformat()

    answer = (await client.get(f"{API}/usage")).json()
    key = {"keyId": customer.key_id, "keyName": "test"}
    assert answer["usage"] == [
        {"day": second_day, **key, "modelType": "flux-kontext", "requests": 2, "images": 1, "credits": 1},
        {"day": first_day, **key, "modelType": "flux-kontext", "requests": 1, "images": 2, "credits": 2},
        {"day": first_day, **key, "modelType": "toy", "requests": 1, "images": 3, "credits": 1.5},
    ]
    assert answer["total"] == {"requests": 4, "images": 6, "credits": 4.5}
    assert (await client.get(f"{API}/credits")).json() == {"creditsRemaining": 91.5, "creditsHeld": 4}

    one_day = (await client.get(f"{API}/usage", params={"from": first_day, "to": first_day})).json()
    assert one_day["total"] == {"requests": 2, "images": 5, "credits": 3.5}
    other = await a_customer(service)
    assert (await client.get(f"{API}/usage", headers=other.headers)).json()["usage"] == []


async def test_an_image_that_was_lost_is_no_usage(tmp_path: Path, template: Path) -> None:
    engine = ToyEngine(fails={1: ImageRefused()})
    async with a_service(tmp_path, template=template, engines=[engine]) as service, client_of(service) as client:
        client.headers.update((await a_customer(service)).headers)
        await client.post(RUN, json={"input_image": figure_uri(), "num_images": 3})
        await run_all(service)
        assert (await client.get(f"{API}/usage")).json()["total"] == {"requests": 1, "images": 2, "credits": 2}
