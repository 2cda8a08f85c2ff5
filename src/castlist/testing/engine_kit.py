"""The contract every engine keeps, as tests to subclass. The kit asserts; your test only states its case.

    class TestMine(LocalContract):
        def engine(self) -> MyEngine:
            return MyEngine()

Plain methods named `test_…` without any plug-in. The contract of hosted engines is in `hosted_kit`.
"""

import dataclasses
import re
from collections.abc import Iterable

import numpy as np

from castlist.domain.cards import TRANSPARENT, Card
from castlist.domain.errors import JobCanceled
from castlist.domain.poses import POSES
from castlist.domain.tasks import Made, NotMade, Outcome, Reference, Shot, Task
from castlist.engines.base import Engine, Local
from castlist.testing.pictures import figure

SIZE_PX = 128


class Followed:
    """A watch that remembers what it was told and cancels when it is told to."""

    def __init__(self, cancel_after_checks: int | None = None) -> None:
        self.told: list[tuple[int, float]] = []
        self.canceled = False
        self._left = cancel_after_checks

    def progress(self, index: int, fraction: float) -> None:
        """See `domain.tasks.Watch`."""
        self.told.append((index, fraction))

    def check(self) -> None:
        """See `domain.tasks.Watch`."""
        if self._left is not None:
            self._left -= 1
        if self.canceled or (self._left is not None and self._left < 0):
            raise JobCanceled


def a_reference(seed: int = 0, *, side_px: int = 96) -> Reference:
    """Return a picture of a plain figure as an engine gets it."""
    return Reference(figure(side_px, side_px, seed), sha256=f"{seed:064x}")


def a_task(
    model_type: str, *, shots: int = 2, references: Iterable[Reference] | None = None, prompt: str | None = None
) -> Task:
    """Return a small task with the first poses."""
    return Task(
        references=tuple(references) if references is not None else (a_reference(),),
        shots=tuple(Shot(index, POSES[index], seed=3_000_000_000 + index) for index in range(shots)),
        background="white",
        width_px=SIZE_PX,
        height_px=SIZE_PX,
        job_seed=77,
        prompt=prompt,
        model_type=model_type,
    )


def check_card(card: Card) -> None:
    """Assert that a card says what the rest of the house derives things from."""
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", card.id), f"the id {card.id!r} is no plain lower-case name"
    assert card.model_types, "a card names at least one model type"
    assert card.title, "a card has a title"
    assert card.summary, "a card has a summary"
    assert card.licence, "a card names a licence"
    assert card.source, "a card names a source"
    fewest, most = card.references
    assert 1 <= fewest <= most, "references are (fewest, most), at least one"
    assert all(limit <= most for limit in card.references_by.values()), "no model type takes more than `references`"
    assert 0 <= card.min_identity <= 1, "min_identity is 0–1"
    card.options()  # every option has a default


class EngineContract:
    """What local and hosted engines have in common."""

    optional_secrets: tuple[str, ...] = ()
    """Secrets of the card without which it can work nevertheless."""

    def engine(self) -> Engine:
        """Return a new engine, ready to work."""
        raise NotImplementedError

    def test_the_card_is_complete(self) -> None:
        engine = self.engine()
        check_card(engine.card)

    def test_it_says_when_a_secret_is_missing(self) -> None:
        engine = self.engine()
        assert engine.unready() is None, f"the kit needs a ready engine, but: {engine.unready()}"
        for name in set(engine.card.secrets) - set(self.optional_secrets):
            bare = type(engine)(engine.options, {})
            reason = bare.unready()
            assert reason is not None, f"without {name} it must not be ready"
            assert name in reason, f"the reason must name {name}"


