"""Removes files that no row knows: a worker died, or lost its job, between storing a picture and noting it.

Called by the worker every few hours, because it looks at every file there is.
"""

from castlist.flow.service import Service
from castlist.store import uploads

STRAY_MS = 2 * 86_400_000
"""How old a file is at least: nobody takes so long to note what was stored."""


async def sweep_strays(service: Service) -> int:
    """Remove files that are old and unknown, and return how many; safe to call by several at once."""
    removed = 0
    async for names in service.files.older(service.clock() - STRAY_MS):
        if not names:
            continue
        async with service.database.read() as tx:
            known = await uploads.known_files(tx, names)
        for name in sorted(set(names) - known):
            await service.files.delete(name)
            removed += 1
    return removed
