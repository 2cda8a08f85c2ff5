"""Measures what more processes bring, on PostgreSQL: workers that finish jobs, API nodes that accept them.

Real processes, as they are deployed. The engine sleeps and computes nothing, so that it is seen whether workers hinder
each other, and not how many cores there are. Called by `__main__` and its test.
"""

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.chaos import audit
from bench.chaos.installation import Installation
from bench.chaos.load import RUN, photo
from bench.clock import cpu_of
from bench.peers.load import Load, post_for

WARM_SECONDS = 1.0
PATIENCE_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Finished:
    """Workers at work: jobs completed a second, and what a job costs the workers' and nodes' processes."""

    workers: int
    completed_a_second: float
    cpu_ms_a_job: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """Nodes at work: jobs accepted a second, and what accepting one costs the nodes."""

    nodes: int
    accepted_a_second: float
    cpu_ms_a_job: float


def finishing(folder: Path, workers: int, *, jobs: int, seconds: float) -> Finished:
    """Give a number of workers jobs of one image that takes the engine so many seconds."""
    made = Installation.on_postgres(folder, seconds=seconds, nodes=1, workers=workers)
    try:
        made.start()
        port, body, headers = _post(made)
        for _ in range(jobs):
            httpx2.post(f"http://127.0.0.1:{port}{RUN}", content=body, headers=headers, timeout=60).raise_for_status()
        before = _cpu(made)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while audit.read(made.url).open:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the jobs do not end within {PATIENCE_SECONDS} s")
            time.sleep(0.5)
        spent = _cpu(made) - before
        times = audit.ask(made.url, "SELECT finished_ms FROM jobs WHERE status = 'completed' ORDER BY finished_ms")
    finally:
        made.close()
    # From a fourth of the ends to the last: how the processes start, and how jobs came in, is not what is asked.
    ends = [int(row[0]) for row in times][jobs // 4 :]
    return Finished(workers, 1000 * (len(ends) - 1) / max(1, ends[-1] - ends[0]), 1000 * spent / jobs)


def accepting(folder: Path, nodes: int, *, seconds: float, connections: int = 16) -> Accepted:
    """Post to a number of nodes at once, without any worker."""
    made = Installation.on_postgres(folder, seconds=600, nodes=nodes, workers=0)
    try:
        made.start()
        _, body, headers = _post(made)
        ports = [int(url.rpartition(":")[2]) for url in made.nodes]

        async def post(time_s: float) -> list[Load]:
            each = connections // nodes
            posts = (post_for(time_s, port, RUN, body, headers, connections=each) for port in ports)
            return list(await asyncio.gather(*posts))

        asyncio.run(post(WARM_SECONDS))
        before = _cpu(made)
        loads = asyncio.run(post(seconds))
        spent = _cpu(made) - before
    finally:
        made.close()
    if refused := sum(load.refused for load in loads):
        raise RuntimeError(f"{refused} posts were refused: {loads[0].words[:200]!r}")
    accepted = sum(len(load.latencies_ms) for load in loads)
    return Accepted(nodes, sum(load.accepted_a_second for load in loads), 1000 * spent / max(1, accepted))


def _post(made: Installation) -> tuple[int, bytes, dict[str, str]]:
    """Upload a picture and return the first node's port, a body that asks for one image of it, and its headers."""
    url = next(iter(made.nodes))
    headers = {"Authorization": f"Bearer {made.key}"}
    png = base64.b64decode(photo().partition(",")[2])
    sent = httpx2.post(f"{url}/api/v1/uploads", headers=headers, files={"file": ("a.png", png)}, timeout=60)
    asset = sent.raise_for_status().json()["assetUrl"]
    body = json.dumps({"input_image": asset, "num_images": 1, "min_identity": 0}).encode()  # one take
    return int(url.rpartition(":")[2]), body, {**headers, "Content-Type": "application/json"}


def _cpu(made: Installation) -> float:
    return sum(cpu_of(process.pid) for process in (*made.nodes.values(), *made.workers.values()))
