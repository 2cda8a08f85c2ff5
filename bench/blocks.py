"""Parts of a page that a bench of its own writes, between marks. Called by the benches and by `report`."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

BLOCK = re.compile(r"<!-- (?P<name>[a-z-]+):begin -->\n.*?<!-- (?P=name):end -->\n", re.DOTALL)


def put(file: Path, name: str, text: str) -> None:
    """Write a part anew where it stands, or at the end of the page."""
    block = f"<!-- {name}:begin -->\n\n{text.strip()}\n\n<!-- {name}:end -->\n"
    page = file.read_text(encoding="utf-8")
    for found in BLOCK.finditer(page):
        if found["name"] == name:
            file.write_text(page[: found.start()] + block + page[found.end() :], encoding="utf-8")
            return
    file.write_text(f"{page.rstrip()}\n\n{block}", encoding="utf-8")


def all_of(file: Path) -> list[str]:
    """Return the parts that a page has, with their marks, in order."""
    return [found[0] for found in BLOCK.finditer(file.read_text(encoding="utf-8"))] if file.exists() else []


def table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Return a Markdown table of cells, all columns but the first `words` set to the right."""
    marks = ["---"] * words + ["---:"] * (len(header) - words)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))
