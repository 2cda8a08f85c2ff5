"""Makes the images of a task: generates, scores, takes again what drifted, encodes.

Knows no database; used by `perform` and the command line.

The engine runs in a thread of its own, one image ahead of scoring and encoding.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import numpy as np
import structlog

from castlist.domain.errors import EngineFailed, ImageRefused, InputImageRejected, JobCanceled, ServerError
from castlist.domain.seeds import image_seed
from castlist.domain.tasks import Alpha, Made, NotMade, Outcome, Pixels, Shot, Task, Watch
from castlist.engines.base import Engine, Hosted, Local
from castlist.flow import hosted
from castlist.flow.hosted import Desk
from castlist.scoring.identity import Identity
from castlist.scoring.identity import Reference as Known
from castlist.vision import picture
from castlist.vision.picture import OutputFormat

RETAKES = 2
"""How often an image under the wanted identity is taken again."""


@dataclass(frozen=True, slots=True)
class Landed:
    """One image that is done: encoded, scored, with how often it was taken."""

    shot: Shot
    made: Made
    identity: Identity
    data: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Lost:
    """One image that will not come, and why."""

    shot: Shot
    reason: NotMade
    attempts: int


async def make(
    engine: Engine,
    task: Task,
    watch: Watch,
    *,
    output_format: OutputFormat,
    min_identity: float | None,
    desk: Desk | None = None,
) -> AsyncIterator[Landed | Lost]:
    """Yield every shot of the task as it is done, each exactly once.

    Args:
        min_identity: 0–1; what scores lower is taken again, up to `RETAKES` times, and the best is delivered. None
            leaves it to the engine's card.
        desk: how a hosted engine is reached, and what remembers the work it is asked for.

    Raises:
        InputImageRejected: the reference is of no use to this engine.
        JobCanceled: through `watch`.
    """
    wanted = engine.card.min_identity if min_identity is None else min_identity
    known = await asyncio.to_thread(_prepare, task)
    best: dict[int, Landed] = {}
    shots = list(task.shots)
    for attempt in range(RETAKES + 1):
        again: list[Shot] = []
        async for shot, outcome in _outcomes(engine, dataclasses.replace(task, shots=tuple(shots)), watch, desk):
            if isinstance(outcome, NotMade):
                if shot.index not in best:
                    yield Lost(shot, outcome, attempt + 1)
                continue
            landed = await asyncio.to_thread(_land, shot, outcome, known, output_format, attempt + 1)
            best[shot.index] = _better(landed, best.get(shot.index))
            if attempt < RETAKES and _drifted(best[shot.index], wanted):
                again.append(_retake(shot, task.job_seed, attempt + 1))
            else:
                yield dataclasses.replace(best.pop(shot.index), attempts=attempt + 1)
        shots = again
        if not shots:
            break
    for landed in best.values():  # their last retake was not made
        yield landed


def _prepare(task: Task) -> list[Known]:
    return [Known.prepare(reference.pixels, reference.alpha) for reference in task.references]


def _land(shot: Shot, made: Made, known: list[Known], output_format: OutputFormat, attempts: int) -> Landed:
    identity = max((reference.score(*_split(made.pixels)) for reference in known), key=lambda one: one.score or 0)
    return Landed(shot, made, identity, picture.encode(made.pixels, output_format), attempts)


def _split(pixels: Pixels) -> tuple[Pixels, Alpha | None]:
    """Part the colours [H, W, 3] from the alpha [H, W], 0–1, if there is one."""
    if pixels.shape[2] == 3:
        return pixels, None
    alpha = np.divide(pixels[..., 3], 255, dtype=np.float32)
    return np.ascontiguousarray(pixels[..., :3]), alpha


def _drifted(landed: Landed, wanted: float) -> bool:
    score = landed.identity.score
    return score is not None and score < wanted


def _better(new: Landed, old: Landed | None) -> Landed:
    if old is None or (new.identity.score or 0) >= (old.identity.score or 0):
        return new
    return old


def _retake(shot: Shot, job_seed: int, attempt: int) -> Shot:
    return dataclasses.replace(shot, seed=image_seed(job_seed, shot.index, attempt))


async def _outcomes(engine: Engine, task: Task, watch: Watch, desk: Desk | None) -> AsyncIterator[tuple[Shot, Outcome]]:
    """Yield one outcome a shot; what the engine leaves out, or breaks off with, becomes `NotMade`."""
    if isinstance(engine, Hosted):
        async with contextlib.aclosing(hosted.outcomes(engine, task, watch, desk or Desk())) as stream:
            async for pair in stream:
                yield pair
        return
    if not isinstance(engine, Local):
        raise ServerError(f"{engine.card.id} is neither a local nor a hosted engine.")
    missing = {shot.index: shot for shot in task.shots}
    failure = EngineFailed()
    try:
        async for outcome in _ahead(engine.generate(task, watch)):
            shot = missing.pop(outcome.index, None)
            if shot is not None:
                yield shot, outcome
    except (InputImageRejected, JobCanceled):
        raise
    except ImageRefused as refusal:
        failure = refusal
    except Exception:
        structlog.get_logger().exception("engine failed", engine=engine.card.id)
    for shot in missing.values():
        yield shot, NotMade(shot.index, failure.code, failure.message)


async def _ahead(outcomes: Iterator[Outcome]) -> AsyncIterator[Outcome]:
    """Yield from a blocking iterator, letting it work on the next item while the last one is used."""
    following = asyncio.create_task(asyncio.to_thread(next, outcomes, None))
    try:
        while (outcome := await following) is not None:
            following = asyncio.create_task(asyncio.to_thread(next, outcomes, None))
            yield outcome
    finally:
        following.cancel()
