"""The gate's decisions, and what they amount to over many images."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.gate import RETAKES, Gate, Step, Take

GOOD, BAD, UNCLEAR, NOT_MADE = Take(0.9), Take(0.2), Take(None), Take(made=False)
WORSE = Take(0.1)
GATE = Gate(0.5, retakes=2)
IMAGES = 20_000


@pytest.mark.parametrize(
    ("takes", "step"),
    [
        ([GOOD], Step.ACCEPT),
        ([Take(0.5)], Step.ACCEPT),
        ([UNCLEAR], Step.ACCEPT),
        ([BAD], Step.AGAIN),
        ([BAD, GOOD], Step.ACCEPT),
        ([BAD, UNCLEAR], Step.AGAIN),
        ([BAD, BAD], Step.AGAIN),
        ([BAD, BAD, BAD], Step.BEST),
        ([NOT_MADE], Step.GIVE_UP),
        ([BAD, NOT_MADE], Step.BEST),
    ],
)
def test_decisions(takes: list[Take], step: Step) -> None:
    assert GATE.decide(takes) is step


def test_the_best_may_be_refused() -> None:
    strict = Gate(0.5, retakes=1, keep_best=False)
    assert strict.decide([BAD]) is Step.AGAIN
    assert strict.decide([BAD, BAD]) is Step.GIVE_UP
    assert strict.decide([BAD, GOOD]) is Step.ACCEPT


@pytest.mark.parametrize(
    ("takes", "best"),
    [([BAD, WORSE], 0), ([WORSE, BAD], 1), ([BAD, BAD], 1), ([BAD, NOT_MADE], 0), ([NOT_MADE], None), ([UNCLEAR], 0)],
)
def test_the_most_alike_is_the_best(takes: list[Take], best: int | None) -> None:
    assert Gate.best(takes) == best


def run(gate: Gate, take: Callable[[], Take]) -> tuple[Step, list[Take]]:
    """Take an image until the gate is done with it."""
    takes = [take()]
    while (step := gate.decide(takes)) is Step.AGAIN:
        takes.append(take())
    return step, takes


@pytest.mark.parametrize("retakes", range(5))
@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.75, 0.98])
def test_good_images_reach_what_independent_takes_allow(share: float, retakes: int) -> None:
    chance = random.Random(f"{share} {retakes}")
    gate = Gate(0.5, retakes=retakes)
    ends = [run(gate, lambda: GOOD if chance.random() < share else BAD)[0] for _ in range(IMAGES)]
    assert ends.count(Step.ACCEPT) + ends.count(Step.BEST) == IMAGES
    assert abs(ends.count(Step.ACCEPT) / IMAGES - (1 - (1 - share) ** (retakes + 1))) < 0.02


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=RETAKES + 1, max_size=RETAKES + 1),
    st.floats(0, 1),
)
def test_nothing_under_the_threshold_is_ever_called_good(scores: list[float | None], wanted: float) -> None:
    left = iter(scores)
    gate = Gate(wanted)
    step, takes = run(gate, lambda: Take(next(left)))
    best = gate.best(takes)
    assert best is not None
    score = takes[best].score
    assert (step is Step.ACCEPT) == (score is None or score >= wanted)
    assert all((take.score or 0) <= (score or 0) for take in takes)
