"""Real processes for the scenarios: `castlist serve` in a process group of its own, with a folder of its own."""

import base64
import contextlib
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

HERE = Path(__file__).parent
RUN = "/api/v1/models/consistent-characters/run"
PATIENCE_SECONDS = 60.0


class Installation:
    """One data folder, the server on it, and the command line for it."""

    def __init__(self, folder: Path, **options: object) -> None:
        self._folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CASTLIST_")}
        engine = {"stripes": options}
        self._environment = {
            **kept,
            "CASTLIST_DATA_DIR": str(folder),
            "CASTLIST_ENGINES": json.dumps(engine),
            "CASTLIST_RATE_LIMIT": "0",
            "PYTHONPATH": str(HERE / "engine"),
        }
        self._server: subprocess.Popen[str] | None = None
        self._log = folder / "server.log"
        self.url = ""

    @property
    def folder(self) -> Path:
        """Where everything of the installation lies."""
        return self._folder

    def set(self, **variables: str) -> None:
        """Set variables of the environment of what is started from now on."""
        self._environment.update(variables)

    def key(self, credits: int) -> str:
        """Make a key whose account, called `user`, has so many credits."""
        return self.castlist("keys", "create", "--name", "user", "--credits", str(credits))["key"]

    def submit(self, key: str, photo: str, **said: object) -> dict[str, Any]:
        """Submit a job and return the 202 answer."""
        with self.client(key) as client:
            answer = client.post(RUN, json={"input_image": photo, **said})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def wait(
        self,
        key: str,
        job_id: str,
        enough: Callable[[dict[str, Any]], bool] | None = None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """Poll a job until it is `enough`, or has ended; fail when that never happens."""
        deadline = time.monotonic() + patience_seconds
        with self.client(key) as client:
            while time.monotonic() < deadline:
                answer = client.get(f"/api/v1/jobs/{job_id}")
                assert answer.status_code == 200, answer.text
                job = answer.json()
                if enough(job) if enough else job["status"] in ("completed", "failed"):
                    return job
                time.sleep(0.05)
        raise AssertionError(f"the job never came so far: {job}\n{self.log()}")

    def ledger(self) -> list[tuple[str, float]]:
        """Return the user's entries, oldest first, after checking that the whole ledger adds up."""
        entries = self.castlist("credits", "ledger", "user", "--limit", "1000")[::-1]
        balance = 0
        for entry in entries:
            balance += entry["change"]
            assert entry["balance"] == balance >= 0
        return [(entry["kind"], entry["amount"]) for entry in entries]

    def castlist(self, *arguments: str) -> Any:
        """Run a command with --json and return what it printed."""
        done = self._run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def says(self, *arguments: str) -> str:
        """Run a command as a person would and return all that it printed, whether it went well or not."""
        done = self._run(*arguments)
        return done.stdout + done.stderr

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self._command(*arguments),
            check=False,
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )

    def start(self, *options: str) -> None:
        """Start the server on a free port and wait until it says where it is."""
        with self._log.open("a") as log:
            self._server = subprocess.Popen(
                self._command("serve", "--port", "0", "--json", *options),
                env=self._environment,
                cwd=self._folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, self.log()
        self.url = json.loads(line)["url"]

    def kill_group(self) -> None:
        """End every process of the server as a power cut would."""
        assert self._server is not None
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait(PATIENCE_SECONDS)

    def terminate(self, times: int = 1) -> int:
        """Ask the server to stop, so many times, and return its exit code."""
        assert self._server is not None
        for _ in range(times):
            self._server.terminate()
            time.sleep(0.2)
        return self._server.wait(PATIENCE_SECONDS)

    def kill_parent(self) -> None:
        """Kill the server's first process alone."""
        assert self._server is not None
        self._server.kill()
        self._server.wait(PATIENCE_SECONDS)

    def worker_pids(self) -> list[int]:
        """Return the process ids of the workers that have become ready so far, oldest first."""
        return [int(pid) for pid in re.findall(r"worker ready\s.*?worker=w(\d+)-", self.log())]

    def started_between(self, job_id: str) -> list[str]:
        """Return the jobs that started after a job was submitted and before it started itself; SQLite only."""
        with contextlib.closing(sqlite3.connect(self._folder / "castlist.sqlite")) as database:
            found = database.execute(
                "SELECT other.id FROM jobs AS own JOIN jobs AS other ON other.id <> own.id "
                "AND other.started_ms > own.created_ms AND other.started_ms < own.started_ms WHERE own.id = ?",
                (job_id,),
            )
            return [row[0] for row in found]

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many workers have become ready in all."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.worker_pids()) < count:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def log(self) -> str:
        """Return what the server has logged."""
        return self._log.read_text()

    def client(self, key: str) -> httpx2.Client:
        """Return a client with this key."""
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        """End whatever still runs."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(PATIENCE_SECONDS)
            assert self._server.stdout is not None
            self._server.stdout.close()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "castlist.cli", *arguments]


Install = Callable[..., Installation]


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    """Make installations; `seconds` is how long their engine takes for an image."""
    made: list[Installation] = []

    def make(**options: object) -> Installation:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Installation(folder, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def photo() -> str:
    """A small picture as a data: URI."""
    rows = np.linspace(0, 255, 96).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(rows[:, None], rows[None, :], np.uint8(90)), axis=-1)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
