"""The network of the simulated world: a hosted engine's service that keeps its own books, and receivers of webhooks.

The service is the one to ask whether anything was paid twice: it knows every piece of work it took on.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from castlist.domain.errors import InputImageRejected
from castlist.domain.wire import Reply, Request
from castlist.net.client import SendFailed
from castlist.net.fetch import Fetched
from castlist.net.post import Posted
from simulation.database import Room
from simulation.world import PROCESS, Process, World

BASE = "https://service.test"
SIGNING = "webhook:{account}:1"
Shot = tuple[int, int, int]
"""Which picture: the job's seed (one job each), the image's index, the take's seed."""


@dataclass(eq=False)
class Work:
    """One piece of work that the service took on, and so is paid for."""

    id: str
    shot: Shot
    asked_by: Process
    ready_s: float
    fate: str
    """`done`, `refused`, `spoilt` or `lost`."""
    told: bool = False
    """Whether its id reached whoever asked."""
    canceled: bool = False
    out_of_reach: bool = False
    """Whether its picture could not be fetched."""

    @property
    def counts(self) -> bool:
        """Whether asking for the same picture again would be paying twice."""
        return self.fate == "done" and not self.canceled and not self.out_of_reach


@dataclass
class Service:
    """The hosted engine's side."""

    world: World
    room: Room
    work: dict[str, Work] = field(default_factory=dict[str, Work])
    again: Counter[str] = field(default_factory=Counter[str])
    """Pictures that were paid for once more, by why nobody could have known better."""

    def answer(self, request: Request, process: Process) -> Reply:
        """Answer one request that has arrived."""
        if request.method == "POST":
            return self._take_on(request, process)
        work = self.work.get(request.url.rpartition("/")[2])
        if work is None or work.fate == "lost":
            return _reply(404, {"problem": "no such work"})
        if request.method == "DELETE":
            work.canceled = True
            return _reply(200, {})
        self._must_be_on_file(work, process)
        if self.world.loop.time() < work.ready_s:
            return _reply(200, {"id": work.id})
        if work.fate != "done":
            return _reply(200, {work.fate: "The picture was declined."})
        return _reply(200, {"picture": f"{BASE}/files/{work.id}"})

    def _take_on(self, request: Request, process: Process) -> Reply:
        dice = self.world.dice
        body: Any = request.body
        shot: Shot = (body["job"], body["index"], body["seed"])
        self._must_not_be_known(shot, process)
        fate = "done"
        if self.world.weather.network:
            fate = dice.choices(("done", "refused", "spoilt", "lost"), (92, 4, 2, 2))[0]
        ready_s = self.world.loop.time() + 0.05 + 2.5 * dice.random() ** 3
        work = Work(f"work-{len(self.work):04d}", shot, process, ready_s, fate)
        self.work[work.id] = work
        self.world.say("service", f"takes on {work.id}, image {shot[1]} for {process.name}")
        if body.get("at once"):
            if fate != "done":
                return _reply(200, {"refused": "The picture was declined."})
            return _reply(200, {"picture": f"{BASE}/files/{work.id}"})
        return _reply(202, {"id": work.id})

    def _must_not_be_known(self, shot: Shot, process: Process) -> None:
        """Judge a request for a picture for which work was taken on before."""
        for work in self.work.values():
            if work.shot != shot or not work.counts:
                continue
            if not self.world.orderly and self._holder(shot) != (process.name, _claim()):
                self.again["a worker that had stalled right before it asked woke up after its claim was lost"] += 1
            elif self._on_file(work):
                self.world.violate(f"{work.id} was on file, yet its picture was asked for and paid for again")
            elif work.asked_by.alive and self.world.orderly:
                how = "had been told of" if work.told else "did not know what became of"
                self.world.violate(f"{process.name} {how} {work.id} and asked for its picture again")
            elif work.asked_by.alive:
                self.again["its worker stalled, and another claim took over, before the id was on file"] += 1
            elif work.told:
                self.again["its worker died between the answer and the commit of the id"] += 1
            else:
                self.again["its worker died before the answer came"] += 1

    def _must_be_on_file(self, work: Work, process: Process) -> None:
        """Whoever waits for work must have noted where it is, as long as the job is open."""
        if process.alive and self._job_is_open(work.shot) and not self._on_file(work):
            self.world.violate(f"{process.name} waits for {work.id}, which is not on file")

    def _holder(self, shot: Shot) -> tuple[str, int] | None:
        found = self.room.rows("SELECT worker_id, attempt FROM jobs WHERE seed = ?", shot[0])
        return tuple(found[0]) if found else None

    def _on_file(self, work: Work) -> bool:
        return bool(self.room.rows("SELECT 1 FROM remotes WHERE remote LIKE ?", f'%"{work.id}"%'))

    def _job_is_open(self, shot: Shot) -> bool:
        query = "SELECT 1 FROM jobs WHERE seed = ? AND status IN ('pending', 'processing')"
        return bool(self.room.rows(query, shot[0]))


