"""`castlist engines`: which there are, what each is for, which are ready and why others are not, and who takes what.

From the cards and the routes, and from what the workers of this installation know in common.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import (
    AsJson,
    console,
    first_line,
    load_settings,
    print_json,
    print_table,
    sqlite_file,
    when,
)

if TYPE_CHECKING:
    from castlist.domain.cards import Card
    from castlist.domain.lanes import Lane
    from castlist.engines.base import Engine
    from castlist.engines.catalog import Catalog
    from castlist.settings import Settings

MARKDOWN_HEAD = ("Engine", "Answers for", "Runs", "Needs", "References", "Same seed", "Licence")
SEED_WORDS = {"exact": "same pixels", "best_effort": "much the same", "none": "not honoured"}


def engines(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of the README.")] = False,
) -> None:
    """Show the engines of this installation."""
    from castlist import bootstrap

    settings = load_settings()
    catalog = bootstrap.load_catalog(settings)
    if markdown:
        print(markdown_table(catalog.cards()))
        return
    lanes, trouble = known_lanes(settings)
    rows, routes = rows_of(catalog, lanes), routes_of(catalog, lanes)
    if as_json:
        broken, takes = dict(catalog.broken), {name: route["takes"] for name, route in routes.items()}
        print_json(
            {"engines": rows, "broken": broken, "routes": takes, "order": routes, "misrouted": catalog.misrouted()}
        )
        return
    _print(catalog, rows, routes)
    if trouble:
        console().print(f"What the workers know of them cannot be read: {trouble}", markup=False)


def _print(catalog: "Catalog", rows: list[dict[str, Any]], routes: dict[str, dict[str, Any]]) -> None:
    print_table(
        ("engine", "state", "at once", "a minute", "runs", "#credits", "what it does"),
        [
            (
                row["id"],
                row["state"] if row["breaker"] == "closed" else row["state"].partition(":")[0],
                f"{row['underWay']} of {row['concurrency']}" if row["concurrency"] else "",
                row["perMinute"],
                row["kind"],
                row["priceCredits"],
                row["summary"],
            )
            for row in rows
        ],
    )
    console().print()
    print_table(
        ("model type", "goes to", "route, in order"),
        [
            (
                name,
                (route["takes"] or "nobody") + (", standing in" if route["substituted"] else ""),
                " → ".join(one["engine"] + ("" if one["asked"] else " (not now)") for one in route["engines"]),
            )
            for name, route in routes.items()
        ],
    )
    for row in rows:
        if row["breaker"] != "closed":
            console().print(f"{row['id']} is {row['state']}", markup=False, soft_wrap=True)
    for name, reason in catalog.broken.items():
        console().print(f"{name} could not be loaded: {reason}", markup=False)
    for sentence in catalog.misrouted():
        console().print(sentence, markup=False)


def known_lanes(settings: "Settings") -> "tuple[dict[str, Lane], str | None]":
    """Return what the workers know of engines, by id, changing nothing, and why it cannot be read."""
    from castlist.store import lanes
    from castlist.store.database import Database

    url = settings.database()
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return {}, None

    async def read() -> "dict[str, Lane]":
        database = Database(url)
        try:
            async with database.read() as tx:
                return await lanes.known(tx)
        finally:
            await database.close()

    try:
        return asyncio.run(read()), None
    except Exception as error:  # the list of engines needs no database
        return {}, first_line(error)


def state_of(engine: "Engine", lanes: "Mapping[str, Lane]") -> tuple[bool, str]:
    """Return whether an engine is asked now, and its state in words for the operator."""
    from castlist.domain.lanes import State

    if reason := engine.unready():
        return False, reason
    lane, now_ms = lanes.get(engine.card.id), time.time_ns() // 1_000_000
    if lane is None:
        return True, "ready"
    if lane.state(now_ms) is State.CLOSED:
        held = now_ms < lane.held_until_ms
        return True, f"ready, pauses until {when(lane.held_until_ms)} as the service asks" if held else "ready"
    if lane.state(now_ms) is State.HALF_OPEN:
        return True, f"about to be tried again: {lane.said}"
    words = {"key": "its key is declined", "quota": "its account has nothing left"}.get(lane.fault, "it failed")
    return False, f"left alone until {when(lane.shut_until_ms)}: {words} ({lane.said})"


def rows_of(catalog: "Catalog", lanes: "Mapping[str, Lane]") -> list[dict[str, Any]]:
    """Return what there is to know about each engine, as JSON values."""
    from castlist.domain.lanes import Lane
    from castlist.engines.base import Hosted

    found: list[dict[str, Any]] = []
    for card in catalog.cards():
        engine = catalog.engines[card.id]
        reason, lane, now_ms = engine.unready(), lanes.get(card.id, Lane()), time.time_ns() // 1_000_000
        limits = engine.limits if isinstance(engine, Hosted) else None
        found.append(
            {
                "id": card.id,
                "title": card.title,
                "summary": card.summary,
                "ready": reason is None,
                "reason": reason,
                "state": "; ".join(filter(None, (state_of(engine, lanes)[1], None if reason else engine.remark()))),
                "breaker": str(lane.state(now_ms)),
                "failures": lane.failures,
                "fault": lane.fault or None,
                "said": lane.said or None,
                "shutUntil": when(lane.shut_until_ms or None),
                "heldUntil": when(lane.held_until_ms if lane.held_until_ms > now_ms else None),
                "concurrency": limits.concurrency if limits else None,
                "perMinute": limits.per_minute if limits else None,
                "underWay": sum(until > now_ms for until in lane.places.values()),
                "kind": card.kind,
                "modelTypes": list(card.model_types),
                "standIn": card.stand_in,
                "references": list(card.references),
                "backgrounds": list(card.backgrounds),
                "aspectRatios": list(card.aspect_ratios),
                "seed": card.seed,
                "priceCredits": card.price_credits,
                "minIdentity": card.min_identity,
                "licence": card.licence,
                "source": card.source,
                "cannot": list(card.cannot),
            }
        )
    return found


def routes_of(catalog: "Catalog", lanes: "Mapping[str, Lane]") -> dict[str, dict[str, Any]]:
    """Return, by model type, who would take a job now (None: nobody), and all engines of its route in order."""
    from castlist.domain.errors import ModelUnavailable
    from castlist.domain.model_types import MODEL_TYPES

    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys([*(each.id for each in MODEL_TYPES), *catalog.model_types()]):
        try:
            route = catalog.route(name)
        except ModelUnavailable:
            takes, substituted = None, False
        else:
            first = next((engine for engine in route.engines if state_of(engine, lanes)[0]), route.engine)
            takes, substituted = first.card.id, route.substituted
        states = [(engine.card.id, *state_of(engine, lanes)) for engine in catalog.serving(name)]
        engines = [{"engine": id, "asked": asked, "state": state} for id, asked, state in states]
        found[name] = {"takes": takes, "substituted": substituted, "engines": engines}
    return found


def markdown_table(cards: "list[Card]") -> str:
    """Return the cards as a Markdown table, those that run here first."""
    lines = [_line(MARKDOWN_HEAD), _line(["---"] * len(MARKDOWN_HEAD))]
    for card in sorted(cards, key=lambda card: (card.kind != "local", card.id)):
        fewest, most = card.references
        lines.append(
            _line(
                (
                    f"`{card.id}`: {card.summary}",
                    ", ".join(f"`{name}`" for name in card.model_types)
                    + ("; stands in for all others until one of them is ready" if card.stand_in else ""),
                    "here" if card.kind == "local" else "as a service",
                    ", ".join(f"`{name}`" for name in card.secrets) or "nothing",
                    str(most) if fewest == most else f"{fewest} to {most}",
                    SEED_WORDS[card.seed],
                    card.licence,
                )
            )
        )
    return "\n".join(lines)


def _line(cells: "list[str] | tuple[str, ...]") -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
