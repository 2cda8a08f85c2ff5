"""Signs messages. Secrets are derived, not stored: a stolen database signs nothing.

Source: Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec), read 2026-11-22.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"


def secret_of(installation_secret: bytes, account_id: str, version: int) -> str:
    """Return an account's signing secret, `whsec_…` (32 bytes), the same for the same version."""
    text = f"webhook:{account_id}:{version}"
    raw = hmac.new(installation_secret, text.encode(), hashlib.sha256).digest()
    return SECRET_PREFIX + base64.b64encode(raw).decode()


def headers(message_id: str, timestamp_s: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return the three headers of a message, signed with every secret that is valid, so that rotation has no gap."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signature(message_id, timestamp_s, body, secret) for secret in secrets),
    }


def signature(message_id: str, timestamp_s: int, body: bytes, secret: str) -> str:
    """Return `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
