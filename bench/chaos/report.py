"""Writes docs/reliability-chaos.md from the results of the campaigns: what was done, what was found, by which audit."""

import statistics
from typing import Any

HEAD = """# Chaos: real processes, real faults

Written by `make chaos` (`bench/chaos/`). Clients submit jobs with an `Idempotency-Key` and repeat what was refused,
while processes die by `kill -9` and what they lean on goes away. Then everything is left alone until no job is open,
and an audit with SQL of its own reads the tables and every picture. It would name

- a job that a client was told of and that is not there, or a key that stands for another job or for two
- a job that has not ended, or that failed with five dead workers or fewer
- a second hold, capture or release of a job; a capture that is not the price of what was delivered; a release that is
  not the rest; an account whose entries do not add up, have a gap, or ever fall below zero
- a picture that is gone or whose bytes are not those of its hash

The engine is that of the scenarios: it takes half a second an image, or a fifth. Marks and the safety classifier rest,
because they are not what is judged. A lease is 5 s.

"""

PROMISED_SECONDS = 7
"""The lease and two seconds."""
COLUMNS = "| Campaign | Struck | Jobs | completed / failed | Again | Answers | Slowest | Settled in | Faults |"


def page(results: list[dict[str, Any]]) -> str:
    """Return the page."""
    lines = [COLUMNS, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |", *(_row(each) for each in results)]
    notes = ["", *(_recovery(each) for each in results if each["recoveries"])]
    notes += [_followed(each) for each in results if each.get("followed")]
    notes += [f"- {each['name']}: {each['at']}, {each['machine']}" for each in results]
    unclear = [f"- {each['name']}: {text}" for each in results for text in each["unclear"][:5]]
    found = [f"- {each['name']}: {text}" for each in results for text in each["faults"][:20]]
    parts = ["\n".join(lines), "\n## When and where\n", "\n".join(notes)]
    if unclear:
        parts += ["\n## Answers that were neither a job nor a clear 503\n", "\n".join(unclear)]
    if found:
        parts += ["\n## Faults\n", "\n".join(found)]
    return HEAD + "\n".join(parts).replace("\n\n\n", "\n\n") + "\n" + TAIL


TAIL = """
## How to read it

*Answers* counts what clients saw: 202 is a job, 503 the envelope with `Retry-After`, the rest are connections that died
with the process at their other end; *Slowest* is the longest that one of them took. *Again* counts jobs that another
worker took up, *Settled in* how long after the last of the load the last job ended. A job fails here only when its
workers were killed five times under it; it is refunded then. Up to eight clients at a time follow a job, by polling or
by the event stream, which they open again on any node after the last event that arrived; the audit compares what they
were told with the books, each image once and the same end.

The time until a dead worker's job is claimed again is told twice. A campaign strikes again before the last strike is
mended: it kills every worker at once, those that replace them, and the database meanwhile. So the first figure runs
from the later of two moments: the worker's death, and when the database answered and some worker lived from then on
without a break. The second runs from the death, whatever else was dead; it is mostly the time that new processes take
to start on a busy machine.

The clock is stepped with libfaketime: under API nodes and workers, and in a campaign of its own under PostgreSQL, by
whose clock leases are measured; there a worker dies with a lease that lies an hour ahead once the clock is right again.
A disk is a file system in memory (64 MB, 200 MB under PostgreSQL) that a file fills; PostgreSQL is also made to begin a
new file of its log while nothing fits, over which it ends, and is started again when there is room, as its supervisor
would. The network is cut by a wire that falls silent in both directions and hangs up on nobody, and later delivers what
was under way. The store is SeaweedFS behind a door that says 503. A try to deliver a webhook that is planned while a
machine's clock is ahead comes as much later, once that is put right.

## What it found

Each of these was a fault of ours, is put right and has a test of its own.

- A connection whose server died under it stayed in the pool and answered 500.
- A lease that a worker took while the database's clock was ahead held its jobs, if it died, until the clock came there
  again; so did its place at an engine, and the rate of an engine stood still as long.
- A worker that was cut off in the middle of a transaction kept its rows locked for as long as the network was silent.
- While the database was away, nodes with clients on event streams wrote ten traces a second into their logs.
"""


def _row(result: dict[str, Any]) -> str:
    struck = ", ".join(f"{count} × {kind}" for kind, count in sorted(result["kills"].items())) or "once"
    answers = ", ".join(f"{count} × {kind}" for kind, count in sorted(result["said"].items()))
    return (
        f"| {result['name']} | {struck} | {result['jobs']} | {result['completed']} / {result['failed']} "
        f"| {result['rerun']} | {answers} | {result['longest_seconds']:.1f} s | {result['settled_seconds']:.1f} s "
        f"| {len(result['faults'])} |"
    )


def _recovery(result: dict[str, Any]) -> str:
    found, raw = result["recoveries"], result["since_death"]
    soon = sum(seconds <= PROMISED_SECONDS for seconds in found)
    return (
        f"- {result['name']}: a dead worker's job was claimed again {_spread(found)} after a database and a live "
        f"worker were there, {soon} of {len(found)} within {PROMISED_SECONDS} s; {_spread(raw)} after the death itself"
    )


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} s (median; longest {max(seconds):.1f} s)"


def _followed(result: dict[str, Any]) -> str:
    ways = ", ".join(f"{count} by {way}" for way, count in sorted(result["followed"].items()))
    return f"- {result['name']}: clients followed {ways} to the end, beginning again {result['broken']} times"
