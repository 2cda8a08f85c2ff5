"""Remembers for a moment whether the service can serve. Used by `/readyz`."""

import asyncio
import time

from castlist.flow.service import Service
from castlist.flow.survey import Check, checks

REMEMBERED_SECONDS = 1.0
"""For how long an answer stands: however many ask, the database is asked once a second."""


class Readiness:
    """Of one application."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = asyncio.Lock()
        self._checks: list[Check] = []
        self._until = 0.0

    async def checks(self, service: Service) -> list[Check]:
        """Return what was seen, at most a second ago."""
        async with self._lock:
            if time.monotonic() >= self._until:
                self._checks = await checks(service)
                self._until = time.monotonic() + REMEMBERED_SECONDS
            return self._checks
