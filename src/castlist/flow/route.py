"""Takes a task along a route: the engines that may make its images, in order. Called by `make`.

An image goes on to the next engine when one could not make it for a reason that is nobody's or the operator's: an
outage, a key, an empty account. Never when it was declined, and never when the service may still deliver what it is
paid for.
"""

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from typing import Any

import structlog

from castlist.domain.errors import EngineFailed, ImageRefused, InputImageRejected, JobCanceled, ServerError
from castlist.domain.tasks import NotMade, Outcome, Shot, Task, Watch
from castlist.domain.wire import from_text
from castlist.engines.base import Engine, Hosted, Local
from castlist.flow import hosted
from castlist.flow.hosted import Desk


async def outcomes(
    route: Sequence[Engine], task: Task, watch: Watch, desk: Desk
) -> AsyncGenerator[tuple[Shot, Outcome]]:
    """Yield one outcome a shot, each naming its engine, from the first engine of the route that can make it.

    Args:
        route: at least one engine.

    Raises:
        InputImageRejected: the reference is of no use to an engine.
        JobCanceled: through `watch`.
    """
    # Hosted engines pass each image on by itself; one that computes here makes all of them in one go.
    legs = [list(leg) for _, leg in itertools.groupby(route, key=lambda engine: isinstance(engine, Hosted) or engine)]
    begun = await _begun(legs, task, desk)
    waiting: list[Shot] = []
    for place, leg in enumerate(legs):
        waiting += [shot for shot in task.shots if begun.get(shot.index, 0) == place]
        passed: list[Shot] = []
        if not waiting:
            continue
        stream = _leg(leg, dataclasses.replace(task, shots=tuple(waiting)), watch, desk)
        async with contextlib.aclosing(stream):
            async for shot, outcome in stream:
                if isinstance(outcome, NotMade) and outcome.elsewhere and place + 1 < len(legs):
                    passed.append(shot)
                else:
                    yield shot, outcome
        waiting = passed


async def _begun(legs: Sequence[Sequence[Engine]], task: Task, desk: Desk) -> dict[int, int]:
    """Return, by index of the shot, the leg on which an earlier worker left it, for those that a service has."""
    if not any(isinstance(engine, Hosted) for leg in legs[1:] for engine in leg):
        return {}
    found: dict[int, int] = {}
    for shot in task.shots:
        text = await desk.remotes.saved(shot)
        saved = None if text is None else from_text(text)
        for place, leg in enumerate(legs):
            if saved is not None and saved.engine in {engine.card.id for engine in leg}:
                found[shot.index] = place
    return found


async def _leg(engines: Sequence[Engine], task: Task, watch: Watch, desk: Desk) -> AsyncGenerator[tuple[Shot, Outcome]]:
    services = [engine for engine in engines if isinstance(engine, Hosted)]
    if services:
        stream = hosted.outcomes(services, task, watch, desk)
    elif isinstance(engines[0], Local):
        stream = _local(engines[0], task, watch)
    else:
        raise ServerError(f"{engines[0].card.id} is neither a local nor a hosted engine.")
    async with contextlib.aclosing(stream):
        async for shot, outcome in stream:
            yield shot, outcome


async def _local(engine: Local, task: Task, watch: Watch) -> AsyncGenerator[tuple[Shot, Outcome]]:
    """Yield one outcome a shot; what the engine leaves out, or breaks off with, becomes `NotMade`."""
    missing = {shot.index: shot for shot in task.shots}
    failure = NotMade(0, EngineFailed.code, EngineFailed().message, elsewhere=True)
    try:
        async for outcome in _ahead(engine.generate(task, watch)):
            shot = missing.pop(outcome.index, None)
            if shot is None:
                continue
            by: dict[str, Any] = {"engine": engine.card.id}
            if isinstance(outcome, NotMade):
                by["elsewhere"] = outcome.code == EngineFailed.code
            yield shot, dataclasses.replace(outcome, **by)
    except (InputImageRejected, JobCanceled):
        raise
    except ImageRefused as refusal:
        failure = NotMade(0, refusal.code, refusal.message)
    except Exception:
        structlog.get_logger().exception("engine failed", engine=engine.card.id)
    for shot in missing.values():
        yield shot, dataclasses.replace(failure, index=shot.index, engine=engine.card.id)


async def _ahead(outcomes: Iterator[Outcome]) -> AsyncIterator[Outcome]:
    """Yield from a blocking iterator, letting it work on the next item while the last one is used."""
    following = asyncio.create_task(asyncio.to_thread(next, outcomes, None))
    try:
        while (outcome := await following) is not None:
            following = asyncio.create_task(asyncio.to_thread(next, outcomes, None))
            yield outcome
    finally:
        following.cancel()
