"""The kit runs on an engine of the plainest kind, and finds the faults it is there to find."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import Field

from castlist.domain.cards import Card
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Pending, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import Answer, Call, Dialect, Stub

MODELS = {"toy": "plain-1"}
AUTH = Auth("Authorization", "PLAIN_KEY", "Bearer")


class PlainOptions(HostedOptions):
    base_url: str = Field("https://plain.test")


class PlainEngine(Hosted):
    """A made-up service: one POST, one address to poll, one to cancel."""

    card = Card(
        id="plain", title="Plain", summary="Made up.", model_types=("toy",), kind="hosted", seed="none", cancel=True,
        secrets=("PLAIN_KEY",), licence="none", source="made up", options=PlainOptions, references=(1, 2),
    )  # fmt: skip
    default_models = MODELS

    def build(self, task: Task, shot: Shot) -> Request:
        body = {"model": self.models[task.model_type], "seed": shot.seed}
        return Request("POST", f"{self.base_url}/jobs", body=body, auth=AUTH)

    def parse(self, reply: Reply) -> Parsed:
        try:
            found: Any = reply.json()
        except ValueError:
            found = None
        if reply.status >= 400:
            lost = reply.status == 404 and reply.awaited is not None
            return Broken(str(found), retry=reply.status == 429 or reply.status >= 500, gone=lost)
        match found:
            case {"state": "refused", "why": why}:
                return Refused(str(why))
            case {"picture": str(picture)}:
                return Finished((picture,))
            case {"id": str(name), "where": str(where)}:
                at = f"{where}/jobs/{quote(name)}"
                return Pending(name, Request("GET", at, auth=AUTH), Request("DELETE", at, auth=AUTH))
        return Broken("no answer that makes sense", gone=True)


class PlainDialect(Dialect):
    def key_of(self, call: Call) -> str | None:
        return call.headers.get("authorization", "").removeprefix("Bearer ")

    def answer(self, call: Call, stub: Stub) -> Answer:
        refused = Answer(200, {"state": "refused", "why": self.reason})
        if call.method == "POST":
            if stub.mood.refuse == "before":
                return refused
            return Answer(202, {"id": stub.accept(call).id, "where": stub.elsewhere})
        work = stub.look(call.path.rpartition("/")[2])
        if work is None:
            return self.problem(404, "no such job")
        if call.method == "DELETE":
            work.canceled = True
        if not stub.done(work):
            return Answer(200, {"id": work.id, "where": stub.elsewhere})
        if stub.mood.refuse == "after":
            return refused
        return Answer(200, {"state": "spoilt"} if stub.mood.spoilt else {"picture": stub.file_url(work)})


class TestPlain(HostedContract):
    engine_class = PlainEngine
    dialect = PlainDialect()


class Chatty(PlainEngine):
    """Puts the key into its request by itself."""

    def build(self, task: Task, shot: Shot) -> Request:
        return Request("POST", f"{self.base_url}/jobs?key={self.secrets['PLAIN_KEY']}", body=shot.seed)


class Trusting(PlainEngine):
    """Reads answers as if they were always right."""

    def parse(self, reply: Reply) -> Parsed:
        found = json.loads(reply.body)
        return Finished((found["picture"],)) if "picture" in found else super().parse(reply)


class Forgetful(PlainEngine):
    """Calls passing trouble final."""

    def parse(self, reply: Reply) -> Parsed:
        return Broken("trouble") if reply.status >= 400 else super().parse(reply)


@pytest.mark.parametrize(
    ("engine", "test"),
    [
        (Chatty, "test_building_is_pure_and_holds_no_secret"),
        (Trusting, "test_parse_reads_whatever_a_service_may_send"),
        (Forgetful, "test_too_many_requests_are_sent_again_when_the_service_says_so"),
        (Forgetful, "test_saved_work_that_the_service_has_lost_is_asked_for_anew"),
    ],
)
def test_the_kit_finds(engine: type[Hosted], test: str) -> None:
    kit = TestPlain()
    kit.engine_class = engine  # type: ignore[misc]
    with pytest.raises((AssertionError, ValueError, TypeError, KeyError)):
        getattr(kit, test)()
