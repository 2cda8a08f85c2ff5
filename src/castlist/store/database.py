"""Opens the database and gives out transactions. With `sqlite`, the only module that knows a driver."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy import event, text
from sqlalchemy.engine import URL, Engine, ExceptionContext, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from castlist.store.sqlite import Sqlite

CONNECT_SECONDS = 5
IDLE_SECONDS = 5
"""After so long PostgreSQL ends a transaction that nobody goes on with. Whoever began it is cut off or stalled, and
what it locked would keep others from its jobs as long as the network stays silent. None of ours waits on purpose."""
PATIENCE = {
    "timeout": CONNECT_SECONDS,
    "command_timeout": 20,
    "server_settings": {"idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s"},
}
"""Seconds that PostgreSQL may take to let us in, and to answer: whoever waits is told that it is away instead."""
Tx = AsyncConnection
"""A transaction in progress. Functions of `store` take one and never end it."""


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
        self._behind = Sqlite(parsed) if self.is_sqlite else _Postgres(parsed)

    def write(self) -> AbstractAsyncContextManager[Tx]:
        """Give a transaction that commits when the block ends and rolls back when it raises. For edges only."""
        return self._behind.write()

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """Give a connection for reading; it cannot write."""
        return self._behind.read()

    @property
    def reading(self) -> Engine:
        """The engine that reads, for whoever listens to its statements."""
        return self._behind.reading

    async def ping(self) -> None:
        """Ask the database for an answer; raises what the driver raises when there is none."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._behind.close()


def _give_up_broken(context: ExceptionContext) -> None:
    """Have a connection closed whose driver lost count when the server died under it: the pool would keep it."""
    if "another operation" in str(context.original_exception):
        context.is_disconnect = True


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    try:
        connection = await engine.connect()
    except FileNotFoundError as gone:  # its socket: the server is away, as if it refused
        raise ConnectionRefusedError("the socket of PostgreSQL is not there") from gone
    try:
        yield connection
    finally:
        await asyncio.shield(asyncio.create_task(connection.close()))  # also when whoever asked stops waiting


class _Postgres:
    def __init__(self, url: URL) -> None:
        url = url.set(drivername="postgresql+asyncpg")
        self._writer = create_async_engine(url, pool_pre_ping=True, pool_timeout=CONNECT_SECONDS, connect_args=PATIENCE)
        self._reader = self._writer.execution_options(postgresql_readonly=True)
        event.listen(self._writer.sync_engine, "handle_error", _give_up_broken)

    @property
    def reading(self) -> Engine:
        return self._reader.sync_engine

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        async with _connected(self._writer) as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        async with _connected(self._reader) as connection:
            yield connection

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()
