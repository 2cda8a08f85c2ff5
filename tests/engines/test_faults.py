"""What each service says when the operator must act, when it passes, and when nobody else may be asked."""

import json
from typing import Any

import pytest

from castlist.domain.wire import Broken, Pending, Reply, Request
from castlist.engines import catalog
from castlist.engines.base import Hosted

LOADED = catalog.load({}, {})
HOSTED = [engine for engine in LOADED.engines.values() if isinstance(engine, Hosted)]
AWAITED = Pending("1", Request("GET", "https://service.test/1"))


def parse(engine: str, status: int, body: Any) -> Broken:
    found = LOADED.engines[engine].parse(Reply(status, {}, json.dumps(body).encode()))  # type: ignore[attr-defined]
    assert isinstance(found, Broken)
    return found


@pytest.mark.parametrize("engine", HOSTED, ids=lambda engine: engine.card.id)
@pytest.mark.parametrize(
    ("status", "blame"),
    [(401, "key"), (403, "key"), (402, "quota"), (404, "setup"), (429, "passing"), (500, "passing"), (503, "passing")],
)
def test_a_status_tells_whose_fault_it_is(engine: Hosted, status: int, blame: str) -> None:
    found = engine.parse(Reply(status, {}, b'{"detail": "x", "title": "x", "message": "x"}'))
    assert isinstance(found, Broken)
    assert found.blame == blame
    assert found.elsewhere


@pytest.mark.parametrize("engine", HOSTED, ids=lambda engine: engine.card.id)
@pytest.mark.parametrize("status", [400, 422])
def test_a_request_that_is_declined_for_reasons_unknown_is_not_taken_elsewhere(engine: Hosted, status: int) -> None:
    found = engine.parse(Reply(status, {}, b'{"detail": "x", "title": "x", "message": "x"}'))
    assert isinstance(found, Broken)
    assert not found.elsewhere


@pytest.mark.parametrize("engine", [one for one in HOSTED if one.queues], ids=lambda engine: engine.card.id)
def test_work_that_was_lost_may_be_asked_for_elsewhere(engine: Hosted) -> None:
    found = engine.parse(Reply(404, {}, b"{}", AWAITED))
    assert isinstance(found, Broken)
    assert (found.gone, found.elsewhere) == (True, True)


@pytest.mark.parametrize(
    ("engine", "status", "body", "blame"),
    [
        ("fal", 403, {"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}, "quota"),
        ("gemini", 400, {"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}, "key"),
        ("gemini", 429, {"error": {"details": [{"violations": [{"quotaId": "RequestsPerDayPerProject"}]}]}}, "quota"),
        ("dashscope", 400, {"code": "Arrearage", "message": "overdue"}, "quota"),
        ("dashscope", 403, {"code": "AllocationQuota.FreeTierOnly", "message": "used up"}, "quota"),
        ("dashscope", 200, {"code": "InvalidApiKey", "message": "No such key."}, "key"),
        ("dashscope", 200, {"code": "Throttling.RateQuota", "message": "slow"}, "passing"),
        ("openai_images", 429, {"error": {"code": "insufficient_quota", "message": "pay"}}, "quota"),
        ("openai_images", 400, {"error": {"code": "billing_hard_limit_reached", "message": "pay"}}, "quota"),
    ],
)
def test_services_with_words_of_their_own(engine: str, status: int, body: Any, blame: str) -> None:
    found = parse(engine, status, body)
    assert found.blame == blame
    assert found.retry == (blame == "passing")
