"""A local picture in, a short-lived URL out, usable as `input_image`."""

import httpx2
import pytest

from castlist.flow.service import Service
from castlist.testing.http import API, RUN
from castlist.testing.pictures import figure_file
from castlist.testing.queues import run_all
from castlist.testing.service import Clock
from castlist.vision import picture


@pytest.mark.parametrize("format", ["png", "jpg", "webp"])
async def test_an_upload_is_a_reference(client: httpx2.AsyncClient, service: Service, format: str) -> None:
    data = figure_file(format, width_px=120, height_px=80)  # type: ignore[arg-type]
    answer = await client.post(f"{API}/uploads", files={"file": ("portrait", data, "application/octet-stream")})
    assert answer.status_code == 201
    upload = answer.json()
    assert (upload["width"], upload["height"], upload["expiresAt"]) == (120, 80, "2026-11-19T11:06:40Z")
    kept = await client.get(upload["assetUrl"])
    assert len(kept.content) == upload["bytes"]
    job_id = (await client.post(RUN, json={"input_image": upload["assetUrl"], "num_images": 1})).json()["jobId"]
    await run_all(service)
    assert (await client.get(f"{API}/jobs/{job_id}")).json()["status"] == "completed"


async def test_what_is_kept_has_no_metadata(client: httpx2.AsyncClient) -> None:
    from io import BytesIO

    from PIL import Image

    image = Image.new("RGB", (64, 48))
    image.paste((200, 30, 30), (0, 0, 32, 48))
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "taken at home"
    file = BytesIO()
    image.save(file, "JPEG", exif=exif)
    upload = (await client.post(f"{API}/uploads", files={"file": file.getvalue()})).json()
    assert (upload["width"], upload["height"]) == (48, 64)
    kept = (await client.get(upload["assetUrl"])).content
    assert b"taken at home" not in kept
    assert picture.decode(kept).pixels.shape == (64, 48, 3)


async def test_an_expired_upload_is_no_reference(client: httpx2.AsyncClient, clock: Clock) -> None:
    upload = (await client.post(f"{API}/uploads", files={"file": figure_file()})).json()
    clock.advance(hours=24)
    answer = await client.post(RUN, json={"input_image": upload["assetUrl"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "input_image_rejected")
    assert "expired" in answer.json()["error"]["message"]
