"""Sends the same POST over and over from a few connections, and counts. Knows nothing of who answers.

A client of raw sockets, because a full HTTP client would take more processor time than what it measures.
"""

import asyncio
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Load:
    """What came back. latencies_ms: of every answer that was accepted."""

    seconds: float = 0.0
    refused: int = 0
    latencies_ms: list[float] = field(default_factory=list[float])
    words: bytes = b""

    @property
    def accepted_a_second(self) -> float:
        """Return accepted requests a second."""
        return len(self.latencies_ms) / self.seconds


async def post_for(
    seconds: float, port: int, path: str, body: bytes, headers: dict[str, str], *, connections: int = 16
) -> Load:
    """Post for so long over so many connections, one request at a time on each; a 2xx counts as accepted."""
    lines = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Content-Length": len(body), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    request = f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body
    load = Load()
    start = time.perf_counter()
    end = start + seconds
    await asyncio.gather(*(_one(port, request, end, load) for _ in range(connections)))
    load.seconds = time.perf_counter() - start
    return load


async def _one(port: int, request: bytes, end: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (begun := time.perf_counter()) < end:
            writer.write(request)
            status, words = await _answer(reader)
            if 200 <= status < 300:
                load.latencies_ms.append((time.perf_counter() - begun) * 1000)
            else:
                load.refused += 1
                load.words = words
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    if b"transfer-encoding: chunked" in head:
        return status, await _chunks(reader)
    at = head.find(b"content-length:")
    length = int(head[at + 15 : head.index(b"\r\n", at)]) if at >= 0 else 0
    return status, await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body