class LocalContract(EngineContract):
    """The contract of engines that compute here."""

    exact_size = True
    """Whether pictures have the size asked for."""

    def engine(self) -> Local:
        """Return a new engine, ready to work."""
        raise NotImplementedError

    def task(self, **changes: object) -> Task:
        """Return the task that the kit runs; override it where a plain figure will not do."""
        return dataclasses.replace(a_task(self.engine().card.model_types[0]), **changes)

    def run(self, engine: Local, task: Task, watch: Followed | None = None) -> list[Outcome]:
        """Return all outcomes of a task."""
        return list(engine.generate(task, watch or Followed()))

    def test_one_outcome_a_shot(self) -> None:
        task = self.task()
        outcomes = self.run(self.engine(), task)
        assert sorted(outcome.index for outcome in outcomes) == [shot.index for shot in task.shots]
        for outcome in outcomes:
            assert isinstance(outcome, Made), f"the kit's own task must succeed, but: {outcome}"
            self._check_made(outcome, task, channels=3)

    def test_only_the_missing_shots_are_made(self) -> None:
        task = self.task()
        outcomes = self.run(self.engine(), dataclasses.replace(task, shots=task.shots[1:]))
        assert [outcome.index for outcome in outcomes] == [shot.index for shot in task.shots[1:]]

    def test_the_seed_keeps_its_promise(self) -> None:
        engine = self.engine()
        if engine.card.seed != "exact":
            return
        task = self.task()
        first = {made.index: made.pixels for made in self.run(engine, task) if isinstance(made, Made)}
        alone = dataclasses.replace(task, shots=task.shots[-1:])
        for made in self.run(self.engine(), alone):
            assert isinstance(made, Made)
            assert np.array_equal(made.pixels, first[made.index]), "the same seed gives the same pixels, alone or not"

    def test_every_background_of_the_card(self) -> None:
        engine = self.engine()
        for background in engine.card.backgrounds:
            task = self.task(background=background)
            for outcome in self.run(engine, dataclasses.replace(task, shots=task.shots[:1])):
                assert isinstance(outcome, Made), f"{background}: {outcome}"
                self._check_made(outcome, task, channels=4 if background == TRANSPARENT else 3)

    def test_progress_is_a_fraction_of_a_known_shot(self) -> None:
        engine, watch = self.engine(), Followed()
        task = self.task()
        self.run(engine, task, watch)
        assert all(0 <= fraction <= 1 for _, fraction in watch.told)
        assert {index for index, _ in watch.told} <= {shot.index for shot in task.shots}
        assert watch.told or not engine.card.progress, "the card promises progress"

    def test_a_canceled_job_ends_and_the_engine_works_again(self) -> None:
        engine = self.engine()
        for checks in (0, 1):
            try:
                outcomes = self.run(engine, self.task(), Followed(cancel_after_checks=checks))
            except JobCanceled:
                continue
            assert len(outcomes) <= checks, "a canceled job must not be made to its end"
        assert self.run(engine, self.task()), "after a canceled job the next one must work"

    def test_it_leaves_the_reference_alone(self) -> None:
        task = self.task()
        before = [reference.pixels.copy() for reference in task.references]
        self.run(self.engine(), task)
        for reference, pixels in zip(task.references, before, strict=True):
            assert np.array_equal(reference.pixels, pixels), "references belong to the caller"

    def test_it_can_be_closed(self) -> None:
        engine = self.engine()
        self.run(engine, self.task())
        engine.close()
        engine.close()

    def _check_made(self, made: Made, task: Task, *, channels: int) -> None:
        assert made.pixels.dtype == np.uint8, "pixels are uint8"
        assert made.pixels.ndim == 3, "pixels are [H, W, channels]"
        assert made.pixels.shape[2] == channels, f"{channels} channels for background {task.background}"
        if self.exact_size:
            assert made.pixels.shape[:2] == (task.height_px, task.width_px), "pictures have the size asked for"
        assert made.model, "every picture names its model"
        assert made.seconds >= 0


def failures(outcomes: Iterable[Outcome]) -> list[NotMade]:
    """Return the outcomes that are no pictures."""
    return [outcome for outcome in outcomes if isinstance(outcome, NotMade)]
