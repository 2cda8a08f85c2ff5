"""Transactions: what ends well is kept, what raises is not, reading writes nothing."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from castlist.store import keys
from castlist.store.database import Database
from castlist.store.passing import is_passing
from castlist.testing.postgres import Postgres


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


async def test_whoever_stops_waiting_spoils_nothing(database: Database) -> None:
    for after in range(12):
        task = asyncio.create_task(_ensure(database))
        for _ in range(after):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await names(database) <= {"a"}
    assert await _ensure(database)


async def test_connections_that_were_cut_are_replaced(postgres: Postgres, postgres_template: str) -> None:
    with postgres.a_database(postgres_template) as url:
        database = Database(url)
        account_id = await _ensure(database)
        async with database.write() as tx:
            name = (await tx.execute(sa.text("SELECT current_database()"))).scalar_one()
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
        for _ in range(3):
            assert postgres.execute(cut.format(name))
            assert await _ensure(database) == account_id
        async with database.read() as tx:
            postgres.execute(cut.format(name))
            with pytest.raises(sa.exc.DBAPIError) as told:
                await tx.execute(sa.text("SELECT 1"))
        assert is_passing(told.value)
        await database.close()


async def test_who_is_cut_off_in_a_transaction_does_not_keep_what_it_locked(
    postgres: Postgres, postgres_template: str
) -> None:
    with postgres.a_database(postgres_template) as url:
        silent, other = Database(url), Database(url)
        await _ensure(silent)
        rename = sa.text("UPDATE accounts SET name = 'b'")
        locked, freed = asyncio.Event(), asyncio.Event()

        async def fall_silent() -> None:
            async with silent.write() as tx:
                await tx.execute(rename)
                locked.set()
                await freed.wait()
                await tx.execute(rename)

        cut_off = asyncio.create_task(fall_silent())
        await locked.wait()
        async with other.write() as tx:
            await tx.execute(rename)  # waits until the lock is free, and fails after 20 s
        freed.set()
        with pytest.raises(sa.exc.DBAPIError) as told:
            await cut_off
        assert is_passing(told.value)
        assert await names(other) == {"b"}
        await silent.close()
        await other.close()


async def test_a_server_whose_socket_is_gone_is_away(tmp_path: Path) -> None:
    database = Database(f"postgresql://castlist@/castlist?host={tmp_path}")
    with pytest.raises(ConnectionRefusedError) as told:
        await database.ping()
    assert is_passing(told.value)
    await database.close()
