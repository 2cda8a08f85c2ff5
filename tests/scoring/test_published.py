"""The published formulas, to 1e-6, on vectors whose angles are known."""

import itertools
import math

import numpy as np
import pytest

from castlist.scoring import published
from castlist.scoring.published import copy_paste_ratio


def plane(*degrees: float) -> list[np.ndarray]:
    """Vectors of one plane in 128 dimensions, at these angles, each of another length."""
    basis = np.linalg.qr(np.random.default_rng(4).normal(size=(128, 2)))[0].T
    angles = np.radians(degrees)
    return [(place + 1) * 7 * (np.cos(a) * basis[0] + np.sin(a) * basis[1]) for place, a in enumerate(angles)]


@pytest.mark.parametrize(
    ("generated", "reference", "truth", "ratio"),
    [(30, 0, 50, -10 / 50), (10, 0, 50, 30 / 50), (0, 0, 50, 1), (50, 0, 50, -1), (25, 0, 50, 0), (110, 20, 60, -1)],
)
def test_the_copy_paste_ratio_is_the_published_one(
    generated: float, reference: float, truth: float, ratio: float
) -> None:
    assert copy_paste_ratio(*plane(generated, reference, truth)) == pytest.approx(ratio, abs=1e-6)


def test_without_two_pictures_there_is_no_ratio() -> None:
    assert copy_paste_ratio(*plane(30, 20, 20)) is None


def cosine(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def chord(degrees: float) -> float:
    """The distance of two unit vectors at an angle, by trigonometry instead of the cosine."""
    return max(2 * math.sin(math.radians(abs(degrees)) / 2), 1e-3)


GENERATED, REFERENCES = (12.0, 31.0, 55.0), (0.0, 40.0, 70.0)


def test_cids_is_the_mean_cosine() -> None:
    ones, others = np.array(plane(*GENERATED)), np.array(plane(*REFERENCES))
    cross = [cosine(g - r) for g in GENERATED for r in REFERENCES]
    within = [cosine(a - b) for a, b in itertools.combinations(GENERATED, 2)]
    assert published.cids_cross(ones, others) == pytest.approx(sum(cross) / 9, abs=1e-6)
    assert published.cids_self(ones) == pytest.approx(sum(within) / 3, abs=1e-6)
    assert published.cids_self(ones[:1]) == 1


def test_the_rate_of_copying_is_made_of_chords() -> None:
    ones, others = np.array(plane(*GENERATED)), np.array(plane(*REFERENCES))
    first = REFERENCES[0]
    rates = [(1 + (chord(g - first) - chord(g - r)) / chord(first - r)) / 2 for g in GENERATED for r in REFERENCES[1:]]
    assert published.copy_rate(ones, others) == pytest.approx(sum(rates) / len(rates), abs=1e-6)


@pytest.mark.parametrize(("generated", "rate"), [(0, 0), (40, 1), (20, 0.5)])
def test_the_ends_of_the_rate(generated: float, rate: float) -> None:
    ones, others = np.array(plane(generated)), np.array(plane(0, 40))
    assert published.copy_rate(ones, others) == pytest.approx(rate, abs=1e-3)


def test_the_softmax_at_its_temperature() -> None:
    ones, others = np.array(plane(*GENERATED)), np.array(plane(*REFERENCES))
    shares = []
    for g in GENERATED:
        powers = [math.exp((cosine(g - r) - 1) / 0.01) for r in REFERENCES]
        shares.append(powers[0] / sum(powers))
    assert published.copy_softmax(ones, others) == pytest.approx(sum(shares) / 3, abs=1e-6)


@pytest.mark.parametrize(("found", "wanted", "score"), [(2, 2, 100), (1, 2, 60.65306597), (0, 1, 36.78794412)])
def test_the_count_on_stage(found: int, wanted: int, score: float) -> None:
    assert published.on_stage(found, wanted) == pytest.approx(score, abs=1e-4)
