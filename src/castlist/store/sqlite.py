"""SQLite as castlist uses it: one writing connection, a few that read, and one commit for all who wait together.

Statements run on the event loop itself. One takes some ten microseconds, which is less than handing it to a thread and
back; what can take long goes to a thread: waiting for another process's lock, and the commit, which waits for the disk.
While one commit is under way others come and wait. They then share the next one: each runs in a savepoint of its own,
one after the other, and hears of its end when all of them are on disk together. Used by `database` alone.

Runs with WAL, `synchronous=FULL`, `BEGIN IMMEDIATE` and exactly one writing connection, because deferred transactions
and several writers fail or stall under load (measured, see docs/decisions).
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, CursorResult, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

BUSY_TIMEOUT_MS = 30_000
READERS = 4
T = TypeVar("T")


class _Transaction:
    """What `store` uses of SQLAlchemy's asynchronous connection, on a plain one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    @classmethod
    def on(cls, connection: Connection) -> AsyncConnection:
        """Return one under the name by which `store` knows it."""
        return cast(AsyncConnection, cls(connection))

    async def execute(self, statement: Any, parameters: Any = None) -> CursorResult[Any]:
        """See `AsyncConnection.execute`."""
        return self._connection.execute(statement, parameters)

    async def run_sync(self, function: Callable[..., T], *args: Any) -> T:
        """See `AsyncConnection.run_sync`."""
        return function(self._connection, *args)


@dataclass(slots=True, eq=False)
class _Group:
    """Writers that share a commit. `done` tells each whether it went well: None, or what went wrong."""

    done: asyncio.Future[Exception | None]
    lost: bool = False
    """SQLite has rolled all of it back by itself, as it does when the disk is full."""


class Sqlite:
    """One SQLite file. Connects to nothing before the first use; belongs to one event loop at a time."""

    def __init__(self, url: URL) -> None:
        self._writing = _engine(url, reads=False)
        self._reading = _engine(url, reads=True)
        # The writer never has more than one of them; in the other a reader connects meanwhile.
        self._threads = ThreadPoolExecutor(2, "sqlite")
        self._turn = asyncio.Lock()
        self._group: _Group | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._writer: Connection | None = None
        self._seats = asyncio.Semaphore(READERS)
        self._readers: list[Connection] = []

    @property
    def writing(self) -> Engine:
        """The engine of the connection that writes, for whoever listens to its statements."""
        return self._writing

    @property
    def reading(self) -> Engine:
        """The engine of the connections that read."""
        return self._reading

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """Give a transaction that is on disk when the block has ended, and undone when it raises."""
        async with self._turn:
            connection, group = await self._join()
            driver = _driver(connection)
            driver.execute("SAVEPOINT one")
            try:
                yield _Transaction.on(connection)
                driver.execute("RELEASE one")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    driver.execute("ROLLBACK TO one")
                    driver.execute("RELEASE one")
                raise
            finally:
                self._look_after(connection, group)
        problem = await asyncio.shield(group.done)
        if problem is not None:
            raise problem

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """Give a connection that sees one state of the database and cannot write."""
        async with self._seats:
            connection = self._readers.pop() if self._readers else await self._in_thread(self._reading.connect)
            driver = _driver(connection)
            try:
                driver.execute("BEGIN")
                try:
                    yield _Transaction.on(connection)
                finally:
                    driver.execute("ROLLBACK")
            except (DBAPIError, sqlite3.Error):
                connection.close()  # whatever is wrong with it, the next one begins anew
                raise
            finally:
                if not connection.closed:
                    self._readers.append(connection)

    async def close(self) -> None:
        """Close all connections, after the commits that are under way."""
        while self._closing:
            await asyncio.wait(set(self._closing))
        for connection in (*self._readers, *filter(None, [self._writer])):
            connection.close()
        self._readers, self._writer = [], None
        self._threads.shutdown()

    async def _join(self) -> tuple[Connection, _Group]:
        """Return the writing connection and the group that is open, opening one if none is."""
        if self._writer is None:
            self._writer = await self._in_thread(self._writing.connect)
        if self._group is None:
            await self._begin(self._writer)
            self._group = _Group(asyncio.get_running_loop().create_future())
            # Takes its turn behind all who wait by now: they are the group.
            task = asyncio.create_task(self._commit(self._writer, self._group))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return self._writer, self._group

    async def _begin(self, connection: Connection) -> None:
        """Begin at once when no other process writes; else wait for it, in the thread."""
        try:
            _set_patience(connection, 0)
            connection.begin()
        except OperationalError as problem:
            if not _is_locked(problem):
                raise
            _set_patience(connection, BUSY_TIMEOUT_MS)
            try:
                await self._in_thread(connection.begin)
            except asyncio.CancelledError:
                connection.rollback()
                raise

    async def _commit(self, connection: Connection, group: _Group) -> None:
        problem: Exception | None = None
        async with self._turn:
            if self._group is group:
                self._group = None
            try:
                if group.lost:
                    raise OperationalError("COMMIT", None, sqlite3.OperationalError("the transaction was rolled back"))
                await self._in_thread(connection.commit)
            except Exception as error:
                problem = error
                if not group.lost:
                    connection.rollback()
            finally:
                if not group.done.done():
                    group.done.set_result(problem)

    def _look_after(self, connection: Connection, group: _Group) -> None:
        """Close a group that SQLite has rolled back, so that nobody else joins it."""
        if not _driver(connection).in_transaction:
            group.lost = True
            self._group = None
            connection.rollback()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run in a thread and wait for its end, however often this task is canceled meanwhile."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        canceled: asyncio.CancelledError | None = None
        while not future.done():
            try:
                await asyncio.shield(future)
            except asyncio.CancelledError as error:
                canceled = error
            except Exception:
                break
        if canceled is not None and future.exception() is None:
            raise canceled
        return future.result()


def _is_locked(problem: OperationalError) -> bool:
    return getattr(problem.orig, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT)


def _set_patience(connection: Connection, wait_ms: int) -> None:
    _driver(connection).execute(f"PRAGMA busy_timeout={wait_ms}")


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def _engine(url: URL, *, reads: bool) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"), poolclass=NullPool, connect_args={"check_same_thread": False}
    )

    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin on its own
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if reads:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", connect)
    if not reads:  # those who read begin and end by themselves, past the library's bookkeeping
        event.listen(engine, "begin", begin)
    return engine
