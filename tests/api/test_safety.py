"""Refusals by the safety gate, as a customer sees them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest

from castlist.domain.tasks import Made, Outcome, Task, Watch
from castlist.engines.base import Local
from castlist.flow.screen import Screen
from castlist.flow.service import Service
from castlist.testing.classifiers import RedIsExplicit
from castlist.testing.engines import ToyEngine
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import data_uri, figure, figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import a_customer, a_service, ledger_faults
from castlist.vision import picture

RED = np.full((64, 64, 3), (255, 0, 0), np.uint8)
RED[:4] = 0  # not empty


class Blusher(Local):
    """Makes a red image of every other shot."""

    card = replace(ToyEngine.card, id="blusher", model_types=("blusher",))

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        for shot in task.shots:
            pixels = RED if shot.index % 2 else figure(64, 64, seed=shot.index)
            yield Made(shot.index, pixels, shot.seed, "blusher-1", 0.0)


@pytest.fixture
async def guarded(tmp_path: Path, template: Path) -> AsyncIterator[Service]:
    async with a_service(tmp_path, template=template, engines=[Blusher()], screen=Screen(RedIsExplicit())) as service:
        yield service


@pytest.fixture
async def caller(guarded: Service) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(guarded) as client:
        client.headers.update((await a_customer(guarded)).headers)
        yield client


async def test_a_refused_input_is_a_422_before_anything_is_held(caller: httpx2.AsyncClient) -> None:
    red = data_uri(picture.encode(RED, "png"))
    for body in ({"input_image": red}, {"input_image": figure_uri(), "reference_images": [red]}):
        answer = await caller.post(RUN, json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "input_image_rejected")
        assert error["message"].startswith("This picture was refused: it looks sexually explicit")
    assert (await caller.get(f"{API}/credits")).json() == {"creditsRemaining": 100, "creditsHeld": 0}
    assert (await caller.get(f"{API}/jobs")).json()["jobs"] == []


async def test_a_refused_upload_is_not_kept(caller: httpx2.AsyncClient, tmp_path: Path) -> None:
    answer = await caller.post(f"{API}/uploads", files={"file": ("red.png", picture.encode(RED, "png"), "image/png")})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "input_image_rejected")
    assert not [file for file in (tmp_path / "files").rglob("*") if file.is_file()]


async def test_a_refused_image_is_listed_not_charged_and_fails_nothing_else(
    caller: httpx2.AsyncClient, guarded: Service
) -> None:
    submitted = (await caller.post(RUN, json={"input_image": figure_uri(), "num_images": 4})).json()
    await run_all(guarded)
    job = (await caller.get(f"{API}/jobs/{submitted['jobId']}")).json()
    assert job["status"] == "completed"
    assert len(job["output"]["images"]) == 2
    assert [(failure["index"], failure["code"]) for failure in job["failures"]] == [(1, "refused"), (3, "refused")]
    assert "looks sexually explicit" in job["failures"][0]["message"]
    assert job["creditsRefunded"] == job["creditCost"] / 2
    assert await ledger_faults(guarded) == []


async def test_a_job_whose_every_image_is_refused_fails_for_free(tmp_path: Path, template: Path) -> None:
    screen = Screen(RedIsExplicit(), limits={"explicit": 0.0})
    async with (
        a_service(tmp_path, template=template, engines=[Blusher()], screen=replace(screen, inputs=False)) as service,
        client_of(service) as client,
    ):
        client.headers.update((await a_customer(service)).headers)
        submitted = (await client.post(RUN, json={"input_image": figure_uri(), "num_images": 2})).json()
        await run_all(service)
        job = (await client.get(f"{API}/jobs/{submitted['jobId']}")).json()
    assert (job["status"], job["error"]["code"]) == ("failed", "refused")
    assert job["creditsRefunded"] == job["creditCost"]
