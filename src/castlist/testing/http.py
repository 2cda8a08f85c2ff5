"""A client on the real application, over ASGI: no socket, no server."""

import httpx2

from castlist.api.app import create_app
from castlist.flow.service import Service

BASE_URL = "https://images.test"
API = "/api/v1"
RUN = f"{API}/models/consistent-characters/run"
QUOTE = f"{API}/models/consistent-characters/quote"


def client_of(
    service: Service, *, public_url: str | None = None, max_body_bytes: int = 30_000_000
) -> httpx2.AsyncClient:
    """Return a client without a key; close it after use."""
    app = create_app(service, public_url=public_url, max_body_bytes=max_body_bytes)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE_URL)
