"""Draws what `castlist top` shows. Pure: from what was read to what is printed."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from castlist import __version__
from castlist.domain.credits import to_credits
from castlist.domain.jobs import JobStatus
from castlist.domain.lanes import Lane, State

if TYPE_CHECKING:
    from castlist.cli.top import Sight
    from castlist.engines.catalog import Catalog
    from castlist.store.jobs import Image, Job

REMEMBERED = 60
"""Looks that rates are taken over."""
COLOURS = {"pending": "yellow", "processing": "cyan", "completed": "green", "failed": "red"}
BAR_CHARS = 12
NARROW_CHARS = 112
"""A terminal that is narrower gets fewer columns of jobs."""


@dataclass(frozen=True, slots=True)
class EngineRow:
    """One engine and how it is."""

    id: str
    state: str
    well: bool
    under_way: int | None
    """Images asked for right now; None where the engine runs in the worker."""
    images: int
    """Delivered, in all."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job and how far it is."""

    id: str
    age_seconds: float
    model_type: str
    engine: str
    status: str
    fraction: float
    images: int
    wanted: int
    error: str
    seconds: float | None
    """From submission to the end."""


def page(catalog: "Catalog", sight: "Sight", seen: Sequence["Sight"], *, width: int) -> RenderableType:
    """Return the whole page.

    Args:
        seen: earlier looks, for rates; the oldest first.
        width: of the terminal, in characters.
    """
    moment = datetime.datetime.fromtimestamp(sight.standing.now_ms / 1000, datetime.UTC)
    head = Text.assemble(
        (f"castlist {__version__}", "bold"), f"  {moment:%Y-%m-%d %H:%M:%S} UTC  ", (sight.database, "dim")
    )
    return Group(
        head,
        Columns([_queue(sight), _outcome(sight, seen), _outbox(sight)], padding=(0, 1)),
        _table(_workers(sight), "Workers"),
        _table(_engines(engines(catalog, sight)), "Engines"),
        _table(_jobs(recent(sight), narrow=width < NARROW_CHARS), "Newest jobs"),
        Text("\nCtrl-C ends this" if seen else "", style="dim"),
    )


def away(reason: str) -> RenderableType:
    """Return what is shown while nothing can be read."""
    return Panel(f"The database does not answer: {reason}\nLooking again…", title="castlist", border_style="red")


def engines(catalog: "Catalog", sight: "Sight") -> list[EngineRow]:
    """Return the engines that are ready or have worked, and how they are."""
    now_ms, found = sight.standing.now_ms, list[EngineRow]()
    for name, engine in catalog.engines.items():
        lane, reason = sight.lanes.get(name, Lane()), engine.unready()
        images = int(sight.sums.get(("images_total", (name, "delivered")), 0))
        shut = lane.state(now_ms) is not State.CLOSED
        if reason is not None and not images:
            continue
        state = f"not ready: {reason}" if reason else f"left alone: {lane.said}" if shut else "ready"
        hosted = engine.card.kind == "hosted"
        under_way = sum(until > now_ms for until in lane.places.values()) if hosted else None
        found.append(EngineRow(name, state, reason is None and not shut, under_way, images))
    return found


def recent(sight: "Sight") -> list[JobRow]:
    """Return the newest jobs."""
    return [_row(job, images, sight.standing.now_ms) for job, images in sight.jobs]


def _row(job: "Job", images: "Sequence[Image]", now_ms: int) -> JobRow:
    delivered = sum(image.file is not None for image in images)
    ended = None if job.finished_ms is None else (job.finished_ms - job.created_ms) / 1000
    fraction = 1.0 if job.status.terminal else max(job.fraction, delivered / job.num_images)
    return JobRow(
        job.id,
        (now_ms - job.created_ms) / 1000,
        job.model_type,
        job.engine,
        job.status.value,
        round(fraction, 3),
        delivered,
        job.num_images,
        job.error_code or "",
        ended,
    )


