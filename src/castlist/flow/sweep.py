"""Removes what has expired: files nobody may fetch any more, old idempotency keys. Job records stay. For the worker."""

from castlist.flow.service import Service
from castlist.store import idempotency, uploads


async def sweep(service: Service) -> int:
    """Remove expired files and return how many; safe to call by several at once."""
    now_ms = service.clock()
    async with service.database.read() as tx:
        names = await uploads.expired_files(tx, now_ms=now_ms)
    for name in names:
        await service.files.delete(name)
    async with service.database.write() as tx:
        await uploads.forget(tx, names, now_ms=now_ms)
        await idempotency.forget(tx, now_ms=now_ms)
    return len(names)
