"""The two headers of a submission: `Idempotency-Key` and `Prefer: wait`."""

import asyncio
import contextlib
import hashlib
import json
import re
from typing import Annotated

from fastapi import Header

from castlist.api.follow import Follower
from castlist.domain.requests import RunRequest
from castlist.flow.submit import Stamp
from castlist.store.jobs import Image, Job

MAX_WAIT_SECONDS = 60
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*([0-9]{1,4})(?:$|[,;\s])")

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Makes repeating safe: same key and body, same job, charged once. Kept 30 days.",
    ),
]
Prefer = Annotated[
    str | None,
    Header(
        max_length=200,
        description=f"`wait=60` answers 200 with the finished job if it ends in time; {MAX_WAIT_SECONDS} s at most.",
    ),
]


def stamp_of(key: str | None, api_id: str, wanted: RunRequest) -> Stamp | None:
    """Return the stamp of a submission: its key, and what its body says whatever the order and spacing."""
    if key is None:
        return None
    body = {"apiId": api_id, **wanted.model_dump(mode="json", exclude_unset=True)}
    return Stamp(key, hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest())


def seconds_of(prefer: str | None) -> int:
    """Return for how long the caller wants to wait, 0 when not at all."""
    match = _WAIT.search(prefer or "")
    return min(int(match[1]), MAX_WAIT_SECONDS) if match else 0


async def ended_within(follower: Follower, job_id: str, seconds: int) -> tuple[Job, list[Image]] | None:
    """Return a job with its images once it has ended, or None when it has not within so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with (
            asyncio.timeout(seconds),
            contextlib.aclosing(follower.follow(job_id, silence_seconds=seconds)) as following,
        ):
            async for seen in following:
                if seen is not None and seen.job.status.terminal:
                    return seen.job, seen.images
    return None
