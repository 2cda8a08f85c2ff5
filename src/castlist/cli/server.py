"""The HTTP server in this process: listens, answers, says where it is. For `castlist serve` and `castlist api`."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from castlist.cli.common import Problem

if TYPE_CHECKING:
    import uvicorn

    from castlist.flow.service import Service
    from castlist.settings import Settings

GRACE_SECONDS = 10
"""How long open requests may take to end when the server stops."""


def new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's event loop, with which a node takes twice as many jobs a second; Windows has asyncio's own."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop()
    return new_event_loop()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; `Problem` when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Problem(
                f"Port {port} on {host} is taken. Stop what uses it, or let castlist take a free one: --port 0."
            ) from None
        raise Problem(f"Cannot listen on {host}, port {port}: {error.strerror or error}.") from None


def server_of(service: "Service", settings: "Settings") -> "uvicorn.Server":
    """Return a server that leaves the signals to its caller."""
    import uvicorn

    from castlist.api.app import create_app

    class Server(uvicorn.Server):
        """Leaves the signals to us: workers may have to be stopped as well."""

        @contextlib.contextmanager
        def capture_signals(self):  # pyright: ignore[reportIncompatibleMethodOverride]
            yield

    app = create_app(service, public_url=settings.public_url, max_body_bytes=settings.max_body_bytes)
    config = uvicorn.Config(
        app,
        http="h11",  # the faster parser takes headers of any length into memory
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config)


async def announce(server: "uvicorn.Server", url: str, say: Callable[[], None]) -> None:
    """Call `say` once the server answers."""
    import structlog

    while not server.started:
        await asyncio.sleep(0.02)
    structlog.get_logger().info("serving", url=url)
    say()


def url_of(listener: socket.socket) -> str:
    """Return the address under which a listener is reached from this machine."""
    host, port = listener.getsockname()[:2]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    return f"http://{everywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}"
