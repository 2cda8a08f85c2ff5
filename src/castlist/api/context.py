"""What every route needs, and the public address under which this service is reached."""

import asyncio
import re
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import Depends, Request

from castlist.api.follow import Follower
from castlist.api.readiness import Readiness
from castlist.flow.service import Service

PREFIX = "/api/v1"
_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One HTTP front of an installation."""

    service: Service
    public_url: str | None
    """Address callers use, without a path; None takes it from each request."""
    max_body_bytes: int
    follower: Follower
    readiness: Readiness = field(default_factory=Readiness)
    repeats: MutableMapping[tuple[str, str], asyncio.Lock] = field(
        default_factory=WeakValueDictionary[tuple[str, str], asyncio.Lock]
    )
    """One lock for each account and Idempotency-Key that is being submitted right now."""


# The framework sends plain functions to a thread, which costs more than these do: so they are asynchronous.
async def api_of(request: Request) -> Api:
    """Return the front that this request came to."""
    return request.app.state.api


ApiOf = Annotated[Api, Depends(api_of)]


async def base_url_of(request: Request, api: ApiOf) -> str:
    """Return the address for absolute URLs, such as `https://images.example.com`, without a slash at its end.

    A Host header that cannot be one is not repeated to anybody; the socket's own address stands in.
    """
    if api.public_url:
        return api.public_url.rstrip("/")
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        server = request.scope.get("server") or ("localhost", None)
        host = f"{server[0]}:{server[1]}" if server[1] else str(server[0])
    return f"{request.url.scheme}://{host}"


BaseUrl = Annotated[str, Depends(base_url_of)]


def request_id_of(request: Request) -> str:
    """Return the id of this request, as the edge made or accepted it."""
    return request.state.request_id
