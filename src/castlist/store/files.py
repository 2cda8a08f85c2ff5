"""Pictures as files: named by the hash of their bytes, written once, in a local folder or an S3-compatible store.

Names are ours alone (hash and extension), so no path from outside ever reaches the store. A store that is away or says
503 is asked again for a few seconds; then the caller hears of it, and may wait (see `store.passing`).
"""

import contextlib
import hashlib
import re
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

NAME = re.compile(r"[0-9a-f]{64}\.(png|jpg|webp|gif)")
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
MARK = "installation"
"""Name of the one file that is no picture: it tells this store from others."""
MARK_CHARS = 80
CLIENT: "ClientConfig" = {"connect_timeout": "3s", "timeout": "15s"}
RETRY: "RetryConfig" = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=5),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3-compatible store. Without keys the machine's own identity counts.

    Args:
        folder: under which everything lies; empty is the bucket itself.
        endpoint: http(s) address of the store; None is Amazon's.
    """

    name: str
    folder: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """The store of pictures."""

    store: ObjectStore

    @classmethod
    def in_bucket(cls, bucket: Bucket) -> "Files":
        """Keep files in a bucket, connecting to nothing yet."""
        given = {
            "endpoint": bucket.endpoint,
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
        }
        return cls(
            S3Store(
                bucket.name,
                prefix=bucket.folder or None,
                region=bucket.region,
                client_options={**CLIENT, "allow_http": (bucket.endpoint or "").startswith("http://")},
                retry_config=RETRY,
                **{name: value for name, value in given.items() if value is not None},  # pyright: ignore[reportArgumentType]
            )
        )

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
        return await self._read(_path(name))

    async def delete(self, name: str) -> None:
        """Remove a file; nothing happens when it is gone already."""
        with contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self.store, _path(name))

    async def mark(self, fresh: str) -> str:
        """Return what this store calls itself; `fresh` becomes that when it has no name yet."""
        with contextlib.suppress(AlreadyExistsError):
            await obstore.put_async(self.store, MARK, fresh.encode(), mode="create")
        return (await self._read(MARK) or b"").decode(errors="replace")[:MARK_CHARS]

    async def unmark(self) -> None:
        """Take the store's name away again."""
        await obstore.delete_async(self.store, MARK)

    async def reach(self) -> int | None:
        """Return how many bytes are free in a folder, None of a bucket that answers; raises when neither can be had."""
        if isinstance(self.store, LocalStore):
            return shutil.disk_usage(str(self.store.prefix)).free
        await self._read(MARK)
        return None

    async def _read(self, path: str) -> bytes | None:
        try:
            result = await obstore.get_async(self.store, path)
        except FileNotFoundError:
            return None
        return bytes(await result.bytes_async())

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