def _claim() -> int | None:
    """Return the claim that the asking code runs under: a worker may have taken a job again by now."""
    return structlog.contextvars.get_contextvars().get("attempt")


def _reply(status: int, body: Mapping[str, Any], **headers: str) -> Reply:
    return Reply(status, headers, json.dumps(body).encode())


class SimClient:
    """One process's way to the service: the doors of `net.client.Client`."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, *_: Any, **__: Any) -> "AsyncGenerator[SimClient]":
        """See `Client.opened`."""
        yield cls()

    async def send(self, request: Request, *_: Any, timeout_s: float, awaited: Any = None, **__: Any) -> Reply:
        """See `Client.send`."""
        process = PROCESS.get()
        world, site = process.world, process.world.site
        await world.pause(process)
        chance = world.weather.network
        if world.befalls("service: connection refused", chance / 2):
            raise SendFailed("could not connect", sent=False)
        if world.befalls("service: request lost", chance / 6):
            await asyncio.sleep(timeout_s)
            raise SendFailed("no answer in time", sent=True)
        if world.befalls("service: 503", chance / 2):
            return Reply(503, {"retry-after": "1"}, b"{}", awaited)
        if world.befalls("service: 429", chance / 2):
            return Reply(429, {"retry-after": "2"}, b"{}", awaited)
        world.point(process, f"before {request.method} arrives at the service")
        reply = site.service.answer(request, process)
        world.point(process, f"after {request.method} arrived at the service")
        if world.befalls("service: answer lost", chance / 6):
            await asyncio.sleep(timeout_s)
            raise SendFailed("no answer in time", sent=True)
        await world.pause(process)
        if reply.status == 202:
            site.service.work[json.loads(reply.body)["id"]].told = True
        world.point(process, f"after the service's answer to {request.method}")
        return Reply(reply.status, reply.headers, reply.body, awaited)


async def download(url: str, *_: Any, **__: Any) -> Fetched:
    """Fetch a finished picture; the door of `net.fetch.fetch`."""
    process = PROCESS.get()
    world = process.world
    await world.pause(process)
    work = world.site.service.work[url.rpartition("/")[2]]
    if world.befalls("service: picture cannot be fetched", world.weather.network):
        work.out_of_reach = True
        raise InputImageRejected("The picture's URL answered with status 500.")
    return Fetched(hashlib.sha256(work.id.encode()).digest()[:11] + bytes(1), "image/png", url)


@dataclass
class Receivers:
    """Where webhooks go. The host of an address says how its receiver behaves."""

    world: World
    secret: bytes
    got: list[tuple[str, str, int, dict[str, Any]]] = field(default_factory=list[tuple[str, str, int, dict[str, Any]]])
    """Every message that was answered: address, message id, status, body."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *_: Any, **__: Any) -> Posted:
        """Take one message; the door of `net.post.post`."""
        process = PROCESS.get()
        world = self.world
        await world.pause(process)
        kind = url.partition("//")[2].partition(".")[0]
        if kind == "down" or world.befalls("receiver: connection failed", world.weather.network):
            return Posted(None, "the connection failed")
        if kind == "slow":
            await asyncio.sleep(15)
            return Posted(None, "no answer within 15 seconds")
        world.point(process, "before a webhook arrives")
        status = {"good": 204, "gone": 410, "moved": 302}.get(kind) or world.dice.choice((200, 500, 503))
        said = json.loads(body)
        self._must_be_signed(said["account"], headers, body)
        self.got.append((url, headers["webhook-id"], status, said))
        world.say("receiver", f"answers {status} to {headers['webhook-id']}")
        world.point(process, "after a webhook arrived")
        if world.befalls("receiver: answer lost", world.weather.network / 3):
            return Posted(None, "no answer within 15 seconds")
        return Posted(status)

    def _must_be_signed(self, account: str, headers: Mapping[str, str], body: bytes) -> None:
        key = hmac.new(self.secret, SIGNING.format(account=account).encode(), hashlib.sha256).digest()
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        if expected not in headers["webhook-signature"].split():
            self.world.violate(f"the signature of {headers['webhook-id']} is wrong")
