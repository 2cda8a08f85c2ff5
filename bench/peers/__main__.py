"""Count accepted jobs a second here and at other servers, all with a stub instead of a model: `make peers`.

Each server runs alone, with the same client, in turn, for several rounds; the figure is the median. Ours writes every
accepted job to disk, with its credits held, before it answers; the others keep what they accept in memory. Each of the
others is installed into a folder of its own, from the package registry.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import httpx2
import numpy as np
from PIL import Image

from bench import blocks
from bench.clock import hardware
from bench.peers.load import Load, post_for

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
STUB = ROOT / "tests" / "scenarios" / "engine"
RUN = "/api/v1/models/consistent-characters/run"
BODY = {"input_image": "https://example.com/a.png", "num_images": 4, "prompt": "a hill"}
READY_SECONDS = 60.0
MEANING = """\
castlist answers when the job is on disk, its credits are held, its turn among all keys is known and a worker will find
it even if every process dies now. The others answer when the request is in their memory, and forget it when they end;
LitServe answers with the result itself. The bare handler does nothing at all: it is the floor under everything that is
written in Python with the same framework."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post. `close` ends the server."""

    port: int
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Peer:
    """One server to compare with. package: its requirement, None for what castlist has anyway."""

    name: str
    package: str | None
    command: Callable[[Path, int], list[str]]
    path: str
    body: dict[str, object] = field(default_factory=lambda: dict(BODY))
    headers: dict[str, str] = field(default_factory=dict[str, str])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    remark: str = "in memory"


PEERS = (
    Peer(
        "a bare FastAPI handler", None,
        lambda bin, port: [str(bin / "uvicorn"), "bare:app", "--port", str(port), "--log-level", "warning"], "/run",
        remark="in memory; the floor",
    ),
    Peer(
        "LitServe", "litserve==0.2.19", lambda bin, port: [str(bin / "python"), "lit.py", str(port)], "/predict",
        remark="in memory; it answers with the result, there is no accepting before",
    ),
    Peer(
        "BentoML, a task", "bentoml==1.4.39",
        lambda bin, port: [str(bin / "bentoml"), "serve", "bento:Stub", "--port", str(port)], "/run/submit",
        environment={"BENTOML_DO_NOT_TRACK": "True"},
    ),
    Peer(
        "Cog", "cog==0.23.1", lambda bin, _: [str(bin / "python"), "-m", "cog.server.http", "--host", "127.0.0.1"],
        "/predictions", body={"input": BODY}, headers={"Prefer": "respond-async"},
        environment={"COG_PREDICT_TYPE_STUB": "predict.py:Predictor"},
        remark="in memory; refuses while it is busy",
    ),
    Peer(
        "Gradio's queue", "gradio==6.31.0", lambda bin, port: [str(bin / "python"), "grad.py", str(port)],
        "/gradio_api/call/run", body={"data": [BODY["input_image"], 4, BODY["prompt"]]},
        environment={"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"},
    ),
)  # fmt: skip


@contextlib.contextmanager
def peer(one: Peer, tools: Path) -> Iterator[Target]:
    """Run a peer, installed under `tools` when it needs to be."""
    folder = Path(sys.executable).parent if one.package is None else _installed(one.package, tools)
    port = _free_port()
    # Cog starts whatever is called `python` first.
    search = f"{folder}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": search, "PORT": str(port), **one.environment}
    with _process(one.command(folder, port), cwd=HERE / "apps", env=environment):
        _wait(port)
        yield Target(port, one.path, json.dumps(one.body).encode(), one.headers)


