"""A task on a hosted engine: what the driver brings, as outcomes."""

import asyncio
import dataclasses
import json

import pytest
import structlog

from castlist.domain.cards import Card
from castlist.domain.errors import JobCanceled
from castlist.domain.tasks import Made, NotMade, Outcome, Shot, Task
from castlist.domain.wire import Broken, Finished, Parsed, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.flow.encoding import UNMARKED, encoder
from castlist.flow.hosted import Desk, outcomes
from castlist.flow.make import make
from castlist.net.guard import FetchPolicy
from castlist.testing.engine_kit import Followed, a_task
from castlist.testing.hosted_kit import Time
from castlist.testing.pictures import figure_file
from castlist.testing.stub_service import KEY, Answer, Call, Dialect, Stub, serve

MODELS = {"toy": "plain-1"}


class Options(HostedOptions):
    base_url: str = "https://plain.test"


class OneShot(Hosted):
    """Answers with the picture; the body says which shot was asked for."""

    card = Card(
        id="oneshot", title="One shot", summary="Made up.", model_types=("toy",), kind="hosted", seed="none",
        licence="none", source="made up", options=Options,
    )  # fmt: skip
    queues = False
    default_models = MODELS

    def build(self, task: Task, shot: Shot) -> Request:
        return Request("POST", f"{self.base_url}/make", body={"shot": shot.index})

    def parse(self, reply: Reply) -> Parsed:
        match reply.json():
            case {"url": str(url), "seed": seed}:
                return Finished((url,), "plain-9", seed)
            case {"no": str(why)}:
                return Refused(why)
            case _:
                return Broken("odd")


class Shop(Dialect):
    """Makes what its script says for each shot, and counts how many it makes at once."""

    def __init__(self, *script: object) -> None:
        self.script = script

    def key_of(self, call: Call) -> str | None:
        return KEY

    def answer(self, call: Call, stub: Stub) -> Answer:
        said = self.script[call.json()["shot"]]
        return Answer(200, {"url": stub.file_url(), "seed": said} if isinstance(said, int | None) else said)


def run(*script: object, task: Task | None = None, **options: object) -> list[Outcome]:
    task = task or a_task("toy", shots=len(script))
    time = Time()
    desk = Desk(policy=FetchPolicy(allow_ports=()), sleep=time.sleep, clock=time.clock, dice=lambda: 0.5)

    async def collect(stub: Stub) -> list[Outcome]:
        engine = OneShot(Options(base_url=stub.url, **options))  # type: ignore[arg-type]
        return sorted([one async for _, one in outcomes([engine], task, Followed(), desk)], key=lambda one: one.index)

    with serve(Shop(*script), figure_file(width_px=256, height_px=128)) as stub:
        return asyncio.run(collect(stub))


def test_each_shot_ends_for_itself() -> None:
    made, refused, broken = run(7, {"no": "Not that."}, {"what": 1})
    assert isinstance(made, Made)
    assert made.model == "plain-9"
    assert refused == NotMade(1, "refused", "Not that.", engine="oneshot")
    assert broken == NotMade(2, "engine_failed", "The engine could not make this image.", engine="oneshot")


def test_pictures_have_the_size_asked_for_and_say_when_that_cost_something() -> None:
    square, wide = run(1), run(1, task=dataclasses.replace(a_task("toy", shots=1), width_px=128, height_px=64))
    assert isinstance(square[0], Made)
    assert isinstance(wide[0], Made)
    assert square[0].pixels.shape == (128, 128, 3)
    assert square[0].notes == ("cropped from 256 × 128",)
    assert wide[0].pixels.shape == (64, 128, 3)
    assert wide[0].notes == ()


def test_the_words_and_the_seed_are_kept_with_the_picture() -> None:
    task = a_task("toy", shots=3)
    told, silent, absurd = run(42, None, 10**30, task=task)
    assert isinstance(told, Made)
    assert told.seed == 42
    assert "The character from image 1" in told.prompt
    for made, shot in ((silent, task.shots[1]), (absurd, task.shots[2])):
        assert isinstance(made, Made)
        assert made.seed == shot.seed & 0x7FFF_FFFF


def test_what_went_wrong_is_in_the_log() -> None:
    with structlog.testing.capture_logs() as logs:
        run({"what": 1})
    assert [(line["engine"], line["reason"]) for line in logs] == [("oneshot", "odd")]


def test_a_model_type_nobody_configured_is_refused() -> None:
    (outcome,) = run(1, models={"toy": "", "other": "x"})
    assert isinstance(outcome, NotMade)
    assert outcome.code == "refused"


def test_make_runs_hosted_engines_like_any_other() -> None:
    async def collect(stub: Stub) -> list[str]:
        engine = OneShot(Options(base_url=stub.url))
        desk = Desk(policy=FetchPolicy(allow_ports=()))
        task = a_task("toy", shots=2)
        results = make(
            [engine],
            task,
            Followed(),
            encode=encoder(engine.card, "png", UNMARKED, now_ms=0),
            min_identity=0.0,
            desk=desk,
        )
        return [type(result).__name__ async for result in results]

    with serve(Shop(1, {"no": "Never."}), figure_file()) as stub:
        assert sorted(asyncio.run(collect(stub))) == ["Landed", "Lost"]


def test_no_more_is_asked_for_at_once_than_the_operator_says() -> None:
    busiest = 0

    class Counting(OneShot):
        under_way = 0

        def build(self, task: Task, shot: Shot) -> Request:
            nonlocal busiest
            type(self).under_way += 1
            busiest = max(busiest, type(self).under_way)
            return super().build(task, shot)

        def parse(self, reply: Reply) -> Parsed:
            type(self).under_way -= 1
            return Refused(json.dumps(reply.json()))

    async def collect(stub: Stub) -> None:
        engine = Counting(Options(base_url=stub.url, concurrency=2))
        streams = [outcomes([engine], a_task("toy", shots=5), Followed(), Desk()) for _ in range(2)]

        async def drain(stream: object) -> None:
            async for _ in stream:  # type: ignore[attr-defined]
                pass

        await asyncio.gather(*(drain(stream) for stream in streams))

    with serve(Shop(*[1] * 5), b"") as stub:
        asyncio.run(collect(stub))
    assert busiest == 2


def test_a_canceled_task_asks_for_nothing_more() -> None:
    watch = Followed()
    watch.canceled = True

    async def collect() -> None:
        async for _ in outcomes([OneShot()], a_task("toy", shots=9), watch, Desk()):
            pytest.fail("nothing is to be made")

    with pytest.raises(JobCanceled):
        asyncio.run(collect())
