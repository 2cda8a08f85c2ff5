"""Keeps one worker process running beside the API: starts it, starts it again when it dies, stops it in good order."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence

import structlog

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 2.0
"""Between a death and the next start; the longest leaves a worker that dies again and again time to start, and to take
its jobs up before another one would have."""
STEADY_SECONDS = 10.0
"""A worker that ran this long starts again at once after its death."""
STOP_SECONDS = 15.0
"""How much longer than it lets its jobs run a worker may take to stop before it is killed; its jobs stay safe."""


async def keep_worker(
    options: Sequence[str], stopping: asyncio.Event, hurry: asyncio.Event, *, drain_seconds: float
) -> None:
    """Run `castlist worker` with these options until `stopping` is set; never two at once.

    Args:
        hurry: set when the worker shall not wait for its jobs either.
        drain_seconds: how long it lets them run.
    """
    log = structlog.get_logger()
    command = [sys.executable, "-m", "castlist.cli", "worker", "--attached", *options]
    pause_seconds = FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        began = time.monotonic()
        code = await _run_once(command, stopping, hurry, drain_seconds + STOP_SECONDS)
        if stopping.is_set():
            return
        if time.monotonic() - began > STEADY_SECONDS:
            pause_seconds = FIRST_PAUSE_SECONDS
        log.warning("worker died and will be started again", code=code, pause_seconds=pause_seconds)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause_seconds)
        pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)


async def _run_once(command: Sequence[str], stopping: asyncio.Event, hurry: asyncio.Event, stop_seconds: float) -> int:
    """Run the process until it dies or is to stop, and return its exit code."""
    # Its standard input is a pipe of ours that nobody writes to: it closes when this process ends, even by kill -9.
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    ended = asyncio.create_task(process.wait())
    asked, hurried = asyncio.create_task(stopping.wait()), asyncio.create_task(hurry.wait())
    try:
        await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            process.terminate()
            await asyncio.wait({ended, hurried}, timeout=stop_seconds, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done() and hurried.done():
            process.terminate()  # the second time means at once
            await asyncio.wait({ended}, timeout=STOP_SECONDS)
        if not ended.done():
            process.kill()
        return await ended
    finally:
        asked.cancel()
        hurried.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
