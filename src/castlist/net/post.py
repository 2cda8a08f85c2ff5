"""Posts a message to a stranger's address, through the same guarded connection as the fetcher. Follows no redirect."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore2

from castlist.domain.errors import InputImageRejected
from castlist.net.backend import GuardedBackend, tls_context
from castlist.net.guard import FetchPolicy, check_url


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of it: the status of the answer, or None and why there was none."""

    status: int | None
    problem: str | None = None


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    policy: FetchPolicy,
    *,
    timeout_s: float = 15.0,
    backend: httpcore2.AsyncNetworkBackend | None = None,
) -> Posted:
    """Send one POST and return the answer's status; its body is not read. Never raises for what a receiver may do."""
    try:
        async with asyncio.timeout(timeout_s):
            return Posted(await _send(url, body, headers, policy, backend or GuardedBackend(policy)))
    except InputImageRejected:
        return Posted(None, "the address is not public or not valid")
    except (TimeoutError, httpcore2.TimeoutException):
        return Posted(None, f"no answer within {timeout_s:g} seconds")
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
        return Posted(None, "the connection failed")


async def _send(
    url: str, body: bytes, headers: Mapping[str, str], policy: FetchPolicy, backend: httpcore2.AsyncNetworkBackend
) -> int:
    target = check_url(url, policy)
    address = httpcore2.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    sent = [
        (b"Host", target.authority.encode()),
        (b"User-Agent", b"castlist/1 (webhook)"),
        (b"Content-Type", b"application/json"),
        (b"Content-Length", str(len(body)).encode()),
        (b"Connection", b"close"),
        *((name.encode(), value.encode()) for name, value in headers.items()),
    ]
    context = tls_context() if target.scheme == "https" else None
    async with (
        httpcore2.AsyncConnectionPool(ssl_context=context, network_backend=backend, http2=False) as pool,
        pool.stream("POST", address, headers=sent, content=body) as answer,
    ):
        return answer.status
