"""Diffusion models in real processes: a job through the whole service, stopped midway, killed midway."""

import json

import pytest

WEIGHTS = {"flux-kontext": "FluxKontextPipeline", "flux-2-dev": "Flux2Pipeline", "flux-2-klein": "Flux2KleinKVPipeline"}
ACCEPTED = ["flux-1-dev-non-commercial", "flux-non-commercial"]
MANY_STEPS = 100
LONG: dict[str, float] = {"patience_seconds": 300}
"""Loading the libraries and a megapixel of even a tiny model take long beside other programs."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Tiny weights on disk, by model type."""
    for name in ("torch", "diffusers", "transformers", "accelerate"):
        pytest.importorskip(name, reason="castlist[gpu] is not installed: make gpu")
    from castlist.testing import tiny_pipelines

    folder = tmp_path_factory.mktemp("weights")
    return {name: str(tiny_pipelines.save(kind, folder / kind)) for name, kind in WEIGHTS.items()}


@pytest.fixture
def here(install, weights):
    """An installation with all of them; `steps` by model type as a job needs it."""
    made = install()

    def set_up(**steps):
        models = {name: {"weights": path, "steps": steps.get(name, 1)} for name, path in weights.items()}
        options = {"models": models, "accept_licences": ACCEPTED, "device": "cpu"}
        made.set(CASTLIST_ENGINES=json.dumps({"diffusers": options}), PYTHONPATH="", OMP_NUM_THREADS="1")
        return made

    return set_up


def started(job):
    return job["status"] == "processing" and 0 < job["progress"]["fraction"] < 0.5


def test_the_engines_page_says_what_is_ready_and_why_the_rest_is_not(here):
    made = here()
    [row] = [row for row in made.castlist("engines")["engines"] if row["id"] == "diffusers"]
    assert row["ready"]
    assert set(row["modelTypes"]) == set(WEIGHTS)
    nothing_accepted = json.dumps({"diffusers": {"models": {"flux-kontext": "/nowhere"}}})
    made.set(CASTLIST_ENGINES=nothing_accepted)
    [row] = [row for row in made.castlist("engines")["engines"] if row["id"] == "diffusers"]
    assert not row["ready"]
    assert "/nowhere" in row["reason"]


def test_every_model_type_makes_pictures(here, photo):
    made = here()
    key = made.key(10)
    made.start()
    jobs = {name: made.submit(key, photo, model_type=name, num_images=1)["jobId"] for name in WEIGHTS}
    for name, job_id in jobs.items():
        job = made.wait(key, job_id, **LONG)
        assert job["status"] == "completed", job
        assert {asset["engine"] for asset in job["assets"]} == {"diffusers"}
        assert job["modelType"] == name
        assert not job["substituted"]
    assert made.terminate() == 0


def test_a_canceled_job_stops_between_two_steps_and_is_free(here, photo):
    made = here(**{"flux-2-klein": MANY_STEPS})
    key = made.key(4)
    made.start()
    job_id = made.submit(key, photo, model_type="flux-2-klein", num_images=4)["jobId"]
    made.wait(key, job_id, started, **LONG)
    with made.client(key) as client:
        assert client.post(f"/api/v1/jobs/{job_id}/cancel").status_code == 200
    job = made.wait(key, job_id, **LONG)
    assert (job["status"], job["error"]["code"]) == ("failed", "canceled")
    assert job["creditsRefunded"] == 4
    following = made.submit(key, photo, model_type="flux-2-dev", num_images=1)["jobId"]
    assert made.wait(key, following, **LONG)["status"] == "completed", "the engine works again at once"


def test_a_job_survives_kill_9_and_is_charged_once(here, photo):
    made = here(**{"flux-2-klein": 3})
    key = made.key(3)
    made.start()
    job_id = made.submit(key, photo, model_type="flux-2-klein", num_images=3, seed=7)["jobId"]
    made.wait(key, job_id, lambda job: job["status"] == "processing" and job["progress"]["completed"] >= 1, **LONG)
    made.kill_group()
    kept = made.castlist("jobs", "show", job_id)["images"]
    made.start()
    job = made.wait(key, job_id, **LONG)
    assert job["status"] == "completed"
    assert made.castlist("jobs", "show", job_id)["images"][: len(kept)] == kept
    assert made.ledger() == [("grant", 3), ("hold", 3), ("capture", 3)]
