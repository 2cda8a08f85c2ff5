"""`GET /jobs/{jobId}/report`: a page for the job's account alone, locked down."""

import httpx2

from castlist.flow import report, report_sheet
from castlist.flow.service import Service
from castlist.testing.http import RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import a_customer
from castlist.vision import picture


async def test_the_page(client: httpx2.AsyncClient, anyone: httpx2.AsyncClient, service: Service) -> None:
    job_id = (await client.post(RUN, json={"input_image": figure_uri(), "num_images": 2})).json()["jobId"]
    address = f"/api/v1/jobs/{job_id}/report"
    await run_all(service)
    answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == report.CONTENT_SECURITY_POLICY
    assert answer.text.count("<article>") == 2
    assert job_id in answer.text
    assert (await anyone.get(address)).status_code == 401
    stranger = await a_customer(service)
    async with client_of(service) as other:
        other.headers.update(stranger.headers)
        assert (await other.get(address)).json()["error"]["code"] == "job_not_found"
    assert (await client.get("/api/v1/jobs/job_none/report")).status_code == 404


async def test_the_sheet(client: httpx2.AsyncClient, service: Service) -> None:
    job_id = (await client.post(RUN, json={"input_image": figure_uri(), "num_images": 2})).json()["jobId"]
    await run_all(service)
    address = f"/api/v1/jobs/{job_id}/report"
    asked = await client.get(address, params={"format": "jpg"})
    wanted = await client.get(address, headers={"Accept": "image/jpeg"})
    browser = await client.get(address, headers={"Accept": "text/html,image/jpeg,*/*"})
    assert asked.headers["content-type"] == wanted.headers["content-type"] == "image/jpeg"
    assert asked.content == wanted.content
    sheet = picture.decode(asked.content)
    assert (sheet.format, sheet.width) == ("JPEG", report_sheet.WIDTH_PX)
    assert browser.headers["content-type"].startswith("text/html")
    assert (await client.get(address, params={"format": "pdf"})).status_code == 400
