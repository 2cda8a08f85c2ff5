"""`make chaos`: run the campaigns, write docs/reliability-chaos.md. Which ones, and how long: `--help`."""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.chaos import faults
from bench.chaos.installation import Installation
from bench.chaos.kills import Outcome, campaign, recoveries
from bench.chaos.network import Wire
from bench.chaos.processes import ROOT
from bench.chaos.report import page

RESULTS = ROOT / "out" / "chaos"
AWAY_SECONDS = 20
Run = Callable[[Path, int, float], Outcome]


@contextmanager
def _started(here: Installation) -> Generator[Installation]:
    with closing(here):
        here.start()
        yield here


def kills_sqlite(folder: Path, kills: int, minutes: float) -> Outcome:
    """kill -9 of the server and its worker on SQLite."""
    with _started(Installation.on_sqlite(folder, seconds=0.5)) as here:
        return asyncio.run(campaign(here, "kill -9, SQLite", kills=kills, minutes=minutes, pause_seconds=12))


def kills_postgres(folder: Path, kills: int, minutes: float) -> Outcome:
    """kill -9 of API nodes, workers and the database."""
    with _started(Installation.on_postgres(folder, seconds=0.5)) as here:
        return asyncio.run(campaign(here, "kill -9, PostgreSQL", kills=kills, minutes=minutes))


def recovery(folder: Path, kills: int, minutes: float) -> Outcome:
    """How soon another worker has a dead one's job, on PostgreSQL."""
    with _started(Installation.on_postgres(folder, seconds=3.0, nodes=1, workers=3)) as here:
        return asyncio.run(recoveries(here, "recovery, PostgreSQL", times=min(kills, 20)))


def recovery_sqlite(folder: Path, kills: int, minutes: float) -> Outcome:
    """How soon the worker that replaces a dead one has its job, on SQLite."""
    with _started(Installation.on_sqlite(folder, seconds=3.0)) as here:
        return asyncio.run(recoveries(here, "recovery, SQLite", times=min(kills, 10)))


def stopped(folder: Path, kills: int, minutes: float) -> Outcome:
    """PostgreSQL shut down for 20 s."""
    with _started(Installation.on_postgres(folder, nodes=1, workers=2)) as here:
        name = f"PostgreSQL stopped for {AWAY_SECONDS} s"
        return asyncio.run(faults.during(here, name, lambda: faults.database_stopped(here, AWAY_SECONDS)))


def frozen(folder: Path, kills: int, minutes: float) -> Outcome:
    """PostgreSQL silent for 20 s."""
    with _started(Installation.on_postgres(folder, nodes=1, workers=2)) as here:
        name = f"PostgreSQL frozen for {AWAY_SECONDS} s"
        return asyncio.run(faults.during(here, name, lambda: faults.database_frozen(here, AWAY_SECONDS)))


def store_503(folder: Path, kills: int, minutes: float) -> Outcome:
    """The S3 store says 503 for 20 s, on SQLite."""
    from castlist.testing.buckets import a_store

    with a_store(folder / "store") as (bucket, door):
        settings = {
            "CASTLIST_FILES_URL": f"s3://{bucket.name}",
            "CASTLIST_S3_ENDPOINT": bucket.endpoint or "",
            "CASTLIST_S3_ACCESS_KEY": bucket.access_key or "",
            "CASTLIST_S3_SECRET_KEY": bucket.secret_key or "",
        }
        with _started(Installation.on_sqlite(folder, **settings)) as here:
            here.bucket = bucket

            async def away() -> None:
                door.unavailable = True
                await asyncio.sleep(AWAY_SECONDS)
                door.unavailable = False

            return asyncio.run(faults.during(here, f"S3 says 503 for {AWAY_SECONDS} s", away))


def disk_full(folder: Path, kills: int, minutes: float) -> Outcome:
    """The disk full for 20 s, on SQLite: a small file system in memory."""
    with closing(faults.SmallDisk(folder / "disk")) as disk, _started(Installation.on_sqlite(disk.folder)) as here:
        name = f"disk full for {AWAY_SECONDS} s, SQLite"
        return asyncio.run(faults.during(here, name, lambda: faults.disk_full(disk.folder, AWAY_SECONDS)))


