"""`castlist engines`: which there are, what each is for, which are ready and why others are not. All from the cards."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, console, load_settings, print_json, print_table

if TYPE_CHECKING:
    from castlist.domain.cards import Card
    from castlist.engines.catalog import Catalog

MARKDOWN_HEAD = ("Engine", "Answers for", "Runs", "Needs", "References", "Same seed", "Licence")
SEED_WORDS = {"exact": "same pixels", "best_effort": "much the same", "none": "not honoured"}


def engines(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of the README.")] = False,
) -> None:
    """Show the engines of this installation."""
    from castlist import bootstrap

    catalog = bootstrap.load_catalog(load_settings())
    if markdown:
        print(markdown_table(catalog.cards()))
        return
    rows = rows_of(catalog)
    if as_json:
        print_json({"engines": rows, "broken": dict(catalog.broken), "routes": routes_of(catalog)})
        return
    print_table(
        ("engine", "state", "answers for", "runs", "#credits", "what it does"),
        [
            (
                row["id"],
                "ready" if row["ready"] else row["reason"],
                ", ".join(row["modelTypes"]) + (" (stands in)" if row["standIn"] else ""),
                row["kind"],
                row["priceCredits"],
                row["summary"],
            )
            for row in rows
        ],
    )
    for name, reason in catalog.broken.items():
        console().print(f"{name} could not be loaded: {reason}", markup=False)


def rows_of(catalog: "Catalog") -> list[dict[str, Any]]:
    """Return what there is to know about each engine, as JSON values."""
    found: list[dict[str, Any]] = []
    for card in catalog.cards():
        reason = catalog.engines[card.id].unready()
        found.append(
            {
                "id": card.id,
                "title": card.title,
                "summary": card.summary,
                "ready": reason is None,
                "reason": reason,
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


def routes_of(catalog: "Catalog") -> dict[str, str | None]:
    """Return who would take a job now, by model type; None where nobody would."""
    from castlist.domain.errors import ModelUnavailable
    from castlist.domain.model_types import MODEL_TYPES

    found: dict[str, str | None] = {}
    for name in dict.fromkeys([*(each.id for each in MODEL_TYPES), *catalog.model_types()]):
        try:
            found[name] = catalog.route(name).engine.card.id
        except ModelUnavailable:
            found[name] = None
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
