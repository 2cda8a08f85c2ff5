"""The driver against a scripted client: what it does next is all that counts, and no time passes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from castlist.domain.errors import InputImageRejected, JobCanceled
from castlist.domain.wire import (
    Asked,
    Auth,
    Broken,
    Finished,
    Parsed,
    Pending,
    Refused,
    Reply,
    Request,
    Saved,
    from_text,
    to_text,
)
from castlist.net.client import SendFailed
from castlist.net.driver import Driver
from castlist.net.errand import AnyTime, Errand, Taken
from castlist.net.pace import Pace
from castlist.net.reach import Reach
from castlist.testing.engine_kit import Followed
from castlist.testing.hosted_kit import Time

BASE = "https://service.test"
SUBMIT = Request("POST", f"{BASE}/jobs")
POLL = Request("GET", f"{BASE}/jobs/1")
CANCEL = Request("PUT", f"{BASE}/jobs/1/cancel")
PENDING = Pending("1", POLL, CANCEL)
PICTURE = Finished((b"picture",), "model-1")
PACE, REACH = Pace(tries=3), Reach(BASE)
SECRET = "s3cret-canary-value"


@dataclass
class Service:
    """Reads a reply's body as the name of what to return."""

    meanings: dict[str, Parsed]
    pace: Pace = PACE
    queues: bool = True
    secrets: dict[str, str] = field(default_factory=lambda: {"KEY": SECRET})
    reach: Reach = REACH
    key_header: str = ""
    asks_again: bool = True

    def parse(self, reply: Reply) -> Parsed:
        return self.meanings[reply.body.decode()]


@dataclass
class Script:
    """A client that answers from a script; each step is a body, an exception or a function returning one."""

    steps: list[Any]
    sent: list[Request] = field(default_factory=list)

    async def send(self, request: Request, secrets: Any, reach: Any, *, timeout_s: float, awaited: Any = None) -> Reply:
        self.sent.append(request)
        if request is CANCEL:
            return Reply(200, {}, b"ok", awaited)
        step = self.steps.pop(0)
        if callable(step):
            step = await step()
        if isinstance(step, Exception):
            raise step
        body, headers = step if isinstance(step, tuple) else (step, {})
        return Reply(200, headers, body.encode(), awaited)


@dataclass
class Slip:
    state: Pending | Asked | None = None
    history: list[Pending | Asked | None] = field(default_factory=list)

    async def saved(self) -> Pending | Asked | None:
        return self.state

    async def save(self, state: Pending | Asked | None) -> None:
        self.state = state
        self.history.append(state)


def read(data: bytes) -> bytes:
    if data != b"picture":
        raise InputImageRejected("That is no picture.")
    return data


class Case:
    """One errand with everything around it replaced."""

    def __init__(
        self, *steps: Any, service: Service | None = None, slip: Slip | None = None, **meanings: Parsed
    ) -> None:
        self.service = service or Service({"wait": PENDING, "done": PICTURE, **meanings})
        self.client, self.slip, self.time, self.watch = Script(list(steps)), slip or Slip(), Time(), Followed()
        self.keep = False
        self.turns: Any = AnyTime()
        self.patience_s: float | None = None

    def run(self, build: Callable[[], Request] = lambda: SUBMIT) -> Taken[bytes] | Refused | Broken:
        driver = Driver(client=self.client, sleep=self.time.sleep, clock=self.time.clock, dice=lambda: 0.5)  # type: ignore[arg-type]
        errand = Errand(
            self.service,
            build,
            read,
            self.watch,
            0,
            self.slip,
            lambda: self.keep,
            key="job-1-0",
            turns=self.turns,
            patience_s=self.patience_s,
        )
        return asyncio.run(driver.run(errand))

    @property
    def sent(self) -> list[str]:
        return [request.method for request in self.client.sent]


def test_a_queue_is_asked_until_it_is_done() -> None:
    case = Case("wait", "wait", "wait", "done")
    assert case.run() == Taken(b"picture", "model-1", None)
    assert case.sent == ["POST", "GET", "GET", "GET"]
    assert case.slip.history == [Asked(), PENDING], "the intention before asking, the same work once"


def test_the_work_is_saved_before_anything_is_waited_for() -> None:
    case = Case("wait", "done")
    saved_at: list[float] = []
    save = case.slip.save

    async def noted(state: Pending | Asked | None) -> None:
        saved_at.append(case.time.now_s)
        await save(state)

    case.slip.save = noted  # type: ignore[method-assign]
    case.run()
    assert saved_at == [0.0, 0.0]


