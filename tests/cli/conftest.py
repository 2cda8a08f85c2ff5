"""Runs the command line in this process, on an installation of its own."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Castlist = Callable[..., Said]


@pytest.fixture
def castlist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Castlist:
    """Return a function that runs `castlist …` with all state under `tmp_path`."""
    from castlist.cli.main import run

    for name in [name for name in os.environ if name.startswith("CASTLIST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CASTLIST_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            run(arguments)
        said = capsys.readouterr()
        return Said(int(left.value.code or 0), said.out, said.err)

    return call
