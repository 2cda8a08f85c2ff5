"""Stand-ins for the network: a resolver that answers from a table, a backend that writes down every connection, and a
real server on loopback that answers with given bytes."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore2
import pytest

from castlist.net.backend import GuardedBackend
from castlist.net.fetch import Fetched, fetch
from castlist.net.guard import FetchPolicy

STRICT = FetchPolicy()


@dataclass
class TableResolver:
    """Answers from a table of name → answers; `*` stands for every other name. A list of lists is given out one after
    the other, the last for good."""

    table: dict[str, list[str] | list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.table.get(host, self.table.get("*"))
        if answers is None:
            raise OSError("no such name")
        if answers and isinstance(answers[0], list):
            times = self.asked.count(host) - 1
            return answers[min(times, len(answers) - 1)]  # type: ignore[return-value]
        return answers  # type: ignore[return-value]


class ScriptedStream(httpcore2.AsyncNetworkStream):
    """Gives given bytes, remembers what was sent and under which name TLS was begun."""

    def __init__(self, reply: bytes, record: "Wire") -> None:
        self._reply = reply
        self._record = record

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        part, self._reply = self._reply[:max_bytes], self._reply[max_bytes:]
        return part

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._record.sent.append(buffer)

    async def aclose(self) -> None:
        pass

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        self._record.tls_names.append(server_hostname)
        assert ssl_context.check_hostname
        assert ssl_context.verify_mode == ssl.CERT_REQUIRED
        return self


class Wire(httpcore2.AsyncNetworkBackend):
    """A network of names and replies that writes down every connection."""

    def __init__(self) -> None:
        self.resolver = TableResolver()
        self.names = self.resolver.table
        self.replies: list[bytes] = []
        """One for each connection, in order; then a small picture for good."""
        self.dead: set[str] = set()
        """Addresses that refuse connections."""
        self.silent: set[str] = set()
        """Addresses that never answer."""
        self.connects: list[tuple[str, int]] = []
        self.tls_names: list[str | None] = []
        self.sent: list[bytes] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.connects.append((host, port))
        if host in self.silent:
            await asyncio.sleep(3600)
        if host in self.dead:
            raise httpcore2.ConnectError("refused")
        reply = self.replies.pop(0) if self.replies else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        return ScriptedStream(reply, self)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def fetch(self, url: str, policy: FetchPolicy = STRICT) -> Fetched:
        """Fetch over this network, through the real guard."""
        return asyncio.run(fetch(url, policy, backend=GuardedBackend(policy, self.resolver, self)))


@dataclass
class Loopback:
    """A listener on 127.0.0.1 and what reached it."""

    port: int
    accepted: int = 0
    requests: list[bytes] = field(default_factory=list)


Reply = bytes | Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def loopback(*replies: Reply) -> AsyncGenerator[Loopback]:
    """Serve one reply for each connection, in order, the last one for good."""
    state = Loopback(0)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.accepted += 1
        reply = replies[min(state.accepted, len(replies)) - 1] if replies else b""
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            state.requests.append(request)
            if isinstance(reply, bytes):
                writer.write(reply)
                await writer.drain()
            else:
                await reply(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        await server.wait_closed()


def fetch_from(
    *replies: Reply, url: str = "http://127.0.0.1:{port}/picture", **policy: Any
) -> tuple[Fetched, Loopback]:
    """Serve the replies on loopback and fetch from there with the system's resolver and real sockets."""

    async def scenario() -> tuple[Fetched, Loopback]:
        async with loopback(*replies) as server:
            rules = {"allow_networks": ("127.0.0.1",), "allow_ports": (server.port,), **policy}
            return await fetch(url.format(port=server.port), FetchPolicy(**rules)), server

    return asyncio.run(scenario())


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture(name="fetch_from")
def _fetch_from() -> Callable[..., tuple[Fetched, Loopback]]:
    return fetch_from


@pytest.fixture(name="loopback")
def _loopback() -> Callable[..., AbstractAsyncContextManager[Loopback]]:
    return loopback
