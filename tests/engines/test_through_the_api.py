"""Every hosted engine and model type through the real application: submitted, made at a stub, paid, delivered."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from castlist.engines.base import Hosted
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_file, figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Service, a_customer, a_service, ledger_faults
from castlist.testing.stub_service import KEY, Stub, serve

KITS = {
    "bfl": "TestBfl",
    "dashscope": "TestDashscope",
    "fal": "TestFal",
    "gemini": "TestGemini",
    "openai_images": "TestOpenAiImages",
    "pixeldojo": "TestAnotherCastlist",
    "replicate": "TestReplicate",
}
Modules = Callable[[str], ModuleType]


async def submit_and_run(service: Service, model_type: str) -> dict[str, object]:
    customer = await a_customer(service)
    async with client_of(service) as client:
        client.headers.update(customer.headers)
        said = {"input_image": figure_uri(), "num_images": 2, "model_type": model_type, "min_identity": 0}
        answer = await client.post(RUN, json=said)
        assert answer.status_code == 202, answer.text
        await run_all(service)
        job = (await client.get(f"{API}/jobs/{answer.json()['jobId']}")).json()
        if job["status"] == "completed":
            assert (await client.get(job["output"]["images"][0])).status_code == 200
        return job


def ready(kit: HostedContract, stub: Stub) -> Hosted:
    """Return the kit's engine, in a hurry."""
    kit.options = {**kit.options, "poll_seconds": 0.01}
    return kit.engine(stub.url)


@pytest.mark.parametrize("name", KITS)
async def test_every_model_type(name: str, module_of: Modules, tmp_path: Path, template: Path) -> None:
    kit = getattr(module_of(name), KITS[name])()
    with serve(kit.dialect, figure_file()) as stub:
        stub.mood.looks = 0
        engine = ready(kit, stub)
        async with a_service(tmp_path, template=template, engines=[engine]) as service:
            for model_type in engine.card.model_types:
                job = await submit_and_run(service, model_type)
                assert job["status"] == "completed", job
                assert job["engine"] == name
                assert not job["substituted"]
            assert await ledger_faults(service) == []


async def test_a_refused_job_is_free_and_says_why(module_of: Modules, tmp_path: Path, template: Path) -> None:
    kit = module_of("gemini").TestGemini()
    with serve(kit.dialect, figure_file()) as stub:
        stub.mood.refuse = "after"
        async with a_service(tmp_path, template=template, engines=[ready(kit, stub)]) as service:
            job = await submit_and_run(service, "nano-banana-pro")
    assert job["status"] == "failed"
    assert job["creditsRefunded"] == job["creditCost"]
    assert kit.dialect.reason in str(job["failures"])


async def test_a_bad_key_is_not_the_customers_business(module_of: Modules, tmp_path: Path, template: Path) -> None:
    kit = module_of("fal").TestFal()
    with serve(kit.dialect, figure_file()) as stub:
        stub.mood.status = 401
        async with a_service(tmp_path, template=template, engines=[ready(kit, stub)]) as service:
            job = await submit_and_run(service, "flux-kontext")
    assert job["status"] == "failed"
    assert job["creditsRefunded"] == job["creditCost"]
    assert not {"401", KEY, "key"} & set(str(job["failures"]).split())
