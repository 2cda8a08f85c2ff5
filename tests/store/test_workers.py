"""Leases: who holds one lives, and nobody's wrong clock changes that where the database has a clock of its own."""

import pytest

from castlist.store import workers
from castlist.store.database import Database
from castlist.store.survey import look

HOUR_MS = 3_600_000
NOW_MS, LEASE_MS = 1_000_000, 5_000


async def renew(database: Database, name: str, now_ms: int = NOW_MS) -> None:
    async with database.write() as tx:
        await workers.renew(tx, name, "default", now_ms=now_ms, lease_ms=LEASE_MS)


async def expired(database: Database, now_ms: int) -> list[str]:
    async with database.read() as tx:
        return await workers.expired(tx, now_ms=now_ms)


@pytest.mark.parametrize("a_database", ["sqlite"], indirect=True)
async def test_a_lease_runs_out_unless_it_is_renewed(database: Database) -> None:
    await renew(database, "w1")
    await renew(database, "w2")
    await renew(database, "w2", NOW_MS + LEASE_MS)
    assert await expired(database, NOW_MS + LEASE_MS - 1) == []
    assert await expired(database, NOW_MS + LEASE_MS) == ["w1"]
    async with database.read() as tx:
        assert await workers.living(tx, now_ms=NOW_MS + LEASE_MS) == ["w2"]
        assert await workers.others(tx, "w2") == ["w1"]


@pytest.mark.parametrize("a_database", ["postgres"], indirect=True)
async def test_a_worker_whose_clock_is_ahead_takes_nobody_for_dead(database: Database) -> None:
    await renew(database, "w1")
    for wrong_ms in (0, NOW_MS, NOW_MS + HOUR_MS, 10**15):
        assert await expired(database, wrong_ms) == []
        async with database.read() as tx:
            assert await workers.living(tx, now_ms=wrong_ms) == ["w1"]


@pytest.mark.parametrize(("back_ms", "believed"), [(LEASE_MS // 2, True), (LEASE_MS, True), (HOUR_MS, False)])
@pytest.mark.parametrize("a_database", ["sqlite"], indirect=True)
async def test_a_lease_from_before_the_clock_was_set_back_holds_nothing_up(
    database: Database, back_ms: int, believed: bool
) -> None:
    await renew(database, "dead")
    await renew(database, "alive")
    await renew(database, "alive", NOW_MS - back_ms)
    assert await expired(database, NOW_MS - back_ms) == ([] if believed else ["dead"])
    async with database.read() as tx:
        assert set(await workers.living(tx, now_ms=NOW_MS - back_ms)) == {"alive", *(["dead"] if believed else [])}
        assert {each.id for each in (await look(tx, now_ms=NOW_MS - back_ms)).workers} >= {"alive"}


@pytest.mark.parametrize("a_database", ["sqlite"], indirect=True)
async def test_a_long_lease_is_believed_by_workers_with_short_ones(database: Database) -> None:
    async with database.write() as tx:
        await workers.renew(tx, "patient", "default", now_ms=NOW_MS, lease_ms=HOUR_MS)
    assert await expired(database, NOW_MS) == []
