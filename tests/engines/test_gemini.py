"""The Gemini API against a stub that speaks `generateContent`."""

import base64
import json
from typing import Any

import pytest

from castlist.domain.wire import Broken, Finished, Refused, Reply
from castlist.engines.gemini import GeminiEngine
from castlist.testing.engine_kit import a_reference, a_task
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import Answer, Call, Dialect, Stub


class GeminiDialect(Dialect):
    def key_of(self, call: Call) -> str | None:
        return call.headers.get("x-goog-api-key")

    def problem(self, status: int, message: str) -> Answer:
        return Answer(status, {"error": {"code": status, "message": message, "status": "INTERNAL"}})

    def answer(self, call: Call, stub: Stub) -> Answer:
        if call.method != "POST" or not call.path.endswith(":generateContent"):
            return self.problem(404, "no such method")
        body = call.json()
        model = call.path.rpartition("/")[2].partition(":")[0]
        parts = body["contents"][0]["parts"]
        assert all(part.get("text") or (part.get("inlineData") or part["inline_data"])["data"] for part in parts)
        if stub.mood.refuse == "before":
            feedback = {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": self.reason}
            return Answer(200, {"candidates": [], "promptFeedback": feedback, "modelVersion": model})
        if stub.mood.refuse == "after":
            candidate: dict[str, Any] = {"finishReason": "IMAGE_SAFETY", "finishMessage": self.reason, "index": 0}
        else:
            picture = {"mimeType": "image/png", "data": base64.b64encode(stub.file()).decode()}
            content = {"role": "model", "parts": [{"text": "Here it is."}, {"inlineData": picture}]}
            candidate = {"content": content, "finishReason": "STOP", "index": 0}
        return Answer(200, {"candidates": [candidate], "modelVersion": model, "usageMetadata": {"totalTokenCount": 9}})


class TestGemini(HostedContract):
    engine_class = GeminiEngine
    dialect = GeminiDialect()


def parse(found: Any, status: int = 200) -> Any:
    return GeminiEngine().parse(Reply(status, {}, json.dumps(found).encode()))


def candidate(*parts: Any, finish: str = "STOP") -> Any:
    return {"candidates": [{"content": {"parts": list(parts)}, "finishReason": finish}]}


def test_the_wire_is_the_documented_one() -> None:
    task = a_task("nano-banana-pro", references=[a_reference(seed) for seed in range(14)])
    request = GeminiEngine().build(task, task.shots[0])
    assert request.url.endswith("/v1beta/models/gemini-3-pro-image:generateContent")
    (content,), config = request.body["contents"], request.body["generationConfig"]
    assert [set(part) for part in content["parts"]] == [{"inlineData"}] * 14 + [{"text"}]
    assert config["imageConfig"] == {"aspectRatio": "1:1", "imageSize": "1K"}
    assert config["responseModalities"] == ["IMAGE"]


def test_sketches_of_a_thinking_model_are_not_the_picture() -> None:
    sketch = {"inlineData": {"mimeType": "image/png", "data": "c2tldGNo"}, "thought": True}
    final = {"inlineData": {"mimeType": "image/png", "data": "ZmluYWw="}}
    assert parse(candidate(final, sketch)) == Finished((b"final",))
    assert isinstance(parse(candidate(sketch)), Broken)


@pytest.mark.parametrize("reason", ["SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_RECITATION", "NO_IMAGE"])
def test_a_refusal_in_band_is_no_empty_success(reason: str) -> None:
    assert isinstance(parse({"candidates": [{"finishReason": reason}]}), Refused)


def test_an_answer_in_words_is_a_refusal_in_these_words() -> None:
    assert parse(candidate({"text": "I cannot draw that."})) == Refused("I cannot draw that.")


def test_the_services_own_way_of_saying_retry_after() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]
    parsed = parse({"error": {"code": 429, "message": "quota", "details": details}}, 429)
    assert isinstance(parsed, Broken)
    assert parsed.retry
    assert parsed.wait_s == 34.5
