"""Waits out a database or storage that is away, full or busy. For the steps of a running job.

A job that stopped at the first such fault would be claimed again and again until it counts as poison, and what it knows
of work at a service would be gone with the claim.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from castlist.domain.lanes import Wait
from castlist.flow.admission import Lanes, Step
from castlist.store.passing import is_passing

T = TypeVar("T")

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.25, 5.0
LONGEST_SECONDS = 3600.0
"""After so long a fault counts as one that stays."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a step may wait: as long as its job is wanted here."""

    wanted: Callable[[], bool]

    async def through(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do a step, again while what stops it passes; return what it returns and raise what stays.

        Args:
            act: may have been done although it failed, so it must be fit to be done twice.
        """
        now = asyncio.get_running_loop().time
        until, wait_seconds = now() + LONGEST_SECONDS, FIRST_WAIT_SECONDS
        while True:
            try:
                return await act()
            except Exception as problem:
                if not is_passing(problem) or not self.wanted() or now() > until:
                    raise
                structlog.get_logger().warning("waiting for the database or the storage", fault=type(problem).__name__)
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class PatientLanes:
    """`Lanes` that wait out what passes."""

    lanes: Lanes
    patience: Patience

    async def change(self, engine: str, step: Step) -> Wait | None:
        """See `flow.admission.Lanes`."""
        return await self.patience.through(lambda: self.lanes.change(engine, step))
