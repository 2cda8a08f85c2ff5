"""An S3-compatible store to test against: a real one from a wheel, behind a door that can say 503 or take its time.

Used by the tests' fixtures and the chaos run; never by the product.
"""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from castlist.store.files import Bucket

ACCESS_KEY, SECRET_KEY = "castlist", "castlist-secret"
START_SECONDS = 90
SLOW_DOWN = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 59\r\nConnection: close\r\n\r\n"
    b"<Error><Code>SlowDown</Code><Message>no</Message> </Error>\n"
)


class Door(threading.Thread):
    """Listens on a port of its own and passes connections on, as it is told: `open`, `unavailable` or slow."""

    def __init__(self, target_port: int) -> None:
        super().__init__(daemon=True)
        self._target_port = target_port
        self.unavailable = False
        self.slow_seconds = 0.0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.port = 0
        self.start()
        self._ready.wait(START_SECONDS)

    def run(self) -> None:
        """Serve until closed."""
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        passing = asyncio.all_tasks(self._loop)
        for task in passing:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*passing, return_exceptions=True))
        self._loop.close()

    def close(self) -> None:
        """Listen no more."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join(START_SECONDS)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.read(1 << 16)
            await asyncio.sleep(self.slow_seconds)
            if self.unavailable:
                writer.write(SLOW_DOWN)
                await writer.drain()
            else:
                onward, back = await asyncio.open_connection("127.0.0.1", self._target_port)
                # One request a connection, so that every one of them meets the door as it is by then.
                back.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                await asyncio.gather(_copy(reader, back), _copy(onward, writer))
        writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    with suppress(ConnectionError, OSError):
        target.write_eof()


@contextmanager
def a_store(folder: Path) -> Generator[tuple[Bucket, Door]]:
    """Give a bucket of a real store, and the door before it."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or "weed"
    ports = [_free_port() for _ in range(4)]
    folder.mkdir(parents=True, exist_ok=True)
    who = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
    identity = {"name": "castlist", "credentials": [who], "actions": ["Admin", "Read", "Write", "List"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    names = ("s3.port", "master.port", "volume.port", "filer.port")
    options = [f"-{name}={port}" for name, port in zip(names, ports, strict=True)]
    fixed = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-volume.max=8", "-master.volumeSizeLimitMB=64"]
    command = [program, "server", f"-dir={folder}", f"-s3.config={folder / 's3.json'}", *fixed, *options]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    door = Door(ports[0])
    bucket = Bucket("castlist", "", f"http://127.0.0.1:{door.port}", "us-east-1", ACCESS_KEY, SECRET_KEY)
    try:
        _wait_until_it_keeps(replace(bucket, endpoint=f"http://127.0.0.1:{ports[0]}"))
        yield bucket, door
    finally:
        door.close()
        server.kill()
        server.wait()


def _wait_until_it_keeps(bucket: Bucket) -> None:
    """Wait until the store takes a file: it makes the bucket itself, a while after it begins to answer."""
    import obstore

    from castlist.store.files import Files

    files, deadline = Files.in_bucket(bucket), time.monotonic() + START_SECONDS
    while True:
        try:
            obstore.put(files.store, "ready", b"ready")
            return
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _free_port() -> int:
    # Its volume and filer listen on the port plus 10000 as well.
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        if port < 55_000:
            return port
        with suppress(OSError), socket.create_server(("127.0.0.1", port - 20_000)):
            return port - 20_000
    raise OSError("no free port")
