"""The local diffusion engine through the real application: submitted, made, scored, marked, paid, delivered."""

import asyncio
import dataclasses
import json
import threading

import pytest
from diffusion import FAMILIES, engine_for, loaded_of, small

from castlist.engines.catalog import Catalog
from castlist.engines.diffusers import DiffusersEngine, DiffusersOptions
from castlist.flow.encoding import UNMARKED, encoder
from castlist.flow.make import make
from castlist.testing.engine_kit import Followed
from castlist.testing.engines import ToyEngine
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import a_customer, a_service, ledger_faults

STEPS = 1


async def run(service, model_type, **said):
    """Submit a job, run it, and return how it ended."""
    customer = await a_customer(service)
    async with client_of(service) as client:
        client.headers.update(customer.headers)
        body = {"input_image": figure_uri(), "num_images": 1, "model_type": model_type, "min_identity": 0, **said}
        answer = await client.post(RUN, json=body)
        if answer.status_code != 202:
            return answer.json()
        await run_all(service)
        job = (await client.get(f"{API}/jobs/{answer.json()['jobId']}")).json()
        if job["status"] == "completed":
            assert (await client.get(job["output"]["images"][0])).status_code == 200
        return job


@pytest.mark.parametrize(
    "pipeline",
    ["FluxKontextPipeline", "Flux2Pipeline", "Flux2KleinPipeline", "Flux2KleinKVPipeline", "QwenImageEditPlusPipeline"],
)
async def test_every_model_type(tiny, pipeline, tmp_path, template, monkeypatch):
    if pipeline.startswith("Qwen"):
        plus = pytest.importorskip("diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus")
        monkeypatch.setattr(plus, "VAE_IMAGE_SIZE", 64 * 64)
        monkeypatch.setattr(plus, "CONDITION_IMAGE_SIZE", 56 * 56)
    model_type = FAMILIES[pipeline]
    engine = engine_for({model_type: tiny(pipeline)}, steps=STEPS)
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        job = await run(service, model_type, aspect_ratio="16:9")
        assert job["status"] == "completed", job
        assert job["engine"] == "diffusers"
        assert not job["substituted"]
        [asset] = job["assets"]
        assert (asset["width"], asset["height"]) == (1360, 768)
        assert asset["model"] == tiny(pipeline).rpartition("/")[2]
        assert await ledger_faults(service) == []


async def test_the_event_loop_goes_on_while_a_model_computes(tiny):
    engine, loop = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")}), asyncio.get_running_loop()

    class Asking(Followed):
        """Asks the loop something between two steps, from the engine's thread, and waits for the answer."""

        answers = 0

        def progress(self, index, fraction):
            answered = threading.Event()
            loop.call_soon_threadsafe(answered.set)
            self.answers += answered.wait(30)

    plain, watch = encoder(engine.card, "png", UNMARKED, now_ms=0), Asking()
    async for _ in make([engine], small("flux-2-klein"), watch, encode=plain, min_identity=0):
        pass
    assert watch.answers == 4


async def test_more_references_than_a_model_takes_are_refused(tiny, tmp_path, template):
    engine = engine_for({"flux-kontext": tiny("FluxKontextPipeline")}, steps=STEPS)
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        refused = await run(service, "flux-kontext", reference_images=[figure_uri(1)])
    assert refused["error"]["code"] == "invalid_request"
    assert "at most 1 picture" in json.dumps(refused)


async def test_closed_models_are_refused_unless_they_are_mapped(tiny, tmp_path, template):
    folder = tiny("Flux2KleinPipeline")
    async with a_service(tmp_path, template=template, engines=[engine_for({"flux-2-klein": folder})]) as service:
        refused = await run(service, "nano-banana-pro")
    assert refused["error"]["code"] == "model_unavailable"
    mapped = engine_for({"flux-2-klein": folder}, steps=STEPS, substitutes={"nano-banana-pro": "flux-2-klein"})
    (tmp_path / "mapped").mkdir()
    async with a_service(tmp_path / "mapped", template=template, engines=[mapped]) as service:
        job = await run(service, "nano-banana-pro")
    assert job["status"] == "completed", job
    assert job["substituted"]
    assert any("stands in for nano-banana-pro" in note for note in job["assets"][0]["notes"])


async def test_out_of_memory_costs_nothing_and_says_so(tiny, tmp_path, template):
    import torch

    engine = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")}, steps=STEPS)

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    loaded_of(engine, small("flux-2-klein")).pipe.transformer.register_forward_pre_hook(full)
    async with a_service(tmp_path, template=template, engines=[engine]) as service:
        job = await run(service, "flux-2-klein")
        assert job["status"] == "failed"
        assert job["creditsRefunded"] == job["creditCost"]
        assert await ledger_faults(service) == []


async def test_the_real_model_comes_before_a_substitute(tiny):
    mapped = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")}, substitutes={"nano-banana-pro": "flux-2-klein"})
    real = ToyEngine()
    real.card = dataclasses.replace(real.card, id="real", model_types=("nano-banana-pro",), distance=9)
    route = Catalog({"diffusers": mapped, "real": real}).route("nano-banana-pro")
    assert [engine.card.id for engine in route.engines] == ["real", "diffusers"]
    assert not route.substituted
    assert Catalog({"diffusers": mapped}).route("nano-banana-pro").substituted


async def test_an_image_there_is_no_memory_for_goes_to_the_next_engine(tiny, tmp_path, template):
    import torch

    engine = engine_for({"flux-2-klein": tiny("Flux2KleinPipeline")}, steps=STEPS)

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    loaded_of(engine, small("flux-2-klein")).pipe.transformer.register_forward_pre_hook(full)
    following = ToyEngine()
    following.card = dataclasses.replace(following.card, model_types=("flux-2-klein",), stand_in=False, distance=9)
    async with a_service(tmp_path, template=template, engines=[engine, following]) as service:
        job = await run(service, "flux-2-klein")
    assert job["status"] == "completed", job
    assert job["assets"][0]["engine"] == "toy"


async def test_weights_that_may_not_be_loaded_leave_the_job_to_others(tiny, tmp_path, template):
    options = DiffusersOptions(models={"flux-kontext": tiny("FluxKontextPipeline")}, device="cpu")
    unready = DiffusersEngine(options)
    assert "flux-1-dev-non-commercial" in unready.unready()
    async with a_service(tmp_path, template=template, engines=[unready, ToyEngine()]) as service:
        job = await run(service, "flux-kontext")
    assert job["engine"] == "toy"
    assert job["substituted"]
