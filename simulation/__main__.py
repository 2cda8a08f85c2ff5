"""Run many histories, or one again: `make sim`, `make sim HISTORIES=10000`, `make sim SEED=4711`.

    python -m simulation [--histories 1000000] [--jobs 2] [--page]
    python -m simulation --seed 4711

What was run is kept in out/simulation.json: a run that is stopped goes on where it was, as long as the code is the
same. A history that fails is printed with its seed; the exit code is 1 then.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from simulation import page
from simulation.history import Stage, live
from simulation.seams import simulated
from simulation.tally import ROOT, Tally

CHUNK = 100
KEPT = ROOT / "out" / "simulation.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=1_000_000, help="how many in all, those on file included")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), help="processes")
    parser.add_argument("--seed", type=int, help="tell the history of this seed instead")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where the sums are kept")
    parser.add_argument("--page", action="store_true", help="write the figures into docs/reliability.md at the end")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        sys.exit(_tell(chosen.seed))
    tally = _run(chosen.histories, chosen.jobs, chosen.kept)
    if chosen.page:
        page.write(tally)
    for seed, violations in tally.failed.items():
        print(f"seed {seed}: {violations[0]}   (make sim SEED={seed})")
    print(f"{tally.histories} histories, {len(tally.failed)} failed, {tally.cpu_seconds:.0f} s of processor time")
    sys.exit(bool(tally.failed))


def _tell(seed: int) -> int:
    with simulated():
        report = live(Stage(), seed, tell=True)
    print("\n".join(report.story))
    for violation in report.violations:
        print(f"VIOLATED  {violation}")
    return int(bool(report.violations))


def _run(histories: int, jobs: int, kept: Path) -> Tally:
    tally = Tally.load(kept)
    starts = range(tally.next_seed, tally.next_seed + histories - tally.histories, CHUNK)
    began, before = time.monotonic(), tally.histories
    for done in _chunks(starts, jobs):
        tally.add(done)
        tally.next_seed += CHUNK
        tally.save(kept)
        rate = (tally.histories - before) / (time.monotonic() - began)
        print(
            f"\r{tally.histories} of {histories}, {len(tally.failed)} failed, {rate:.0f} a second ", end="", flush=True
        )
    print()
    return tally


def _chunks(starts: range, jobs: int) -> Iterator[Tally]:
    if jobs == 1:
        yield from map(_chunk, starts)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(_chunk, starts)


_stage: list[Stage] = []


def _chunk(first: int) -> Tally:
    if not _stage:
        _stage.append(Stage())
    tally = Tally()
    began = time.process_time()
    with simulated():
        for seed in range(first, first + CHUNK):
            tally.note(live(_stage[0], seed))
    tally.cpu_seconds = time.process_time() - began
    return tally


if __name__ == "__main__":
    main()
