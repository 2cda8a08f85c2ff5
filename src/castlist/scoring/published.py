"""Published measures of consistency and of copying, to compare engines with what papers report.

Called by the command line and the benchmark. Embeddings in, numbers out; it must not choose an embedder.

Sources, read 2026-11-22. WithAnyone's MultiID-Bench (arXiv 2510.14975): the ratio of angles. ViStoryBench (CVPR 2026):
``vistorybench/bench/content/cids_evaluator.py`` for CIDS, on-stage count and the rate of chords; its paper for the
softmax.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating[Any]]

_LEAST_SQUARE = 1e-6
"""ViStoryBench takes no squared distance for less."""
SOFTMAX_TEMPERATURE = 0.01


def copy_paste_ratio(generated: Vectors, reference: Vectors, truth: Vectors) -> float | None:
    """Say whether a generated face is nearer to the reference than to another picture of the same person.

    CP = (angle(generated, truth) - angle(generated, reference)) / angle(truth, reference).

    Args:
        generated, reference, truth: embeddings of any length but zero, float [N].

    Returns:
        -1 to 1: 1 is a copy of the reference, 0 as near to the one as to the other, -1 the other picture itself. None
        when reference and truth are the same.
    """
    apart = _angle(truth, reference)
    if apart < 1e-6:
        return None
    return (_angle(generated, truth) - _angle(generated, reference)) / apart


def cids_cross(generated: Vectors, references: Vectors) -> float:
    """Return ViStoryBench's character identification similarity to the references: the mean of all cosines, -1 to 1.

    Args:
        generated, references: embeddings, float [G, N] and [R, N].
    """
    return float(_cosines(generated, references).mean())


def cids_self(generated: Vectors) -> float:
    """Return the same among the generated pictures themselves: the mean cosine of all pairs, 1 for a single one."""
    above = np.triu_indices(len(generated), 1)
    return float(_cosines(generated, generated)[above].mean()) if len(generated) > 1 else 1.0


def copy_rate(generated: Vectors, references: Vectors) -> float:
    """Return ViStoryBench's rate of copying, as its program computes it.

    For each generated picture g and further reference r, with t the first one and d the chord between unit vectors:
    (1 + (d(g, t) - d(g, r)) / d(t, r)) / 2.

    Args:
        generated: float [G, N].
        references: float [R, N], R > 1.

    Returns:
        0-1: 0 for copies of the first reference, 1 for copies of a further one, 0.5 half-way or when both are the same.
    """
    first, further = references[:1], references[1:]
    apart = _chords(first, further)
    rates = 0.5 * (1.0 + (_chords(generated, first) - _chords(generated, further)) / apart)
    return float(rates.mean())


def copy_softmax(generated: Vectors, references: Vectors, temperature: float = SOFTMAX_TEMPERATURE) -> float:
    """Return the share of the used reference, the first, in a softmax of the cosines to all: 0-1, 1 is a copy."""
    scaled = _cosines(generated, references) / temperature
    powers = np.exp(scaled - scaled.max(1, keepdims=True))
    return float((powers[:, 0] / powers.sum(1)).mean())


def on_stage(found: int, wanted: int) -> float:
    """Return ViStoryBench's on-stage character count match, 0-100: 100 when as many are found as were wanted."""
    return float(100 * np.exp(-abs(found - wanted) / (1e-6 + wanted)))


def _cosines(ones: Vectors, others: Vectors) -> NDArray[np.float64]:
    return np.clip(_unit(ones) @ _unit(others).T, -1.0, 1.0)


def _chords(ones: Vectors, others: Vectors) -> NDArray[np.float64]:
    return np.sqrt(np.maximum(2 * (1 - _cosines(ones, others)), _LEAST_SQUARE))


def _unit(vectors: Vectors) -> NDArray[np.float64]:
    wide = np.asarray(vectors, np.float64)
    return wide / np.linalg.norm(wide, axis=-1, keepdims=True)


def _angle(one: Vectors, other: Vectors) -> float:
    return float(np.arccos(np.clip(_unit(one) @ _unit(other), -1.0, 1.0)))