def clock_steps(folder: Path, kills: int, minutes: float) -> Outcome:
    """The clocks of all processes jump an hour ahead and back, on PostgreSQL, whose own does not."""
    if faults.Clock.library() is None:
        raise OSError("libfaketime is not installed")
    clock = faults.Clock(folder)
    # The engine does not sleep: under libfaketime, Python's own sleep fails.
    with _started(Installation.on_postgres(folder, seconds=0, nodes=1, workers=2, **clock.settings())) as here:
        return asyncio.run(faults.during(here, "clocks jump ±1 h", lambda: faults.clock_steps(clock, 8)))


def database_clock(folder: Path, kills: int, minutes: float) -> Outcome:
    """The database's own clock jumps, by which leases are measured."""
    if faults.Clock.library() is None:
        raise OSError("libfaketime is not installed")
    clock = faults.Clock(folder)
    prepared = Installation.on_postgres(folder, nodes=1, workers=2, server_settings=clock.settings())
    with _started(prepared) as here:
        name = "the database's clock jumps ±1 h"
        return asyncio.run(faults.during(here, name, lambda: faults.database_clock_steps(here, clock, 8)))


def postgres_disk_full(folder: Path, kills: int, minutes: float) -> Outcome:
    """The disk full under PostgreSQL for 20 s: a small file system in memory."""
    disk = faults.SmallDisk(folder / "postgres", megabytes=200)
    with closing(disk), _started(Installation.on_postgres(folder, nodes=1, workers=2)) as here:
        name = f"disk full for {AWAY_SECONDS} s, PostgreSQL"
        return asyncio.run(faults.during(here, name, lambda: faults.postgres_disk_full(here, AWAY_SECONDS)))


def partition(folder: Path, kills: int, minutes: float) -> Outcome:
    """One of two API nodes and one of three workers are cut off from PostgreSQL for 20 s."""
    here = Installation.on_postgres(folder, seconds=0.5)
    with closing(Wire(here.url)) as wire:
        worker = here.workers["worker-0"]
        for process in (worker, next(iter(here.nodes.values()))):
            here.lead(process, wire)
        with _started(here):
            name = f"network cut in two for {AWAY_SECONDS} s"
            return asyncio.run(faults.during(here, name, lambda: faults.cut_in_two(here, wire, worker, AWAY_SECONDS)))


RUNS: dict[str, Run] = {
    each.__name__: each
    for each in (
        kills_sqlite,
        kills_postgres,
        recovery_sqlite,
        recovery,
        stopped,
        frozen,
        store_503,
        disk_full,
        clock_steps,
        database_clock,
        postgres_disk_full,
        partition,
    )
}


def main() -> None:
    """Run what is asked for, keep its result, write the page from all results there are."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("runs", nargs="*", default=list(RUNS), help=", ".join(RUNS))
    parser.add_argument("--kills", type=int, default=150, help="a campaign")
    parser.add_argument("--minutes", type=float, default=30, help="at most, a campaign of kills")
    said = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    wrong = False
    for name in said.runs:
        print(f"{name}: {RUNS[name].__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix="castlist-chaos-", ignore_cleanup_errors=True) as folder:
            try:
                outcome = RUNS[name](Path(folder), said.kills, said.minutes)
            except Exception as problem:
                print(f"  broke off: {problem!r}", file=sys.stderr)
                wrong = True
                continue
        machine = f"{os.cpu_count()} cores, {platform.system()}, load {os.getloadavg()[0]:.0f}"
        kept = {**vars(outcome), "at": datetime.now(UTC).isoformat(timespec="minutes"), "machine": machine}
        (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1))
        print(
            f"  {outcome.jobs} jobs, {len(outcome.faults)} faults, {len(outcome.unclear)} unclear answers", flush=True
        )
        wrong = wrong or bool(outcome.faults or outcome.unclear)
        results = [
            json.loads(path.read_text()) for path in (RESULTS / f"{each}.json" for each in RUNS) if path.exists()
        ]
        (ROOT / "docs" / "reliability-chaos.md").write_text(page(results))
    sys.exit(wrong)


if __name__ == "__main__":
    main()
