"""The page about safety shows a classifier that plugs in as it says."""

import re
from pathlib import Path

import numpy as np
import pytest

from castlist.domain.errors import UnsafePicture
from castlist.flow.screen import build_screen

PAGE = (Path(__file__).parents[2] / "docs/safety.md").read_text()


def test_the_shown_classifier_plugs_in(tmp_path, monkeypatch):
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    name, place = re.search(r'^    (\w+) = "(\w+:\w+)"$', PAGE, re.MULTILINE).groups()
    (tmp_path / f"{place.partition(':')[0]}.py").write_text(code)
    installed = tmp_path / "hall-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: hall\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(f"[castlist.classifiers]\n{name} = {place}\n")
    monkeypatch.syspath_prepend(tmp_path)
    screen = build_screen(name, {"violent": 0.05}, inputs=True, outputs=True)
    assert screen is not None
    with pytest.raises(UnsafePicture, match="it looks violent"):
        screen.admit(np.zeros((8, 8, 3), np.uint8))
