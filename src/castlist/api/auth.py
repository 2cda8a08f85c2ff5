"""Who is calling: turns the key that the turnstile recognised into a `Caller`, or refuses.

Used by every route that is not public.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from castlist.api.context import BaseUrl, request_id_of
from castlist.domain.errors import Forbidden, InvalidApiKey
from castlist.flow.submit import Caller
from castlist.store.keys import ApiKey

_bearer = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key: cl_live_…")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _with_scope(scope: str) -> Callable[..., Awaitable[Caller]]:
    async def check(request: Request, base_url: BaseUrl, _credentials: Credentials) -> Caller:
        key: ApiKey | None = getattr(request.state, "key", None)
        if key is None:
            raise InvalidApiKey
        if scope not in key.scopes:
            raise Forbidden(f"This key lacks the scope {scope}. It has: {', '.join(key.scopes) or 'none'}.")
        return Caller(key.account_id, key.id, request_id_of(request), base_url, key.share)

    return check


MayRun = Annotated[Caller, Depends(_with_scope("run"))]
MayRead = Annotated[Caller, Depends(_with_scope("read"))]
