"""Who is calling: turns a Bearer key into a `Caller`, or refuses. Used by every route that is not public."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from castlist.api.context import Api, ApiOf, BaseUrl, request_id_of
from castlist.domain.errors import Forbidden, InvalidApiKey
from castlist.domain.ids import is_well_formed
from castlist.flow.submit import Caller
from castlist.store import keys
from castlist.store.keys import ApiKey

_bearer = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key: cl_live_…")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _with_scope(scope: str) -> Callable[..., Awaitable[Caller]]:
    async def check(request: Request, api: ApiOf, base_url: BaseUrl, credentials: Credentials) -> Caller:
        # Typos and look-alikes end here: a stranger who guesses costs no look-up.
        if credentials is None or not is_well_formed(credentials.credentials):
            raise InvalidApiKey
        key = await _find(api, credentials.credentials)
        if scope not in key.scopes:
            raise Forbidden(f"This key lacks the scope {scope}. It has: {', '.join(key.scopes) or 'none'}.")
        return Caller(key.account_id, key.id, request_id_of(request), base_url)

    return check


MayRun = Annotated[Caller, Depends(_with_scope("run"))]
MayRead = Annotated[Caller, Depends(_with_scope("read"))]


async def _find(api: Api, text: str) -> ApiKey:
    """Return the record of a key and note its use; InvalidApiKey when there is none or it is no longer good."""
    service = api.service
    now_ms = service.clock()
    async with service.database.read() as tx:
        key = await keys.find(tx, text, pepper=service.secret)
    if key is None or not key.is_valid(now_ms):
        raise InvalidApiKey
    if keys.needs_touch(key, now_ms):
        async with service.database.write() as tx:
            await keys.touch(tx, key.id, now_ms=now_ms)
    return key
