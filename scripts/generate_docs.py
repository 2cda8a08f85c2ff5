"""Write the generated parts of the documents anew, or with --check say which are out of step.

Parts stand between `<!-- name:begin -->` and `<!-- name:end -->`. They come from the cards, the settings and the error
tree, so that no fact is written down twice. A test runs the check.
"""

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent


def engines() -> str:
    """Return the table of bundled engines, from their cards."""
    from castlist import engines as package
    from castlist.cli.engines import markdown_table
    from castlist.engines import catalog

    loaded = catalog.load({}, {})
    ours = [card for card in loaded.cards() if type(loaded.engines[card.id]).__module__.startswith(package.__name__)]
    return markdown_table(ours)


def cannot() -> str:
    """Return what the bundled engines say they cannot do."""
    from castlist.engines import catalog

    lines: list[str] = []
    for card in catalog.load({}, {}).cards():
        lines += [f"- `{card.id}`: {sentence}" for sentence in card.cannot]
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


def errors() -> str:
    """Return the table of errors, from the tree."""
    from castlist.domain.errors import tree

    lines = ["| Status | Code | Default message | Worth trying again |", "| --- | --- | --- | --- |"]
    rows = {(kind.status, kind.code, " ".join((kind.__doc__ or "").split()), kind.retry) for kind in tree()}
    for status, code, message, retry in sorted(rows):
        lines.append(f"| {status} | `{code}` | {message} | {'yes' if retry else 'no'} |")
    return "\n".join(lines)


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"engines": engines, "cannot": cannot},
    "docs/settings.md": {"settings": settings},
    "docs/errors.md": {"errors": errors},
}


def renewed(text: str, parts: dict[str, Callable[[], str]]) -> str:
    """Return a document with its generated parts made anew; ValueError when a mark is missing."""
    for name, make in parts.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
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
        after = renewed(before, parts)
        if after != before:
            stale.append(name)
            if not check:
                file.write_text(after)
    for name in stale:
        print(f"{name} {'is out of step: make docs' if check else 'was renewed'}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
