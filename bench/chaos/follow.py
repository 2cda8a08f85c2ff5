"""Clients that want to know what becomes of their jobs, by polling or by the event stream, whatever breaks off.

They begin again when a node dies under them, the stream after the last event that arrived, and remember what they were
told: the audit compares it with the books.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2

from bench.chaos.audit import Books

TIMEOUT_SECONDS = 30.0
AGAIN_SECONDS = 0.3
MOST_AT_ONCE = 8
"""So that what is judged gets the processor, not whoever looks on."""
ENDED = ("completed", "failed")


@dataclass
class Followers:
    """Everybody who follows a job of one campaign."""

    urls: Sequence[str]
    key: str
    how: Counter[str] = field(default_factory=Counter[str])
    """How many jobs were followed in which way."""
    broken: int = 0
    """How often an answer or a stream broke off or was refused, and was begun again."""
    ends: dict[str, str] = field(default_factory=dict[str, str])
    """By job, the end that its client was told."""
    images: dict[str, Counter[int]] = field(default_factory=dict[str, Counter[int]])
    """By job whose events were followed, how often each image was told."""
    wrong: list[str] = field(default_factory=list[str])
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict[str, "asyncio.Task[None]"])

    def begin(self, job_id: str, dice: random.Random) -> None:
        """Follow a job from now on, one way or the other, unless many are followed."""
        if sum(not task.done() for task in self._tasks.values()) >= MOST_AT_ONCE:
            return
        way = dice.choice(("polling", "event stream"))
        self.how[way] += 1
        follow = self._poll if way == "polling" else self._stream
        self._tasks[job_id] = asyncio.create_task(follow(job_id, random.Random(dice.random())))

    async def ended(self, seconds: float) -> None:
        """Wait until everybody has been told of an end, or so long."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)
        for job_id, task in self._tasks.items():
            if not task.done():
                task.cancel()
                self.wrong.append(f"hung: whoever follows {job_id} is never told that it ended")
            elif problem := task.exception():
                self.wrong.append(f"unclear: following {job_id} ended in {problem!r}")

    def faults(self, books: Books) -> list[str]:
        """Return where clients were told something else than the books say."""
        found = list(self.wrong)
        status = {job[0]: job[1] for job in books.jobs}
        delivered = {(job_id, position) for job_id, position, file, _ in books.images if file is not None}
        for job_id, said in self.ends.items():
            if said != status.get(job_id):
                found.append(f"contradicted: a client was told that {job_id} {said}, it is {status.get(job_id)}")
        for job_id, told in self.images.items():
            if any(times > 1 for times in told.values()):
                found.append(f"doubled: the stream of {job_id} told of images {dict(told)} times")
            if {(job_id, position) for position in told} != {each for each in delivered if each[0] == job_id}:
                found.append(f"contradicted: the stream of {job_id} told of images {sorted(told)}")
        return found

    async def _poll(self, job_id: str, dice: random.Random) -> None:
        while job_id not in self.ends:
            try:
                async with self._client(dice) as client:
                    answer = await client.get(f"/api/v1/jobs/{job_id}")
            except httpx2.HTTPError:
                self.broken += 1
            else:
                if self._is_there(job_id, answer.status_code):
                    self._note_end(job_id, answer.json()["status"])
            await asyncio.sleep(AGAIN_SECONDS)

    async def _stream(self, job_id: str, dice: random.Random) -> None:
        self.images[job_id] = Counter()
        last: dict[str, str] = {}
        while job_id not in self.ends:
            try:
                async with (
                    self._client(dice) as client,
                    client.stream("GET", f"/api/v1/jobs/{job_id}/events", headers=last) as answer,
                ):
                    if self._is_there(job_id, answer.status_code):
                        await self._listen(job_id, answer, last)
            except httpx2.HTTPError:
                self.broken += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self, job_id: str, answer: httpx2.Response, last: dict[str, str]) -> None:
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
                continue
            if "event" in event:
                self._hear(job_id, event["event"], json.loads(event["data"]))
                last["Last-Event-ID"] = event["id"]
            event = {}

    def _hear(self, job_id: str, name: str, data: dict[str, object]) -> None:
        if name == "image":
            self.images[job_id][int(str(data["index"]))] += 1
        elif name == "end":
            self._note_end(job_id, str(data["status"]))

    def _note_end(self, job_id: str, status: str) -> None:
        if status in ENDED:
            self.ends[job_id] = status

    def _is_there(self, job_id: str, code: int) -> bool:
        if code == 200:
            return True
        self.broken += 1
        if code != 503:
            self.wrong.append(f"unclear: asked for {job_id}, answered {code}")
        return False

    def _client(self, dice: random.Random) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.AsyncClient(base_url=dice.choice(self.urls), timeout=TIMEOUT_SECONDS, headers=headers)
