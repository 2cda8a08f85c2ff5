"""A real server on a loopback port, in a thread with a loop of its own: the application, a database, toy engines."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from castlist.api.app import create_app
from castlist.flow.service import Service
from castlist.testing.service import a_service

START_SECONDS = 30


class _Thread(threading.Thread):
    """Serves until told to stop."""

    def __init__(self, folder: Path, prepare: Callable[[Service], Awaitable[None]]) -> None:
        super().__init__(daemon=True)
        self._folder, self._prepare = folder, prepare
        self._server: uvicorn.Server | None = None
        self.started = threading.Event()
        self.port = 0

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        """End the server and wait for it."""
        if self._server is not None:
            self._server.should_exit = True
        self.join(START_SECONDS)

    async def _serve(self) -> None:
        async with a_service(self._folder) as service:
            await self._prepare(service)
            server = uvicorn.Server(uvicorn.Config(create_app(service), port=0, log_level="error", access_log=False))
            self._server = server
            serving = asyncio.create_task(server.serve())
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            if server.started:
                self.port = server.servers[0].sockets[0].getsockname()[1]
                self.started.set()
            await serving


@contextmanager
def a_server(folder: Path, prepare: Callable[[Service], Awaitable[None]]) -> Generator[str]:
    """Serve and give the base URL.

    Args:
        folder: where database and files lie.
        prepare: called with the service before the first request, on the server's loop.
    """
    thread = _Thread(folder, prepare)
    thread.start()
    if not thread.started.wait(START_SECONDS):
        raise RuntimeError("the server did not start")
    try:
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.stop()
