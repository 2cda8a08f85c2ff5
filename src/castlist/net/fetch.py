"""Fetch the bytes behind a stranger's URL or data: URI within a policy. Says nothing about what the bytes are.

Called by whoever needs an input picture. Every failure is an InputImageRejected whose sentence tells the caller what
to change and nothing about our network. No proxy, no cookie, no credential, no compressed body, no shared connection.
"""

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urljoin

import httpcore2

from castlist.domain.errors import InputImageRejected
from castlist.net.backend import GuardedBackend, tls_context
from castlist.net.guard import FetchPolicy, Target, check_url

MAX_CONNECT_S = 4.0
"""One address's share of the deadline, so that a dead one leaves time for the next."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = [
    (b"User-Agent", b"castlist/1 (picture fetcher)"),
    # Named one by one: servers that negotiate would otherwise send formats that are not decoded here.
    (b"Accept", b"image/png, image/jpeg, image/webp, image/gif"),
    (b"Accept-Encoding", b"identity"),
    (b"Connection", b"close"),
]
_DATA_TYPES = frozenset(
    f"image/{name}" for name in ("png", "jpeg", "jpg", "pjpeg", "webp", "gif", "apng")
) | {"application/octet-stream"}  # fmt: skip


@dataclass(frozen=True)
class Fetched:
    """What came back. `content_type` is the sender's claim, lower case and without parameters; `final_url` is where
    the last redirect led, `data:` for a data URI."""

    data: bytes
    content_type: str | None
    final_url: str


async def fetch(url: str, policy: FetchPolicy, *, backend: httpcore2.AsyncNetworkBackend | None = None) -> Fetched:
    """Download what an http(s) URL points to.

    Args:
        backend: how to connect; by default the guarded one. Whoever passes another answers for its checks.
    Returns: at most `policy.max_bytes` bytes, never none.
    Raises: InputImageRejected for every URL, host, address, redirect, answer, size or time the policy does not allow.
    """
    backend = backend or GuardedBackend(policy)
    try:
        async with asyncio.timeout(policy.timeout_s):
            return await _follow(check_url(url, policy), policy, backend)
    except (TimeoutError, httpcore2.TimeoutException):
        raise InputImageRejected(f"The picture did not arrive within {policy.timeout_s:g} seconds.") from None
    except httpcore2.ConnectError as error:
        how = " over TLS: its certificate or handshake is not valid" if _is_tls_failure(error) else ""
        raise InputImageRejected(f"The host of the picture's URL could not be reached{how}.") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError):
        raise InputImageRejected("The connection broke off while the picture was fetched.") from None


def _is_tls_failure(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


async def _follow(target: Target, policy: FetchPolicy, backend: httpcore2.AsyncNetworkBackend) -> Fetched:
    for _ in range(policy.max_redirects + 1):
        async with _get(target, policy, backend) as response:
            location = _header(response, b"location") if response.status in _REDIRECTS else None
            if location is None:
                return Fetched(await _body(response, policy.max_bytes), _content_type(response), target.url)
        target = _next(target, location, policy)
    raise InputImageRejected(f"The picture's URL redirects more than {policy.max_redirects} times.")


@asynccontextmanager
async def _get(
    target: Target, policy: FetchPolicy, backend: httpcore2.AsyncNetworkBackend
) -> AsyncGenerator[httpcore2.Response]:
    """Open one connection for one request. The parts go in as parts: no second parser reads the URL."""
    url = httpcore2.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    timeout = {"connect": min(MAX_CONNECT_S, policy.timeout_s), "read": policy.timeout_s, "write": policy.timeout_s}
    async with httpcore2.AsyncConnectionPool(
        ssl_context=tls_context() if target.scheme == "https" else None, network_backend=backend, http2=False
    ) as pool:
        headers = [(b"Host", target.authority.encode()), *_HEADERS]
        async with pool.stream("GET", url, headers=headers, extensions={"timeout": timeout}) as response:
            yield response


async def _body(response: httpcore2.Response, max_bytes: int) -> bytes:
    """Read the body up to the cap. A compressed body is refused, so what is counted is what is kept."""
    if response.status != 200:
        raise InputImageRejected(f"The picture's URL answered with status {response.status}.")
    if (_header(response, b"content-encoding") or "identity").strip().lower() not in ("", "identity"):
        raise InputImageRejected("The picture's URL answered with a compressed body, which is not accepted.")
    too_large = InputImageRejected(f"The picture is larger than {max_bytes / 1_000_000:g} MB.")
    announced = _header(response, b"content-length") or ""
    if announced.isdecimal() and int(announced[:20]) > max_bytes:
        raise too_large
    body = bytearray()
    async for part in response.aiter_stream():
        body += part
        if len(body) > max_bytes:
            raise too_large
    if not body:
        raise InputImageRejected("The picture's URL answered with nothing.")
    return bytes(body)


def _next(current: Target, location: str, policy: FetchPolicy) -> Target:
    """Check where a redirect leads, as strictly as the first URL."""
    if any(char in " \\" or not char.isprintable() for char in location):
        raise InputImageRejected("The picture's URL redirects to an invalid address.")
    try:
        absolute = location if _SCHEME.match(location) else urljoin(current.url, location)
    except ValueError:
        raise InputImageRejected("The picture's URL redirects to an invalid address.") from None
    target = check_url(absolute, policy)
    if current.scheme == "https" and target.scheme == "http":
        raise InputImageRejected("The picture's URL redirects from https to http.")
    return target


def _header(response: httpcore2.Response, name: bytes) -> str | None:
    """Read a header; several of one name are joined as HTTP does. None when it is absent."""
    values = [value for key, value in response.headers if key.lower() == name]
    return b", ".join(values).decode("utf-8", "replace") if values else None


def _content_type(response: httpcore2.Response) -> str | None:
    value = (_header(response, b"content-type") or "").split(";")[0].strip().lower()
    return value or None


def decode_data_uri(uri: str, max_bytes: int) -> Fetched:
    """Read a `data:` URI, base64 or percent-encoded.

    Args:
        max_bytes: cap on the decoded size, judged before anything is decoded.
    Raises: InputImageRejected when it is malformed, too large, empty or of a type that is no picture.
    Source: RFC 2397; white space in and missing padding of base64 as in the WHATWG "data: URL processor".
    """
    if uri[:5].lower() != "data:":
        raise InputImageRejected("The picture must be an http(s) URL or a data: URI.")
    comma = uri.find(",", 5, 5 + 256)
    if comma < 0:
        raise InputImageRejected("The data: URI is malformed; write data:image/png;base64,… .")
    fields = [part.strip().lower() for part in uri[5:comma].split(";")]
    if fields[0] not in _DATA_TYPES:
        raise InputImageRejected("The data: URI must say image/png, image/jpeg, image/webp or image/gif.")
    data = _decode_payload(uri, comma + 1, base64_encoded=fields[-1] == "base64", max_bytes=max_bytes)
    if not data:
        raise InputImageRejected("The data: URI holds nothing.")
    return Fetched(data, fields[0], "data:")


def _decode_payload(uri: str, start: int, *, base64_encoded: bool, max_bytes: int) -> bytes:
    too_large = InputImageRejected(f"The picture is larger than {max_bytes / 1_000_000:g} MB.")
    malformed = InputImageRejected("The data: URI is not valid base64.")
    # Fewest bytes the text can stand for: each percent escape is one byte, four base64 letters are three.
    escapes, letters = uri.count("%", start), len(uri) - start
    if (letters - 2 * escapes) * (3 / 4 if base64_encoded else 1) > max_bytes * 1.05 + 4:
        raise too_large
    payload = uri[start:]
    if not payload.isascii():
        raise malformed if base64_encoded else InputImageRejected("The data: URI holds characters outside ASCII.")
    data = unquote_to_bytes(payload)
    if base64_encoded:
        letters_only = re.sub(rb"[\t\n\f\r ]", b"", data)
        try:
            data = base64.b64decode(letters_only + b"=" * (-len(letters_only) % 4), validate=True)
        except binascii.Error:
            raise malformed from None
    if len(data) > max_bytes:
        raise too_large
    return data
