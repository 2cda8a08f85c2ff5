"""What stands in for the outside during a simulation, put in place for its length and taken away again.

Everything here is either slow (scoring, decoding, encoding pictures), outside (HTTP), or unpredictable (ids, clocks).
The line itself, the store and the rules stay the real ones.
"""

import asyncio
import random
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from castlist.domain.ids import ALPHABET
from castlist.domain.tasks import Made, Pixels, Reference, Shot
from castlist.flow.encoding import Encode, Encoded
from castlist.flow.hosted import Desk
from castlist.flow.make import Landed
from castlist.scoring.identity import Identity
from simulation.engines import pixels_of
from simulation.network import SimClient, download
from simulation.world import PROCESS, START_MS

SAME = Identity(0.9, "same", "simulated", "It is said to be.")
OTHER = Identity(0.2, "different", "simulated", "It is said not to be.")
BLANK = np.zeros((2, 2, 3), np.uint8)


def prepare(*_: Any) -> list[Any]:
    """Prepare no references; the door of `flow.make._prepare`."""
    return []


def land(shot: Shot, made: Made, _: Any, encode: Encode, *__: Any) -> Landed:
    """Believe of a picture what the engine wrote into it; the door of `flow.make._land`."""
    return Landed(shot, made, OTHER if made.pixels[0, 1, 1] else SAME, encode(made), attempts=1)


class Album:
    """Finds no copies."""

    def add(self, *_: Any, **__: Any) -> tuple[str, ...]:
        """See `scoring.copies.Album`."""
        return ()


async def load(service: Any, file: str) -> Reference:
    """Return a picture for a file that is there; the door of `flow.references.load`."""
    from castlist.domain.errors import InputImageRejected

    if await service.files.get(file) is None:
        raise InputImageRejected("The picture of the character has expired before the job could begin.")
    return Reference(BLANK, file)


async def opened(service: Any, images: Sequence[Any]) -> list[Any]:
    """Read what an earlier claim delivered, and look at none of it; the door of `flow.perform._opened`."""
    for image in images:
        if image.file:
            await service.files.get(image.file)
    return []


def encoder(*_: Any, **__: Any) -> Encode:
    """Return what makes a file of pixels: their bytes."""

    def encode(made: Made) -> Encoded:
        return Encoded(made.pixels.tobytes(), None)

    return encode


def decoded(data: bytes, *_: Any, **__: Any) -> tuple[Pixels, tuple[str, ...]]:
    """Return a service's file as pixels."""
    return pixels_of(data), ()


async def post(*parts: Any, **more: Any) -> Any:
    """Hand a webhook to the world's receivers."""
    return await PROCESS.get().world.site.receivers.post(*parts, **more)


def random_text(length: int) -> str:
    """Return random characters as the seed has them."""
    return "".join(random.choices(ALPHABET, k=length))


async def database_ms(*_: Any) -> int:
    """Return the database's own time, which no process can set; the door of `store.clock.now_ms`."""
    return START_MS + round(loop_time() * 1000)


def loop_time() -> float:
    """Return the seconds of the running loop."""
    return asyncio.get_running_loop().time()


DOORS: tuple[tuple[str, Callable[..., Any] | type], ...] = (
    ("castlist.domain.ids.random_text", random_text),
    ("castlist.store.clock.now_ms", database_ms),
    ("castlist.flow.make._prepare", prepare),
    ("castlist.flow.make._album", lambda *_: Album()),
    ("castlist.flow.make._land", land),
    ("castlist.flow.perform.load", load),
    ("castlist.flow.perform._opened", opened),
    ("castlist.flow.perform.encoder", encoder),
    ("castlist.flow.perform.Desk", partial(Desk, clock=loop_time, dice=random.random)),
    ("castlist.flow.hosted.Client", SimClient),
    ("castlist.flow.hosted._picture", decoded),
    ("castlist.net.driver.fetch", download),
    ("castlist.flow.deliver.post", post),
)


@contextmanager
def simulated() -> Generator[None]:
    """Put the stand-ins in place."""
    import structlog

    with ExitStack() as stack:
        for door, stand_in in DOORS:
            stack.enter_context(patch(door, stand_in))
        before = structlog.get_config()
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(50), logger_factory=structlog.ReturnLoggerFactory()
        )
        try:
            yield
        finally:
            structlog.configure(**before)
