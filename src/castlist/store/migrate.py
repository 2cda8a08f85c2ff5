"""Knows how old the tables are, and brings them to the newest schema. Safe to repeat, also by several at once."""

from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import castlist.store.migrations
from castlist.store.database import Database

LOCK = 7_362_108_411
"""Number of the lock under which PostgreSQL lets one process at a time migrate."""


class Age(Enum):
    """How the tables stand to this release."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"


async def age(database: Database) -> Age:
    """Look how old the tables are, changing nothing."""
    async with database.read() as tx:
        return await tx.run_sync(_age)


async def migrate(database: Database) -> None:
    """Apply every migration that is missing, in one transaction."""
    async with database.write() as tx:
        if not database.is_sqlite:
            await tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
        await tx.run_sync(_upgrade)


def _age(connection: Connection) -> Age:
    found = set(MigrationContext.configure(connection).get_current_heads())
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    if not found:
        return Age.OLD if inspect(connection).has_table("jobs") else Age.EMPTY
    if found == set(scripts.get_heads()):
        return Age.CURRENT
    return Age.OLD if found <= known else Age.NEWER


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(castlist.store.migrations.__path__[0])))
    return config
