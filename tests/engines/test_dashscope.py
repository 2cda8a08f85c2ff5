"""Alibaba Model Studio against a stub that speaks its multimodal generation."""

import json
from typing import Any

import pytest

from castlist.domain.wire import Broken, Refused, Reply
from castlist.engines.dashscope import DashscopeEngine
from castlist.testing.engine_kit import a_reference, a_task
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import Answer, Call, Dialect, Stub


class DashscopeDialect(Dialect):
    def key_of(self, call: Call) -> str | None:
        return call.headers.get("authorization", "").removeprefix("Bearer ")

    def problem(self, status: int, message: str) -> Answer:
        return Answer(status, {"code": f"Status{status}", "message": message, "request_id": "r"})

    def answer(self, call: Call, stub: Stub) -> Answer:
        if stub.mood.refuse:
            status = 400 if stub.mood.refuse == "before" else 200
            return Answer(status, {"code": "DataInspectionFailed", "message": self.reason, "request_id": "r"})
        body = call.json()
        assert body["parameters"]["n"] == 1
        message = {"role": "assistant", "content": [{"image": stub.file_url(stub.accept(call))}]}
        output = {"choices": [{"finish_reason": "stop", "message": message}]}
        return Answer(200, {"output": output, "usage": {"image_count": 1}, "request_id": "r"})


class TestDashscope(HostedContract):
    engine_class = DashscopeEngine
    dialect = DashscopeDialect()


def test_the_wire_is_the_documented_one() -> None:
    task = a_task("qwen-image-2-pro", references=[a_reference(seed) for seed in range(3)])
    request = DashscopeEngine().build(task, task.shots[0])
    assert request.url.endswith("/api/v1/services/aigc/multimodal-generation/generation")
    (message,) = request.body["input"]["messages"]
    assert [set(part) for part in message["content"]] == [{"image"}] * 3 + [{"text"}]
    assert "images 1, 2 and 3" in message["content"][-1]["text"]
    parameters = request.body["parameters"]
    assert parameters["size"] == "128*128"
    assert parameters["prompt_extend"] is parameters["watermark"] is False
    assert 0 <= parameters["seed"] < 2**31


def test_a_prompt_that_the_model_cannot_read_whole_is_refused() -> None:
    objection = DashscopeEngine().objection(a_task("qwen-image-2-pro", prompt="on a trail " * 80))
    assert objection is not None
    assert "characters longer" in objection
    assert DashscopeEngine().objection(a_task("qwen-image-2-pro", prompt="on a trail " * 20)) is None


@pytest.mark.parametrize(
    ("code", "status", "kind", "retry"),
    [
        ("DataInspectionFailed", 200, Refused, False),
        ("Throttling.RateQuota", 200, Broken, True),
        ("InternalError.Algo", 200, Broken, True),
        ("InvalidApiKey", 200, Broken, False),
        ("Arrearage", 400, Broken, False),
    ],
)
def test_errors_also_come_with_status_200(code: str, status: int, kind: type, retry: bool) -> None:
    parsed: Any = DashscopeEngine().parse(Reply(status, {}, json.dumps({"code": code, "message": "m"}).encode()))
    assert isinstance(parsed, kind)
    assert getattr(parsed, "retry", False) is retry
