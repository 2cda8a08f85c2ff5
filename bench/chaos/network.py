"""A wire between a process and the database that can fall silent: nothing arrives and nobody hangs up, as in a network
that was cut in two. What was under way is kept, as TCP would send it again, and arrives when the wire is whole."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

CHUNK_BYTES = 1 << 16


class Wire:
    """A port of the loopback that leads to the Unix socket of a PostgreSQL server."""

    def __init__(self, server_url: str) -> None:
        """Lay it, whole."""
        from psycopg.conninfo import conninfo_to_dict

        self._known = conninfo_to_dict(server_url)
        self._socket = Path(str(self._known["host"])) / f".s.PGSQL.{self._known.get('port', 5432)}"
        self._loop = asyncio.new_event_loop()
        self._whole = asyncio.Event()
        self._whole.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._do(asyncio.start_server(self._lead, "127.0.0.1", 0))

    @property
    def url(self) -> str:
        """The database's URL over this wire."""
        port = self._listener.sockets[0].getsockname()[1]
        return f"postgresql://{self._known['user']}@127.0.0.1:{port}/{self._known['dbname']}"

    def cut(self) -> None:
        """Fall silent in both directions."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """Be whole again."""
        self._loop.call_soon_threadsafe(self._whole.set)

    def close(self) -> None:
        """Take it away, with everything on it."""

        async def end() -> None:
            self._listener.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        await self._whole.wait()
        writer.close()
