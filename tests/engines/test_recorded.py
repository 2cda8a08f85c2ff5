"""What others recorded of these services, retyped: our parsers read answers that nobody here made up.

Shapes and words only, seen on 2026-11-22 in: vercel/ai, packages/google and packages/fal, test fixtures (Gemini, fal);
replicate/replicate-python, tests/cassettes (Replicate); error codes in help.aliyun.com/model-studio (DashScope).
"""

import json
from typing import Any

import pytest

from castlist.domain.wire import Broken, Finished, Pending, Refused, Reply, Request
from castlist.engines import catalog

ENGINES = catalog.load({}, {}).engines
AWAITED = Pending("1", Request("GET", "https://service.test/1"))
USAGE = {"promptTokenCount": 9, "totalTokenCount": 9, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}]}
PREDICTION = {
    "id": "heat2o3bzn3ahtr6bjfftvbaci",
    "model": "replicate/lifeboat-70b",
    "version": "d-c6559c5791b50af57b69f4a73f8e021c",
    "input": {"prompt": "x"},
    "logs": "",
    "error": None,
    "created_at": "2023-11-27T13:35:45.99397566Z",
    "urls": {"cancel": "https://api.replicate.com/v1/predictions/h/cancel", "get": "https://api.replicate.com/v1/h"},
}
FAL = "https://queue.fal.run/fal-ai/wizper/requests/test-id"


def read(engine: str, body: Any, status: int = 200, awaited: Pending | None = None) -> Any:
    return ENGINES[engine].parse(Reply(status, {}, json.dumps(body).encode(), awaited))  # type: ignore[attr-defined]


def test_gemini_that_makes_no_image() -> None:
    body = {
        "candidates": [{"content": {}, "finishReason": "NO_IMAGE", "index": 0}],
        "usageMetadata": {**USAGE, "serviceTier": "standard"},
        "modelVersion": "gemini-3.1-flash-image-preview",
        "responseId": "yzOraue2AfW1_PUPqru3sQY",
    }
    assert isinstance(read("gemini", body), Refused)


def test_gemini_that_blocks_the_prompt() -> None:
    body = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": USAGE}
    assert isinstance(read("gemini", body), Refused)


def test_gemini_out_of_requests_for_this_minute() -> None:
    details = [
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}],
        },
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"},
    ]
    body = {"error": {"code": 429, "message": "exceeded", "status": "RESOURCE_EXHAUSTED", "details": details}}
    found = read("gemini", body, 429)
    assert (found.blame, found.retry, found.wait_s) == ("passing", True, 34.4)


def test_gemini_that_takes_no_such_parameter() -> None:
    body = {"error": {"code": 400, "message": "Thinking level MINIMAL is not supported.", "status": "INVALID_ARGUMENT"}}
    found = read("gemini", body, 400)
    assert isinstance(found, Broken)
    assert (found.retry, found.elsewhere) == (False, False)


def test_replicate_that_begins() -> None:
    found = read("replicate", {**PREDICTION, "status": "starting"}, 201)
    assert isinstance(found, Pending)
    assert found.remote_id == PREDICTION["id"]


@pytest.mark.parametrize("output", ["https://pbxt.replicate.delivery/a.png", ["https://pbxt.replicate.delivery/a.png"]])
def test_replicate_that_is_done(output: Any) -> None:
    body = {**PREDICTION, "status": "succeeded", "output": output, "metrics": {"predict_time": 4.98}}
    assert read("replicate", body, awaited=AWAITED) == Finished(
        ("https://pbxt.replicate.delivery/a.png",), "replicate/lifeboat-70b"
    )


@pytest.mark.parametrize(
    "error",
    [
        "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
        "NSFW content detected",
    ],
)
def test_replicate_that_declines(error: str) -> None:
    assert read("replicate", {**PREDICTION, "status": "failed", "error": error}, awaited=AWAITED) == Refused(error)


def test_fal_that_queues() -> None:
    body = {
        "status": "IN_QUEUE",
        "request_id": "test-id",
        "response_url": f"{FAL}/result",
        "status_url": FAL,
        "cancel_url": f"{FAL}/cancel",
        "logs": None,
        "metrics": {},
        "queue_position": 4,
    }
    found = read("fal", body)
    assert isinstance(found, Pending)
    assert found.then is not None
    assert found.cancel is not None
    assert (found.poll.url, found.then.url, found.cancel.method) == (FAL, f"{FAL}/result", "PUT")


def test_fal_without_balance() -> None:
    body = {"detail": "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing"}
    assert read("fal", body, 403).blame == "quota"


def test_fal_that_wraps_an_error_of_somebody_behind_it() -> None:
    inner = json.dumps(
        {"error": {"code": 429, "message": "Resource has been exhausted", "status": "RESOURCE_EXHAUSTED"}}
    )
    assert read("fal", {"error": {"message": inner, "code": 429}}, 429).blame == "passing"


@pytest.mark.parametrize("code", ["DataInspectionFailed", "IPInfringementSuspect"])
def test_dashscope_that_declines(code: str) -> None:
    assert read("dashscope", {"code": code, "message": "No.", "request_id": "r"}, 400) == Refused("No.")


def test_dashscope_that_succeeds_with_empty_codes() -> None:
    content = [{"image": "https://dashscope-result.oss-cn-hangzhou.aliyuncs.com/a.png?Expires=1", "type": "image"}]
    choices = [{"finish_reason": "stop", "message": {"role": "assistant", "content": content}}]
    body = {"status_code": 200, "code": "", "message": "", "output": {"choices": choices}, "usage": {"image_count": 1}}
    assert isinstance(read("dashscope", body), Finished)


@pytest.mark.parametrize("state", ["Request Moderated", "Content Moderated"])
@pytest.mark.parametrize("status", [200, 503])
def test_bfl_that_declines_whatever_the_http_status(state: str, status: int) -> None:
    assert isinstance(read("bfl", {"id": "task", "status": state, "result": None}, status, AWAITED), Refused)


@pytest.mark.parametrize("state", ["Error", "Task not found"])
@pytest.mark.parametrize("status", [200, 503])
def test_bfl_that_lost_the_work_whatever_the_http_status(state: str, status: int) -> None:
    found = read("bfl", {"id": "task", "status": state}, status, AWAITED)
    assert isinstance(found, Broken)
    assert found.gone
