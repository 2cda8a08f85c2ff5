"""Writes what a run came to into docs/reliability.md, between two marks; what stands around them is written by hand."""

import platform
import sqlite3
import time
from collections import Counter

import sqlalchemy

import castlist
from bench.clock import hardware
from simulation.mutants import MUTANTS
from simulation.tally import ROOT, Tally

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
MUTANTS_BEGIN, MUTANTS_END = "<!-- mutants: begin -->", "<!-- mutants: end -->"


def write(tally: Tally) -> None:
    """Put the figures into the page."""
    head, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    text = f"{head}{BEGIN}\n{figures(tally)}{END}{tail}"
    head, _, rest = text.partition(MUTANTS_BEGIN)
    _, _, tail = rest.partition(MUTANTS_END)
    listed = "".join(f"- {mutant.title}\n" for mutant in MUTANTS)
    PAGE.write_text(f"{head}{MUTANTS_BEGIN}\n{listed}{MUTANTS_END}{tail}")


def figures(tally: Tally) -> str:
    """Return the figures as Markdown."""
    failed = f"{len(tally.failed)} failed" if tally.failed else "none failed"
    versions = (
        f"castlist {castlist.__version__} (code {tally.code}), Python {platform.python_version()}, "
        f"SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}"
    )
    return "\n".join(
        [
            f"**{tally.histories:,} histories, {failed}.** Seeds 0 to {tally.next_seed - 1:,}. "
            f"{time.strftime('%Y-%m-%d')}, {hardware()}; {tally.cpu_seconds:,.0f} s of processor time, "
            f"{1000 * tally.cpu_seconds / max(tally.histories, 1):.1f} ms a history. {versions}.",
            "",
            _table("In them", "Count", tally.counts),
            _table("Faults", "Injected", tally.faults),
            f"Crash points: {len(tally.points)} passed {tally.points.total():,} times, "
            f"{tally.kills.total():,} processes killed at {len(tally.kills)} of them.\n",
            _points(tally),
            _table("Pictures paid for twice because nobody could know", "Times", tally.again),
        ]
    )


def _table(what: str, number: str, counter: Counter[str]) -> str:
    rows = [f"| {name} | {count:,} |" for name, count in sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))]
    return "\n".join([f"| {what} | {number} |", "| --- | ---: |", *rows, ""])


def _points(tally: Tally) -> str:
    rows = [
        f"| {label} | {passed:,} | {tally.kills[label]:,} |"
        for label, passed in sorted(tally.points.items(), key=lambda pair: (-tally.kills[pair[0]], pair[0]))
    ]
    return "\n".join(["| Crash point | Passed | Killed there |", "| --- | ---: | ---: |", *rows, ""])
