"""The storage of the simulated world: files by name, with an age. It has the doors of `store.files.Files`."""

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from castlist.store.files import is_name
from simulation.world import Process, World


@dataclass
class Shelf:
    """What is stored: name → bytes, and when each file was last written."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    written_ms: dict[str, int] = field(default_factory=dict[str, int])


class StorageFailed(OSError):
    """The storage answered 503, or the disk is full."""


class SimFiles:
    """One process's way to the storage."""

    def __init__(self, world: World, process: Process, shelf: Shelf) -> None:
        self._world, self._process, self._shelf = world, process, shelf

    async def put(self, data: bytes, extension: str, *, owner: str = "") -> str:
        """See `Files.put`."""
        name = f"{hashlib.sha256(owner.encode() + data).hexdigest()}.{extension}"
        await self._begin("storage: disk full")
        self._world.point(self._process, "before a file is stored")
        if name not in self._shelf.files:
            self._shelf.files[name] = data
            self._shelf.written_ms[name] = self._process.clock()
        self._world.say(self._process.name, f"stores {name[:8]}")
        self._world.point(self._process, "after a file is stored")
        if self._world.befalls("storage: answer lost after storing", self._world.weather.storage / 3):
            raise StorageFailed("the connection broke off")
        return name

    async def get(self, name: str) -> bytes | None:
        """See `Files.get`."""
        await self._begin("storage: 503 on reading")
        return self._shelf.files.get(_checked(name))

    async def delete(self, name: str) -> None:
        """See `Files.delete`."""
        await self._begin("storage: 503 on deleting")
        self._world.point(self._process, "before a file is deleted")
        self._shelf.written_ms.pop(name, None)
        if self._shelf.files.pop(_checked(name), None) is not None:
            self._world.say(self._process.name, f"deletes {name[:8]}")
        self._world.point(self._process, "after a file is deleted")

    async def older(self, before_ms: int) -> AsyncGenerator[list[str]]:
        """See `Files.older`."""
        await self._begin("storage: 503 on listing")
        yield [name for name, written_ms in self._shelf.written_ms.items() if written_ms < before_ms]

    async def _begin(self, fault: str) -> None:
        await self._world.pause(self._process)
        if self._world.is_away("storage") or self._world.befalls(fault, self._world.weather.storage):
            raise StorageFailed(fault)


def _checked(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"{name!r} is not the name of a stored file")
    return name