def test_saved_work_is_waited_for_and_not_paid_again() -> None:
    case = Case("wait", "done", slip=Slip(PENDING))
    assert isinstance(case.run(build=lambda: pytest.fail("nothing is to be built")), Taken)  # type: ignore[arg-type,return-value]
    assert case.sent == ["GET", "GET"]


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '{"work": null}', '{"engine": "a", "work": {"poll": 1}}', '{"engine": "a", "work": 1}']
)
def test_what_is_no_slip_reads_as_none(text: str) -> None:
    assert from_text(text) is None


def test_a_slip_survives_being_written_down() -> None:
    auth = Auth("Authorization", "KEY", "Bearer")
    poll = Request("GET", f"{BASE}/1", {"X-A": "b"}, auth=auth)
    pending = Pending("é/1", poll, Request("POST", f"{BASE}/1/stop", body={"a": 1}), 0.5, then=Request("GET", BASE))
    for work in (pending, Asked()):
        assert from_text(to_text(Saved("an-engine", work))) == Saved("an-engine", work)


def test_a_request_that_may_have_arrived_is_not_sent_twice() -> None:
    case = Case(SendFailed("broke off", sent=True))
    assert isinstance(case.run(), Broken)
    assert case.sent == ["POST"]


def test_a_request_that_never_left_is_sent_again() -> None:
    unsent = SendFailed("could not connect", sent=False)
    case = Case(unsent, unsent, "done")
    assert isinstance(case.run(), Taken)
    assert case.sent == ["POST"] * 3


def test_looking_again_costs_nothing() -> None:
    broke = SendFailed("broke off", sent=True)
    case = Case("wait", broke, broke, "done")
    assert isinstance(case.run(), Taken)
    assert case.sent == ["POST", "GET", "GET", "GET"]


def test_an_outage_longer_than_the_tries_does_not_lose_work_that_is_paid_for() -> None:
    case = Case("wait", *["busy"] * 12, "done", busy=Broken("busy", retry=True))
    assert isinstance(case.run(), Taken)
    assert case.sent.count("POST") == 1
    assert case.time.now_s > 60


def test_work_nobody_will_ask_for_any_more_is_stopped() -> None:
    case = Case("wait", "odd", odd=Broken("odd"))
    assert case.run() == Broken("odd", taken=True)
    assert case.sent == ["POST", "GET", "PUT"]


def test_what_passes_is_tried_as_often_as_told_and_no_more() -> None:
    case = Case("busy", "busy", "busy", "done", busy=Broken("busy", retry=True))
    assert case.run() == Broken("busy", retry=True)
    assert len(case.sent) == 3


@pytest.mark.parametrize(
    ("headers", "least_s", "most_s"),
    [
        ({}, 0.3, 1),
        ({"retry-after": "20"}, 20, 21),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30, 31),
        ({"retry-after": "-5"}, 0.3, 1),
        ({"retry-after": "soon"}, 0.3, 1),
        ({"retry-after": "1e9"}, 0.3, 1),
    ],
)
def test_retry_after(headers: dict[str, str], least_s: float, most_s: float) -> None:
    case = Case(("busy", headers), "done", busy=Broken("busy", retry=True))
    assert isinstance(case.run(), Taken)
    assert least_s <= case.time.now_s <= most_s


def test_a_wait_longer_than_the_errand_ends_it_at_once() -> None:
    case = Case(("busy", {"retry-after": "999999999"}), "done", busy=Broken("busy", retry=True))
    assert isinstance(case.run(), Broken)
    assert case.time.now_s == 0


def test_work_that_takes_too_long_is_stopped() -> None:
    case = Case(*["wait"] * 2000)
    result = case.run()
    assert isinstance(result, Broken)
    assert "600" in result.operator
    assert case.sent[-1] == "PUT"
    assert case.time.now_s <= 600


def test_lost_work_is_asked_for_once_more() -> None:
    case = Case("wait", "lost", "wait", "lost", lost=Broken("lost", gone=True))
    assert case.run() == Broken("lost", gone=True)
    assert case.sent == ["POST", "GET", "POST", "GET"]


def test_a_result_that_expired_while_nobody_looked_is_made_again() -> None:
    gone = Finished((b"expired",))
    assert isinstance(Case("gone", "done", slip=Slip(PENDING), gone=gone).run(), Taken)
    fresh = Case("gone", "done", gone=gone)
    assert isinstance(fresh.run(), Broken)
    assert fresh.sent == ["POST"], "a bad file just made is no reason to pay again"


def test_a_service_that_always_says_at_once_does_not_spin() -> None:
    hurried = Pending("1", POLL, at_once=True)
    case = Case(*["hurried"] * 3000, hurried=hurried)
    assert isinstance(case.run(), Broken)
    assert len(case.sent) < 1000


