"""Measures what castlist itself adds to every image: from the engine's yielding it until it is recorded.

A real worker, with the queue, its lease and its other duties, takes real jobs; only the engine is a stub, which gives
pictures that the embedded engine made before, with a pause between them. Scoring, comparing with the other pictures,
the safety gate and encoding are taken off; what is left is handing over, the file, its record and its meters. Called by
`__main__` and its test.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dbos import DBOS

from castlist.bootstrap import bring_up_to_date
from castlist.domain.tasks import Made, Outcome, Pixels, Task, Watch
from castlist.flow.meter import Meter
from castlist.flow.service import now_ms
from castlist.provenance.mark import Marking
from castlist.queue.durable import DurableQueue
from castlist.testing.engines import ToyEngine
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.service import a_customer, build_service
from castlist.worker.main import Habits, Worker

POLL_SECONDS = 0.2
AWAY = ("screen", "score", "encode", "compare")
"""Stages that are not castlist's own adding."""


class Pausing(ToyEngine):
    """Gives finished pictures, and notes when."""

    def __init__(self, pictures: Sequence[Pixels], pause_seconds: float) -> None:
        super().__init__()
        self._pictures, self._pause_seconds = pictures, pause_seconds
        self.given: list[float] = []

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """See `engines.base.Local`."""
        for shot in task.shots:
            time.sleep(self._pause_seconds)
            watch.check()
            pixels = self._pictures[(shot.seed + shot.index) % len(self._pictures)]
            self.given.append(time.perf_counter())
            yield Made(shot.index, pixels, shot.seed, "toy-1", self._pause_seconds)


class Stopwatch(Meter):
    """A meter that also notes when each image was recorded and how long its stages took."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[tuple[float, dict[str, float]]] = []
        self._stages: dict[str, float] = {}

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """See `Meter`; the last stage of an image is `store`."""
        super().observe(name, seconds, **labels)
        if name == "stage_seconds":
            self._stages[labels["stage"]] = seconds
            if labels["stage"] == "store":
                self.recorded.append((time.perf_counter(), self._stages))
                self._stages = {}


@dataclass(slots=True)
class Added:
    """For every image, ms: what castlist added, what of it was file and record, and what was taken off."""

    added_ms: list[float] = field(default_factory=list[float])
    store_ms: list[float] = field(default_factory=list[float])
    away_ms: list[float] = field(default_factory=list[float])


async def measure(
    folder: Path, pictures: Sequence[Pixels], *, jobs: int, images: int, pause_seconds: float, url: str | None = None
) -> Added:
    """Run jobs one after the other through a worker and return what it added to every image.

    Args:
        url: an empty PostgreSQL database; without one a SQLite file in `folder`.
    """
    engine, watch = Pausing(pictures, pause_seconds), Stopwatch()
    plain = build_service(folder, engines=(engine,), database_url=url, clock=now_ms)  # type: ignore[arg-type]
    marking = Marking(credentials=False)
    service = replace(plain, queue=DurableQueue(plain.database.url), meter=watch, marking=marking)
    await bring_up_to_date(service)
    customer = await a_customer(service, credits="100000")
    worker = Worker(service, _nothing, Habits(signals=(), drain_seconds=0))
    working = asyncio.create_task(worker.run())
    try:
        async with client_of(service) as client:
            client.headers.update(customer.headers)
            for turn in range(jobs):
                said = {"input_image": figure_uri(), "num_images": images, "seed": turn}
                answer = (await client.post(RUN, json=said)).raise_for_status().json()
                while answer["status"] in ("pending", "processing"):
                    await asyncio.sleep(POLL_SECONDS)
                    answer = (await client.get(f"{API}/jobs/{answer['jobId']}")).raise_for_status().json()
                if answer["status"] != "completed":
                    raise RuntimeError(f"the job went wrong: {answer}")
    finally:
        worker._stop()
        await working
        await service.close()
        DBOS.destroy(destroy_registry=True)  # a worker's process ends with it; this one goes on
    return added(engine.given, watch.recorded)


def added(given: Sequence[float], recorded: Sequence[tuple[float, dict[str, float]]]) -> Added:
    """Put what was given and what was recorded side by side: images go through one after the other.

    One that waits until the scoring and encoding of the one before it are done begins when that was recorded.
    """
    found, free = Added(), 0.0
    for begun, (end, stages) in zip(given, recorded, strict=True):
        away = sum(stages[stage] for stage in AWAY)
        found.added_ms.append(1000 * (end - max(begun, free) - away))
        free = end
        found.store_ms.append(1000 * stages["store"])
        found.away_ms.append(1000 * away)
    return found


def _nothing(*_: Any) -> dict[str, Any]:
    return {}
