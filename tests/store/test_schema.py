"""What the migrations make is what the tables say, and both speak the words of the domain."""

import itertools
import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from castlist.domain.credits import EntryKind
from castlist.domain.jobs import JobStatus
from castlist.store.database import Database
from castlist.store.migrate import migrate
from castlist.store.tables import metadata
from castlist.testing.postgres import Postgres

Blank = Callable[[], AbstractContextManager[str]]


@pytest.fixture(params=["sqlite", "postgres"])
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Blank:
    """Gives URLs of databases without a table: on each back end in turn."""
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.a_database
    names = map(str, itertools.count())

    @contextmanager
    def file() -> Generator[str]:
        yield f"sqlite:///{tmp_path / next(names)}"

    return file


def squeezed(text: Any) -> str:
    return re.sub(r"\s+", " ", str(text))


def plain(value: Any) -> Any:
    """Return a value whose text says what it is: the condition of a partial index comes as an object."""
    if isinstance(value, dict):
        return {name: str(each) for name, each in value.items()}
    return value


def described(connection: sa.Connection) -> dict[str, Any]:
    """Return everything the database says about its tables, in an order of its own."""
    inspector = sa.inspect(connection)

    def sorted_by_name(rows: Any) -> list[tuple[str, str]]:
        return sorted((str(row["name"]), squeezed({key: plain(row[key]) for key in sorted(row)})) for row in rows)

    return {
        table: {
            "columns": {
                column["name"]: (squeezed(column["type"]), column["nullable"])
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign": sorted_by_name(inspector.get_foreign_keys(table)),
            "unique": sorted_by_name(inspector.get_unique_constraints(table)),
            "checks": sorted_by_name(inspector.get_check_constraints(table)),
            "indexes": sorted_by_name(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def of_database(url: str) -> dict[str, Any]:
    engine = engine_of(url)
    with engine.connect() as connection:
        found = described(connection)
    engine.dispose()
    return found


async def migrated(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


async def test_the_migrated_schema_is_the_one_in_the_tables(blank: Blank) -> None:
    with blank() as fresh, blank() as grown:
        engine = engine_of(fresh)
        metadata.create_all(engine)
        engine.dispose()
        await migrated(grown)
        by_migrations, made = of_database(grown), of_database(fresh)
    assert made
    assert set(by_migrations) == set(made)
    for table in made:
        assert by_migrations[table] == made[table], table


def test_the_states_and_kinds_are_those_of_the_domain(database_url: str) -> None:
    schema = of_database(database_url)

    def words(table: str, constraint: str) -> set[str]:
        check = re.split(r" IN |ANY", dict(schema[table]["checks"])[constraint], maxsplit=1)[1]
        return set(re.findall(r"'(\w+)'", re.split(r"\)(?!::)", check)[0]))

    assert words("jobs", "ck_jobs_status") == {str(status) for status in JobStatus}
    assert words("entries", "ck_entries_kind") == {str(kind) for kind in EntryKind}
    unsettled = words("jobs", "ck_jobs_hold_is_settled")
    assert unsettled == {str(status) for status in JobStatus if not status.terminal}
    assert words("jobs", "ck_jobs_end_has_time") == unsettled


async def test_migrating_again_changes_nothing(blank: Blank) -> None:
    with blank() as url:
        await migrated(url)
        before = of_database(url)
        await migrated(url)
        assert of_database(url) == before
