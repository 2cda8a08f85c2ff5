"""The demo as a newcomer runs it: a real server, real pictures."""

import json
from pathlib import Path

from PIL import Image


def test_the_demo_makes_a_sheet_of_twelve_pictures(castlist):
    said = castlist("demo", "--out", "demo")
    assert said.code == 0, said.err + Path("demo/server.log").read_text()
    jobs = json.loads(Path("demo/results.json").read_text())
    assert [job["name"] for job in jobs] == ["portrait", "prompt", "drawn"]
    for job in jobs:
        assert len({asset["pose"] for asset in job["assets"]}) == 4
        assert all(Path(asset["file"]).is_file() for asset in job["assets"])
    assert jobs[-1]["credits_remaining"] == 1000 - sum(job["credit_cost"] for job in jobs)
    width_px, height_px = Image.open("demo/sheet.jpg").size
    assert width_px > 4 * 384
    assert height_px > 3 * 384
    assert "sheet.jpg" in said.out
