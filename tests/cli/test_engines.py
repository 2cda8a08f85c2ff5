"""`castlist engines` and the doctor say the same of routes, breakers and limits."""

import asyncio
import json
import time

import pytest

from castlist.domain import lanes as rules
from castlist.domain.lanes import Lane
from castlist.store import lanes
from castlist.store.database import Database
from castlist.store.migrate import migrate

ROUTE = '{"flux-kontext": ["fal", "bfl"], "nano-banana-2": ["studio", "nobody"]}'


@pytest.fixture
def two_keys(monkeypatch):
    monkeypatch.setenv("FAL_KEY", "a")
    monkeypatch.setenv("BFL_API_KEY", "b")


def teach(folder, engine, lane):
    async def whole():
        folder.mkdir(exist_ok=True)
        database = Database(f"sqlite:///{folder / 'castlist.sqlite'}")
        await migrate(database)
        async with database.write() as tx:
            await lanes.change(tx, engine, lambda *_: lane, now_ms=0)
        await database.close()

    asyncio.run(whole())


def shown(castlist):
    found = castlist("engines", "--json").json()
    return found, {row["id"]: row for row in found["engines"]}


def test_a_route_is_nearest_first(castlist, two_keys):
    found, rows = shown(castlist)
    assert [one["engine"] for one in found["order"]["flux-kontext"]["engines"] if one["asked"]] == ["bfl", "fal"]
    assert found["routes"]["flux-kontext"] == "bfl"
    assert found["routes"]["nano-banana-pro"] == "fal"
    assert (rows["bfl"]["breaker"], rows["bfl"]["concurrency"], rows["bfl"]["underWay"]) == ("closed", 4, 0)
    assert rows["gemini"]["state"] == "needs GEMINI_API_KEY"


def test_an_operators_route_is_kept_and_its_faults_are_named(castlist, two_keys, monkeypatch):
    monkeypatch.setenv("CASTLIST_ROUTES", ROUTE)
    found, _ = shown(castlist)
    assert [one["engine"] for one in found["order"]["flux-kontext"]["engines"]] == ["fal", "bfl"]
    assert found["routes"]["flux-kontext"] == "fal"
    assert found["routes"]["nano-banana-2"] is None
    faults = [
        "The route of nano-banana-2 names studio, which does not serve it.",
        "The route of nano-banana-2 names nobody, which is not there.",
    ]
    assert found["misrouted"] == faults
    said = castlist("doctor", "--json")
    assert said.code == 1
    assert [one["detail"] for one in json.loads(said.out)["findings"] if one["what"] == "routes"] == faults


def test_a_declined_key_is_told_to_the_operator_and_goes_around(castlist, two_keys, tmp_path):
    now_ms = time.time_ns() // 1_000_000
    teach(tmp_path / "data", "bfl", rules.fail(Lane(), "i", "key", "status 403: no such key", now_ms))
    found, rows = shown(castlist)
    assert found["routes"]["flux-kontext"] == "fal"
    assert (rows["bfl"]["breaker"], rows["bfl"]["fault"], rows["bfl"]["said"]) == (
        "open",
        "key",
        "status 403: no such key",
    )
    assert "its key is declined (status 403: no such key)" in castlist("engines").out
    said = castlist("doctor", "--json")
    assert said.code == 1
    [finding] = [one for one in json.loads(said.out)["findings"] if one["what"] == "engine bfl"]
    assert (finding["state"], "its key is declined" in finding["detail"]) == ("wrong", True)


def test_an_outage_is_worth_knowing_and_nobodys_fault(castlist, two_keys, tmp_path):
    lane, now_ms = Lane(), time.time_ns() // 1_000_000
    for _ in range(rules.FAILURES):
        lane = rules.fail(lane, "i", "passing", "status 503", now_ms)
    teach(tmp_path / "data", "bfl", lane)
    _, rows = shown(castlist)
    assert (rows["bfl"]["breaker"], rows["bfl"]["failures"]) == ("open", rules.FAILURES)
    assert castlist("doctor", "--json").code == 0
