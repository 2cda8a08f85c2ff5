"""An engine that drifts on purpose: good images in the end, one charge, the attempts on record."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from castlist.domain.gate import RETAKES
from castlist.domain.seeds import image_seed
from castlist.store import jobs
from castlist.store.jobs import Image, Job
from castlist.testing.engines import DriftingToy
from castlist.testing.pictures import data_uri, figure_file
from castlist.testing.queues import run_all
from castlist.testing.service import a_customer, a_service, balance_millis, ledger_faults

IMAGES = 13
MakeJob = Callable[..., Awaitable[Job]]


@pytest.mark.parametrize("seed", [3, 11])
async def test_a_job_that_drifts(tmp_path: Path, template: Path, job_of: MakeJob, seed: int) -> None:
    engine = DriftingToy(good_share=0.6)
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        customer = await a_customer(service)
        picture = data_uri(figure_file(width_px=192, height_px=192))
        job = await job_of(service, customer, input_image=picture, model_type="drifting", num_images=IMAGES, seed=seed)
        await run_all(service)
        async with service.database.read() as tx:
            images: list[Image] = (await jobs.images_of(tx, [job.id]))[job.id]
        for image in images:
            expected = [image_seed(seed, image.position, attempt) for attempt in range(RETAKES + 1)]
            good = next((place for place, one in enumerate(expected) if engine.shows(one)), None)
            assert image.identity is not None
            assert image.attempts == (RETAKES if good is None else good) + 1
            assert image.seed in expected
            assert (image.identity["score"] >= 0.7) == (good is not None)
            assert (image.identity["verdict"] == "same") == (good is not None)
        assert max(image.attempts for image in images) > 1
        spent = 100_000 - await balance_millis(service, customer.account_id)
        assert spent == IMAGES * job.price_millis
        assert await ledger_faults(service) == []
