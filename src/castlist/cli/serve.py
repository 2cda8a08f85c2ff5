"""`castlist serve`: the API in this process and workers beside it. `castlist api`: the API alone, a node of several."""

import asyncio
import os
import signal
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from castlist.cli.common import AsJson, DatabaseUrl, DataDir, console, load_settings, open_service, print_json

if TYPE_CHECKING:
    from castlist.settings import Settings

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said on the command line and has to be known further down."""

    as_json: bool
    workers: int = 0
    options: list[str] = field(default_factory=list[str])
    """Options that the workers get too."""


def serve(
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Workers to run; more than one needs PostgreSQL.")] = 1,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Serve the HTTP API, with workers, and say where to go next."""
    options = ["--data-dir", str(data_dir)] if data_dir else []
    options += ["--database-url", database_url] if database_url else []
    _start(load_settings(data_dir, database_url), host, port, _Said(as_json, workers, options))


def api(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Serve the HTTP API alone, as one of any number of nodes; `castlist worker` runs the jobs."""
    _start(load_settings(data_dir, database_url), host, port, _Said(as_json))


def _start(settings: "Settings", host: str, port: int, said: _Said) -> None:
    from castlist.cli import logs, refusals
    from castlist.cli.server import listen, new_loop

    refusals.refuse_workers(settings, said.workers)
    listener = listen(host, port)
    logs.set_up(settings.log_format)
    with listener, asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(settings, listener, said))


async def _serve(settings: "Settings", listener: socket.socket, said: _Said) -> None:
    import structlog

    from castlist.cli.refusals import refuse_unready
    from castlist.cli.server import announce, server_of, url_of
    from castlist.cli.supervisor import keep_worker

    service = await open_service(settings, node=said.workers == 0)
    try:
        await refuse_unready(service, settings, None)
        server = server_of(service, settings)
        stopping, hurry = asyncio.Event(), asyncio.Event()

        def stop() -> None:
            if stopping.is_set():
                hurry.set()
            stopping.set()
            server.should_exit = True

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        ready = [engine.card.id for engine in service.catalog.ready()]
        patience = settings.drain_seconds
        workers = [
            asyncio.create_task(keep_worker(said.options, stopping, hurry, drain_seconds=patience))
            for _ in range(said.workers)
        ]
        url = url_of(listener)
        announcing = asyncio.create_task(announce(server, url, lambda: _say(url, ready, settings, said)))
        try:
            await server.serve(sockets=[listener])
        finally:
            stopping.set()
            announcing.cancel()
            await asyncio.gather(*workers)
            structlog.get_logger().info("stopped")
    finally:
        await service.close()


def _say(url: str, ready: list[str], settings: "Settings", said: _Said) -> None:
    """Say where to go next."""
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
        "  to stop          Ctrl-C; once more to stop at once, nothing is lost",
    ]
    console().print("\n".join(lines))
