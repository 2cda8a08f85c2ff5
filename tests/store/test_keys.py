"""Keys are kept as a digest: the key itself is nowhere."""

import pytest
import sqlalchemy as sa

from castlist.domain.ids import new_key
from castlist.store import keys
from castlist.store.database import Database
from castlist.store.keys import ApiKey
from castlist.store.tables import metadata

PEPPER = b"pepper"


async def a_key(database: Database, **changes: object) -> tuple[str, ApiKey]:
    async with database.write() as tx:
        account_id = await keys.ensure_account(tx, "a", now_ms=0)
        return await keys.create(tx, account_id, "ci", pepper=PEPPER, now_ms=1, **changes)  # type: ignore[arg-type]


async def test_the_database_holds_no_key(database: Database) -> None:
    key, record = await a_key(database)
    async with database.read() as tx:
        stored = "".join([str((await tx.execute(sa.select(table))).all()) for table in metadata.sorted_tables])
    assert record.id in stored
    assert key not in stored
    assert key[:-6] not in stored


async def test_a_key_is_found_by_itself_alone(database: Database) -> None:
    key, record = await a_key(database, scopes=("read",), expires_ms=50)
    async with database.read() as tx:
        assert await keys.find(tx, key, pepper=PEPPER) == record
        assert await keys.find(tx, key, pepper=b"another") is None
        assert await keys.find(tx, new_key(), pepper=PEPPER) is None
    assert (record.scopes, record.hint) == (("read",), key[-4:])


@pytest.mark.parametrize(
    ("expires_ms", "revoked_ms", "valid"), [(None, None, True), (11, None, True), (10, None, False), (None, 5, False)]
)
def test_a_key_is_valid_until_it_ends(expires_ms: int | None, revoked_ms: int | None, valid: bool) -> None:
    key = ApiKey("key_1", "acc_1", "ci", "abcd", ("run",), 0, expires_ms, revoked_ms)
    assert key.is_valid(10) is valid


async def test_a_key_is_revoked_once(database: Database) -> None:
    _, record = await a_key(database)
    async with database.write() as tx:
        assert await keys.revoke(tx, record.id, now_ms=5)
        assert not await keys.revoke(tx, record.id, now_ms=6)
        assert not await keys.revoke(tx, "key_none", now_ms=6)
        (listed,) = await keys.list_all(tx, record.account_id)
    assert listed.revoked_ms == 5