def test_an_engine_that_raises_takes_nothing_along() -> None:
    def broken() -> Request:
        raise ZeroDivisionError(SECRET)

    result = Case("unknown").run()
    assert isinstance(result, Broken)
    assert "KeyError" in result.operator
    result = Case().run(build=broken)
    assert isinstance(result, Broken)
    assert SECRET not in repr(result)


def test_words_of_the_service_are_short_of_one_line_and_without_the_key() -> None:
    result = Case("no", no=Refused(f"Bad\n\x1b[31m key {SECRET}! " + "x" * 900)).run()
    assert isinstance(result, Refused)
    assert result.reason.startswith("Bad [31m key [secret]!")
    assert len(result.reason) == 300
    result = Case("no", no=Broken(f"key={SECRET}")).run()
    assert SECRET not in repr(result)


def test_a_job_canceled_while_it_waits_tells_the_service() -> None:
    case = Case("wait", *["wait"] * 50)
    case.time.alarms.append((3.0, lambda: setattr(case.watch, "canceled", True)))
    with pytest.raises(JobCanceled):
        case.run()
    assert case.sent[-1] == "PUT"


def test_a_job_canceled_while_it_submits_learns_what_to_stop() -> None:
    case = Case()
    case.client.steps = [slowly(case, "wait")]
    with pytest.raises(JobCanceled):
        case.run()
    assert case.sent == ["POST", "PUT"]


def test_a_worker_that_stops_while_it_submits_leaves_a_slip() -> None:
    case = Case()
    case.keep = True
    case.client.steps = [slowly(case, "wait")]
    with pytest.raises(JobCanceled):
        case.run()
    assert case.sent == ["POST"]
    assert case.slip.state == PENDING


def test_a_service_that_answers_with_the_picture_is_simply_left() -> None:
    case = Case(service=Service({}, queues=False))
    case.client.steps = [slowly(case, "wait")]
    with pytest.raises(JobCanceled):
        case.run()
    assert case.sent == ["POST"]


def slowly(case: Case, answer: str) -> Callable[[], Any]:
    """Answer after the job was canceled: the driver looks at the watch while a request is under way."""

    async def step() -> str:
        case.watch.canceled = True
        await asyncio.sleep(0.7)
        return answer

    return step


@dataclass
class Turns:
    """Lets a request out after so many looks, a second apart."""

    looks: int = 0
    held: list[float] = field(default_factory=list)

    async def wait_ms(self) -> int:
        self.looks -= 1
        return 1000 if self.looks >= 0 else 0

    async def hold(self, seconds: float) -> None:
        self.held.append(seconds)


def test_a_request_for_work_waits_for_its_turn_and_looks_do_not() -> None:
    case = Case("wait", "wait", "done")
    case.turns = Turns(looks=5)
    assert isinstance(case.run(), Taken)
    assert case.time.now_s >= 5
    assert case.turns.looks == -1, "one turn for the request, none for the looks"


def test_everybody_is_told_of_a_pause_the_service_asks_for() -> None:
    case = Case(("busy", {"retry-after": "9"}), "done", busy=Broken("busy", retry=True))
    case.turns = Turns()
    assert isinstance(case.run(), Taken)
    assert case.turns.held == [9.0]


def test_an_impatient_errand_does_not_wait_for_long_pauses() -> None:
    case = Case(("busy", {"retry-after": "9"}), busy=Broken("busy", retry=True))
    case.patience_s = 5.0
    found = case.run()
    assert isinstance(found, Broken)
    assert found.elsewhere
    assert case.time.now_s == 0


def test_a_lost_answer_may_have_been_paid_for() -> None:
    found = Case(SendFailed("broke off", sent=True)).run()
    assert isinstance(found, Broken)
    assert (found.taken, found.elsewhere) == (True, False)
    never = Case(*[SendFailed("no route", sent=False)] * 3).run()
    assert isinstance(never, Broken)
    assert never.elsewhere


def test_with_a_key_a_lost_answer_is_asked_for_again_under_the_same_key() -> None:
    service = Service({"wait": PENDING, "done": PICTURE}, key_header="Idempotency-Key")
    case = Case(SendFailed("broke off", sent=True), "wait", "done", service=service)
    assert isinstance(case.run(), Taken)
    keys = [request.headers.get("Idempotency-Key") for request in case.client.sent if request.method == "POST"]
    assert keys == ["job-1-0-1", "job-1-0-1"]


def test_an_intention_of_unknown_fate_is_given_up_where_the_operator_says_so() -> None:
    service = Service({"done": PICTURE}, asks_again=False)
    found = Case(service=service, slip=Slip(Asked())).run()
    assert isinstance(found, Broken)
    assert (found.taken, found.elsewhere) == (True, False)
    assert isinstance(Case("done", slip=Slip(Asked())).run(), Taken)
