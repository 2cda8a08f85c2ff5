"""Pictures as files: named by the hash of their bytes, written once, in a local folder or an S3-compatible store.

Names are ours alone (hash and extension), so no path from outside ever reaches the store.
"""

import contextlib
import hashlib
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore

NAME = re.compile(r"[0-9a-f]{64}\.(png|jpg|webp|gif)")
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}


@dataclass(frozen=True, slots=True)
class Files:
    """The store of pictures."""

    store: ObjectStore

    @classmethod
    def in_folder(cls, folder: Path) -> "Files":
        """Keep files in a local folder, making it when needed."""
        return cls(LocalStore(prefix=folder, mkdir=True))

    async def put(self, data: bytes, extension: str, *, owner: str = "") -> str:
        """Store bytes and return their name; the same bytes of the same owner have one name and are written once.

        Args:
            owner: who alone may remove the file, such as a job: nobody else's expiry can take it away meanwhile.
        """
        name = f"{hashlib.sha256(owner.encode() + data).hexdigest()}.{extension}"
        with contextlib.suppress(AlreadyExistsError):
            await obstore.put_async(self.store, _path(name), data, mode="create")
        return name

    async def get(self, name: str) -> bytes | None:
        """Return the bytes of a file, or None when it is gone."""
        try:
            result = await obstore.get_async(self.store, _path(name))
        except FileNotFoundError:
            return None
        return bytes(await result.bytes_async())

    async def delete(self, name: str) -> None:
        """Remove a file; nothing happens when it is gone already."""
        with contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self.store, _path(name))

    async def older(self, before_ms: int) -> AsyncGenerator[list[str]]:
        """Yield the names of files that were written before a moment, Unix milliseconds, some at a time."""
        async for batch in obstore.list(self.store):
            old = [one for one in batch if one["last_modified"].timestamp() * 1000 < before_ms]
            yield [name for one in old if is_name(name := one["path"].rpartition("/")[2])]


def is_name(text: str) -> bool:
    """Tell whether `text` can be the name of one of our files."""
    return NAME.fullmatch(text) is not None


def content_type(name: str) -> str:
    """Return the media type of a file by its name."""
    return CONTENT_TYPES[name.rpartition(".")[2]]


def _path(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"{name!r} is not the name of a stored file")
    return f"{name[:2]}/{name}"
