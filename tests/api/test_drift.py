"""A drifting engine through the API: good images, one charge, attempts on record; or dropped and given back."""

from pathlib import Path

import pytest

from castlist.testing.engines import DriftingToy
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import data_uri, figure_file
from castlist.testing.queues import run_all
from castlist.testing.service import a_customer, a_service, balance_millis, ledger_faults

IMAGES = 13
BODY = {
    "input_image": data_uri(figure_file(width_px=192, height_px=192)),
    "model_type": "drifting",
    "num_images": IMAGES,
    "seed": 3,
}


@pytest.mark.parametrize("on_drift", ["deliver", "drop"])
@pytest.mark.parametrize("good_share", [0.0, 0.6, 1.0])
async def test_what_becomes_of_images_that_drift(
    tmp_path: Path, template: Path, on_drift: str, good_share: float
) -> None:
    async with a_service(tmp_path, template=template, engines=[DriftingToy(good_share=good_share)]) as service:
        customer = await a_customer(service)
        async with client_of(service) as client:
            client.headers.update(customer.headers)
            job_id = (await client.post(RUN, json={**BODY, "on_drift": on_drift})).json()["jobId"]
            await run_all(service)
            job = (await client.get(f"{API}/jobs/{job_id}")).json()
        assets, failures = job.get("assets", []), job.get("failures", [])
        good = [asset for asset in assets if asset["identity"]["verdict"] == "same"]
        assert len(assets) + len(failures) == IMAGES
        assert {asset["attempts"] for asset in assets} <= {1, 2, 3}
        assert all(asset["attempts"] == 3 for asset in assets if asset not in good)
        assert all(failure["code"] == "drifted" for failure in failures)
        if on_drift == "drop":
            assert len(assets) == len(good)
            assert job["status"] == ("completed" if good else "failed")
        else:
            assert (job["status"], failures) == ("completed", [])
        if good_share == 0.6:
            assert max(asset["attempts"] for asset in good) > 1
        spent = 100_000 - await balance_millis(service, customer.account_id)
        assert spent == len(assets) * job["creditCost"] * 1000 / IMAGES
        assert job["creditsRefunded"] == job["creditCost"] * len(failures) / IMAGES
        assert await ledger_faults(service) == []
