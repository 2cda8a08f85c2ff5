"""Short campaigns of `make chaos` in every run of the tests: a few kills, a database that goes away, then an audit."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from bench.chaos import faults
from bench.chaos.installation import Installation
from bench.chaos.kills import Outcome, campaign

Install = Callable[..., Installation]


@pytest.fixture
def install() -> Iterator[Install]:
    """Give installations that run, and end them."""
    with TemporaryDirectory() as folder:
        made: list[Installation] = []

        def make(kind: Callable[..., Installation], **options: object) -> Installation:
            made.append(kind(Path(folder), **options))
            made[-1].start()
            return made[-1]

        yield make
        for each in made:
            each.close()


def sound(outcome: Outcome) -> None:
    assert outcome.jobs > 0
    assert outcome.faults == []
    assert outcome.unclear == []
    assert outcome.failed == 0 or max(outcome.kills.values(), default=0) >= 5


async def test_kills_on_sqlite(install: Install) -> None:
    outcome = await campaign(install(Installation.on_sqlite, seconds=0.3), "test", kills=3, clients=2)
    assert sum(outcome.kills.values()) >= 3
    sound(outcome)


async def test_kills_on_postgres_the_database_included(install: Install) -> None:
    here = install(Installation.on_postgres, seconds=0.3, nodes=1, workers=2)
    outcome = await campaign(here, "test", kills=5, clients=2, seed=3)
    assert outcome.kills["database"] > 0
    sound(outcome)


async def test_postgres_goes_away_for_a_while(install: Install) -> None:
    here = install(Installation.on_postgres, seconds=0.3, nodes=1, workers=1)
    outcome = await faults.during(here, "test", lambda: faults.database_stopped(here, 5), clients=2, calm_seconds=2)
    assert outcome.said["503"] > 0
    sound(outcome)
