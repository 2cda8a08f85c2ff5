"""Pictures over their signed URLs: types, caching, parts, expiry, forgery."""

import re

import httpx2
import pytest

from castlist.domain.links import signed_url
from castlist.flow.service import Service
from castlist.flow.sweep import sweep
from castlist.testing.http import API, BASE_URL, RUN
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import SECRET, Clock


@pytest.fixture
async def url(client: httpx2.AsyncClient, service: Service) -> str:
    """The signed URL of a delivered picture."""
    job_id = (await client.post(RUN, json={"input_image": figure_uri(), "num_images": 1})).json()["jobId"]
    await run_all(service)
    return (await client.get(f"{API}/jobs/{job_id}")).json()["output"]["images"][0]


async def test_a_picture_is_served_without_a_key(anyone: httpx2.AsyncClient, url: str) -> None:
    answer = await anyone.get(url)
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == str(len(answer.content))
    assert headers["cache-control"] == "private, max-age=86400, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["accept-ranges"] == "bytes"
    assert re.fullmatch(r'inline; filename="castlist-[0-9a-f]{12}\.png"', headers["content-disposition"])
    assert re.fullmatch(r'"[0-9a-f]{64}"', headers["etag"])


@pytest.mark.parametrize(("format", "media_type"), [("jpg", "image/jpeg"), ("webp", "image/webp")])
async def test_the_type_follows_the_format(
    client: httpx2.AsyncClient, service: Service, format: str, media_type: str
) -> None:
    body = {"input_image": figure_uri(), "num_images": 1, "output_format": format}
    job_id = (await client.post(RUN, json=body)).json()["jobId"]
    await run_all(service)
    url = (await client.get(f"{API}/jobs/{job_id}")).json()["output"]["images"][0]
    assert (await client.get(url)).headers["content-type"] == media_type


async def test_head_is_get_without_the_body(anyone: httpx2.AsyncClient, url: str) -> None:
    got, head = await anyone.get(url), await anyone.head(url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag"):
        assert head.headers[name] == got.headers[name]


async def test_an_unchanged_picture_is_not_sent_again(anyone: httpx2.AsyncClient, url: str) -> None:
    etag = (await anyone.get(url)).headers["etag"]
    for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await anyone.get(url, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert (await anyone.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_parts(anyone: httpx2.AsyncClient, url: str) -> None:
    whole = await anyone.get(url)
    size, etag = len(whole.content), whole.headers["etag"]
    for header, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, size - 1),
        ("bytes=-10", size - 10, size - 1),
        (f"bytes=5-{size * 2}", 5, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
    ):
        answer = await anyone.get(url, headers={"Range": header})
        assert answer.status_code == 206
        assert answer.content == whole.content[first : last + 1]
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
    for header in ("bytes=0-1,4-5", "bytes=9-1", "lines=1-2", "bytes=a-b", "bytes=-"):
        assert (await anyone.get(url, headers={"Range": header})).content == whole.content
    for header in (f"bytes={size}-", "bytes=-0"):
        answer = await anyone.get(url, headers={"Range": header})
        assert answer.status_code == 416
        assert answer.json()["error"]["code"] == "invalid_request"
        assert answer.headers["content-range"] == f"bytes */{size}"
    held = await anyone.get(url, headers={"Range": "bytes=0-9", "If-Range": etag})
    changed = await anyone.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (held.status_code, changed.status_code) == (206, 200)


async def test_an_expired_picture_is_gone_and_the_job_stays(
    client: httpx2.AsyncClient, service: Service, url: str, clock: Clock
) -> None:
    clock.advance(hours=23)
    assert (await client.get(url)).status_code == 200
    clock.advance(hours=1)
    answer = await client.get(url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "output_expired")
    assert await sweep(service) == 2  # the picture and its reference
    assert (await client.get(url)).status_code == 410
    (job,) = (await client.get(f"{API}/jobs")).json()["jobs"]
    assert job["status"] == "completed"


async def test_a_picture_that_is_missing_is_gone(client: httpx2.AsyncClient, clock: Clock) -> None:
    url = signed_url(BASE_URL, f"{'0' * 64}.png", clock.now_ms + 60_000, SECRET)
    answer = await client.get(url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "output_expired")


async def test_a_forged_url_is_refused(anyone: httpx2.AsyncClient, url: str, clock: Clock) -> None:
    address, _, query = url.partition("?")
    expires = query.partition("&")[0]
    for forged in (
        address,
        f"{address}?{expires}",
        f"{address}?{expires}&signature=",
        f"{address}?{expires}&signature={'0' * 40}",
        f"{address}?{expires}&signature=%C3%A9",
        url.replace("expires=", "expires=9"),
        url.replace("expires=", "expires=x"),
        url.replace(".png?", ".jpg?"),
        signed_url(BASE_URL, "secret", clock.now_ms + 60_000, SECRET),
        signed_url(BASE_URL, f"{'0' * 64}.png", clock.now_ms + 60_000, b"another secret"),
        f"{BASE_URL}{API}/files/..%2F..%2Fsecret?{query}",
    ):
        answer = await anyone.get(forged)
        assert answer.status_code in (403, 404), forged
        assert answer.json()["error"]["code"] in ("forbidden", "not_found")
