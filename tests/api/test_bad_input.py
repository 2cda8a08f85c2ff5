"""Every row of the contract's error table, each with a real bad request: the envelope, a useful hint, nothing held."""

import asyncio
import json
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from castlist.flow.service import Service
from castlist.net.guard import FetchPolicy
from castlist.store import ledger
from castlist.testing.http import API, QUOTE, RUN, client_of
from castlist.testing.pictures import data_uri, figure_file, figure_uri
from castlist.testing.service import Customer, a_customer, a_service, ledger_faults
from castlist.vision import picture

GOOD = {"input_image": figure_uri()}
PASTED = {"prompt": "the same person hiking on a sunny mountain trail", "aspect_ratio": "1:1"}
"""What people paste: a scene, but no picture."""


def png_header(width_px: int, height_px: int) -> bytes:
    """Return a PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    )


BLANK = picture.encode(np.full((64, 64, 3), 200, np.uint8), "png")
JPEG = figure_file("jpg")
FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
HTML = b"<!doctype html><title>Sign in</title><p>Please sign in to see this picture.</p>"


@pytest.fixture
async def untouched(service: Service, customer: Customer) -> AsyncIterator[None]:
    """Fails a test that leaves anything behind: an entry, a job, a queue entry."""
    yield
    async with service.database.read() as tx:
        entries = await ledger.history(tx, customer.account_id)
    assert [(entry.kind, entry.balance_millis) for entry in entries] == [("grant", 100_000)]
    assert await ledger_faults(service) == []
    assert service.queue.job_ids == []  # type: ignore[attr-defined]


pytestmark = pytest.mark.usefixtures("untouched")


def check(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is an error's envelope and nothing leaks; return its inside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "status", "details", "requestId"}
    assert (error["code"], error["status"]) == (code, status)
    assert error["requestId"] == answer.headers["x-request-id"]
    assert len(error["message"]) > 10
    for leak in ("Traceback", ".py", "/work", "site-packages", "castlist.", "cl_live_0"):
        assert leak not in answer.text
    return error


@pytest.mark.parametrize(
    ("body", "field", "hint"),
    [
        (PASTED, "input_image", 'A correct body: {"input_image"'),
        ({}, "input_image", "input_image is missing"),
        ({"input_image": None}, "input_image", "input_image is missing"),
        ({**GOOD, "num_images": 0}, "num_images", "greater than or equal to 1"),
        ({**GOOD, "num_images": 14}, "num_images", "less than or equal to 13"),
        ({**GOOD, "num_images": "4"}, "num_images", "valid integer"),
        ({**GOOD, "num_images": True}, "num_images", "valid integer"),
        ({**GOOD, "num_images": 2.5}, "num_images", "valid integer"),
        ({**GOOD, "background": "purple"}, "background", "'green screen'"),
        ({**GOOD, "model_type": "no-such"}, "model_type", "'flux-kontext'"),
        ({**GOOD, "aspect_ratio": "2:1"}, "aspect_ratio", "'16:9'"),
        ({**GOOD, "output_format": "bmp"}, "output_format", "'webp'"),
        ({**GOOD, "randomize_images": "yes"}, "randomize_images", "valid boolean"),
        ({**GOOD, "seed": -1}, "seed", "greater than or equal to 0"),
        ({**GOOD, "seed": 2**32}, "seed", "less than"),
        ({**GOOD, "min_identity": 1.5}, "min_identity", "less than or equal to 1"),
        ({**GOOD, "min_identity": True}, "min_identity", "valid number"),
        ({**GOOD, "min_identity": "0.5"}, "min_identity", "valid number"),
        ({**GOOD, "prompt": "x" * 4001}, "prompt", "4000 characters"),
        ({"input_image": ""}, "input_image", "at least 1 character"),
        ({"input_image": ["a", "b"]}, "input_image", "valid string"),
        ({"input_image": "ftp://example.com/a.png"}, "input_image", "http(s) URL"),
        ({"input_image": "file:///etc/passwd"}, "input_image", "http(s) URL"),
        ({"input_image": "not a url"}, "input_image", "http(s) URL"),
        ({**GOOD, "reference_images": ["portrait.png"]}, "reference_images", "http(s) URL"),
        ({**GOOD, "promt": "x"}, "promt", "Did you mean prompt?"),
        ({"input": GOOD}, "input_image", "input_image is missing"),
        ({**GOOD, "input": {}}, "input", "top level"),
        ({**GOOD, "background": "transparent", "output_format": "jpg"}, "output_format", "png or webp"),
        ({**GOOD, "background": "transparent", "prompt": "a beach"}, "background", "cannot be transparent"),
        ({**GOOD, "reference_images": [figure_uri()] * 3}, "reference_images", "at most 3 pictures"),
        ({**GOOD, "reference_images": "x"}, "reference_images", "valid list"),
        ({"character_id": "chr_1"}, "character_id", "no character of this id"),
        ({**GOOD, "character_id": "chr_1"}, "", "only one of them"),
    ],
)
async def test_a_wrong_field_is_named(client: httpx2.AsyncClient, body: dict[str, Any], field: str, hint: str) -> None:
    for address in (RUN, QUOTE):
        answer = await client.post(address, json=body)
        error = check(answer, 400, "invalid_request")
        assert field in [problem["field"] for problem in error["details"]]
        assert hint in error["message"] + " ".join(problem["message"] for problem in error["details"])


async def test_every_wrong_field_is_named_at_once(client: httpx2.AsyncClient) -> None:
    error = check(await client.post(RUN, json={"num_images": 14, "seed": "x", "oops": 1}), 400, "invalid_request")
    assert [problem["field"] for problem in error["details"]] == ["input_image", "num_images", "seed", "oops"]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"", "empty"),
        (b"  ", "empty"),
        (b"{", "not valid JSON"),
        (b"input_image=http://example.com/a.jpg", "not valid JSON"),
        (b'{"num_images": NaN}', "not valid JSON"),
        (b'{"prompt": "\\ud800"}', "not valid JSON"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b"[" * 5000 + b"]" * 5000, "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
    ],
)
async def test_a_body_that_is_no_json_object(client: httpx2.AsyncClient, body: bytes, hint: str) -> None:
    answer = await client.post(RUN, content=body, headers={"Content-Type": "application/json"})
    assert hint in check(answer, 400, "invalid_request")["message"]


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
async def test_another_media_type(client: httpx2.AsyncClient, media_type: str) -> None:
    answer = await client.post(RUN, content=json.dumps(GOOD), headers={"Content-Type": media_type})
    assert "application/json" in check(answer, 415, "unsupported_media_type")["message"]


@pytest.mark.parametrize(
    ("image", "hint"),
    [
        ("http://169.254.169.254/latest/meta-data/", "port"),
        ("http://", "host"),
        (data_uri(HTML, "text/html"), "image/png"),
        (data_uri(HTML), "PNG, JPEG"),
        (data_uri(JPEG[: len(JPEG) // 2], "image/jpeg"), "cut off"),
        (data_uri(png_header(1, 1)), "1 × 1"),
        (data_uri(png_header(30_000, 30_000)), "30,000"),
        (data_uri(BLANK), "stands out"),
        ("data:image/png;base64,????", "base64"),
        (f"https://images.test{API}/files/{'0' * 64}.png?expires=1&signature=x", "port"),
    ],
)
async def test_a_picture_that_cannot_be_used(client: httpx2.AsyncClient, image: str, hint: str) -> None:
    answer = await client.post(RUN, json={"input_image": image})
    assert hint in check(answer, 422, "input_image_rejected")["message"]
    answer = await client.post(RUN, json={**GOOD, "reference_images": [image]})
    assert hint in check(answer, 422, "input_image_rejected")["message"]


@pytest.mark.parametrize(
    "data", [HTML, JPEG[:500], png_header(1, 1), png_header(30_000, 30_000), BLANK, b"", b"GIF89a"]
)
async def test_an_upload_that_cannot_be_used(client: httpx2.AsyncClient, data: bytes) -> None:
    check(await client.post(f"{API}/uploads", files={"file": ("a.png", data)}), 422, "input_image_rejected")


@asynccontextmanager
async def a_web_server(answer: bytes) -> AsyncIterator[int]:
    """Serve the same bytes to everybody on a loopback port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def reply(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (reply("200 OK", HTML, "Content-Type: text/html"), "PNG, JPEG"),
        (reply("200 OK", HTML, "Content-Type: image/png"), "PNG, JPEG"),
        (reply("404 Not Found", b"gone"), "404"),
        (reply("302 Found", b"", "Location: http://169.254.169.254/"), "port"),
        (reply("200 OK", b""), "nothing"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "20 MB"),
    ],
)
async def test_a_url_that_leads_to_no_picture(tmp_path: Path, template: Path, answer: bytes, hint: str) -> None:
    (tmp_path / "own").mkdir()
    async with a_web_server(answer) as port:
        policy = FetchPolicy(allow_networks=("127.0.0.0/8",), allow_ports=(port,))
        async with (
            a_service(tmp_path / "own", template=template, fetch_policy=policy) as service,
            client_of(service) as client,
        ):
            customer = await a_customer(service)
            body = {"input_image": f"http://127.0.0.1:{port}/portrait.png"}
            refused = await client.post(RUN, json=body, headers=customer.headers)
            assert hint in check(refused, 422, "input_image_rejected")["message"]
            assert (await client.get(f"{API}/credits", headers=customer.headers)).json()["creditsRemaining"] == 100


