"""The only place that connects to a stranger's host: resolve, check every answer, connect to what was checked.

A network backend for httpcore2, so that pinning happens below HTTP and TLS: the connection goes to the checked
address while certificate check, SNI and the Host header keep the name. Used by `fetch`; a client for hosted engines
or webhooks gets its safety by using the same backend.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol, cast

import httpcore2

from castlist.domain.errors import InputImageRejected
from castlist.net.addresses import Address, read_address
from castlist.net.guard import NOT_PUBLIC, FetchPolicy

MAX_TRIES = 4
"""Addresses tried one after the other; a name with dozens of dead ones must not eat the whole deadline."""


class Resolver(Protocol):
    """Turns a name into addresses."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address of `host` in order of preference. Raises: OSError when there is none."""
        ...


@cache
def _name_threads() -> ThreadPoolExecutor:
    # Their own threads: a stranger's slow name server must not fill the pool that everything else awaits.
    return ThreadPoolExecutor(32, thread_name_prefix="castlist-names")


class SystemResolver:
    """Asks the operating system."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address `getaddrinfo` gives. Raises: OSError."""

        def look_up() -> list[str]:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(answer[4][0]) for answer in answers))

        return await asyncio.get_running_loop().run_in_executor(_name_threads(), look_up)


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects only to addresses the policy permits.

    Args:
        inner: the backend that really connects; it is only ever given an address, never a name.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        resolver: Resolver | None = None,
        inner: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver or SystemResolver()
        self._inner = inner or cast(httpcore2.AsyncNetworkBackend, httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to one of the host's addresses, all of which must be permitted.

        Raises: InputImageRejected when one is not, or when there is none; httpcore2.ConnectError or ConnectTimeout.
        """
        failure: Exception | None = None
        for address in (await self._checked_addresses(host, port))[:MAX_TRIES]:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("no address")

    async def _checked_addresses(self, host: str, port: int) -> list[Address]:
        literal = read_address(host)
        if literal is not None:
            found: list[Address | None] = [literal]
        else:
            try:
                answers = await self._resolver.resolve(host, port)
            except (OSError, UnicodeError):
                raise InputImageRejected("The host of the picture's URL could not be found.") from None
            found = [read_address(answer) for answer in answers]
        if not found:
            raise InputImageRejected("The host of the picture's URL could not be found.")
        permitted = [a for a in found if a is not None and self._policy.permits(a, host, port)]
        if len(permitted) < len(found):
            # One forbidden answer condemns the name: mixed answers are how a rebinding name looks.
            raise InputImageRejected(NOT_PUBLIC)
        return permitted

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: no stranger's URL means a local socket."""
        raise InputImageRejected(NOT_PUBLIC)

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore2 asks between its own retries."""
        await self._inner.sleep(seconds)


@cache
def tls_context() -> ssl.SSLContext:
    """The machine's certificate store, read once; the environment's overrides are not honoured."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=False)
