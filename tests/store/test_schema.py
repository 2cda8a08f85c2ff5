"""What the migrations make is what the tables say, and both speak the words of the domain."""

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from castlist.domain.credits import EntryKind
from castlist.domain.jobs import JobStatus
from castlist.store.database import Database
from castlist.store.migrate import migrate
from castlist.store.tables import metadata


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
                column["name"]: (squeezed(column["type"]), column["nullable"], column["primary_key"])
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


def of_file(file: Path) -> dict[str, Any]:
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        found = described(connection)
    engine.dispose()
    return found


def test_the_migrated_schema_is_the_one_in_the_tables(template: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.sqlite"
    engine = sa.create_engine(f"sqlite:///{fresh}")
    metadata.create_all(engine)
    engine.dispose()
    migrated, made = of_file(template), of_file(fresh)
    assert set(migrated) == set(metadata.tables)
    for table in made:
        assert migrated[table] == made[table], table


def test_the_states_and_kinds_are_those_of_the_domain(template: Path) -> None:
    schema = of_file(template)

    def words(table: str, constraint: str) -> set[str]:
        checks = dict(schema[table]["checks"])
        return set(re.findall(r"'(\w+)'", checks[constraint].split("IN", 1)[1].split(")", 1)[0]))

    assert words("jobs", "ck_jobs_status") == {str(status) for status in JobStatus}
    assert words("entries", "ck_entries_kind") == {str(kind) for kind in EntryKind}
    unsettled = words("jobs", "ck_jobs_hold_is_settled")
    assert unsettled == {str(status) for status in JobStatus if not status.terminal}
    assert words("jobs", "ck_jobs_end_has_time") == unsettled


async def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'twice.sqlite'}")
    await migrate(database)
    before = of_file(tmp_path / "twice.sqlite")
    await migrate(database)
    await database.close()
    assert of_file(tmp_path / "twice.sqlite") == before
