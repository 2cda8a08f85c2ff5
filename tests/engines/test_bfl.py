"""Black Forest Labs against a stub that speaks its submit and poll."""

import json
from typing import Any

import pytest

from castlist.domain.wire import Broken, Pending, Refused, Reply, Request
from castlist.engines.bfl import AUTH, BflEngine
from castlist.testing.engine_kit import a_reference, a_task
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import Answer, Call, Dialect, Stub, Work


class BflDialect(Dialect):
    def key_of(self, call: Call) -> str | None:
        return call.headers.get("x-key")

    def problem(self, status: int, message: str) -> Answer:
        return Answer(status, {"detail": message})

    def moderated(self, state: str) -> Answer:
        return Answer(
            200, {"id": "work", "status": state, "result": None, "details": {"Moderation Reasons": [self.reason]}}
        )

    def answer(self, call: Call, stub: Stub) -> Answer:
        if call.method == "POST":
            if stub.mood.refuse == "before":
                return self.moderated("Request Moderated")
            work = stub.accept(call)
            return Answer(
                200, {"id": work.id, "polling_url": f"{stub.elsewhere}/v1/get_result?id={work.id}", "cost": 4.0}
            )
        return self.result(stub, stub.look(call.query.partition("id=")[2]))

    def result(self, stub: Stub, work: Work | None) -> Answer:
        if work is None:
            return Answer(200, {"id": "work", "status": "Task not found", "result": None})
        if not stub.done(work):
            return Answer(200, {"id": work.id, "status": "Pending", "result": None, "progress": 0.4})
        if stub.mood.refuse == "after":
            return self.moderated("Content Moderated")
        if stub.mood.spoilt:
            return Answer(200, {"id": work.id, "status": "Error", "result": None})
        result = {"sample": stub.file_url(work), "seed": work.body["seed"], "prompt": work.body["prompt"]}
        return Answer(200, {"id": work.id, "status": "Ready", "result": result})


class TestBfl(HostedContract):
    engine_class = BflEngine
    dialect = BflDialect()


def body_of(model_type: str, references: int, **options: Any) -> tuple[str, dict[str, Any]]:
    task = a_task(model_type, references=[a_reference(seed) for seed in range(references)])
    request = BflEngine(BflEngine.card.options(**options)).build(task, task.shots[0])
    return request.url, request.body


def test_kontext_takes_a_ratio_and_raw_base64() -> None:
    url, body = body_of("flux-kontext", 2)
    assert url == "https://api.bfl.ai/v1/flux-kontext-pro"
    assert body["aspect_ratio"] == "1:1"
    assert not body["prompt_upsampling"]
    assert {name for name in body if name.startswith("input_image")} == {"input_image", "input_image_2"}
    assert not body["input_image"].startswith("data:")


def test_flux_2_takes_pixels_and_another_model_only_when_told() -> None:
    url, body = body_of("flux-2-dev", 1, models={"flux-2-dev": "flux-2-pro"}, base_url="https://api.eu.bfl.ai")
    assert url == "https://api.eu.bfl.ai/v1/flux-2-pro"
    assert (body["width"], body["height"]) == (128, 128)
    assert "flux-2-dev" not in BflEngine().card.model_types


@pytest.mark.parametrize(
    ("url", "covered"),
    [
        ("https://api.eu1.bfl.ai/v1/get_result?id=1", True),
        ("http://api.eu1.bfl.ai/v1/get_result?id=1", False),
        ("https://bfl.ai.evil.test/get_result", False),
        ("https://evilbfl.ai/get_result", False),
        ("https://api.bfl.ai@evil.test/", False),
        ("https://evil.test\\@api.bfl.ai/", False),
    ],
)
def test_the_key_follows_polling_urls_within_the_service_only(url: str, covered: bool) -> None:
    parsed = BflEngine().parse(Reply(200, {}, json.dumps({"id": "1", "polling_url": url}).encode()))
    assert isinstance(parsed, Pending)
    assert BflEngine().reach.covers(parsed.poll.url) is covered


@pytest.mark.parametrize(
    ("state", "kind"), [("Request Moderated", Refused), ("Content Moderated", Refused), ("Task not found", Broken)]
)
def test_ends_without_a_picture(state: str, kind: type) -> None:
    waiting = Pending("1", Request("GET", "https://api.bfl.ai/v1/get_result?id=1", auth=AUTH))
    assert isinstance(BflEngine().parse(Reply(200, {}, json.dumps({"status": state}).encode(), waiting)), kind)
