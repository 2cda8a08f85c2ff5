"""The inspect page: no key, no script, nothing kept; every picture gets an answer, and nobody can hog it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from castlist import data
from castlist.api import inspect_page
from castlist.api.routes.inspect import Turns
from castlist.domain.errors import RateLimitExceeded
from castlist.flow.service import Service
from castlist.provenance import issuer
from castlist.provenance.facts import Facts, SourceType
from castlist.provenance.mark import Marking, mark
from castlist.testing.http import client_of
from castlist.testing.service import a_service
from castlist.vision import picture

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PNG = data.path("samples/drawn-robot.png").read_bytes()


async def test_the_form_needs_no_key_and_no_script(anyone: httpx2.AsyncClient) -> None:
    page = await anyone.get("/inspect")
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == inspect_page.CONTENT_SECURITY_POLICY
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert '<label for="file">' in page.text


async def test_a_stranger_is_told_that_nothing_is_known(anyone: httpx2.AsyncClient) -> None:
    page = await anyone.post("/inspect", files={"file": ("<b>.png", PNG)}, headers=BROWSER)
    assert page.status_code == 200
    assert "Nothing tells who or what made it" in page.text
    assert "<b>" not in page.text
    found = (await anyone.post("/inspect", files={"file": ("a.png", PNG)})).json()
    assert (found["credentials"]["state"], found["machine_made"], found["number"]) == ("absent", None, None)


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        ({"file": ("a.png", b"no picture")}, 422, "picture"),
        ({"file": ("a.png", b"")}, 422, "picture"),
        ({"other": ("a.png", PNG)}, 400, "field file"),
    ],
)
async def test_what_is_no_picture_is_said_in_words(
    anyone: httpx2.AsyncClient, files: dict[str, tuple[str, bytes]], status: int, words: str
) -> None:
    page = await anyone.post("/inspect", files=files, headers=BROWSER)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert words in page.text
    plain = await anyone.post("/inspect", files=files)
    assert (plain.status_code, plain.json()["error"]["status"]) == (status, status)


async def test_our_own_picture_is_recognised_and_a_changed_one_too(tmp_path: Path, template: Path) -> None:
    ours = issuer.create(datetime.now(UTC))
    pixels = picture.decode(data.path("samples/astronaut.png").read_bytes()).pixels
    facts = Facts("studio", "studio-1", SourceType.COMPOSITE, 0xA1_B2_C3_D4_E5, datetime.now(UTC))
    marked = mark(pixels, "jpg", facts, Marking(issuer=ours)).data
    async with a_service(tmp_path, template=template) as plain:
        service = replace(plain, marking=Marking(issuer=ours))
        async with client_of(service) as client:
            whole = await client.post("/inspect", files={"file": ("a.jpg", marked)}, headers=BROWSER)
            broken = marked[:-5000] + bytes([marked[-5000] ^ 0x10]) + marked[-4999:]
            changed = await client.post("/inspect", files={"file": ("a.jpg", broken)}, headers=BROWSER)
    assert "signed by an issuer trusted here, unchanged since" in whole.text
    assert "Yes, a mark says so" in whole.text
    assert "Changed after it was signed" in changed.text


async def test_nothing_is_kept(anyone: httpx2.AsyncClient, service: Service, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    await anyone.post("/inspect", files={"file": ("a.png", PNG)})
    assert sorted(tmp_path.rglob("*")) == before


async def test_it_is_not_to_be_hogged() -> None:
    turns = Turns(at_once=1, a_minute=3)
    turns.admit()
    async with turns:
        with pytest.raises(RateLimitExceeded):
            async with turns:
                pass
    async with turns:
        pass
    turns.admit()
    turns.admit()
    with pytest.raises(RateLimitExceeded) as refused:
        turns.admit()
    assert 0 < refused.value.retry_after_seconds <= 61