async def test_addresses_that_are_not_public(tmp_path: Path, template: Path) -> None:
    (tmp_path / "own").mkdir()
    async with (
        a_service(tmp_path / "own", template=template, fetch_policy=FetchPolicy()) as service,
        client_of(service) as client,
    ):
        customer = await a_customer(service)
        for url in (
            "http://169.254.169.254/latest/meta-data/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://localhost/",
        ):
            answer = await client.post(RUN, json={"input_image": url}, headers=customer.headers)
            assert "not public" in check(answer, 422, "input_image_rejected")["message"]


async def test_too_few_credits(client: httpx2.AsyncClient, service: Service) -> None:
    poor = await a_customer(service, credits="3.5")
    answer = await client.post(RUN, json=GOOD, headers=poor.headers)
    assert answer.json()["credits_remaining"] == 3.5
    assert "4 credits" in check(answer, 402, "insufficient_credits")["message"]
    assert (await client.get(f"{API}/jobs", headers=poor.headers)).json()["jobs"] == []
    service.queue.job_ids.clear()  # type: ignore[attr-defined]  (harmless: the job was rolled back)


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", f"{API}/models/", 404, "not_found"),
        ("GET", f"{API}/models/no-such", 404, "model_not_found"),
        ("GET", f"{API}/models/no-such/schema", 404, "model_not_found"),
        ("POST", f"{API}/models/no-such/run", 404, "model_not_found"),
        ("POST", f"{API}/models/no-such/quote", 404, "model_not_found"),
        ("GET", f"{API}/jobs/nonsense", 404, "job_not_found"),
        ("GET", f"{API}/jobs/job_0000000000000000000000", 404, "job_not_found"),
        ("GET", f"{API}/jobs/%00", 404, "job_not_found"),
        ("GET", f"{API}/characters", 404, "not_found"),
        ("GET", RUN, 405, "method_not_allowed"),
        ("DELETE", f"{API}/jobs", 405, "method_not_allowed"),
        ("TRACE", f"{API}/credits", 405, "method_not_allowed"),
        ("GET", f"{API}/jobs?limit=0", 400, "invalid_request"),
        ("GET", f"{API}/jobs?limit=x", 400, "invalid_request"),
        ("GET", f"{API}/jobs?status=done", 400, "invalid_request"),
        ("GET", f"{API}/jobs?cursor=x", 400, "invalid_request"),
        ("GET", f"{API}/jobs?cursor=%C3%A9", 400, "invalid_request"),
        ("GET", f"{API}/models?detailed=perhaps", 400, "invalid_request"),
        ("GET", f"{API}/models?modality=sound", 400, "invalid_request"),
        ("GET", f"{API}/usage?from=yesterday", 400, "invalid_request"),
        ("GET", f"{API}/usage?from=0", 400, "invalid_request"),
        ("GET", f"{API}/usage?from=2026-02-30", 400, "invalid_request"),
        ("GET", f"{API}/usage?from=2026-02-02&to=2026-02-01", 400, "invalid_request"),
        ("GET", f"{API}/usage?from=2020-01-01&to=2026-02-01", 400, "invalid_request"),
    ],
)
async def test_wrong_addresses_methods_and_parameters(
    client: httpx2.AsyncClient, method: str, address: str, status: int, code: str
) -> None:
    answer = await client.request(method, address)
    check(answer, status, code)
    if status == 405:
        assert "OPTIONS" in answer.headers["allow"]
    if status == 400:
        assert answer.json()["error"]["details"][0]["field"] in address


