"""Every bundled file is known: where it came from, under which licence, and unchanged since."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from castlist import data

FOLDER = data.path("manifest.json").parent
LARGEST_BYTES = 40_000_000
LICENCES = ("Apache-2.0", "MIT", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "public domain")


def _listed() -> list[dict[str, Any]]:
    return json.loads((FOLDER / "manifest.json").read_text("utf-8"))["files"]


def _present() -> set[str]:
    own = {".py", ".pyc"}
    files = (path for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in own)
    return {path.relative_to(FOLDER).as_posix() for path in files} - {"manifest.json"}


def test_every_file_is_listed_once_and_no_other() -> None:
    names = [entry["file"] for entry in _listed()]
    assert len(names) == len(set(names))
    assert set(names) == _present()


@pytest.mark.parametrize("entry", _listed(), ids=lambda entry: entry["file"])
def test_a_file_is_what_the_manifest_says(entry: dict[str, Any]) -> None:
    content = (FOLDER / entry["file"]).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])
    assert entry["package"]
    assert entry["notes"]
    assert entry["licence"].startswith(LICENCES)


def test_all_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= LARGEST_BYTES


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"samples/nobody\.png"):
        data.path("samples/nobody.png")


def test_notice_names_every_author_who_asks_for_it() -> None:
    notice = (Path(__file__).parents[2] / "NOTICE").read_text("utf-8")
    for entry in _listed():
        if entry["licence"].startswith("CC-BY"):
            author = entry["licence"].split("(")[1].split(",")[0]
            assert author in notice
