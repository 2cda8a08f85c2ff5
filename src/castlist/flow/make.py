"""Makes the images of a task: generates, scores, takes again what drifted, encodes.

Knows no database; used by `perform` and the command line.

An engine that computes here runs in a thread of its own, one image ahead of scoring and encoding.
"""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog

from castlist.domain.errors import ImageDrifted, ImageRefused
from castlist.domain.gate import Gate, Step, Take
from castlist.domain.seeds import image_seed
from castlist.domain.tasks import Alpha, Made, NotMade, Outcome, Pixels, Shot, Task, Watch
from castlist.engines.base import Engine
from castlist.flow.encoding import Encode, Encoded
from castlist.flow.hosted import Desk
from castlist.flow.route import outcomes
from castlist.flow.screen import Screen
from castlist.scoring.copies import Album
from castlist.scoring.identity import Identity, best_of
from castlist.scoring.identity import Reference as Known


@dataclass(frozen=True, slots=True)
class Landed:
    """One image that is done: encoded, scored, with how often it was taken."""

    shot: Shot
    made: Made
    identity: Identity
    encoded: Encoded
    attempts: int
    stages: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds by stage: generate, screen, score, encode, compare."""


@dataclass(frozen=True, slots=True)
class Lost:
    """One image that will not come, and why."""

    shot: Shot
    reason: NotMade
    attempts: int


async def make(
    route: Sequence[Engine],
    task: Task,
    watch: Watch,
    *,
    encode: Encode,
    min_identity: float | None,
    keep_best: bool = True,
    desk: Desk | None = None,
    screen: Screen | None = None,
    earlier: Sequence[tuple[int, Pixels]] = (),
) -> AsyncIterator[Landed | Lost]:
    """Yield every shot of the task as it is done, each exactly once.

    Args:
        route: the engines that may make them, in order; at least one.
        encode: turns finished pixels into a file; see `encoding.encoder`.
        min_identity: 0–1; what scores lower is taken again, as the gate decides. None leaves it to the card of the
            first engine.
        keep_best: whether an image of which no take reached that is delivered all the same, with its verdict.
        desk: how a hosted engine is reached, and what remembers the work it is asked for.
        screen: the safety gate; an image that it refuses is lost like one that the engine refused.
        earlier: images of the same job that were delivered before, each with its index: nothing may repeat them.

    Raises:
        InputImageRejected: the reference is of no use to an engine.
        JobCanceled: through `watch`.
    """
    gate = Gate(route[0].card.min_identity if min_identity is None else min_identity, keep_best=keep_best)
    known = await asyncio.to_thread(_prepare, task)
    album = await asyncio.to_thread(_album, task, earlier)
    rolls = {shot.index: _Roll(gate) for shot in task.shots}
    shots = list(task.shots)
    while shots:
        again: list[Shot] = []
        stream = outcomes(route, dataclasses.replace(task, shots=tuple(shots)), watch, desk or Desk())
        async for shot, given in stream:
            roll = rolls[shot.index]
            began = time.perf_counter()
            outcome = await _screened(given, screen)
            screen_seconds = time.perf_counter() - began
            if isinstance(outcome, NotMade):
                roll.takes.append(Take(made=False))
            else:
                landed = await asyncio.to_thread(_land, shot, outcome, known, encode)
                roll.add(dataclasses.replace(landed, stages={"screen": screen_seconds, **landed.stages}))
            step = gate.decide(roll.takes)
            if step is Step.AGAIN:
                again.append(_retake(shot, task.job_seed, len(roll.takes)))
                continue
            del rolls[shot.index]
            if step is Step.GIVE_UP or roll.best is None:
                reason = outcome if isinstance(outcome, NotMade) else _strayed(shot, gate, roll)
                yield Lost(shot, reason, len(roll.takes))
            else:
                yield await asyncio.to_thread(_told, roll.best, len(roll.takes), album)
        shots = again


@dataclass(slots=True)
class _Roll:
    """The takes of one image so far, and the best of them."""

    gate: Gate
    takes: list[Take] = field(default_factory=list[Take])
    best: Landed | None = None

    def add(self, landed: Landed) -> None:
        self.takes.append(Take(landed.identity.score))
        if self.gate.best(self.takes) == len(self.takes) - 1:
            self.best = landed


def _strayed(shot: Shot, gate: Gate, roll: _Roll) -> NotMade:
    best = max(take.score or 0.0 for take in roll.takes)
    message = (
        f"None of {len(roll.takes)} takes was like enough: the best scored {best:.2f}, {gate.wanted:.2f} is wanted."
    )
    return NotMade(shot.index, ImageDrifted.code, message)


def _album(task: Task, earlier: Sequence[tuple[int, Pixels]]) -> Album:
    album = Album.of([reference.pixels for reference in task.references])
    for index, pixels in earlier:
        album.add(index, np.ascontiguousarray(pixels[..., :3]))
    return album


def _prepare(task: Task) -> list[Known]:
    return [Known.prepare(reference.pixels, reference.alpha) for reference in task.references]


async def _screened(outcome: Outcome, screen: Screen | None) -> Outcome:
    """Turn an image that the safety gate refuses into one that was not made."""
    if screen is None or isinstance(outcome, NotMade):
        return outcome
    refusal = await asyncio.to_thread(screen.refusal, outcome.pixels)
    if refusal is None:
        return outcome
    structlog.get_logger().info("image refused", image=outcome.index, reason=refusal)
    return NotMade(outcome.index, ImageRefused.code, refusal, engine=outcome.engine)


def _land(shot: Shot, made: Made, known: list[Known], encode: Encode) -> Landed:
    began = time.perf_counter()
    identity, _ = best_of(known, *_split(made.pixels))
    scored = time.perf_counter()
    encoded = encode(made)
    stages = {"generate": made.seconds, "score": scored - began, "encode": time.perf_counter() - scored}
    return Landed(shot, made, identity, encoded, attempts=1, stages=stages)


def _told(landed: Landed, attempts: int, album: Album) -> Landed:
    """Add to an image what the album says of it, and how often it was taken."""
    made, began = landed.made, time.perf_counter()
    copies = album.add(made.index, np.ascontiguousarray(made.pixels[..., :3]))
    stages = {**landed.stages, "compare": time.perf_counter() - began}
    made = dataclasses.replace(made, notes=(*made.notes, *copies))
    return dataclasses.replace(landed, attempts=attempts, made=made, stages=stages)


def _split(pixels: Pixels) -> tuple[Pixels, Alpha | None]:
    """Part the colours [H, W, 3] from the alpha [H, W], 0–1, if there is one."""
    if pixels.shape[2] == 3:
        return pixels, None
    alpha = np.divide(pixels[..., 3], 255, dtype=np.float32)
    return np.ascontiguousarray(pixels[..., :3]), alpha


def _retake(shot: Shot, job_seed: int, attempt: int) -> Shot:
    return dataclasses.replace(shot, seed=image_seed(job_seed, shot.index, attempt))
