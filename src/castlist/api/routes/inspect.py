"""The inspect page: a picture in, what its marks say out. For anybody, without a key; keeps nothing.

What it costs is bounded: one picture of at most 20 MB a request, few at a time, and so many a minute for all strangers
together, since an address says little about who asks.
"""

import asyncio
import dataclasses
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from castlist.api import inspect_page
from castlist.api.context import Api, ApiOf
from castlist.api.routes.uploads import picture_of
from castlist.domain.errors import CastlistError, RateLimitExceeded
from castlist.provenance.inspect import Report, inspect

router = APIRouter(include_in_schema=False)
AT_ONCE, A_MINUTE = 2, 30
_PAGE_HEADERS = {"Content-Security-Policy": inspect_page.CONTENT_SECURITY_POLICY, "Vary": "Accept"}


@dataclass(slots=True)
class Turns:
    """Who may be served now: so many at once, so many in any minute, of this process."""

    at_once: int = AT_ONCE
    a_minute: int = A_MINUTE
    _busy: int = 0
    _began_s: deque[float] = field(default_factory=deque[float])

    def admit(self) -> None:
        """Count a picture. Raises: RateLimitExceeded with the seconds to wait."""
        now_s = time.monotonic()
        while self._began_s and self._began_s[0] <= now_s - 60:
            self._began_s.popleft()
        if len(self._began_s) >= self.a_minute:
            raise RateLimitExceeded(
                "Too many pictures are looked at just now.", retry_after_seconds=int(self._began_s[0] + 61 - now_s)
            )
        self._began_s.append(now_s)

    async def __aenter__(self) -> None:
        """Raises: RateLimitExceeded while enough are looked at."""
        if self._busy >= self.at_once:
            raise RateLimitExceeded("Too many pictures are looked at just now.", retry_after_seconds=2)
        self._busy += 1

    async def __aexit__(self, *_: object) -> None:
        self._busy -= 1


def _turns(request: Request) -> Turns:
    """Return the turns of this application, made with its first request."""
    state = request.app.state
    if not hasattr(state, "inspect_turns"):
        state.inspect_turns = Turns()
    return state.inspect_turns


@router.get("/inspect")
async def get_inspect() -> HTMLResponse:
    """Show the form."""
    return HTMLResponse(inspect_page.form(), headers=_PAGE_HEADERS)


@router.post("/inspect")
async def post_inspect(request: Request, api: ApiOf, turns: Annotated[Turns, Depends(_turns)]) -> Response:
    """Look at a picture and say what its marks amount to, as a page or, if the caller accepts no page, as JSON."""
    wants_page = "text/html" in request.headers.get("accept", "")
    try:
        turns.admit()
        data = await picture_of(request, api.service.fetch_policy.max_bytes)
        async with turns:  # not while a slow sender is still at it
            found = await asyncio.to_thread(_look, api, data)
    except CastlistError as error:
        if not wants_page:
            raise
        headers = dict(_PAGE_HEADERS)
        if isinstance(error, RateLimitExceeded):
            headers["Retry-After"] = str(error.retry_after_seconds)
        return HTMLResponse(inspect_page.problem(error.message), error.status, headers)
    if wants_page:
        return HTMLResponse(inspect_page.result(found), headers=_PAGE_HEADERS)
    return JSONResponse(as_json(found), headers={"Vary": "Accept"})


def _look(api: Api, data: bytes) -> Report:
    issuer = api.service.marking.issuer
    return inspect(data, anchors=issuer.anchor if issuer else b"", thorough=True, decode=api.service.decode)


def as_json(found: Report) -> dict[str, Any]:
    """Return a report as `castlist inspect --json` prints it, less the name of the file."""
    return dataclasses.asdict(found)
