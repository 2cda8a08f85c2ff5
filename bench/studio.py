"""Measure the embedded engine on this machine and write docs/performance.md and docs/quality.md: `make bench`.

    python -m bench.studio [--repetitions 3] [--servers 2] [--jobs 3]

Uses the bundled characters alone. Takes about two minutes on two cores.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from bench import quality, report, served, speed, subjects
from bench.clock import Row, hardware

DOCS = Path(__file__).parent.parent / "docs"
COLD_GOAL_S, CACHED_GOAL_S, CANCEL_GOAL_S = 6.0, 4.0, 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3, help="rounds over all poses")
    parser.add_argument("--servers", type=int, default=2, help="fresh servers, each of which has one cold job")
    parser.add_argument("--jobs", type=int, default=3, help="jobs for each of them")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    jobs = served.measure(subjects.PORTRAIT, chosen.servers, chosen.jobs, subjects.SEED)
    rows, least = speed.steps(chosen.repetitions)
    prepare = rows[0].floor_s or (0.0, 0.0)
    rows = [
        *speed.imports(chosen.repetitions),
        *rows,
        Row("job of four, cold", jobs.cold, COLD_GOAL_S, (least[0] + prepare[0], least[1] + prepare[1])),
        Row("job of four, reference cached", jobs.cached, CACHED_GOAL_S, least),
        Row("cancel a running job, until its worker has begun the next", jobs.freed, CANCEL_GOAL_S),
    ]
    found = quality.measure()
    setting = report.Setting(time.strftime("%Y-%m-%d"), hardware(), (before, os.getloadavg()[0]))
    report.write(DOCS, "performance.md", report.performance(setting, rows, jobs))
    report.write(DOCS, "quality.md", report.quality(setting, found, jobs))
    with tempfile.TemporaryDirectory() as folder:
        size_bytes = quality.draw_sheet(found, DOCS / "img" / "quality.jpg", Path(folder))
    print(f"docs/performance.md, docs/quality.md and docs/img/quality.jpg ({size_bytes} bytes) are written")


if __name__ == "__main__":
    main()
