"""The report shows all there is, escapes what is from outside, and stands on its own."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from castlist.flow import report
from castlist.flow.service import Service
from castlist.store import jobs
from castlist.store.jobs import Image, Job
from castlist.testing.queues import run_all
from castlist.testing.service import Customer

MakeJob = Callable[..., Awaitable[Job]]


async def done(service: Service, customer: Customer, job_of: MakeJob, **changes: object) -> tuple[Job, list[Image]]:
    job = await job_of(service, customer, **{"num_images": 3, **changes})
    await run_all(service)
    async with service.database.read() as tx:
        ended = await jobs.get(tx, job.id)
        assert ended is not None
        return ended, (await jobs.images_of(tx, [job.id]))[job.id]


async def test_everything_is_there_and_nothing_is_asked_for(
    service: Service, customer: Customer, job_of: MakeJob
) -> None:
    job, images = await done(service, customer, job_of)
    images[1] = replace(images[1], prompt="The character from <image 1>.", engine="another")
    lost = replace(images[2], file=None, code="refused", message="Not this one.")
    page = report.page(job, [*images[:2], lost], await report.gather(service, job, images))
    for image in images[:2]:
        assert f"seed {image.seed}" in page
        assert image.identity is not None
        assert f"{image.identity['score']:.2f}" in page
        assert image.identity["reason"] in page
    assert "The character from &lt;image 1&gt;." in page
    assert "by another" in page
    assert "2 of 3" in page
    assert "Not this one." in page
    assert job.id in page
    sources = re.findall(r"(?:src|href|url)[=(]\"?([^\s\">)]+)", page)
    assert len(sources) == 3
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "<script" not in page
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    assert style[1] == report.STYLE
    assert " style=" not in page


async def test_what_is_from_outside_is_escaped(service: Service, customer: Customer, job_of: MakeJob) -> None:
    evil = "<script>alert(1)</script>\"'&"
    job, images = await done(service, customer, job_of)
    job = replace(job, request={**job.request, "prompt": evil}, error_message=evil, model_type=evil)
    images = [replace(images[0], notes=(evil,), message=evil, code=evil, model=evil, pose=evil), *images[1:]]
    for listed in (images, [replace(images[0], file=None), *images[1:]]):
        page = report.page(job, listed, {})
        assert "<script" not in page
        assert "&lt;script&gt;" in page


async def test_pictures_that_are_gone_leave_a_word(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job, images = await done(service, customer, job_of)
    await service.files.delete(str(images[0].file))
    page = report.page(job, images, await report.gather(service, job, images))
    assert page.count("This picture has expired.") == 1


async def test_every_state_has_a_report(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job = await job_of(service, customer)
    page = report.page(job, [], await report.gather(service, job, []))
    assert "pending" in page
    assert "credits held" in page
