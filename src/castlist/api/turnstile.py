"""Who is asking, and how often: recognises the key of a request before anything else is done, and counts it.

Called by the edge for every request, so that every answer to a key says how much it may still ask, refusals included.
"""

from collections.abc import MutableMapping
from typing import Any

from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers

from castlist.api.context import PREFIX
from castlist.domain import rates
from castlist.domain.errors import RateLimitExceeded
from castlist.domain.ids import is_well_formed
from castlist.domain.rates import Verdict
from castlist.flow.service import Service
from castlist.store import keys
from castlist.store import rates as shared
from castlist.store.database import Tx
from castlist.store.keys import ApiKey

MOST_REMEMBERED = 10_000
"""Keys in memory before those that have their whole minute again are dropped."""


def headers_of(verdict: Verdict) -> dict[str, str]:
    """Return what an answer says about a key's rate."""
    return {
        "X-RateLimit-Limit": str(verdict.limit),
        "X-RateLimit-Remaining": str(verdict.remaining),
        "X-RateLimit-Reset": str(verdict.reset_s),
    }


class Turnstile:
    """Counts for one application."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._full_us: dict[str, int] = {}

    async def admit(self, scope: MutableMapping[str, Any], headers: Headers) -> None:
        """Put the valid key of a request into its state as `key`, and what its rate allows as `rate`.

        Without a valid key nothing happens here: routes that need one refuse by themselves.

        Raises:
            RateLimitExceeded: the key has used up its minute.
        """
        path: str = scope["path"]
        if not path.startswith(f"{PREFIX}/") or path.startswith(f"{PREFIX}/files/"):
            return
        scheme, text = get_authorization_scheme_param(headers.get("authorization"))
        # Typos and look-alikes end here: a stranger who guesses costs no look-up.
        if scheme.lower() != "bearer" or not is_well_formed(text):
            return
        state = scope["state"]
        # The catalogue is for everybody, so asking for it with a key uses nothing up.
        free = scope["method"] in ("GET", "HEAD") and f"{path}/".startswith(f"{PREFIX}/models/")
        key, verdict = await self._recognise(text, free=free)
        if key is not None:
            state["key"] = key
        if verdict is not None:
            state["rate"] = verdict
            if not verdict.allowed:
                raise RateLimitExceeded(
                    f"This key may ask {verdict.limit} times a minute. Ask again in {verdict.retry_after_s} s.",
                    retry_after_seconds=verdict.retry_after_s,
                )

    async def _recognise(self, text: str, *, free: bool) -> tuple[ApiKey | None, Verdict | None]:
        """Return the record of a key if it is good, noting its use, and what its rate allows if it has one."""
        database, pepper, now_ms = self._service.database, self._service.secret, self._service.clock()
        async with database.read() if database.is_sqlite else database.write() as tx:
            key = await keys.find(tx, text, pepper=pepper)
            if key is None or not key.is_valid(now_ms):
                return None, None
            limit = self._service.terms.rate_a_minute if key.rate_a_minute is None else key.rate_a_minute
            verdict = await self._count(tx, key.id, limit, now_ms * 1000, free=free) if limit else None
        if keys.needs_touch(key, now_ms):
            async with database.write() as tx:
                await keys.touch(tx, key.id, now_ms=now_ms)
        return key, verdict

    async def _count(self, tx: Tx, key_id: str, limit: int, now_us: int, *, free: bool) -> Verdict:
        if not self._service.database.is_sqlite:
            if free:
                return rates.verdict(await shared.used(tx, key_id), limit, now_us)
            full_us, allowed = await shared.take(tx, key_id, limit, now_us=now_us)
            return rates.verdict(full_us, limit, now_us, allowed=allowed)
        before = self._full_us.get(key_id)
        if free:
            return rates.verdict(before, limit, now_us)
        full_us, allowed = rates.taken(before, limit, now_us)
        self._full_us[key_id] = full_us
        if len(self._full_us) > MOST_REMEMBERED:
            self._full_us = {name: moment for name, moment in self._full_us.items() if moment > now_us}
        return rates.verdict(full_us, limit, now_us, allowed=allowed)
