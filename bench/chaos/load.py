"""Clients that want their jobs: they submit with an idempotency key, ask again when refused, and remember what they
were told."""

import asyncio
import base64
import io
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2
import numpy as np
from PIL import Image

from bench.chaos.follow import Followers

RUN = "/api/v1/models/consistent-characters/run"
TIMEOUT_SECONDS = 30.0


def photo() -> str:
    """Return a small picture as a data: URI."""
    rows = np.linspace(0, 255, 96).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(rows[:, None], rows[None, :], np.uint8(90)), axis=-1)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


@dataclass
class Load:
    """Submits jobs until told to stop; every key that was begun is brought to its 202."""

    urls: Sequence[str]
    key: str
    clients: int = 4
    pause_seconds: float = 0.2
    least: int = 1
    images: int = 2
    """Images a job: at least, and at most."""
    seed: int = 0
    accepted: dict[str, str] = field(default_factory=dict[str, str])
    said: Counter[str] = field(default_factory=Counter[str])
    """How often which answer came: a status, or the name of what happened instead."""
    unclear: list[str] = field(default_factory=list[str])
    """Answers that are neither 202 nor the envelope of a fault that passes."""
    longest_seconds: float = 0.0
    stopping: bool = False
    followers: Followers = field(init=False)

    def __post_init__(self) -> None:
        self.followers = Followers(self.urls, self.key)

    async def run(self) -> None:
        """Run all clients to their end."""
        picture = photo()
        await asyncio.gather(*(self._client(number, picture) for number in range(self.clients)))

    async def once(self) -> None:
        """Submit one job."""
        await self._submit(f"key-{self.seed}", photo(), random.Random(self.seed))

    async def _client(self, number: int, picture: str) -> None:
        dice = random.Random(f"{self.seed}/{number}")
        count = 0
        while not self.stopping:
            count += 1
            name = f"key-{self.seed}-{number}-{count}"
            await self._submit(name, picture, dice)
            self.followers.begin(self.accepted[name], dice)
            await asyncio.sleep(dice.uniform(0, 2 * self.pause_seconds))

    async def _submit(self, name: str, picture: str, dice: random.Random) -> None:
        body = {
            "input_image": picture,
            "num_images": dice.randint(self.least, self.images),
            "seed": dice.randint(0, 2**32 - 1),
        }
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": name}
        while True:
            began = time.monotonic()
            try:
                async with httpx2.AsyncClient(base_url=dice.choice(self.urls), timeout=TIMEOUT_SECONDS) as client:
                    answer = await client.post(RUN, json=body, headers=headers)
            except httpx2.HTTPError as problem:
                self.said[type(problem).__name__] += 1
            else:
                self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
                self.said[str(answer.status_code)] += 1
                if answer.status_code == 202:
                    self.accepted[name] = answer.json()["jobId"]
                    return
                self._judge(answer)
            await asyncio.sleep(dice.uniform(0.2, 0.6))

    def _judge(self, answer: httpx2.Response) -> None:
        try:
            error = answer.json()["error"]
            clear = answer.status_code == 503 and error["message"] and int(answer.headers["retry-after"]) > 0
        except (ValueError, KeyError):
            clear = False
        if not clear:
            self.unclear.append(f"{answer.status_code} {answer.text[:300]}")
