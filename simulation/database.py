"""The database of the simulated world: real SQLite in memory, the real schema and the real SQL, without threads.

It has the doors of `store.database.Database`. Transactions run one after the other, which is what SQLite promises for
writers (BEGIN IMMEDIATE, one connection); a reader sees what was committed when it began, as in WAL. What PostgreSQL
would allow to interleave inside a transaction is not shown here.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from castlist.store.tables import metadata
from simulation.world import Process, World

QUEUE = """CREATE TABLE sim_queue (
    id INTEGER PRIMARY KEY, job_id TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', owner TEXT,
    token INTEGER NOT NULL DEFAULT 0)"""


class Room:
    """One SQLite database in memory, used by one history after the other."""

    def __init__(self, *, without_guards: bool = False) -> None:
        """Make the tables.

        Args:
            without_guards: leave out the constraints that would stop a double entry, to show what they are for.
        """
        engine = sa.create_engine("sqlite://", poolclass=StaticPool)
        sa.event.listen(engine, "connect", _connect)
        metadata.create_all(engine)
        self.connection = engine.connect()
        raw = self.connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        self.raw: sqlite3.Connection = raw
        self.raw.execute(QUEUE)
        if without_guards:
            _drop_guards(self.raw)
        self._wipe = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
        self._wipe.append("DELETE FROM sim_queue")
        self.turn = asyncio.Lock()
        self._waiting: list[asyncio.Future[None]] = []

    async def news(self) -> None:
        """Wait until the queue has changed."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def ring(self) -> None:
        """Tell everybody who waits that the queue has changed."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def clear(self) -> None:
        """Empty every table, for the next history."""
        self.turn, self._waiting = asyncio.Lock(), []
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")
        self.raw.execute("BEGIN")
        for statement in self._wipe:
            self.raw.execute(statement)
        self.raw.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[Any]:
        """Ask in plain SQL, past everything of castlist's: for the audit."""
        return self.raw.execute(query, values).fetchall()


class Tx:
    """A transaction in progress: what the store uses of SQLAlchemy's asynchronous connection, and no more."""

    __slots__ = ("connection", "dialect", "tables", "writes")

    def __init__(self, connection: sa.Connection, *, writes: bool) -> None:
        self.connection, self.dialect, self.writes = connection, connection.dialect, writes
        self.tables: set[str] = set()

    async def execute(self, statement: Any, parameters: Any = None) -> sa.CursorResult[Any]:
        """See `AsyncConnection.execute`."""
        if getattr(statement, "is_dml", False):
            if not self.writes:
                raise AssertionError("a reading connection was used to write")
            self.tables.add(statement.table.name)
        return self.connection.execute(statement, parameters)

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        """See `AsyncConnection.scalar`."""
        return (await self.execute(statement, parameters)).scalar()


class SimDatabase:
    """One process's way to the database."""

    is_sqlite = True
    url = "sqlite:///simulated"

    def __init__(self, world: World, process: Process, room: Room) -> None:
        self._world, self._process, self._room = world, process, room

    def write(self) -> "_Turn":
        """See `Database.write`."""
        return _Turn(self._world, self._process, self._room, writes=True)

    def read(self) -> "_Turn":
        """See `Database.read`."""
        return _Turn(self._world, self._process, self._room, writes=False)

    async def ping(self) -> None:
        """See `Database.ping`."""
        async with self.read():
            pass

    async def close(self) -> None:
        """See `Database.close`."""


class _Turn:
    """One transaction, from waiting for it to its commit."""

    def __init__(self, world: World, process: Process, room: Room, *, writes: bool) -> None:
        self._world, self._process, self._room, self._writes = world, process, room, writes

    async def __aenter__(self) -> Tx:
        world, process = self._world, self._process
        self._by = _caller(sys._getframe(1)) if self._writes else ""
        await world.pause(process)
        if world.is_away("database"):
            raise _lost("the database is away")
        if world.befalls("database is locked", world.weather.database):
            raise _lost("database is locked")
        await self._room.turn.acquire()
        try:
            process.check()
            if self._writes:
                self._room.raw.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._room.turn.release()
            raise
        self._tx = Tx(self._room.connection, writes=self._writes)
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._writes:
                self._end(kind is None)
        finally:
            self._room.turn.release()
        if self._writes and kind is None:
            await self._after()

    def _end(self, good: bool) -> None:
        raw, world = self._room.raw, self._world
        self._label = f"{self._by} [{' '.join(sorted(self._tx.tables)) or 'nothing'}]"
        try:
            self._process.check()
            if good and self._tx.tables:
                world.point(self._process, f"before commit of {self._label}")
                if world.befalls("connection lost before the commit", world.weather.database / 2):
                    raise _lost("connection lost")
        except BaseException:
            raw.execute("ROLLBACK")
            raise
        raw.execute("COMMIT" if good else "ROLLBACK")
        if "queue" in self._tx.tables:
            self._room.ring()

    async def _after(self) -> None:
        world, process = self._world, self._process
        if not self._tx.tables:
            return
        world.say(process.name, f"commits {self._label}")
        world.committed(process, self._tx.tables)
        world.point(process, f"after commit of {self._label}")
        if world.befalls("connection lost after the commit", world.weather.database / 2):
            world.say(process.name, "does not hear of its commit")
            raise _lost("connection lost")
        if world.dice.random() < 0.3:
            await world.pause(process)


def _lost(why: str) -> OperationalError:
    return OperationalError("a statement", {}, sqlite3.OperationalError(why))


def _caller(frame: FrameType | None) -> str:
    """Return where a transaction was opened, such as `perform.perform`: the name of its crash points."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(("castlist.", "simulation.")):
            return f"{module.rpartition('.')[2]}.{frame.f_code.co_qualname}".replace(".<locals>", "")
        frame = frame.f_back
    return "unknown"


def _connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _drop_guards(raw: sqlite3.Connection) -> None:
    """Make the ledger's table anew without its constraints."""
    columns: Sequence[Any] = raw.execute("PRAGMA table_info(entries)").fetchall()
    plain = ", ".join(f"{column[1]} {column[2]}" for column in columns)
    raw.execute("DROP TABLE entries")
    raw.execute(f"CREATE TABLE entries ({plain})")
