"""Removes what has expired, so that no table but the records themselves grows for ever. Called by the worker.

What goes: files that nobody may fetch any more, idempotency keys, tries of webhooks, keys that were no longer good for
long, what keys had used of their rate. Jobs, their images' records and the ledger's entries stay.
"""

import structlog

from castlist.flow.service import Service
from castlist.store import deliveries, idempotency, keys, rates, turns, uploads

DAY_MS = 86_400_000
DELIVERIES_MS = 30 * DAY_MS
"""How long a job's page lists how its webhook fared."""
KEYS_MS = 90 * DAY_MS
"""How long a key is still named in usage after it expired or was revoked."""
LATE = 2**30
"""Where the virtual clock is set back once no job is open: half of what the queue can count to."""


async def sweep(service: Service) -> int:
    """Remove expired files and return how many; safe to call by several at once. What cannot be removed stays known."""
    now_ms = service.clock()
    removed = 0
    while True:
        async with service.database.read() as tx:
            names = await uploads.expired_files(tx, now_ms=now_ms)
        gone = await _delete(service, names)
        if not gone:
            break
        async with service.database.write() as tx:
            await uploads.forget(tx, gone, now_ms=now_ms)
        removed += len(gone)
    async with service.database.write() as tx:
        await idempotency.forget(tx, now_ms=now_ms)
        await deliveries.forget(tx, before_ms=now_ms - DELIVERIES_MS)
        await keys.forget(tx, before_ms=now_ms - KEYS_MS)
        await rates.forget(tx, now_us=now_ms * 1000)
        await turns.begin_anew(tx, service.pools.names(), beyond=LATE)
    return removed


async def _delete(service: Service, names: list[str]) -> list[str]:
    """Delete files and return those that are gone: one that cannot be deleted stands in nobody's way."""
    gone: list[str] = []
    problem: Exception | None = None
    for name in names:
        try:
            await service.files.delete(name)
        except Exception as error:
            problem = error
        else:
            gone.append(name)
    if problem is not None:
        left = len(names) - len(gone)
        structlog.get_logger().warning("expired files could not be removed", files=left, reason=str(problem)[:200])
    return gone
