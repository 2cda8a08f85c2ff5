"""What is known of engines is shared: limits hold over all who change it at once, on either database."""

import asyncio
from collections.abc import Callable

from castlist.domain import lanes as rules
from castlist.domain.lanes import Lane, Limits, Wait
from castlist.store import lanes
from castlist.store.database import Database

NOW_MS = 1_795_000_000_000
LIMITS = Limits(concurrency=3, per_minute=60)


async def change(database: Database, step: Callable[[Lane, int], Lane | Wait]) -> Wait | None:
    async with database.write() as tx:
        return await lanes.change(tx, "far", step, now_ms=NOW_MS)


async def test_many_at_once_get_no_more_places_than_there_are(database: Database) -> None:
    def enter(number: int) -> Callable[[Lane, int], Lane | Wait]:
        return lambda lane, now_ms: rules.enter(lane, LIMITS, f"i{number}", now_ms)

    waits = await asyncio.gather(*(change(database, enter(number)) for number in range(12)))
    assert waits.count(None) == 3


async def test_many_at_once_share_one_rate(database: Database) -> None:
    waits = await asyncio.gather(
        *(change(database, lambda lane, now_ms: rules.turn(lane, LIMITS, now_ms)) for _ in range(8))
    )
    assert waits.count(None) == 1, "one a second, and eight asked within it"


async def test_what_cannot_be_done_changes_nothing(database: Database) -> None:
    await change(database, lambda lane, now_ms: rules.hold(lane, 60_000, now_ms))
    async with database.read() as tx:
        before = await lanes.known(tx)
    assert isinstance(await change(database, lambda lane, now_ms: rules.turn(lane, LIMITS, now_ms)), Wait)
    async with database.read() as tx:
        assert await lanes.known(tx) == before
    assert set(before) == {"far"}
