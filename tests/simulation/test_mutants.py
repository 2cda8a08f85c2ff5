"""The simulation finds every mistake that is put into castlist for it to find."""

import pytest

from simulation.mutants import MUTANTS, Mutant, find
from simulation.seams import simulated

WITHIN = 2000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.title)
def test_a_mistake_is_found(mutant: Mutant) -> None:
    with simulated():
        found = find(mutant, within=WITHIN)
    assert found is not None, f"{WITHIN} histories show nothing"
    assert found.violations
