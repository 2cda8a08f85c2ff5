"""Submitting a job and following it to its end, as a client does."""

import hashlib
from pathlib import Path

import httpx2
import pytest

from castlist.domain.errors import EngineFailed, ImageRefused, NoSubjectFound
from castlist.flow.service import Service, Terms
from castlist.store import jobs
from castlist.testing.engines import ToyEngine
from castlist.testing.http import API, BASE_URL, QUOTE, RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Clock, Customer, a_customer, a_service, balance_millis, ledger_faults

PLAIN = {"input_image": figure_uri()}


async def test_a_plain_request_gives_four_pictures(client: httpx2.AsyncClient, service: Service) -> None:
    answer = await client.post(RUN, json=PLAIN)
    assert answer.status_code == 202
    accepted = answer.json()
    job_id = accepted["jobId"]
    assert accepted == {
        "jobId": job_id,
        "status": "pending",
        "statusUrl": f"{BASE_URL}{API}/jobs/{job_id}",
        "creditCost": 4,
        "creditsRemaining": 96,
        "expiresAt": "2026-11-19T11:06:40Z",
    }
    pending = (await client.get(accepted["statusUrl"])).json()
    assert pending["status"] == "pending"
    assert not {"progress", "output", "assets", "error", "failures", "creditsRefunded"} & set(pending)

    await run_all(service)
    job = (await client.get(accepted["statusUrl"])).json()
    assert job["status"] == "completed"
    assert (job["engine"], job["substituted"], job["modelType"]) == ("toy", True, "flux-kontext")
    assert job["creditsRefunded"] == 0
    assert "error" not in job
    assert "failures" not in job
    assert job["output"]["images"] == [asset["url"] for asset in job["assets"]]
    assert len({asset["pose"] for asset in job["assets"]}) == 4
    assert len({asset["seed"] for asset in job["assets"]}) == 4


async def test_an_asset_describes_the_file_behind_its_url(
    client: httpx2.AsyncClient, anyone: httpx2.AsyncClient, service: Service
) -> None:
    job_id = (await client.post(RUN, json={**PLAIN, "num_images": 1, "aspect_ratio": "16:9"})).json()["jobId"]
    await run_all(service)
    (asset,) = (await client.get(f"{API}/jobs/{job_id}")).json()["assets"]
    file = await anyone.get(asset["url"])
    assert file.status_code == 200
    assert file.headers["content-type"] == asset["contentType"] == "image/png"
    assert len(file.content) == asset["bytes"]
    assert hashlib.sha256(file.content).hexdigest() == asset["sha256"]
    assert asset["width"] > asset["height"]
    assert set(asset["identity"]) == {"score", "verdict", "method", "reason"}
    assert (asset["attempts"], asset["model"], asset["notes"]) == (1, "toy-1", ["A toy."])


async def test_the_same_seed_gives_the_same_pictures(client: httpx2.AsyncClient, service: Service) -> None:
    wanted = {**PLAIN, "seed": 7, "num_images": 2}
    ids = [(await client.post(RUN, json=wanted)).json()["jobId"] for _ in range(2)]
    await run_all(service)
    first, second = [(await client.get(f"{API}/jobs/{job_id}")).json()["assets"] for job_id in ids]
    assert [asset["sha256"] for asset in first] == [asset["sha256"] for asset in second]


async def test_without_randomizing_the_poses_come_in_order(client: httpx2.AsyncClient, service: Service) -> None:
    job_id = (await client.post(RUN, json={**PLAIN, "randomize_images": False, "num_images": 3})).json()["jobId"]
    await run_all(service)
    job = (await client.get(f"{API}/jobs/{job_id}")).json()
    assert [asset["pose"] for asset in job["assets"]] == ["front", "three-quarter-left", "close-up"]


async def test_progress_shows_while_it_runs(client: httpx2.AsyncClient, service: Service) -> None:
    job_id = (await client.post(RUN, json=PLAIN)).json()["jobId"]
    async with service.database.write() as tx:
        job = await jobs.claim(tx, job_id, "w", now_ms=service.clock())
        assert job is not None
        await jobs.report(tx, job_id, job.attempt, 0.31)
    answer = (await client.get(f"{API}/jobs/{job_id}")).json()
    assert answer["status"] == "processing"
    assert answer["progress"] == {"completed": 0, "total": 4, "fraction": 0.31}


