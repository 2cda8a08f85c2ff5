"""Opens the database and gives out transactions. The only module that knows a driver.

SQLite runs with WAL, `synchronous=FULL`, `BEGIN IMMEDIATE` and exactly one writing connection, because deferred
transactions and several writers fail or stall under load (measured, see docs/decisions).
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Tx = AsyncConnection
"""A transaction in progress. Functions of `store` take one and never end it."""

BUSY_TIMEOUT_MS = 30_000
READERS = 4
CONNECT_SECONDS = 5
PATIENCE = {"timeout": CONNECT_SECONDS, "command_timeout": 20}
"""Seconds that PostgreSQL may take to let us in, and to answer: whoever waits is told that it is away instead."""


class Database:
    """One database; `write()` and `read()` are the only doors. Close it when done."""

    def __init__(self, url: str) -> None:
        """Prepare, connecting to nothing yet.

        Args:
            url: `sqlite:///absolute/path` or `postgresql://user:password@host/name`.
        """
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.url = url
        if self.is_sqlite:
            self._writer = _sqlite_engine(parsed, readers=0)
            self._reader = _sqlite_engine(parsed, readers=READERS)
        else:
            async_url = parsed.set(drivername="postgresql+asyncpg")
            self._writer = create_async_engine(
                async_url, pool_pre_ping=True, pool_timeout=CONNECT_SECONDS, connect_args=PATIENCE
            )
            self._reader = self._writer.execution_options(postgresql_readonly=True)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Tx]:
        """Give a transaction that commits when the block ends and rolls back when it raises. For edges only."""
        async with self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """Give a connection for reading; what it might write is rolled back."""
        async with self._reader.connect() as connection:
            yield connection

    async def ping(self) -> None:
        """Ask the database for an answer; raises what the driver raises when there is none."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


def _sqlite_engine(url: URL, *, readers: int) -> AsyncEngine:
    """Make the engine for the one writer (readers=0) or for so many readers."""
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), pool_size=readers or 1, max_overflow=0, pool_timeout=60
    )

    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin on its own; `begin` below does
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if readers:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", connect)
    event.listen(engine.sync_engine, "begin", begin)
    return engine
