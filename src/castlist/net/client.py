"""Sends one request to a hosted engine's service and brings back the answer, whatever it is. Used by `driver` alone.

The only place where a secret meets a request. Nothing that can go wrong here carries a header, a key or a URL's query
out: failures say what kind they are and no more. No proxy, cookie or redirect; nothing outside `Reach` is asked.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from castlist.domain.wire import Pending, Reply, Request
from castlist.net.backend import tls_context
from castlist.net.reach import Reach

if TYPE_CHECKING:
    import httpx2

MAX_REPLY_BYTES = 64_000_000
"""Room for a picture of 16 megapixels as base64."""
MAX_CONNECT_S = 10.0


class SendFailed(Exception):
    """No answer came. `sent` says whether the service may have got the request nevertheless."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Client:
    """Open connections to services, within one event loop."""

    def __init__(self, inner: "httpx2.AsyncClient") -> None:
        self._inner = inner

    @classmethod
    @asynccontextmanager
    async def opened(cls, tls: ssl.SSLContext | None = None) -> "AsyncGenerator[Client]":
        """Yield a client; its connections close with the block."""
        import httpx2

        async with httpx2.AsyncClient(verify=tls or tls_context(), trust_env=False) as inner:
            yield cls(inner)

    async def send(
        self,
        request: Request,
        secrets: Mapping[str, str],
        reach: Reach,
        *,
        timeout_s: float,
        awaited: Pending | None = None,
    ) -> Reply:
        """Send one request and read the whole answer, of any status.

        Raises: SendFailed.
        """
        if not reach.covers(request.url):
            raise SendFailed("an address outside the service was not asked", sent=False)
        import httpx2

        try:
            async with asyncio.timeout(timeout_s):
                return await self._exchange(request, secrets, timeout_s, awaited)
        except SendFailed:
            raise
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as failure:
            raise SendFailed(f"could not connect ({type(failure).__name__})", sent=False) from None
        except (TimeoutError, httpx2.TimeoutException):
            raise SendFailed(f"no answer within {timeout_s:g} s", sent=True) from None
        except (httpx2.LocalProtocolError, httpx2.InvalidURL, UnicodeError) as failure:
            # A header that cannot be written, such as a key with a line break. The exception's text would show it.
            raise SendFailed(f"the request cannot be written ({type(failure).__name__})", sent=False) from None
        except Exception as failure:  # whatever else the library raises may quote what was sent
            raise SendFailed(f"the connection broke off ({type(failure).__name__})", sent=True) from None

    async def _exchange(
        self, request: Request, secrets: Mapping[str, str], timeout_s: float, awaited: Pending | None
    ) -> Reply:
        import httpx2

        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **request.headers}
        if request.auth is not None and (secret := secrets.get(request.auth.secret)):
            headers[request.auth.header] = f"{request.auth.scheme} {secret}".strip()
        timeout = httpx2.Timeout(timeout_s, connect=min(MAX_CONNECT_S, timeout_s))
        async with self._inner.stream(
            request.method, request.url, headers=headers, timeout=timeout, **_content(request)
        ) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, names, await _body(response), awaited)


def _content(request: Request) -> dict[str, Any]:
    if request.parts:
        return {"files": [(part.name, (part.filename, part.data, part.content_type)) for part in request.parts]}
    return {} if request.body is None else {"json": request.body}


async def _body(response: "httpx2.Response") -> bytes:
    """Read up to the cap, of what is packed as well as of what it unpacks to."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity", "gzip", "deflate"):
        raise SendFailed("the answer is compressed in a way that was not asked for", sent=True)
    unpack = zlib.decompressobj(wbits=47) if coding in ("gzip", "deflate") else None
    body = bytearray()
    async for part in response.aiter_raw():
        body += part if unpack is None else unpack.decompress(part, MAX_REPLY_BYTES + 1 - len(body))
        if len(body) > MAX_REPLY_BYTES:
            raise SendFailed(f"the answer is larger than {MAX_REPLY_BYTES / 1e6:g} MB", sent=True)
    return bytes(body)
