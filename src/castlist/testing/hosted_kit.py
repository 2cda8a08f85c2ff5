"""The contract of hosted engines, run against a `stub_service` that speaks the service's dialect.

    class TestMine(HostedContract):
        engine_class = MyEngine
        dialect = MyDialect()

Time is not real here: waits pass at once and are added up.
"""

import asyncio
import dataclasses
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
import structlog

from castlist.domain.errors import EngineFailed, JobCanceled
from castlist.domain.tasks import Made, NotMade, Outcome, Shot, Task, Watch
from castlist.domain.wire import Asked, Broken, Finished, Pending, Refused, Reply, Saved, from_text, to_text
from castlist.engines.base import Hosted
from castlist.flow.hosted import Desk, outcomes
from castlist.flow.watch import JobWatch
from castlist.net.guard import FetchPolicy
from castlist.testing.engine_kit import SIZE_PX, EngineContract, Followed, a_reference, a_task
from castlist.testing.pictures import figure_file
from castlist.testing.stub_service import KEY, RETRY_AFTER_S, Answer, Call, Dialect, Mood, Stub, serve

NASTY: tuple[Any, ...] = (None, True, -1, 1e308, 10**40, "", "\x00\n" * 40, "https://[", [], {}, [[]], [None], {"": {}})
"""What a service may send where something else was expected."""


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.alarms: list[tuple[float, Callable[[], None]]] = []

    def clock(self) -> float:
        """Return the time in seconds."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds
        for at_s, ring in [alarm for alarm in self.alarms if alarm[0] <= self.now_s]:
            self.alarms.remove((at_s, ring))
            ring()
        await asyncio.sleep(0)


class Memory:
    """Remembers remote work like a store would, over any number of runs."""

    def __init__(self) -> None:
        self.texts: dict[tuple[int, int], str] = {}

    async def saved(self, shot: Shot) -> str | None:
        """See `flow.hosted.Remotes`."""
        return self.texts.get((shot.index, shot.seed))

    async def save(self, shot: Shot, remote: str | None) -> None:
        """See `flow.hosted.Remotes`."""
        if remote is None:
            self.texts.pop((shot.index, shot.seed), None)
        else:
            self.texts[shot.index, shot.seed] = remote


class Watched(Memory):
    """Notes what `look` shows at the moment of each intention."""

    def __init__(self) -> None:
        super().__init__()
        self.look: Callable[[], int] = lambda: 0
        self.asked_at: list[int] = []

    async def save(self, shot: Shot, remote: str | None) -> None:
        """See `flow.hosted.Remotes`."""
        saved = None if remote is None else from_text(remote)
        if saved is not None and isinstance(saved.work, Asked):
            self.asked_at.append(self.look())
        await super().save(shot, remote)


class HostedContract(EngineContract):
    """What every hosted engine does, whatever its service does."""

    engine_class: ClassVar[type[Hosted]]
    dialect: ClassVar[Dialect]
    options: ClassVar[dict[str, Any]] = {}
    """Options besides `base_url`, where the engine needs some to be ready."""

    def engine(self, base_url: str = "http://127.0.0.1:9", **more: Any) -> Hosted:
        """Return a new engine that talks to `base_url`, with `more` options."""
        kind, options = self.engine_class, {"base_url": base_url, **self.options, **more}
        return kind(kind.card.options(**options), dict.fromkeys(kind.card.secrets, KEY))

    def task(self, engine: Hosted, **changes: Any) -> Task:
        """Return the task that the kit runs."""
        return dataclasses.replace(a_task(engine.card.model_types[0]), **changes)

    @contextmanager
    def stub(self, **mood: Any) -> Generator[Stub]:
        """Serve the dialect in a mood."""
        with serve(self.dialect, figure_file(width_px=SIZE_PX, height_px=SIZE_PX)) as stub:
            stub.mood = Mood(**mood)
            yield stub

    def run(
        self,
        stub: Stub,
        *,
        watch: Watch | None = None,
        memory: Memory | None = None,
        time: Time | None = None,
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> list[Outcome]:
        """Run the kit's task to its end and assert that no key got out."""
        engine, time = self.engine(stub.url, **(options or {})), time or Time()
        desk = Desk(
            remotes=memory or Memory(),
            leave_running=lambda: isinstance(watch, JobWatch) and watch.lost,
            policy=FetchPolicy(allow_ports=()),
            sleep=time.sleep,
            clock=time.clock,
            dice=lambda: 0.5,
        )

        async def collect() -> list[Outcome]:
            stream = outcomes([engine], self.task(engine, **changes), watch or Followed(), desk)
            return [outcome async for _, outcome in stream]

        with structlog.testing.capture_logs() as logs:
            found = asyncio.run(collect())
        assert KEY not in repr((found, logs, memory and memory.texts)), "a key must never get into an outcome or a log"
        return found

    def submits(self, stub: Stub) -> int:
        """Return how often work was asked for, which is what costs."""
        return sum(call.method == "POST" for call in stub.calls)

    # what goes well

    def test_a_picture_for_every_shot(self) -> None:
        with self.stub() as stub:
            found = self.run(stub)
        assert len(found) == 2
        for outcome in found:
            assert isinstance(outcome, Made), f"it should have been made, but: {outcome}"
            assert outcome.pixels.shape == (SIZE_PX, SIZE_PX, 3)
            assert outcome.model, "every picture names its model"
        assert self.submits(stub) == 2, "each picture is asked for once"

    def test_every_model_type_and_several_references(self) -> None:
        for model_type in self.engine().card.model_types:
            with self.stub() as stub:
                most = self.engine().card.most_references(model_type)
                references = tuple(a_reference(seed) for seed in range(most))
                found = self.run(stub, model_type=model_type, references=references, prompt="on a sunny trail")
                assert all(isinstance(outcome, Made) for outcome in found), f"{model_type}: {found}"

    def test_one_reference_too_many_is_refused_not_dropped(self) -> None:
        engine = self.engine()
        most = engine.card.most_references(engine.card.model_types[0])
        with self.stub() as stub:
            found = self.run(stub, references=tuple(a_reference(seed) for seed in range(most + 1)))
        assert [outcome.code for outcome in self.lost(found)] == ["refused", "refused"]
        assert not stub.calls, "nothing is asked for that cannot be done"

    def test_slow_work_is_waited_for(self) -> None:
        if not self.engine_class.queues:
            return
        time = Time()
        with self.stub(looks=12) as stub:
            found = self.run(stub, time=time)
        assert all(isinstance(outcome, Made) for outcome in found)
        assert self.submits(stub) == 2, "waiting is not asking again"
        assert 10 < time.now_s < 120, f"twelve looks took {time.now_s:.0f} s"

    def test_building_is_pure_and_holds_no_secret(self) -> None:
        engine = self.engine()
        task = self.task(engine)
        request = engine.build(task, task.shots[0])
        assert request == engine.build(task, task.shots[0])
        assert request != engine.build(task, task.shots[1]), "each shot asks for something else"
        assert KEY not in repr(request), "requests name secrets; the driver fills them in"
        assert engine.reach.covers(request.url)

    # refusals

    def test_a_refusal_carries_the_services_reason(self) -> None:
        for when in ("before", "after"):
            with self.stub(refuse=when) as stub:
                found = self.lost(self.run(stub))
            assert [outcome.code for outcome in found] == ["refused", "refused"], f"{when}: {found}"
            assert all(self.dialect.reason in outcome.message for outcome in found), f"{when}: {found}"
            assert self.submits(stub) == 2, "a refused picture is not asked for again"

    # what the operator must put right

    def test_a_bad_key_and_no_credit_are_the_operators_business(self) -> None:
        for status in (401, 402, 403):
            with self.stub(status=status) as stub:
                found = self.lost(self.run(stub))
            self.assert_neutral(found)
            assert self.submits(stub) == 2, f"status {status} does not pass by itself"

    # what passes

    def test_too_many_requests_are_sent_again_when_the_service_says_so(self) -> None:
        time = Time()
        with self.stub(status=429, times=2) as stub:
            found = self.run(stub, time=time)
        assert all(isinstance(outcome, Made) for outcome in found), f"{found}"
        assert time.now_s >= RETRY_AFTER_S, "Retry-After counts"

    def test_a_short_outage_is_waited_out(self) -> None:
        with self.stub(status=503, times=3) as stub:
            assert all(isinstance(outcome, Made) for outcome in self.run(stub))

    def test_a_long_outage_fails(self) -> None:
        with self.stub(status=500) as stub:
            self.assert_neutral(self.lost(self.run(stub)))
        assert 2 < len(stub.calls) <= 2 * self.engine().pace.tries

    def test_a_service_that_is_not_there(self) -> None:
        with self.stub() as stub:
            pass
        self.assert_neutral(self.lost(self.run(stub)))

    # broken answers

    def test_broken_json(self) -> None:
        with self.stub(garbage=True) as stub:
            self.assert_neutral(self.lost(self.run(stub)))

    def test_a_cut_picture(self) -> None:
        with self.stub(pictures="cut") as stub:
            self.assert_neutral(self.lost(self.run(stub)))
        assert self.submits(stub) == 2, "a bad file is no reason to pay again"

    def test_an_expired_picture(self) -> None:
        with self.stub(pictures="gone") as stub:
            found = self.run(stub)
            if stub.downloads:  # else its pictures come inside its answers
                self.assert_neutral(self.lost(found))
                assert self.submits(stub) == 2

    def test_work_that_fails_at_the_service(self) -> None:
        if not self.engine_class.queues:
            return
        with self.stub(spoilt=True) as stub:
            self.assert_neutral(self.lost(self.run(stub)))
        assert self.submits(stub) <= 4, "spoilt work is asked for once more at most"

    def test_parse_reads_whatever_a_service_may_send(self) -> None:
        with self.stub() as stub:
            self.run(stub)
            genuine = list(stub.answers)
        engine = self.engine(stub.url)
        awaited = [
            None,
            *(parsed for _, answer in genuine if isinstance(parsed := self._parse(engine, answer), Pending)),
        ]
        for _, answer in genuine:
            for body in _spoilt(answer):
                for status in (200, 202, 400, 404, 422, 500, 999):
                    for pending in awaited:
                        parsed = engine.parse(Reply(status, {}, body, pending))
                        assert isinstance(parsed, Pending | Finished | Refused | Broken), f"{body[:200]}: {parsed}"

    def test_a_key_is_sent_to_the_service_alone(self) -> None:
        with self.stub() as trap, self.stub(elsewhere=trap.url) as stub:
            self.run(stub)
        assert not trap.calls, "the service's answers must not lead the key away"

    # stopping and going on

    def test_a_canceled_job_tells_the_service(self) -> None:
        if not self.engine_class.queues:
            return
        watch, time = Followed(), Time()
        time.alarms.append((5.0, lambda: setattr(watch, "canceled", True)))
        with self.stub(looks=1000) as stub:
            with pytest.raises(JobCanceled):
                self.run(stub, watch=watch, time=time)
            if self.engine_class.card.cancel:
                assert all(work.canceled for work in stub.work.values()), "work under way must be stopped"

    def test_a_stopping_worker_leaves_the_work_to_the_next(self) -> None:
        if not self.engine_class.queues:
            return
        watch, time, memory = JobWatch(2), Time(), Memory()
        time.alarms.append((5.0, watch.stop))
        with self.stub(looks=1000) as stub:
            with pytest.raises(JobCanceled):
                self.run(stub, watch=watch, time=time, memory=memory)
            assert not any(work.canceled for work in stub.work.values()), "the next worker waits for it"
            assert len(memory.texts) == 2, "where the work is must be safe before waiting"
            stub.mood.looks = 1
            found = self.run(stub, memory=memory)
        assert all(isinstance(outcome, Made) for outcome in found), f"{found}"
        assert self.submits(stub) == 2, "going on is not paying again"

    def test_the_intention_is_on_file_before_anything_is_asked(self) -> None:
        memory = Watched()
        with self.stub() as stub:
            memory.look = lambda: self.submits(stub)
            found = self.run(stub, memory=memory)
        assert all(isinstance(outcome, Made) for outcome in found), f"{found}"
        assert memory.asked_at in ([0, 0], [0, 1]), "noted before the request goes out"

    def test_a_request_whose_worker_died_is_asked_again_or_given_up_as_the_operator_says(self) -> None:
        for after_crash in ("ask again", "give up"):
            memory, engine = Memory(), self.engine()
            for shot in self.task(engine).shots:
                memory.texts[shot.index, shot.seed] = to_text(Saved(engine.card.id, Asked()))
            with self.stub() as stub:
                found = self.run(stub, memory=memory, options={"after_crash": after_crash})
            if after_crash == "ask again" or engine.key_header:
                assert all(isinstance(outcome, Made) for outcome in found), f"{found}"
                assert self.submits(stub) == 2
            else:
                self.assert_neutral(self.lost(found))
                assert not stub.calls, "nothing is paid twice"

    def test_a_request_that_led_to_nothing_leaves_nothing_on_file(self) -> None:
        memory = Memory()
        with self.stub(status=503) as stub:
            self.lost(self.run(stub, memory=memory))
        assert memory.texts == {}, "the next worker must not believe that something is under way"

    def test_saved_work_that_the_service_has_lost_is_asked_for_anew(self) -> None:
        if not self.engine_class.queues:
            return
        watch, time, memory = JobWatch(2), Time(), Memory()
        time.alarms.append((5.0, watch.stop))
        with self.stub(looks=1000) as stub:
            with pytest.raises(JobCanceled):
                self.run(stub, watch=watch, time=time, memory=memory)
            stub.work.clear()
            stub.mood.looks = 1
            found = self.run(stub, memory=memory)
        assert all(isinstance(outcome, Made) for outcome in found), f"{found}"
        assert self.submits(stub) == 4

    # helpers

    def lost(self, found: list[Outcome]) -> list[NotMade]:
        """Return the outcomes, all of which must be failures."""
        assert all(isinstance(outcome, NotMade) for outcome in found), f"nothing should have been made, but: {found}"
        return [outcome for outcome in found if isinstance(outcome, NotMade)]

    def assert_neutral(self, found: list[NotMade]) -> None:
        """Assert that the customer hears that it failed, and nothing of why."""
        assert [(outcome.code, outcome.message) for outcome in found] == [
            (EngineFailed.code, EngineFailed().message)
        ] * 2

    def _parse(self, engine: Hosted, answer: Answer) -> object:
        content = answer.content if isinstance(answer.content, bytes) else json.dumps(answer.content).encode()
        return engine.parse(Reply(answer.status, {}, content))


def _spoilt(answer: Answer) -> Iterator[bytes]:
    """Yield bodies near a genuine one: each part of it replaced by each nasty value, or left out."""
    yield from (b"", b"\xff\xfe", b"[" * 5000, b"<html></html>", b"NaN", b'{"a":' * 2000)
    if isinstance(answer.content, bytes):
        return
    for value in NASTY:
        for changed in _replaced(answer.content, value):
            yield json.dumps(changed).encode()


def _replaced(whole: Any, value: Any) -> Iterator[Any]:
    yield value
    if isinstance(whole, dict):
        for key, part in whole.items():
            yield {name: other for name, other in whole.items() if name != key}
            for changed in _replaced(part, value):
                yield {**whole, key: changed}
    elif isinstance(whole, list):
        for place, part in enumerate(whole):
            for changed in _replaced(part, value):
                yield [*whole[:place], changed, *whole[place + 1 :]]


__all__ = ["Call", "HostedContract", "Memory", "Time"]
