"""Signed links to files: whoever has the link may fetch the file until it expires, without a key."""

import hashlib
import hmac
from enum import Enum
from urllib.parse import parse_qs, urlsplit

FILES_PATH = "/api/v1/files/"


class LinkState(Enum):
    """What a signed link is worth."""

    GOOD = "good"
    EXPIRED = "expired"
    FORGED = "forged"


def signed_url(base_url: str, file: str, expires_ms: int, secret: bytes) -> str:
    """Return the absolute URL under which `file` can be fetched until `expires_ms`."""
    expires_s = expires_ms // 1000
    return (
        f"{base_url.rstrip('/')}{FILES_PATH}{file}?expires={expires_s}&signature={_signature(file, expires_s, secret)}"
    )


def check(file: str, expires: str, signature: str, *, secret: bytes, now_ms: int) -> LinkState:
    """Tell what a link is worth; the parts come from an untrusted URL."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        return LinkState.FORGED
    if not hmac.compare_digest(_signature(file, int(expires), secret).encode(), signature.encode()):
        return LinkState.FORGED
    return LinkState.GOOD if now_ms < int(expires) * 1000 else LinkState.EXPIRED


def file_of(url: str, *, secret: bytes, now_ms: int) -> tuple[str, LinkState] | None:
    """Return the file that one of our own links means, wherever it is served, and its state; None for other URLs."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.path.startswith(FILES_PATH):
        return None
    file = parts.path.removeprefix(FILES_PATH)
    expires, signature = query.get("expires", [""])[0], query.get("signature", [""])[0]
    state = check(file, expires, signature, secret=secret, now_ms=now_ms)
    return None if state is LinkState.FORGED else (file, state)


def _signature(file: str, expires_s: int, secret: bytes) -> str:
    return hmac.new(secret, f"file:{file}:{expires_s}".encode(), hashlib.sha256).hexdigest()[:40]
