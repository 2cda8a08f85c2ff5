"""Watches jobs for everybody who waits for one: event streams and `Prefer: wait`. Only reads.

However many wait, the database is asked once a look for all of them together, and a job is read in full only when
something about it has changed. Who reads slowly is told the latest state when it is ready for it, not every one.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import structlog

from castlist.store import jobs
from castlist.store.database import Database
from castlist.store.jobs import Image, Job, Mark
from castlist.store.passing import is_passing

LOOK_SECONDS = 0.1
"""Seconds between two looks."""
LONGEST_LOOK_SECONDS = 1.0
"""The same while the database is away."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as it was at the last look."""

    job: Job
    images: list[Image]


@dataclass(slots=True)
class _Watched:
    listeners: int = 0
    mark: Mark | None = None
    seen: Seen | None = None
    version: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Follower:
    """One for an application. Looks only while somebody waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watched: dict[str, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_looking(self) -> bool:
        """Whether anybody is waited for."""
        return self._looking is not None and not self._looking.done()

    async def follow(self, job_id: str, *, silence_seconds: float) -> AsyncGenerator[Seen | None]:
        """Yield a job's state now and whenever it has changed, to its end; None after so much silence.

        Close it after use: `contextlib.aclosing`.
        """
        watched = self._watched.setdefault(job_id, _Watched())
        watched.listeners += 1
        if not self.is_looking:
            self._looking = asyncio.create_task(self._look_on())
        version = 0
        try:
            while True:
                if watched.version == version:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(watched.changed.wait(), silence_seconds)
                seen = watched.seen if watched.version != version else None
                version = watched.version
                yield seen
                if seen is not None and seen.job.status.terminal:
                    return
        finally:
            watched.listeners -= 1
            if not watched.listeners:
                self._watched.pop(job_id, None)

    async def _look_on(self) -> None:
        wait_seconds = LOOK_SECONDS
        while self._watched:
            try:
                await self._look()
                wait_seconds = LOOK_SECONDS
            except Exception as problem:
                wait_seconds = min(2 * wait_seconds, LONGEST_LOOK_SECONDS)
                log = structlog.get_logger()
                if is_passing(problem):
                    log.warning("the database is away", fault=repr(problem)[:200])
                else:
                    log.exception("looking at the jobs that are followed failed and will be tried again")
            await asyncio.sleep(wait_seconds)

    async def _look(self) -> None:
        async with self._database.read() as tx:
            marks = await jobs.marks(tx, list(self._watched))
            changed = [job_id for job_id, mark in marks.items() if self._is_new(job_id, mark)]
            if not changed:
                return
            found = await jobs.many(tx, changed)
            images = await jobs.images_of(tx, changed)
        for job in found:
            if watched := self._watched.get(job.id):
                watched.mark, watched.seen = marks[job.id], Seen(job, images[job.id])
                watched.version += 1
                watched.changed.set()
                watched.changed = asyncio.Event()

    def _is_new(self, job_id: str, mark: Mark) -> bool:
        watched = self._watched.get(job_id)
        return watched is not None and watched.mark != mark
