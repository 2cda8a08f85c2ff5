"""What looks on in `make chaos` sees what goes wrong: clients that follow jobs, who measures recoveries, the wire."""

import asyncio
import os
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from bench.chaos import audit
from bench.chaos.audit import Books
from bench.chaos.follow import Followers
from bench.chaos.network import Wire
from bench.chaos.recovery import Recoveries

BOOKS = Books(
    jobs=[("job-1", "completed", 2, 1, 2, 2, 0, 1, None)],
    entries=[],
    images=[("job-1", 0, "a.png", "sha"), ("job-1", 1, "b.png", "sha")],
    keys={"key-1": "job-1"},
)


@pytest.mark.parametrize(
    ("claims", "code", "found"),
    [
        (6, "worker_lost", []),
        (1, "canceled", []),
        (5, "worker_lost", ["failed for nothing: job-1 after 5 claims, worker_lost"]),
        (6, "engine_error", ["failed for nothing: job-1 after 6 claims, engine_error"]),
    ],
)
def test_a_job_may_fail_of_many_deaths_and_of_nothing_else(claims: int, code: str, found: list[str]) -> None:
    failed = ("job-1", "failed", 1, 1, 1, 0, 1, claims, code)
    entries = [("user", 1, "hold", 1, 0, 0, "job-1"), ("user", 2, "release", 1, 0, 0, "job-1")]
    books = Books(jobs=[failed], entries=entries, images=[], keys={"key-1": "job-1"})
    assert audit.faults(books, {"key-1": "job-1"}, lambda _: None) == found


@pytest.mark.parametrize(
    ("end", "told", "fault"),
    [
        ("completed", {0: 1, 1: 1}, None),
        ("failed", {0: 1, 1: 1}, "contradicted"),
        ("completed", {0: 1, 1: 2}, "doubled"),
        ("completed", {0: 1}, "contradicted"),
        ("completed", {0: 1, 1: 1, 2: 1}, "contradicted"),
    ],
)
def test_what_clients_were_told_is_compared_with_the_books(end: str, told: dict[int, int], fault: str | None) -> None:
    followers = Followers([], "", ends={"job-1": end}, images={"job-1": Counter(told)})
    found = followers.faults(BOOKS)
    assert [each.partition(":")[0] for each in found] == ([fault] if fault else [])


def test_a_claim_after_a_death_counts_from_when_it_was_possible(tmp_path: Path) -> None:
    file = tmp_path / "castlist.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE jobs (id, status, attempt)")
        db.execute("CREATE TABLE workers (id)")
        db.execute("INSERT INTO jobs VALUES ('job-1', 'processing', 1)")
        db.commit()
        recoveries = Recoveries(f"sqlite:///{file}")
        recoveries.died([("job-1", 1)])
        (died,) = recoveries._died.values()
        recoveries._look(died + 10)  # nobody is there to claim it
        db.execute("INSERT INTO workers VALUES (?)", [f"w{os.getpid()}-abc"])
        db.commit()
        recoveries._look(died)
        assert (recoveries._possible, recoveries.since_death) == (died, [])
        recoveries._possible = died + 0.0001
        db.execute("UPDATE jobs SET attempt = 2")
        db.commit()
        recoveries._look(died + 30)
    assert recoveries.since_death[0] - recoveries.since_possible[0] == pytest.approx(0.0001)
    assert recoveries._died == {}


async def test_a_wire_that_is_cut_says_nothing_and_loses_nothing(tmp_path: Path) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    async with await asyncio.start_unix_server(echo, tmp_path / ".s.PGSQL.5432"):
        wire = Wire(f"postgresql://user@/base?host={tmp_path}")
        port = int(wire.url.rpartition(":")[2].partition("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        wire.cut()
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(3), 0.2)
        wire.mend()
        assert await reader.readexactly(3) == b"two"
        writer.close()
        wire.close()
