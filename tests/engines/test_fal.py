"""fal against a stub that speaks its queue protocol."""

import json
from typing import Any

import pytest

from castlist.domain.wire import Finished, Refused, Reply
from castlist.engines.fal import FalEngine
from castlist.testing.engine_kit import a_reference, a_task
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import Answer, Call, Dialect, Stub, Work


class FalDialect(Dialect):
    def key_of(self, call: Call) -> str | None:
        return call.headers.get("authorization", "").removeprefix("Key ")

    def problem(self, status: int, message: str) -> Answer:
        return Answer(status, {"detail": message})

    def failed(self, status: int, kind: str, message: str) -> Answer:
        return Answer(status, {"detail": [{"loc": ["body", "prompt"], "msg": message, "type": kind}]})

    def answer(self, call: Call, stub: Stub) -> Answer:
        if call.method == "POST":
            return self.submit(call, stub)
        name = call.path.split("/requests/")[-1].split("/")[0]
        work = stub.work.get(name)
        if work is None:
            return self.problem(404, "Request not found")
        if call.path.endswith("/cancel"):
            work.canceled = True
            return Answer(202, {"status": "CANCELLATION_REQUESTED"})
        if call.path.endswith("/status"):
            stub.look(name)
            state = "COMPLETED" if stub.done(work) else "IN_PROGRESS" if work.looks > 1 else "IN_QUEUE"
            return Answer(
                200 if state == "COMPLETED" else 202,
                {"status": state, "request_id": name, "queue_position": 0, "logs": None},
            )
        return self.response(stub, work)

    def submit(self, call: Call, stub: Stub) -> Answer:
        if stub.mood.refuse == "before":
            return self.failed(422, "content_policy_violation", self.reason)
        work = stub.accept(call)
        base = f"{stub.elsewhere}/{'/'.join(call.path.split('/')[1:3])}/requests/{work.id}"
        urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
        return Answer(200, {"status": "IN_QUEUE", "request_id": work.id, "queue_position": 0, **urls})

    def response(self, stub: Stub, work: Work) -> Answer:
        if not stub.done(work):
            return self.problem(400, "Request is still in progress")
        if stub.mood.refuse == "after":
            return self.failed(422, "content_policy_violation", self.reason)
        if stub.mood.spoilt:
            return self.failed(500, "internal_server_error", "It failed.")
        image = {"url": stub.file_url(work), "width": 128, "height": 128, "content_type": "image/png"}
        return Answer(200, {"images": [image], "seed": work.body["seed"], "has_nsfw_concepts": [False], "timings": {}})


class TestFal(HostedContract):
    engine_class = FalEngine
    dialect = FalDialect()


BY_RATIO, BY_SIZE = {"image_urls", "aspect_ratio"}, {"image_urls", "image_size", "enable_prompt_expansion"}


@pytest.mark.parametrize(
    ("model_type", "references", "path", "fields"),
    [
        ("flux-kontext", 1, "fal-ai/flux-pro/kontext", {"image_url", "aspect_ratio", "enhance_prompt"}),
        ("flux-kontext", 2, "fal-ai/flux-pro/kontext/multi", BY_RATIO | {"enhance_prompt"}),
        ("nano-banana-pro", 5, "fal-ai/nano-banana-pro/edit", BY_RATIO | {"resolution", "limit_generations"}),
        ("nano-banana-2", 5, "google/nano-banana-2.1/edit", BY_RATIO | {"resolution", "limit_generations"}),
        ("flux-2-dev", 4, "fal-ai/flux-2/edit", BY_SIZE),
        ("qwen-image-2-pro", 3, "fal-ai/qwen-image-2/pro/edit", BY_SIZE),
    ],
)
def test_each_family_is_asked_in_its_own_fields(model_type: str, references: int, path: str, fields: set[str]) -> None:
    task = a_task(model_type, references=[a_reference(seed) for seed in range(references)])
    request = FalEngine().build(task, task.shots[0])
    assert request.url == f"https://queue.fal.run/{path}"
    assert request.headers == {"x-app-fal-disable-fallback": "true"}
    assert set(request.body) == fields | {"prompt", "seed", "num_images", "output_format"}
    assert request.body.get("enhance_prompt", False) is request.body.get("enable_prompt_expansion", False) is False


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, {"detail": [{"loc": ["body"], "msg": "No.", "type": "content_policy_violation"}]}),
        ({}, {"detail": "No.", "error_type": "content_policy_violation"}),
        ({"x-fal-error-type": "content_policy_violation"}, {"detail": "No."}),
    ],
)
def test_a_refusal_in_every_form_the_client_library_knows(headers: dict[str, str], body: Any) -> None:
    assert FalEngine().parse(Reply(422, headers, json.dumps(body).encode())) == Refused("No.")


def test_a_picture_that_was_hidden_is_a_refusal() -> None:
    body = b'{"images": [{"url": "https://v3.fal.media/black.png"}], "has_nsfw_concepts": [true]}'
    assert isinstance(FalEngine().parse(Reply(200, {}, body)), Refused)


def test_the_services_own_seed_is_reported() -> None:
    parsed: Any = FalEngine().parse(Reply(200, {}, b'{"images": [{"url": "https://v3.fal.media/a.png"}], "seed": 42}'))
    assert parsed == Finished(("https://v3.fal.media/a.png",), seed=42)