Ask = Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]


async def _chunks(opening: bytes = b"") -> AsyncIterator[bytes]:
    yield opening
    for _ in range(10):
        yield b"x" * 1000


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.post(RUN, json={"input_image": "x" * 5000}),
        lambda client: client.post(RUN, content=_chunks(), headers={"Content-Type": "application/json"}),
        lambda client: client.post(f"{API}/uploads", files={"file": b"x" * 5000}),
        lambda client: client.post(
            f"{API}/uploads", content=_chunks(FORM), headers={"Content-Type": "multipart/form-data; boundary=x"}
        ),
    ],
    ids=["announced", "streamed", "upload", "streamed upload"],
)
async def test_a_body_that_is_too_large(service: Service, customer: Customer, ask: Ask) -> None:
    async with client_of(service, max_body_bytes=4000) as client:
        client.headers.update(customer.headers)
        check(await ask(client), 413, "payload_too_large")


async def test_a_picture_that_is_too_large(client: httpx2.AsyncClient) -> None:
    large = bytes(20_000_001)
    check(await client.post(f"{API}/uploads", files={"file": large}), 413, "payload_too_large")
    answer = await client.post(RUN, json={"input_image": data_uri(large)})
    assert "20 MB" in check(answer, 422, "input_image_rejected")["message"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"files": {"picture": b"x"}}, "picture"),
        ({"files": {"file": b"x"}, "data": {"more": "x"}}, "more"),
        ({"data": {"file": "text"}, "files": {"other": b"x"}}, "other"),
    ],
)
async def test_an_upload_in_the_wrong_form(client: httpx2.AsyncClient, form: dict[str, Any], field: str) -> None:
    error = check(await client.post(f"{API}/uploads", **form), 400, "invalid_request")
    assert error["details"][0]["field"] == field


async def test_an_upload_that_is_no_form(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{API}/uploads", content=figure_file(), headers={"Content-Type": "image/png"})
    assert "multipart/form-data" in check(answer, 415, "unsupported_media_type")["message"]
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for broken in (b"nonsense", b"--x\r\nno header", b""):
        check(await client.post(f"{API}/uploads", content=broken, headers=headers), 400, "invalid_request")
    without = {"Content-Type": "multipart/form-data"}
    check(await client.post(f"{API}/uploads", content=b"x", headers=without), 400, "invalid_request")
