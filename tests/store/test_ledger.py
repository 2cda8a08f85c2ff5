"""The ledger: whatever happens in whatever order, it adds up and never falls below zero."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from castlist.domain.credits import EntryKind, balance_change_millis
from castlist.domain.errors import InsufficientCredits
from castlist.store import conservation, keys, ledger
from castlist.store.database import Database
from castlist.store.tables import entries

Fresh = Callable[[], AbstractAsyncContextManager[Database]]
AMOUNT = st.integers(0, 5000)
STEP = st.one_of(
    st.tuples(st.sampled_from([kind for kind in EntryKind if kind is not EntryKind.ADJUST]), AMOUNT),
    st.tuples(st.just(EntryKind.ADJUST), st.integers(-5000, 5000)),
)


async def account(database: Database, name: str = "a") -> str:
    async with database.write() as tx:
        return await keys.ensure_account(tx, name, now_ms=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["a", "b"]), STEP), max_size=25))
def test_the_balance_is_the_sum_and_never_negative(
    fresh: Fresh, steps: list[tuple[str, tuple[EntryKind, int]]]
) -> None:
    async def walk() -> None:
        async with fresh() as database:
            ids = {name: await account(database, name) for name in ("a", "b")}
            balances = {"a": 0, "b": 0}
            kept: dict[str, list[tuple[EntryKind, int]]] = {"a": [], "b": []}
            for number, (name, (kind, amount)) in enumerate(steps):
                after = balances[name] + balance_change_millis(kind, amount)
                said = await tried(database, ids[name], kind, amount, number)
                if isinstance(said, InsufficientCredits):
                    assert after < 0
                    assert said.extra["credits_remaining"] == balances[name] / 1000
                else:
                    assert said == after >= 0
                    balances[name] = after
                    kept[name].insert(0, (kind, amount))
            async with database.read() as tx:
                for name, account_id in ids.items():
                    assert await ledger.balance_millis(tx, account_id) == balances[name]
                    history = await ledger.history(tx, account_id)
                    assert [(entry.kind, entry.amount_millis) for entry in history] == kept[name]
                    assert [entry.sequence for entry in history] == list(range(len(history), 0, -1))
            assert await balance_faults(database) == []

    asyncio.run(walk())


async def balance_faults(database: Database) -> list[str]:
    """Return what is wrong with balances. Entries here are of jobs that do not exist, which is left out."""
    async with database.read() as tx:
        found = await conservation.verify(tx)
    return [fault for fault in found.faults if "does not exist" not in fault]


async def tried(
    database: Database, account_id: str, kind: EntryKind, amount: int, job: int
) -> int | InsufficientCredits:
    """Append an entry in a transaction of its own and return the balance after it, or the refusal."""
    try:
        async with database.write() as tx:
            return await ledger.append(tx, account_id, kind, amount, now_ms=job, job_id=f"job_{job}")
    except InsufficientCredits as error:
        return error


async def test_many_at_once_lose_nothing(database: Database) -> None:
    account_id = await account(database)
    await tried(database, account_id, EntryKind.GRANT, 10_000, -1)
    said = await asyncio.gather(*(tried(database, account_id, EntryKind.HOLD, 300, job) for job in range(60)))
    assert sorted(balance for balance in said if isinstance(balance, int)) == list(range(100, 10_000, 300))
    async with database.read() as tx:
        assert await ledger.balance_millis(tx, account_id) == 100
    assert await balance_faults(database) == []


async def test_a_job_is_held_captured_and_released_at_most_once(database: Database) -> None:
    account_id = await account(database)
    await tried(database, account_id, EntryKind.GRANT, 10_000, -1)
    steps = ((EntryKind.HOLD, 1000), (EntryKind.CAPTURE, 500), (EntryKind.RELEASE, 500))
    for kind, amount in steps:
        await tried(database, account_id, kind, amount, 1)
    for kind, amount in steps:
        with pytest.raises(sa.exc.IntegrityError):
            await tried(database, account_id, kind, amount, 1)
    async with database.read() as tx:
        assert await ledger.balance_millis(tx, account_id) == 9500


@pytest.mark.parametrize(
    "wrong",
    [
        {"balance_millis": -1},
        {"kind": "gift"},
        {"kind": "hold", "amount_millis": 5, "change_millis": 5},
        {"amount_millis": -5, "change_millis": -5},
    ],
    ids=str,
)
async def test_the_database_itself_refuses_what_no_entry_can_be(database: Database, wrong: dict[str, object]) -> None:
    account_id = await account(database)
    row = {
        "account_id": account_id,
        "sequence": 1,
        "kind": "grant",
        "amount_millis": 0,
        "change_millis": 0,
        "balance_millis": 0,
        "note": "",
        "created_ms": 0,
    }
    with pytest.raises(sa.exc.IntegrityError):
        async with database.write() as tx:
            await tx.execute(entries.insert().values(**{**row, **wrong}))


async def test_a_ledger_that_was_tampered_with_is_found_out(database: Database) -> None:
    account_id = await account(database)
    async with database.write() as tx:
        for amount in (1000, 2000, 3000):
            await ledger.append(tx, account_id, EntryKind.GRANT, amount, now_ms=0)
    async with database.write() as tx:
        await tx.execute(sa.delete(entries).where(entries.c.sequence == 2))
    faults = await balance_faults(database)
    assert len(faults) == 2
    assert "missing" in faults[0]
    assert "4000" in faults[1]
    assert "6000" in faults[1]
