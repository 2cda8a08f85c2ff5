"""Write the generated parts of the documents anew, or with --check say which are out of step.

Parts stand between marks, see `marks`. They come from the cards, the settings, the error tree and the manifest of
bundled data, so that no fact is written down twice. A test runs the check.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from castlist.domain.cards import Card

ROOT = Path(__file__).parent.parent


def cards() -> "list[Card]":
    """Return the cards of the engines that come with castlist, those that run here first."""
    from castlist import engines as package
    from castlist.engines import catalog

    loaded = catalog.load({}, {})
    ours = [card for card in loaded.cards() if type(loaded.engines[card.id]).__module__.startswith(package.__name__)]
    return sorted(ours, key=lambda card: (card.kind != "local", card.id))


def engines() -> str:
    """Return the table of engines."""
    from castlist.cli.engines import markdown_table

    return markdown_table(cards())


def cannot() -> str:
    """Return what the engines that run here cannot do."""
    return "\n".join(f"- `{card.id}`: {line}" for card in cards() if card.kind == "local" for line in card.cannot)


def engine_pages() -> str:
    """Return a section for each engine: what it takes, what an operator may set, what it cannot do."""
    return "\n\n".join(_engine_section(card) for card in cards())


def poses() -> str:
    """Return the table of poses."""
    from castlist.domain.poses import POSES

    gazes = {"camera": "where they look in the reference", "ahead": "with the head", "aside": "past the camera"}
    lines = [
        "| Pose | Framing | Turn | Chin | Tilt | Camera | Eyes look | Smile |",
        "| --- | --- " + "| ---: " * 3 + "| --- " * 3 + "|",
    ]
    for pose in POSES:
        angles = " | ".join(f"{angle:g}°" for angle in (pose.yaw_deg, pose.pitch_deg, pose.roll_deg))
        framing, smile = pose.framing.replace("_", " "), f"{pose.smile:g}" if pose.smile else ""
        lines.append(f"| {pose.id} | {framing} | {angles} | {pose.camera} | {gazes[pose.gaze]} | {smile} |")
    return "\n".join(lines)


def _engine_section(card: "Card") -> str:
    lines = [f"## {card.title}: `{card.id}`", "", card.summary, ""]
    facts = {
        "Answers for": ", ".join(f"`{name}`" for name in card.model_types),
        "Needs": ", ".join(f"`{name}`" for name in card.secrets) or "nothing",
        "Backgrounds": ", ".join(card.backgrounds),
        "Aspect ratios": ", ".join(card.aspect_ratios),
        "Licence": card.licence,
        "Source": card.source,
    }
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "It says of itself:", "", *(f"- {line}" for line in card.cannot)] if card.cannot else []
    options = card.options.model_fields
    if options:
        lines += ["", f"Options, under `[engines.{card.id}]` in castlist.toml:", ""]
        lines += [f"- `{name}`: {field.description or field.annotation}" for name, field in options.items()]
    return "\n".join(lines)


def settings() -> str:
    """Return the table of settings."""
    from castlist.settings import Settings

    lines = ["| Variable | In castlist.toml | Default | Meaning |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "the platform's data folder" if field.default_factory and name == "data_dir" else None
        value = default or f"`{field.get_default(call_default_factory=True)!r}`"
        lines.append(f"| `CASTLIST_{name.upper()}` | `{name}` | {value} | {field.description} |")
    return "\n".join(lines)


def metrics() -> str:
    """Return the table of metrics, from their list."""
    from castlist.domain.metrics import METRICS, PREFIX

    lines = ["| Metric | Kind | Labels | Meaning |", "| --- | --- | --- | --- |"]
    for metric in METRICS.values():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{PREFIX}{metric.name}` | {metric.kind} | {labels} | {metric.meaning} |")
    return "\n".join(lines)


def errors() -> str:
    """Return the table of errors, from the tree."""
    from castlist.domain.errors import tree

    lines = ["| Status | Code | Default message | Worth trying again |", "| --- | --- | --- | --- |"]
    rows = {(kind.status, kind.code, " ".join((kind.__doc__ or "").split()), kind.retry) for kind in tree()}
    for status, code, message, retry in sorted(rows):
        lines.append(f"| {status} | `{code}` | {message} | {'yes' if retry else 'no'} |")
    return "\n".join(lines)


def bundled() -> str:
    """Return the list of bundled files, from their manifest: by source and licence."""
    from castlist import data

    groups: dict[str, list[str]] = {}
    for entry in json.loads(data.path("manifest.json").read_text())["files"]:
        origin = f"{entry['package']} {entry['version']} ({entry['registry']}): {entry['licence']}"
        groups.setdefault(origin, []).append(entry["file"])
    return "\n\n".join("\n".join([origin, *(f"  {file}" for file in files)]) for origin, files in groups.items())


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"engines": engines, "cannot": cannot},
    "docs/settings.md": {"settings": settings},
    "docs/errors.md": {"errors": errors},
    "docs/operations/watching.md": {"metrics": metrics},
    "docs/engines.md": {"engines": engine_pages, "poses": poses},
    "NOTICE": {"bundled files": bundled},
}


def marks(document: str, name: str) -> tuple[str, str]:
    """Return the lines between which a generated part of a document stands."""
    if document.endswith(".md"):
        return f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    return f"--- {name} ---\n", f"--- end of {name} ---"


def renewed(document: str, text: str, parts: dict[str, Callable[[], str]]) -> str:
    """Return a document with its generated parts made anew; ValueError when a mark is missing."""
    for name, make in parts.items():
        begin, end = marks(document, name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"the marks of {name} do not stand there once")
        head, rest = text.split(begin)
        _, tail = rest.split(end)
        text = f"{head}{begin}\n{make()}\n\n{end}{tail}"
    return text


def main(check: bool) -> int:
    """Renew every document, or only look; 1 when one was out of step."""
    stale: list[str] = []
    for name, parts in PARTS.items():
        file = ROOT / name
        before = file.read_text()
        after = renewed(name, before, parts)
        if after != before:
            stale.append(name)
            if not check:
                file.write_text(after)
    for name in stale:
        print(f"{name} {'is out of step: make docs' if check else 'was renewed'}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