def _queue(sight: "Sight") -> Panel:
    now = sight.standing
    waiting = sum(now.waiting.values())
    lines = [
        f"[bold]{waiting}[/bold] waiting, [bold]{now.running}[/bold] running",
        f"the oldest for {age(now.queue_seconds)}" if waiting else "nobody waits",
    ]
    late = waiting and (not now.workers or now.queue_seconds > 60)
    return Panel("\n".join(lines), title="Queue", border_style="red" if late else "green", width=32)


def _outcome(sight: "Sight", seen: Sequence["Sight"]) -> Panel:
    made = _sum(sight, "images_total", "delivered")
    lost = sum(value for (name, _), value in sight.sums.items() if name == "images_total") - made
    rate = "counting…" if seen else "in all"
    if len(seen) > 1 and (minutes := (sight.standing.now_ms - seen[0].standing.now_ms) / 60_000) > 0.03:
        rate = f"{(made - _sum(seen[0], 'images_total', 'delivered')) / minutes:.1f} a minute"
    lines = [f"[bold]{made:.0f}[/bold] delivered, [bold]{lost:.0f}[/bold] not", rate]
    return Panel("\n".join(lines), title="Images", border_style="green", width=32)


def _outbox(sight: "Sight") -> Panel:
    now = sight.standing
    overdue = f", {age(now.webhook_seconds)} late" if now.webhooks_due else ""
    lines = [
        f"[bold]{now.webhooks_due}[/bold] webhooks due{overdue}",
        f"[bold]{to_credits(now.held_millis):g}[/bold] credits held",
    ]
    late = now.webhook_seconds > 60
    return Panel("\n".join(lines), title="Outbox and credits", border_style="red" if late else "green", width=36)


def _sum(sight: "Sight", name: str, outcome: str) -> float:
    return sum(value for (found, labels), value in sight.sums.items() if found == name and labels[-1] == outcome)


def _table(table: Table, title: str) -> RenderableType:
    return Group(Text(f"\n{title}", style="bold"), table if table.row_count else Text("none", style="dim"))


def _grid(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for column in columns:
        number = column.startswith("#")
        table.add_column(column.removeprefix("#"), justify="right" if number else "left", no_wrap=True)
    return table


def _workers(sight: "Sight") -> Table:
    table, now_ms = _grid("worker", "pool", "#up", "has"), sight.standing.now_ms
    for worker in sight.standing.workers:
        busy = ", ".join(worker.jobs) or Text("nothing", style="dim")
        table.add_row(worker.id, worker.pool, age((now_ms - worker.started_ms) / 1000), busy)
    return table


def _engines(rows: Sequence[EngineRow]) -> Table:
    table = _grid("engine", "#under way", "#images", "state")
    for row in rows:
        under_way = "here" if row.under_way is None else str(row.under_way)
        table.add_row(row.id, under_way, str(row.images), Text(row.state, "green" if row.well else "yellow"))
    return table


def _jobs(rows: Sequence[JobRow], *, narrow: bool) -> Table:
    wide = () if narrow else ("model type", "engine", "progress")
    table = _grid("job", "#age", *wide[:2], "status", *wide[2:], "#images", "#took", "error")
    for row in rows:
        colour = COLOURS[row.status]
        live = row.status == JobStatus.PROCESSING.value
        bar = ProgressBar(total=1, completed=row.fraction, width=BAR_CHARS, complete_style=colour) if live else ""
        status = Text(f"{row.status} {row.fraction:.0%}" if live and narrow else row.status, colour)
        about = () if narrow else (row.model_type, row.engine)
        progress = () if narrow else (bar,)
        took = "" if row.seconds is None else age(row.seconds)
        images = f"{row.images}/{row.wanted}"
        table.add_row(row.id, age(row.age_seconds), *about, status, *progress, images, took, row.error)
    return table


def age(seconds: float) -> str:
    """Return a duration in few characters: 0.4 s, 12 s, 3 min, 5 h, 2 d."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
