"""A sample of histories, and that a seed is a history: the same in another process, line by line."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from simulation.history import Stage, live
from simulation.seams import simulated
from simulation.tally import Tally

ROOT = Path(__file__).parents[2]
SAMPLE = 200


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


def test_a_sample_of_histories_violates_nothing(stage: Stage) -> None:
    tally = Tally()
    with simulated():
        for seed in range(SAMPLE):
            tally.note(live(stage, seed))
    assert tally.failed == {}, f"make sim SEED={min(tally.failed, default='')} tells the first"
    assert tally.counts["jobs"] > SAMPLE
    assert tally.counts["images delivered"] > SAMPLE / 2
    assert tally.kills.total() > SAMPLE / 10
    assert len(tally.points) > 30
    assert tally.faults.total() > SAMPLE


def test_a_seed_is_the_same_history_in_every_process(stage: Stage) -> None:
    seed = 77
    with simulated():
        live(stage, 1)
        here = live(stage, seed, tell=True)
    command = [sys.executable, "-m", "simulation", "--seed", str(seed)]
    told = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "7"}, check=False
    )
    assert told.stdout.splitlines() == list(here.story), told.stderr
    assert len(here.story) > 10


def test_sums_are_kept_and_taken_up_again(stage: Stage, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    tally = Tally.load(kept)
    with simulated():
        tally.note(live(stage, 3))
    tally.next_seed = 4
    tally.save(kept)
    again = Tally.load(kept)
    assert again == tally
    again.add(tally)
    assert again.histories == 2
    assert again.points == Counter({name: 2 * count for name, count in tally.points.items()})
    kept.write_text(kept.read_text().replace(tally.code, "other code"))
    assert Tally.load(kept).histories == 0
