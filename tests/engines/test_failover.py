"""A route of two services through the real application: who makes an image, who is asked, and who is paid."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from castlist.domain.lanes import State
from castlist.engines.base import Hosted
from castlist.flow.perform import Interrupted, perform
from castlist.flow.shared_lanes import give_another_chance
from castlist.store import lanes
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_file, figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Service, a_customer, a_service, ledger_faults
from castlist.testing.stub_service import KEY, Stub, serve

Modules = Callable[[str], ModuleType]
FAST = {"poll_seconds": 0.01, "tries": 2}


@dataclass
class Two:
    """Two services that make the same model type; `first` is asked first."""

    first: Stub
    second: Stub
    engines: list[Hosted]


@pytest.fixture
def two(module_of: Modules) -> Callable[..., Any]:
    @contextmanager
    def make(**options: Any) -> Generator[Two]:
        fal, replicate = module_of("fal").TestFal(), module_of("replicate").TestReplicate()
        with serve(fal.dialect, figure_file()) as first, serve(replicate.dialect, figure_file()) as second:
            first.mood.looks = second.mood.looks = 0
            fal.options, replicate.options = {**FAST, **options}, FAST
            yield Two(first, second, [fal.engine(first.url), replicate.engine(second.url)])

    return make


async def submitted(service: Service, **said: Any) -> tuple[str, dict[str, str]]:
    customer = await a_customer(service)
    body = {"input_image": figure_uri(), "num_images": 2, "model_type": "flux-kontext", "min_identity": 0, **said}
    async with client_of(service) as client:
        answer = await client.post(RUN, json=body, headers=customer.headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["jobId"], customer.headers


async def ended(service: Service, **said: Any) -> dict[str, Any]:
    job_id, headers = await submitted(service, **said)
    await run_all(service)
    assert await ledger_faults(service) == []
    return await read(service, job_id, headers)


async def read(service: Service, job_id: str, headers: dict[str, str]) -> dict[str, Any]:
    async with client_of(service) as client:
        return (await client.get(f"{API}/jobs/{job_id}", headers=headers)).json()


async def breaker(service: Service, engine: str) -> State:
    async with service.database.read() as tx:
        known = await lanes.known(tx)
    return known[engine].state(service.clock()) if engine in known else State.CLOSED


def makers(job: dict[str, Any]) -> list[str]:
    return [asset["engine"] for asset in job["assets"]]


async def test_the_first_engine_makes_it_and_nobody_else_is_asked(two, tmp_path: Path, template: Path) -> None:
    with two() as both:
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service)
    assert (job["status"], makers(job)) == ("completed", ["fal", "fal"])
    assert not both.second.calls


@pytest.mark.parametrize("status", [401, 402, 403, 404, 429, 500, 503])
async def test_an_engine_that_cannot_hands_on_at_the_customers_price(
    two, status: int, tmp_path: Path, template: Path
) -> None:
    with two() as both:
        both.first.mood.status = status
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service)
    assert (job["status"], makers(job)) == ("completed", ["replicate", "replicate"])
    assert {asset["model"] for asset in job["assets"]} == {"black-forest-labs/flux-kontext-pro"}
    assert (job["creditCost"], job["creditsRefunded"]) == (2, 0)
    assert not job.get("failures")
    assert not any(word in str(job) for word in (KEY, "Status"))
    assert len(both.second.work) == 2, "each image is paid once"
    assert not both.first.work


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_was_declined_is_not_taken_elsewhere(two, when: str, tmp_path: Path, template: Path) -> None:
    with two() as both:
        both.first.mood.refuse = when
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service)
    assert job["status"] == "failed"
    assert {failure["code"] for failure in job["failures"]} == {"refused"}
    assert not both.second.calls


@pytest.mark.parametrize("how", [{"looks": 10**6}, {"pictures": "cut"}, {"garbage": True}])
async def test_what_is_paid_for_is_not_asked_for_elsewhere(two, how, tmp_path: Path, template: Path) -> None:
    """Work that does not end in time, a file that cannot be read, an answer that makes no sense: it may be paid."""
    with two(total_seconds=1.0) as both:
        for name, value in how.items():
            setattr(both.first.mood, name, value)
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service)
    assert job["status"] == "failed"
    assert {failure["code"] for failure in job["failures"]} == {"engine_failed"}
    assert not both.second.calls


async def test_work_that_the_service_lost_may_be_made_elsewhere(two, tmp_path: Path, template: Path) -> None:
    with two() as both:
        both.first.mood.spoilt = True
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service)
    assert makers(job) == ["replicate", "replicate"]


async def test_a_declined_key_is_not_tried_again_by_the_next_job_until_a_worker_starts(
    two, tmp_path: Path, template: Path
) -> None:
    with two() as both:
        both.first.mood.status = 401
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            await ended(service)
            asked = len(both.first.calls)
            assert await breaker(service, "fal") is State.OPEN
            assert makers(await ended(service)) == ["replicate", "replicate"]
            assert len(both.first.calls) == asked, "nobody asks with a key that was declined"
            both.first.mood.status = 0
            await give_another_chance(service)
            assert makers(await ended(service, num_images=1)) == ["fal"]
            assert await breaker(service, "fal") is State.CLOSED


async def test_an_outage_opens_the_breaker_for_all_jobs(two, tmp_path: Path, template: Path) -> None:
    with two() as both:
        both.first.mood.status = 503
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service, num_images=8)
            asked = len(both.first.calls)
            assert await breaker(service, "fal") is State.OPEN
            await ended(service)
    assert makers(job) == ["replicate"] * 8
    assert len(both.first.calls) == asked


async def test_a_long_pause_that_the_service_asks_for_goes_around_it(two, tmp_path: Path, template: Path) -> None:
    """The stub asks for seven seconds after each 429; another engine can make it now."""
    with two() as both:
        both.first.mood.status, both.first.mood.times = 429, 10**9
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service)
            assert makers(job) == ["replicate", "replicate"]
            asked = len(both.first.calls)
            await ended(service)
    assert len(both.first.calls) == asked, "Retry-After holds for every job"


async def test_only_engines_that_can_do_what_is_asked_are_on_the_route(two, tmp_path: Path, template: Path) -> None:
    """The second service takes one reference of this model."""
    with two() as both:
        both.first.mood.status = 503
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job = await ended(service, reference_images=[figure_uri()])
    assert job["status"] == "failed"
    assert not both.second.calls, "nothing is dropped to make a request fit"


async def test_who_has_the_work_is_asked_after_a_restart(two, tmp_path: Path, template: Path) -> None:
    with two() as both:
        both.first.mood.status, both.second.mood.looks = 503, 10**6
        async with a_service(tmp_path, template=template, engines=both.engines) as service:
            job_id, headers = await submitted(service)
            stopping = asyncio.Event()
            first = asyncio.create_task(perform(service, job_id, "w-1", stopping))
            while len(both.second.work) < 2 or not all(work.looks for work in both.second.work.values()):
                await asyncio.sleep(0.01)
            stopping.set()
            with pytest.raises(Interrupted):
                await first
            both.first.mood.status, both.second.mood.looks = 0, 0
            asked = len(both.first.calls)
            await perform(service, job_id, "w-2", asyncio.Event())
            job = await read(service, job_id, headers)
    assert makers(job) == ["replicate", "replicate"]
    assert len(both.first.calls) == asked
    assert len(both.second.work) == 2, "nothing is paid twice"
