"""`castlist report` without such a job, and with one."""

import asyncio
from pathlib import Path

from castlist.cli.common import load_settings, open_service
from castlist.flow.plan import plan
from castlist.flow.submit import Caller, submit
from castlist.testing.pictures import figure_uri
from castlist.testing.service import a_customer

from .conftest import Castlist


async def submitted() -> str:
    service = await open_service(load_settings())
    try:
        customer = await a_customer(service)
        planned = await plan(service, service.request_model(input_image=figure_uri(), num_images=2))
        async with service.database.write() as tx:
            return (await submit(tx, service, Caller(customer.account_id, customer.key_id), planned)).job.id
    finally:
        await service.close()


def test_a_job_becomes_one_file(castlist: Castlist, tmp_path: Path) -> None:
    assert castlist("report", "job_none").code == 1
    job_id = asyncio.run(submitted())
    assert castlist("report", job_id).out.strip() == f"{job_id}.html"
    assert job_id in (tmp_path / f"{job_id}.html").read_text()
    said = castlist("report", job_id, "--out", "sheets/one.html", "--json").json()
    assert said == {"jobId": job_id, "file": "sheets/one.html"}
    assert (tmp_path / "sheets" / "one.html").exists()
    assert castlist("report", job_id, "--format", "jpg").out.strip() == f"{job_id}.jpg"
    assert (tmp_path / f"{job_id}.jpg").read_bytes()[:2] == b"\xff\xd8"
    castlist("report", job_id, "--out", "sheets/two.JPEG")
    assert (tmp_path / "sheets" / "two.JPEG").read_bytes()[:2] == b"\xff\xd8"
    assert castlist("report", job_id, "--format", "pdf").code == 1
