"""Makes a service's words fit for a log line or a customer: one line, short, without our secrets. Pure."""

import base64
from collections.abc import Iterable
from urllib.parse import quote

MASK = "[secret]"


def redact(text: str, secrets: Iterable[str], max_chars: int = 300) -> str:
    """Return `text` on one line of at most `max_chars`, each secret in it masked, also where it is encoded."""
    for secret in sorted((one for one in secrets if one), key=len, reverse=True):
        for form in _forms(secret):
            text = text.replace(form, MASK)
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= max_chars else line[: max_chars - 1] + "…"


def _forms(secret: str) -> list[str]:
    plain = base64.b64encode(secret.encode()).decode().rstrip("=")
    return [secret, quote(secret, safe=""), plain]
