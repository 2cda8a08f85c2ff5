"""Measure what castlist costs as its tables grow, for every image, by format and with more processes: `make scale`.

    python -m bench.scale [--parts growth overhead formats nodes] [--rows 1000 10000 100000 1000000] [--page]

What was measured is kept under out/scale, so that a part can be measured again without the others. A million rows take
about ten minutes and 4 GB on two cores, everything else five minutes.
"""

import argparse
import asyncio
import json
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import blocks
from bench.clock import hardware
from bench.scale import formats, growth, nodes, overhead, page
from castlist.testing.postgres import a_postgres

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "out" / "scale"
ROWS = (1_000, 10_000, 100_000, 1_000_000)
WORKERS, NODES = (1, 2, 3, 4), (1, 2)
PARTS = ("growth", "overhead", "formats", "nodes")


def main() -> None:
    """Measure the parts that are asked for and, with --page, write all that is kept into docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--rows", nargs="*", type=int, default=ROWS, help="sizes of the jobs table")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--jobs", type=int, default=20, help="jobs of eight images, for the overhead")
    parser.add_argument("--page", action="store_true", help="write docs/performance.md")
    chosen = parser.parse_args()
    _be_quiet()
    KEPT.mkdir(parents=True, exist_ok=True)
    for part in chosen.parts:
        for name, found in globals()[f"_{part}"](chosen):
            _keep(name, found)
    text = page.text({file.stem: json.loads(file.read_text()) for file in sorted(KEPT.glob("*.json"))})
    print(text)
    if chosen.page:
        blocks.put(ROOT / "docs" / "performance.md", "scale", text)


Found = Iterator[tuple[str, Any]]


def _growth(chosen: argparse.Namespace) -> Found:
    with _folder() as folder, a_postgres(folder) as postgres:
        for rows in chosen.rows:
            for kind in ("sqlite", "postgresql"):
                with _folder() as own, postgres.a_database() as url:
                    where = (postgres, url) if kind == "postgresql" else None
                    costs = asyncio.run(growth.at(own, rows, chosen.repetitions, where))
                yield f"growth-{kind}-{rows}", {name: asdict(cost) for name, cost in costs.items()}


def _overhead(chosen: argparse.Namespace) -> Found:
    made = formats.pictures()
    with _folder() as folder, a_postgres(folder) as postgres:
        for kind in ("sqlite", "postgresql"):
            with _folder() as own, postgres.a_database() as url:
                where = url if kind == "postgresql" else None
                added = overhead.measure(own, made, jobs=chosen.jobs, images=8, pause_seconds=0.4, url=where)
                yield f"overhead-{kind}", asdict(asyncio.run(added))


def _formats(chosen: argparse.Namespace) -> Found:
    found = formats.measure(formats.pictures(), chosen.repetitions)
    yield "formats", [{"name": one.name, "cpu_s": one.runs.cpu, "size_bytes": one.size_bytes} for one in found]


def _nodes(_: argparse.Namespace) -> Found:
    for count in WORKERS:
        with _folder() as folder:
            yield f"workers-{count}", asdict(nodes.finishing(folder, count, jobs=10 * count, seconds=1.0))
    for count in NODES:
        with _folder() as folder:
            yield f"nodes-{count}", asdict(nodes.accepting(folder, count, seconds=6.0))


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="castlist-scale-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _keep(name: str, found: Any) -> None:
    setting = {"date": time.strftime("%Y-%m-%d"), "hardware": hardware(), "load": round(os.getloadavg()[0], 1)}
    (KEPT / f"{name}.json").write_text(json.dumps({**setting, "found": found}, indent=1))
    print(f"{name}: measured", flush=True)


def _be_quiet() -> None:
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


if __name__ == "__main__":
    main()
