"""Work at a hosted service outlives the worker that asked for it: the next one asks again instead of paying again."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from castlist.flow.perform import Interrupted, perform
from castlist.store import jobs
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_file, figure_uri
from castlist.testing.service import Service, a_customer, a_service, ledger_faults
from castlist.testing.stub_service import Stub, serve

Modules = Callable[[str], ModuleType]
SAID = {"input_image": figure_uri(), "num_images": 2, "model_type": "flux-kontext", "min_identity": 0}


async def submitted(service: Service) -> tuple[str, dict[str, str]]:
    customer = await a_customer(service)
    async with client_of(service) as client:
        answer = await client.post(RUN, json=SAID, headers=customer.headers)
        assert answer.status_code == 202, answer.text
        return answer.json()["jobId"], customer.headers


async def at_work(stub: Stub) -> None:
    """Wait until the service has accepted both images and was asked about them."""
    while len(stub.work) < 2 or not all(work.looks for work in stub.work.values()):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", ["the worker is told to stop", "another worker takes over"])
async def test_nothing_is_paid_twice(how: str, module_of: Modules, tmp_path: Path, template: Path) -> None:
    kit = module_of("fal").TestFal()
    with serve(kit.dialect, figure_file()) as stub:
        stub.mood.looks = 10_000
        kit.options = {**kit.options, "poll_seconds": 0.01}
        async with a_service(tmp_path, template=template, engines=[kit.engine(stub.url)]) as service:
            job_id, headers = await submitted(service)
            stopping = asyncio.Event()
            first = asyncio.create_task(perform(service, job_id, "w-1", stopping))
            await asyncio.wait_for(at_work(stub), 20)
            if how == "the worker is told to stop":
                stopping.set()
                with pytest.raises(Interrupted):
                    await first
            stub.mood.looks = 0
            await perform(service, job_id, "w-2", asyncio.Event())
            if how == "another worker takes over":
                with pytest.raises(Interrupted):
                    await first
            async with client_of(service) as client:
                job = (await client.get(f"{API}/jobs/{job_id}", headers=headers)).json()
            assert (job["status"], len(job["output"]["images"])) == ("completed", 2)
            assert len(stub.work) == 2
            assert not any(work.canceled for work in stub.work.values())
            assert await ledger_faults(service) == []


async def test_a_cancel_reaches_the_service(module_of: Modules, tmp_path: Path, template: Path) -> None:
    kit = module_of("fal").TestFal()
    with serve(kit.dialect, figure_file()) as stub:
        stub.mood.looks = 10_000
        kit.options = {**kit.options, "poll_seconds": 0.01}
        async with a_service(tmp_path, template=template, engines=[kit.engine(stub.url)]) as service:
            job_id, headers = await submitted(service)
            working = asyncio.create_task(perform(service, job_id, "w-1", asyncio.Event()))
            await asyncio.wait_for(at_work(stub), 20)
            async with client_of(service) as client:
                answer = await client.post(f"{API}/jobs/{job_id}/cancel", headers=headers)
            assert answer.json()["error"]["code"] == "canceled"
            with pytest.raises(Interrupted):
                await asyncio.wait_for(working, 20)
            assert all(work.canceled for work in stub.work.values())
            async with service.database.read() as tx:
                after = await jobs.get(tx, job_id)
            assert after is not None
            assert (after.captured_millis, after.released_millis) == (0, after.held_millis)