@contextlib.contextmanager
def ours(database_url: str | None) -> Iterator[Target]:
    """Run castlist with an engine that never ends a job, so that only accepting is measured."""
    with tempfile.TemporaryDirectory(prefix="castlist-peers-") as name:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CASTLIST_")}
        settings = {"DATA_DIR": name, "RATE_LIMIT": "0", "ENGINES": json.dumps({"stripes": {"seconds": 600}})}
        if database_url is not None:
            settings["DATABASE_URL"] = database_url
        environment = {**kept, **{f"CASTLIST_{key}": value for key, value in settings.items()}, "PYTHONPATH": str(STUB)}
        castlist = [sys.executable, "-m", "castlist.cli"]
        asked = [*castlist, "keys", "create", "--name", "bench", "--credits", "100000000", "--json"]
        made = subprocess.run(asked, env=environment, cwd=name, stdout=subprocess.PIPE, check=True).stdout
        port = _free_port()
        headers = {"Authorization": f"Bearer {json.loads(made)['key']}"}
        with _process([*castlist, "serve", "--port", str(port)], cwd=Path(name), env=environment):
            _wait(port)
            picture = BytesIO()
            Image.fromarray(np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)).save(picture, "PNG")
            address = f"http://127.0.0.1:{port}/api/v1/uploads"
            sent = httpx2.post(address, headers=headers, files={"file": ("a.png", picture.getvalue())}, timeout=60)
            body = json.dumps({**BODY, "input_image": sent.json()["assetUrl"]}).encode()
            yield Target(port, RUN, body, headers)


def measure(target: Target, seconds: float) -> Load:
    """Warm up until something was accepted, then count."""

    def post(time_s: float) -> Load:
        return asyncio.run(post_for(time_s, target.port, target.path, target.body, target.headers))

    deadline = time.monotonic() + READY_SECONDS
    while not post(1.0).latencies_ms and time.monotonic() < deadline:
        pass
    return post(seconds)


def main() -> None:
    """Measure, print the table and, when asked, put it on the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", type=Path, default=ROOT / "out" / "peers", help="where the others are installed")
    parser.add_argument("--page", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database, to measure castlist on it as well")
    chosen = parser.parse_args()
    runs: dict[str, Callable[[], contextlib.AbstractContextManager[Target]]] = {
        "**castlist, SQLite**": lambda: ours(None)
    }
    remarks = {"**castlist, SQLite**": "on disk, credits held"}
    if chosen.postgres:
        runs["**castlist, PostgreSQL**"] = lambda: ours(chosen.postgres)
        remarks["**castlist, PostgreSQL**"] = "on disk, credits held"
    for one in PEERS:
        runs[one.name] = lambda one=one: peer(one, chosen.tools)
        remarks[one.name] = one.remark
    found: dict[str, list[Load]] = {name: [] for name in runs}
    for _ in range(chosen.rounds):
        for name, run in runs.items():
            with run() as target:
                found[name].append(measure(target, chosen.seconds))
    text = _text(found, remarks, chosen)
    print(text)
    if chosen.page:
        blocks.put(ROOT / "docs" / "performance.md", "peers", text)


def _text(found: dict[str, list[Load]], remarks: dict[str, str], chosen: argparse.Namespace) -> str:
    lines = [
        "## Accepted jobs a second, beside others",
        "",
        f"Written by `make peers`: {time.strftime('%Y-%m-%d')}, {hardware()}, load average {os.getloadavg()[0]:.1f} at "
        f"the end. Every server answers the same small POST on 16 connections for {chosen.seconds:g} s, with a stub",
        f"instead of a model, alone and in turn; {chosen.rounds} rounds, of which the middle one counts. Client and",
        "server share the cores.",
        "",
        "| Server | Accepted a second | p50 ms | p99 ms | What accepting means |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for name, loads in found.items():
        middle = sorted(loads, key=lambda load: load.accepted_a_second)[len(loads) // 2]
        spread = statistics.quantiles(middle.latencies_ms, n=100) if len(middle.latencies_ms) > 1 else [0.0] * 99
        lines.append(
            f"| {name} | {middle.accepted_a_second:.0f} | {spread[49]:.0f} | {spread[98]:.0f} | {remarks[name]} |"
        )
    return "\n".join([*lines, "", MEANING])


def _installed(package: str, tools: Path) -> Path:
    folder = tools / package.partition("==")[0]
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", package], check=True)
        (folder / "done").touch()
    return folder / "bin"


@contextlib.contextmanager
def _process(command: list[str], *, cwd: Path, env: dict[str, str]) -> Iterator[None]:
    server = subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(10)


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _wait(port: int) -> None:
    import socket

    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            time.sleep(2.0)  # some listen before they can answer
            return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


if __name__ == "__main__":
    main()
