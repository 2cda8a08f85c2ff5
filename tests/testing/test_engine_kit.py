"""The kit of local engines runs on the toy, and finds the faults it is there to find."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from castlist.domain.tasks import Made, Outcome, Task, Watch
from castlist.testing.engine_kit import LocalContract, check_card
from castlist.testing.engines import ToyEngine


class TestToy(LocalContract):
    exact_size = False

    def engine(self) -> ToyEngine:
        return ToyEngine()


class Deaf(ToyEngine):
    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """Never asks whether the job is still wanted."""
        return super().generate(task, Unasked())


class Unasked:
    def progress(self, index: int, fraction: float) -> None: ...

    def check(self) -> None: ...


class Twice(ToyEngine):
    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        for outcome in super().generate(task, watch):
            yield outcome
            yield outcome


class Fickle(ToyEngine):
    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        for outcome in super().generate(task, watch):
            assert isinstance(outcome, Made)
            noise = np.random.default_rng().integers(0, 256, outcome.pixels.shape, np.uint8)
            yield dataclasses.replace(outcome, pixels=noise)


class Scribbling(ToyEngine):
    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        task.references[0].pixels[:] = 0
        return super().generate(task, watch)


@pytest.mark.parametrize(
    ("engine", "test"),
    [
        (Deaf, "test_a_canceled_job_ends_and_the_engine_works_again"),
        (Deaf, "test_progress_is_a_fraction_of_a_known_shot"),
        (Twice, "test_one_outcome_a_shot"),
        (Fickle, "test_the_seed_keeps_its_promise"),
        (Scribbling, "test_it_leaves_the_reference_alone"),
    ],
)
def test_the_kit_finds(engine: type[ToyEngine], test: str) -> None:
    class Kit(TestToy):
        def engine(self) -> ToyEngine:
            return engine()

    with pytest.raises(AssertionError):
        getattr(Kit(), test)()


@pytest.mark.parametrize(
    "change",
    [{"id": "Toy!"}, {"licence": ""}, {"model_types": ()}, {"references": (2, 1)}, {"references_by": {"toy": 9}}],
)
def test_a_card_that_leaves_something_out(change: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        check_card(dataclasses.replace(ToyEngine.card, **change))
