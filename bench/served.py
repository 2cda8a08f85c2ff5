"""Times whole jobs: a real `castlist serve`, a real POST, until the job is completed. Called by `studio`."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from bench.clock import Runs, cpu_of, peak_mb
from castlist import data
from castlist.vision import picture

RUN = "/api/v1/models/consistent-characters/run"
POLL_SECONDS = 0.02
PATIENCE_SECONDS = 300.0
CANCELS, CANCEL_AFTER_SECONDS = 6, 0.23
"""Jobs of eight canceled on each server; each runs this much longer than the one before it."""


@dataclass(slots=True)
class Served:
    """What the jobs took: `cold` the first of a fresh server, `cached` the following ones with the same reference.

    pixels: for each job, the hash of its pictures' pixels. peaks_mb: of each server's worker.
    """

    cold: Runs = field(default_factory=Runs)
    cached: Runs = field(default_factory=Runs)
    freed: Runs = field(default_factory=Runs)
    """From the cancel of a running job until its worker has begun the next one."""
    peaks_mb: list[float] = field(default_factory=list[float])
    pixels: list[str] = field(default_factory=list[str])


def measure(sample: str, servers: int, jobs: int, seed: int) -> Served:
    """Start so many servers one after the other, and give each so many jobs of four pictures, all the same."""
    served = Served()
    for _ in range(servers):
        with tempfile.TemporaryDirectory(prefix="castlist-bench-") as folder, _Server(Path(folder)) as server:
            photo = server.upload(data.path(sample))
            for turn in range(jobs):
                job = server.time({"input_image": photo, "seed": seed}, served.cached if turn else served.cold)
                served.pixels.append(server.hash_of(job))
            for turn in range(CANCELS):
                server.time_cancel(
                    {"input_image": photo, "seed": seed}, CANCEL_AFTER_SECONDS * (turn + 1), served.freed
                )
            served.peaks_mb.append(peak_mb(server.worker))
    return served


class _Server:
    """An installation of its own in a folder, with a server, its worker and a key."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "server.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CASTLIST_")}
        self._environment = {**kept, "CASTLIST_DATA_DIR": str(folder), "CASTLIST_RATE_LIMIT": "0"}
        self._close = contextlib.ExitStack()

    def __enter__(self) -> "_Server":
        key = json.loads(self._castlist("keys", "create", "--name", "bench", "--credits", "1000", "--json"))["key"]
        self._server = subprocess.Popen(
            self._command("serve", "--port", "0", "--json"),
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=self._close.enter_context(self._log.open("w")),
            text=True,
        )
        self._close.callback(self._stop)
        assert self._server.stdout is not None
        url = json.loads(self._server.stdout.readline())["url"]
        client = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        self._http = self._close.enter_context(client)
        self.worker = self._wait_for_worker()
        return self

    def __exit__(self, *_: object) -> None:
        self._close.close()

    def upload(self, photo: Path) -> str:
        """Upload a picture and return its URL."""
        with photo.open("rb") as file:
            return self._checked(self._http.post("/api/v1/uploads", files={"file": (photo.name, file)}))["assetUrl"]

    def time(self, said: dict[str, Any], runs: Runs) -> dict[str, Any]:
        """Post a job, follow it to its end and note what it took; processor seconds are the worker's and the API's."""
        before, began = self._cpu(), time.perf_counter()
        job = self._checked(self._http.post(RUN, json=said))
        job = self._wait_while(job, "pending", "processing")
        runs.add(time.perf_counter() - began, self._cpu() - before)
        if job["status"] != "completed" or len(job["assets"]) != 4:
            raise SystemExit(f"the job went wrong: {job.get('error')}")
        return job

    def time_cancel(self, said: dict[str, Any], after_seconds: float, runs: Runs) -> None:
        """Cancel a job of eight that has run for so long, and note when the job behind it is begun."""
        first, second = (self._checked(self._http.post(RUN, json={**said, "num_images": count})) for count in (8, 1))
        self._wait_while(first, "pending")
        time.sleep(after_seconds)
        before, began = self._cpu(), time.perf_counter()
        if self._checked(self._http.post(f"{first['statusUrl']}/cancel"))["status"] != "failed":
            raise SystemExit("the job had ended before it was canceled")
        self._wait_while(second, "pending")
        runs.add(time.perf_counter() - began, self._cpu() - before)
        self._http.post(f"{second['statusUrl']}/cancel")

    def _wait_while(self, job: dict[str, Any], *states: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while job["status"] in states:
            if time.monotonic() > deadline:
                raise SystemExit(f"the job was still {job['status']} after {PATIENCE_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
            job = self._checked(self._http.get(job["statusUrl"]))
        return job

    def hash_of(self, job: dict[str, Any]) -> str:
        """Return one hash of the pixels of all pictures of a job, as delivered."""
        whole = hashlib.sha256()
        for asset in job["assets"]:
            whole.update(picture.decode(self._http.get(asset["url"]).content).pixels.tobytes())
        return whole.hexdigest()

    def _cpu(self) -> float:
        return cpu_of(self.worker) + cpu_of(self._server.pid)

    def _wait_for_worker(self) -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := re.search(r"worker ready\s.*?worker=w(\d+)-", self._log.read_text()):
                return int(found[1])
            time.sleep(POLL_SECONDS)
        raise SystemExit(f"no worker came:\n{self._log.read_text()}")

    def _castlist(self, *arguments: str) -> str:
        command = self._command(*arguments)
        return subprocess.run(
            command, env=self._environment, cwd=self._folder, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def _stop(self) -> None:
        self._server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._server.wait(30)
        self._server.kill()
        self._server.wait()
        assert self._server.stdout is not None
        self._server.stdout.close()

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "castlist.cli", *arguments]

    @staticmethod
    def _checked(answer: httpx2.Response) -> dict[str, Any]:
        if answer.status_code >= 400:
            raise SystemExit(f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()