async def test_a_lost_image_is_listed_and_its_price_comes_back(tmp_path: Path, template: Path) -> None:
    engine = ToyEngine(fails={1: ImageRefused("Not this one.")})
    async with a_service(tmp_path, template=template, engines=[engine]) as service, client_of(service) as client:
        customer = await a_customer(service, credits="10")
        wanted = {**PLAIN, "randomize_images": False}
        job_id = (await client.post(RUN, json=wanted, headers=customer.headers)).json()["jobId"]
        await run_all(service)
        job = (await client.get(f"{API}/jobs/{job_id}", headers=customer.headers)).json()
        assert job["status"] == "completed"
        assert len(job["assets"]) == 3
        assert job["failures"] == [
            {"index": 1, "pose": "three-quarter-left", "code": "refused", "message": "Not this one."}
        ]
        assert job["creditsRefunded"] == 1
        assert await balance_millis(service, customer.account_id) == 7000
        assert await ledger_faults(service) == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NoSubjectFound(), "input_image_rejected"),
        (EngineFailed("secret path /etc/passwd"), "engine_failed"),
        (RuntimeError("secret path /etc/passwd"), "engine_failed"),
    ],
)
async def test_a_job_without_any_image_fails_and_is_free(
    tmp_path: Path, template: Path, failure: Exception, code: str
) -> None:
    engine = ToyEngine(fails={0: failure})
    async with a_service(tmp_path, template=template, engines=[engine]) as service, client_of(service) as client:
        customer = await a_customer(service, credits="10")
        job_id = (await client.post(RUN, json=PLAIN, headers=customer.headers)).json()["jobId"]
        await run_all(service)
        answer = await client.get(f"{API}/jobs/{job_id}", headers=customer.headers)
        job = answer.json()
        assert answer.status_code == 200
        assert (job["status"], job["error"]["code"], job["creditsRefunded"]) == ("failed", code, 4)
        assert job["error"]["message"]
        assert "/etc/passwd" not in answer.text
        assert "output" not in job
        assert await balance_millis(service, customer.account_id) == 10_000
        assert await ledger_faults(service) == []


async def test_a_quote_holds_nothing(tmp_path: Path, template: Path) -> None:
    terms = Terms(prices={"flux-kontext": "0.5"})
    async with a_service(tmp_path, template=template, terms=terms) as service, client_of(service) as client:
        customer = await a_customer(service, credits="1")
        client.headers.update(customer.headers)
        quoted = (await client.post(QUOTE, json={**PLAIN, "num_images": 3})).json()
        assert quoted == {
            "creditCost": 1.5,
            "pricePerImage": 0.5,
            "numImages": 3,
            "modelType": "flux-kontext",
            "engine": "toy",
            "substituted": True,
        }
        assert (await client.get(f"{API}/credits")).json() == {"creditsRemaining": 1, "creditsHeld": 0}
        ran = (await client.post(RUN, json={**PLAIN, "num_images": 1})).json()
        assert (ran["creditCost"], ran["creditsRemaining"]) == (0.5, 0.5)
        assert (await client.get(f"{API}/credits")).json() == {"creditsRemaining": 0.5, "creditsHeld": 0.5}


async def test_an_alias_of_a_model_type_is_recorded_under_its_name(client: httpx2.AsyncClient) -> None:
    job_id = (await client.post(RUN, json={**PLAIN, "model_type": "qwen-image-2.0-pro"})).json()["jobId"]
    assert (await client.get(f"{API}/jobs/{job_id}")).json()["modelType"] == "qwen-image-2-pro"


async def test_an_engine_of_its_own_stands_in_for_nothing(tmp_path: Path, template: Path) -> None:
    class Painter(ToyEngine):
        card = ToyEngine.card.__class__(
            **{**vars(ToyEngine.card), "id": "painter", "model_types": ("flux-kontext",), "stand_in": False}
        )

    async with (
        a_service(tmp_path, template=template, engines=[ToyEngine(), Painter()]) as service,
        client_of(service) as client,
    ):
        client.headers.update((await a_customer(service)).headers)
        quoted = (await client.post(QUOTE, json=PLAIN)).json()
        assert (quoted["engine"], quoted["substituted"]) == ("painter", False)
        refused = await client.post(RUN, json={**PLAIN, "model_type": "nano-banana-2"})
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "model_unavailable"
        assert "flux-kontext" in refused.json()["error"]["message"]


async def test_addresses_come_from_configuration_or_from_the_request(service: Service, customer: Customer) -> None:
    async with client_of(service, public_url="https://cast.example.com/") as client:
        answer = await client.post(RUN, json=PLAIN, headers=customer.headers)
        assert answer.json()["statusUrl"].startswith("https://cast.example.com/api/v1/jobs/job_")
    async with client_of(service) as client:
        strange = {**customer.headers, "Host": 'evil"><script>'}
        answer = await client.post(RUN, json=PLAIN, headers=strange)
        assert "evil" not in answer.text


async def test_jobs_come_newest_first_by_pages(
    client: httpx2.AsyncClient, service: Service, clock: Clock, customer: Customer
) -> None:
    ids: list[str] = []
    for number in range(5):
        ids.insert(0, (await client.post(RUN, json={**PLAIN, "num_images": 1})).json()["jobId"])
        clock.advance(seconds=number % 2)  # some are submitted within the same millisecond
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get(f"{API}/jobs", params=parameters)).json()
        seen += [job["jobId"] for job in page["jobs"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert [seen[:1], sorted(seen[1:3]), sorted(seen[3:])] == [ids[:1], sorted(ids[1:3]), sorted(ids[3:])]
    await run_all(service)
    await client.post(RUN, json=PLAIN)
    counts = {
        status: len((await client.get(f"{API}/jobs", params={"status": status})).json()["jobs"])
        for status in ("pending", "processing", "completed", "failed")
    }
    assert counts == {"pending": 1, "processing": 0, "completed": 5, "failed": 0}


async def test_a_job_is_its_accounts_alone(client: httpx2.AsyncClient, service: Service) -> None:
    job_id = (await client.post(RUN, json=PLAIN)).json()["jobId"]
    other = await a_customer(service)
    answer = await client.get(f"{API}/jobs/{job_id}", headers=other.headers)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "job_not_found"
    assert (await client.get(f"{API}/jobs", headers=other.headers)).json() == {"jobs": [], "nextCursor": None}
