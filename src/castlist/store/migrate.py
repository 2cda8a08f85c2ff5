"""Brings the tables to the newest schema. Called at start-up; safe to repeat."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import castlist.store.migrations
from castlist.store.database import Database


async def migrate(database: Database) -> None:
    """Apply every migration that is missing, in one transaction."""
    async with database.write() as tx:
        await tx.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(castlist.store.migrations.__path__[0])))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
