"""`castlist serve`: the API in this process and one worker beside it, until SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from castlist.cli.common import AsJson, DatabaseUrl, DataDir, Problem, console, load_settings, open_service, print_json

if TYPE_CHECKING:
    import uvicorn

    from castlist.flow.service import Service
    from castlist.settings import Settings

GRACE_SECONDS = 10
"""How long open requests may take to end when the server stops."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said on the command line and has to be known further down."""

    options: list[str]
    """Options that the worker gets too."""
    as_json: bool


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Serve the HTTP API, with one worker, and say where to go next."""
    from castlist.cli import logs

    settings = load_settings(data_dir, database_url)
    listener = _listen(host, port)
    logs.set_up(settings.log_format)
    options = ["--data-dir", str(data_dir)] if data_dir else []
    options += ["--database-url", database_url] if database_url else []
    with listener:
        asyncio.run(_serve(settings, listener, _Said(options, as_json)))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Problem(
                f"Port {port} on {host} is taken. Stop what uses it, or let castlist take a free one: --port 0."
            ) from None
        raise Problem(f"Cannot listen on {host}, port {port}: {error.strerror or error}.") from None


async def _serve(settings: "Settings", listener: socket.socket, said: _Said) -> None:
    import structlog

    from castlist.cli.supervisor import keep_worker

    service = await open_service(settings)
    server = _server(service, settings)
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    ready = [engine.card.id for engine in service.catalog.ready()]
    worker = asyncio.create_task(keep_worker(said.options, stopping))
    announcing = asyncio.create_task(_announce(server, _url_of(listener), ready, settings, said))
    try:
        await server.serve(sockets=[listener])
    finally:
        stop()
        announcing.cancel()
        await worker
        await service.close()
        structlog.get_logger().info("stopped")


def _server(service: "Service", settings: "Settings") -> "uvicorn.Server":
    import uvicorn

    from castlist.api.app import create_app

    class Server(uvicorn.Server):
        """Leaves the signals to us: the worker has to be stopped as well."""

        @contextlib.contextmanager
        def capture_signals(self):  # pyright: ignore[reportIncompatibleMethodOverride]
            yield

    app = create_app(service, public_url=settings.public_url, max_body_bytes=settings.max_body_bytes)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    return Server(config)


async def _announce(server: "uvicorn.Server", url: str, ready: list[str], settings: "Settings", said: _Said) -> None:
    """Say where to go next, once the server answers."""
    import structlog

    while not server.started:
        await asyncio.sleep(0.02)
    structlog.get_logger().info("serving", url=url)
    if said.as_json:
        facts = {
            "url": url,
            "publicUrl": settings.public_url,
            "pid": os.getpid(),
            "dataDir": str(settings.data_dir),
            "engines": ready,
        }
        print_json(facts, one_line=True)
        return
    # What was said to this command has to be said to the next one too.
    same = f"CASTLIST_DATA_DIR={settings.data_dir} " if "--data-dir" in said.options else ""
    same += "CASTLIST_DATABASE_URL=… " if "--database-url" in said.options else ""
    lines = [
        f"castlist serves at [bold]{settings.public_url or url}[/bold]",
        f"  what it can do   {url}/docs",
        f"  a first key      {same}castlist keys create --name me --credits 100",
        "  a first picture  see the README: POST /api/v1/models/consistent-characters/run",
        f"  engines ready    {', '.join(ready) or 'none: castlist engines says why'}",
        f"  everything kept  {settings.data_dir}",
        "  to stop          Ctrl-C",
    ]
    console().print("\n".join(lines))


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    return f"http://{everywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}"
