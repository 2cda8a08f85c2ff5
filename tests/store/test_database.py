"""Transactions: what ends well is kept, what raises is not, reading writes nothing."""

import asyncio

import pytest
import sqlalchemy as sa

from castlist.store import keys
from castlist.store.database import Database


async def names(database: Database) -> set[str]:
    async with database.read() as tx:
        return {name for name in ("a", "b") if await keys.find_account(tx, name)}


async def test_what_raises_leaves_nothing(database: Database) -> None:
    async with database.write() as tx:
        await keys.ensure_account(tx, "a", now_ms=0)

    async def broken() -> None:
        async with database.write() as tx:
            await keys.ensure_account(tx, "b", now_ms=0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()
    assert await names(database) == {"a"}


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
        async with database.read() as tx:
            await keys.ensure_account(tx, "a", now_ms=0)
    assert await names(database) == set()


async def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.write() as tx:
        await keys.ensure_account(tx, "a", now_ms=0)
        assert await names(database) == set()
    assert await names(database) == {"a"}


async def test_writers_take_turns(database: Database) -> None:
    made = await asyncio.gather(*(_ensure(database) for _ in range(20)))
    assert len(set(made)) == 1


async def _ensure(database: Database) -> str:
    async with database.write() as tx:
        return await keys.ensure_account(tx, "a", now_ms=0)


async def test_ping(database: Database) -> None:
    await database.ping()
    away = Database("sqlite:////nowhere/at/all.sqlite")
    with pytest.raises(sa.exc.OperationalError):
        await away.ping()
    await away.close()
