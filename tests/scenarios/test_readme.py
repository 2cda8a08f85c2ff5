"""The calls that the README shows, run word for word against a real server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(bash|python)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
ADDRESS = "http://127.0.0.1:8000"


def block(language: str, word: str) -> str:
    """Return the one block of the README in this language that has this word in it."""
    [found] = [text for name, text in BLOCKS if name == language and word in text]
    return found


@pytest.fixture
def here(install, tmp_path):
    """A running server; the folder is the project's as far as the README looks into it."""
    made = install()
    made.start()
    made.project = tmp_path / "project"
    made.project.mkdir()
    (made.project / "src").symlink_to(ROOT / "src")
    made.secret = made.key(100)
    return made


def run(here, command: list[str]) -> str:
    environment = {**os.environ, "CASTLIST_KEY": here.secret}
    done = subprocess.run(
        command, cwd=here.project, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_call_with_curl(here):
    answer = json.loads(run(here, ["bash", "-euc", block("bash", "curl").replace(ADDRESS, here.url)]))
    assert here.wait(here.secret, answer["jobId"])["status"] == "completed"


def test_the_call_in_python(here):
    printed = run(here, [sys.executable, "-c", block("python", "httpx2").replace(ADDRESS, here.url)])
    poses = [line.split()[0] for line in printed.splitlines()]
    assert len(poses) == 2
    for pose in poses:
        assert Image.open(here.project / f"{pose}.png").format == "PNG"
