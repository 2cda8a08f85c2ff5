"""Writes what was measured as a part of docs/performance.md. Called by `__main__`; measures nothing."""

from collections.abc import Iterable, Mapping
from statistics import median, quantiles
from typing import Any

from bench.blocks import table

Kept = Mapping[str, Any]
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
GOAL_MS = 15.0


def text(kept: Kept) -> str:
    """Return the whole part, from what is kept by name; what was not measured is left out and said."""
    parts = [_growth(kept, kind) for kind in NAMES]
    return "\n\n".join([INTRODUCTION, *parts, _overhead(kept), _formats(kept), _nodes(kept)])


INTRODUCTION = """\
## Growing tables, overhead, formats, more processes

Written by `make scale`. How busy the machine was says the load average; where cost is compared, processor
milliseconds are given, which other programs hardly touch.

The jobs table grows by the same traffic for a longer time, a job every 15.5 s: a thousand are four hours, a million
half a year. One account in 200 has a fourth of the jobs and asks. Two images, two ledger entries a job, one in ten
failed; pictures, idempotency keys, webhooks and the queue's rows are there as long as an installation keeps them.
Processor milliseconds, medians, of this process and the database's; the last column is the cost at the most rows over
that at the fewest. Sockets are left out. The floor is `SELECT 1` through the same door."""


def _growth(kept: Kept, kind: str) -> str:
    title = f"### Cost as the jobs table grows, {NAMES[kind]}"
    found = {int(name.rpartition("-")[2]): one for name, one in kept.items() if name.startswith(f"growth-{kind}-")}
    if not found:
        return _missing(title)
    sizes = sorted(found)

    def row(name: str) -> list[str]:
        costs = [found[size]["found"][name]["cpu_ms"] for size in sizes]
        return [name, *(f"{cost:.1f}" for cost in costs), f"{costs[-1] / max(0.01, costs[0]):.1f}"]

    header = ["Jobs in the table", *(f"{size:,}" for size in sizes), "Most / fewest"]
    return _part(title, _setting(found.values()), table(header, map(row, found[sizes[0]]["found"])))


def _overhead(kept: Kept) -> str:
    title = "### What is added to every image"
    found = {kind: kept[f"overhead-{kind}"] for kind in NAMES if f"overhead-{kind}" in kept}
    if not found:
        return _missing(title)

    def row(kind: str) -> list[str]:
        one = found[kind]["found"]
        added, away = one["added_ms"], median(one["away_ms"])
        cuts = quantiles(added, n=100, method="inclusive") if len(added) > 1 else added * 99
        shown = [f"{cuts[49]:.1f}", f"{cuts[89]:.1f}", f"{cuts[98]:.1f}", f"{median(one['store_ms']):.1f}"]
        return [NAMES[kind], f"{len(added)}", *shown, f"{away:.0f}", f"{cuts[49] / away:.2f}"]

    prose = f"""\
{_setting(found.values())}
A real worker with its queue runs jobs of eight images of 1024 × 1024, which the embedded engine made before; a stub
yields them. By the clock from the engine's yield to the image's committed record, less what is measured of an image
(safety gate, score, comparing with the job's other pictures) and encoding with watermark and tags: what is left is
handing over, the file and its record. The goal is a p99 of {GOAL_MS:g} ms."""
    header = ["Database", "Images", "p50 ms", "p90 ms", "p99 ms", "Of it file and record, p50 ms"]
    header += ["Score and encode, the floor, p50 ms", "Added / floor"]
    return _part(title, prose, table(header, map(row, found)))


def _formats(kept: Kept) -> str:
    title = "### Formats"
    if "formats" not in kept:
        return _missing(title)
    found = kept["formats"]["found"]
    least_s, least_bytes = min(one["cpu_s"] for one in found), min(one["size_bytes"] for one in found)

    def row(one: Kept) -> list[str]:
        cost = [f"{1000 * one['cpu_s']:.1f}", f"{one['cpu_s'] / least_s:.1f}"]
        return [one["name"], *cost, f"{one['size_bytes'] / 1000:.0f}", f"{one['size_bytes'] / least_bytes:.1f}"]

    prose = f"""\
{_setting([kept["formats"]])}
Pictures of 1024 × 1024 by the embedded engine, a portrait, a drawing and a pet, plain and in a place; medians, without
marks, at the quality that is delivered. The cheapest and the smallest are the floors."""
    header = ["Format", "Processor ms", "Over the cheapest", "kB", "Over the smallest"]
    return _part(title, prose, table(header, map(row, found)))


def _nodes(kept: Kept) -> str:
    title = "### More processes, on PostgreSQL"
    workers = [kept[name]["found"] for name in sorted(kept) if name.startswith("workers-")]
    nodes = [kept[name]["found"] for name in sorted(kept) if name.startswith("nodes-")]
    if not workers or not nodes:
        return _missing(title)

    def worker(one: Kept) -> list[str]:
        rate = one["completed_a_second"]
        over = rate / workers[0]["completed_a_second"]
        return [f"{one['workers']}", f"{rate:.2f}", f"{over:.2f}", f"{one['cpu_ms_a_job']:.0f}"]

    def node(one: Kept) -> list[str]:
        rate = one["accepted_a_second"]
        over = rate / nodes[0]["accepted_a_second"]
        return [f"{one['nodes']}", f"{rate:.0f}", f"{over:.2f}", f"{one['cpu_ms_a_job']:.1f}"]

    prose = f"""\
{_setting(one for name, one in kept.items() if name.startswith(("workers-", "nodes-")))}
Real processes and a PostgreSQL that waits for its disk, all on the same two cores, the client too: **with two cores
this cannot show how nodes scale that have cores of their own.** Workers' engine sleeps for a second and computes
nothing, one image a job: ideal is as many jobs a second as there are workers. Nodes accept small posts on 16
connections."""
    by_worker = table(
        ["Workers", "Completed a second", "Over one", "Processor ms a job, workers and node"], map(worker, workers), 0
    )
    by_node = table(["API nodes", "Accepted a second", "Over one", "Processor ms a job, nodes"], map(node, nodes), 0)
    return _part(title, prose, by_worker, by_node)


def _part(title: str, *blocks: str) -> str:
    return "\n\n".join([title, *blocks])


def _missing(title: str) -> str:
    return _part(title, "Not measured.")


def _setting(parts: Iterable[Mapping[str, Any]]) -> str:
    every = list(parts)
    dates = sorted({one["date"] for one in every})
    loads = [one["load"] for one in every]
    load = f"{min(loads):.1f}" if min(loads) == max(loads) else f"{min(loads):.1f} to {max(loads):.1f}"
    return f"{' and '.join(dates)}, {every[0]['hardware']}, load average {load}."
