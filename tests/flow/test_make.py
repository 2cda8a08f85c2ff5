"""Images that drift are taken again, and the best is delivered."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from castlist.domain.errors import InputImageRejected, JobCanceled
from castlist.domain.gate import RETAKES
from castlist.domain.poses import POSES
from castlist.domain.seeds import image_seed
from castlist.domain.tasks import Made, NotMade, Outcome, Pixels, Reference, Shot, Task, Watch
from castlist.engines.base import Local
from castlist.flow.encoding import UNMARKED, encoder
from castlist.flow.make import Landed, Lost, make
from castlist.flow.screen import Screen
from castlist.flow.watch import JobWatch
from castlist.testing.classifiers import RedIsExplicit
from castlist.testing.engines import ToyEngine
from castlist.testing.pictures import figure

CHARACTER = figure(192, 192)
STRANGER = figure(192, 192, seed=5)


def task(count: int = 1) -> Task:
    shots = tuple(Shot(index, POSES[index], image_seed(7, index)) for index in range(count))
    return Task((Reference(CHARACTER, "sha"),), shots, "neutral", 1024, 1024, job_seed=7)


class Actor(Local):
    """Shows what it was told to, take by take."""

    card = replace(ToyEngine.card, id="actor")

    def __init__(self, *takes: Pixels | None) -> None:
        super().__init__()
        self._takes = list(takes)
        self.seeds: list[int] = []

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        pixels = self._takes.pop(0)
        for shot in task.shots:
            self.seeds.append(shot.seed)
            if pixels is None:
                yield NotMade(shot.index, "refused", "Not again.")
            else:
                yield Made(shot.index, pixels, shot.seed, "actor", 0.0)


async def all_of(engine: Local, wanted: float | None, count: int = 1, *, keep_best: bool = True) -> list[Landed | Lost]:
    made = make(
        [engine],
        task(count),
        JobWatch(count),
        encode=encoder(engine.card, "png", UNMARKED, now_ms=0),
        min_identity=wanted,
        keep_best=keep_best,
    )
    return [result async for result in made]


async def test_a_good_take_is_enough() -> None:
    (landed,) = await all_of(Actor(CHARACTER), 0.9)
    assert isinstance(landed, Landed)
    assert landed.attempts == 1
    assert (landed.identity.score or 0) > 0.9


async def test_a_take_that_drifted_is_taken_again_with_another_seed() -> None:
    actor = Actor(STRANGER, CHARACTER)
    (landed,) = await all_of(actor, 0.9)
    assert isinstance(landed, Landed)
    assert landed.attempts == 2
    assert np.array_equal(landed.made.pixels, CHARACTER)
    assert actor.seeds == [image_seed(7, 0), image_seed(7, 0, 1)]
    assert landed.made.seed == actor.seeds[1]


async def test_after_the_last_take_the_best_is_delivered() -> None:
    actor = Actor(STRANGER, CHARACTER, STRANGER)
    (landed,) = await all_of(actor, 1.01)
    assert isinstance(landed, Landed)
    assert landed.attempts == RETAKES + 1 == 3
    assert np.array_equal(landed.made.pixels, CHARACTER)


async def test_a_retake_that_fails_leaves_the_take_before() -> None:
    (landed,) = await all_of(Actor(STRANGER, None), 0.9)
    assert isinstance(landed, Landed)
    assert np.array_equal(landed.made.pixels, STRANGER)
    assert landed.attempts == 2


async def test_a_caller_may_want_nothing_rather_than_a_stranger() -> None:
    actor = Actor(STRANGER, STRANGER, STRANGER)
    (lost,) = await all_of(actor, 0.9, keep_best=False)
    assert isinstance(lost, Lost)
    assert (lost.reason.code, lost.attempts) == ("drifted", 3)
    assert "0.90 is wanted" in lost.reason.message


async def test_a_first_take_that_fails_is_lost() -> None:
    (lost,) = await all_of(Actor(None), 0.9)
    assert isinstance(lost, Lost)
    assert (lost.reason.code, lost.attempts) == ("refused", 1)


async def test_without_a_wish_the_card_decides() -> None:
    (landed,) = await all_of(Actor(STRANGER), None)
    assert landed.attempts == 1


@pytest.mark.parametrize("error", [InputImageRejected("Of no use."), JobCanceled()])
async def test_what_ends_the_whole_job_passes_through(error: Exception) -> None:
    with pytest.raises(type(error)):
        await all_of(ToyEngine(fails={1: error}), None, count=3)


async def test_copies_are_told_of() -> None:
    first, second = await all_of(Actor(CHARACTER), None, count=2)
    assert isinstance(first, Landed)
    assert isinstance(second, Landed)
    assert first.made.notes == ("This image is nearly the reference itself.",)
    assert second.made.notes == (
        "This image is nearly the reference itself.",
        "This image is nearly the same as image 1.",
    )


async def screened(engine: Local, count: int = 1, wanted: float | None = None) -> list[Landed | Lost]:
    made = make(
        [engine],
        task(count),
        JobWatch(count),
        encode=encoder(engine.card, "png", UNMARKED, now_ms=0),
        min_identity=wanted,
        screen=Screen(RedIsExplicit()),
    )
    return [result async for result in made]


RED = np.full((192, 192, 3), (255, 0, 0), np.uint8)


async def test_an_image_that_the_safety_gate_refuses_is_lost_and_not_taken_again() -> None:
    actor = Actor(RED, CHARACTER)
    (lost,) = await screened(actor, wanted=0.9)
    assert isinstance(lost, Lost)
    assert (lost.reason.code, lost.attempts) == ("refused", 1)
    assert lost.reason.message.startswith("This image was made and refused: it looks sexually explicit")


async def test_a_refused_retake_leaves_the_take_before() -> None:
    (landed,) = await screened(Actor(STRANGER, RED), wanted=0.9)
    assert isinstance(landed, Landed)
    assert np.array_equal(landed.made.pixels, STRANGER)


async def test_an_image_that_repeats_one_of_an_earlier_attempt_is_told_of() -> None:
    """A worker that takes over a half-done job sees what the one before it delivered."""
    actor = Actor(CHARACTER)
    made = make(
        [actor],
        task(),
        JobWatch(1),
        encode=encoder(actor.card, "png", UNMARKED, now_ms=0),
        min_identity=None,
        earlier=[(2, CHARACTER)],
    )
    (landed,) = [result async for result in made]
    assert isinstance(landed, Landed)
    assert "This image is nearly the same as image 3." in landed.made.notes
