"""`castlist top`: queue, workers, engines and recent jobs, live. Reads the database, changes nothing."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, console, load_settings, masked_url, open_service, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from castlist.domain.lanes import Lane
    from castlist.flow.service import Service
    from castlist.store.jobs import Image, Job
    from castlist.store.meters import Key
    from castlist.store.survey import Standing

RECENT = 12


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything that is shown, read at one moment."""

    database: str
    standing: "Standing"
    lanes: "Mapping[str, Lane]"
    sums: "Mapping[Key, float]"
    jobs: "list[tuple[Job, list[Image]]]"


def top(
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Look once and print it, for scripts and files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Watch queue, workers, engines and recent jobs; Ctrl-C ends it."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_watch(every, once=once, as_json=as_json))


async def _watch(every: float, *, once: bool, as_json: bool) -> None:
    from castlist.cli import top_view

    async with _opened() as service:
        if as_json:
            print_json(_facts(service, await look(service)))
        elif once or not console().is_terminal:
            console().print(top_view.page(service.catalog, await look(service), [], width=console().width))
        else:
            await _live(service, every)


async def _live(service: "Service", every: float) -> None:
    from rich.live import Live

    from castlist.cli import top_view
    from castlist.cli.common import first_line

    seen: list[Sight] = []
    with Live(console=console(), screen=True, auto_refresh=False) as live:
        while True:
            try:
                seen = [*seen[-top_view.REMEMBERED :], await look(service)]
                page = top_view.page(service.catalog, seen[-1], seen, width=live.console.width)
                live.update(page, refresh=True)
            except Exception as problem:  # a database that is away for a while ends no watch
                live.update(top_view.away(first_line(problem)), refresh=True)
            await asyncio.sleep(every)


async def look(service: "Service") -> Sight:
    """Return how things stand now."""
    from castlist.flow.survey import standing
    from castlist.store import jobs, meters

    now, lanes = await standing(service)
    async with service.database.read() as tx:
        sums = await meters.read(tx)
        newest = await jobs.newest(tx, limit=RECENT)
        images = await jobs.images_of(tx, [job.id for job in newest])
    return Sight(masked_url(service.database.url), now, lanes, sums, [(job, images[job.id]) for job in newest])


@contextlib.asynccontextmanager
async def _opened() -> "AsyncGenerator[Service]":
    service = await open_service(load_settings())
    try:
        yield service
    finally:
        await service.close()


def _facts(service: "Service", sight: Sight) -> dict[str, Any]:
    from castlist.cli import top_view

    now = sight.standing
    return {
        "nowMs": now.now_ms,
        "database": sight.database,
        "queue": {"waiting": dict(now.waiting), "running": now.running, "oldestSeconds": now.queue_seconds},
        "webhooks": {"due": now.webhooks_due, "latestSeconds": now.webhook_seconds},
        "workers": [_camel(worker) for worker in now.workers],
        "engines": [_camel(row) for row in top_view.engines(service.catalog, sight)],
        "jobs": [_camel(row) for row in top_view.recent(sight)],
    }


def _camel(row: Any) -> dict[str, Any]:
    from pydantic.alias_generators import to_camel

    return {to_camel(name): value for name, value in asdict(row).items()}
