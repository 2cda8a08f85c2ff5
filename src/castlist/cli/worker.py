"""`castlist worker`: runs jobs until it is told to stop. `castlist serve` starts one of these beside the API."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from castlist.cli.common import DatabaseUrl, DataDir, Problem, load_settings, open_service, sqlite_file

if TYPE_CHECKING:
    from castlist.settings import Settings


def worker(
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    attached: Annotated[
        bool, typer.Option("--attached", hidden=True, help="Stop when standard input closes: the parent is gone.")
    ] = False,
) -> None:
    """Run jobs until SIGTERM or Ctrl-C; what is unfinished then is left for the next worker."""
    from castlist.cli import logs

    settings = load_settings(data_dir, database_url)
    logs.set_up(settings.log_format)
    if attached:
        threading.Thread(target=_follow_parent, daemon=True).start()
    asyncio.run(_run(settings))


async def _run(settings: "Settings") -> None:
    from castlist.api.present import webhook_body
    from castlist.worker.main import AlreadyRunning, Worker, sole_worker

    service = await open_service(settings)
    alone = contextlib.nullcontext()
    if file := sqlite_file(service.database.url):
        alone = sole_worker(file.with_name(f"{file.name}.worker"))
    try:
        with alone:
            worker = Worker(
                service,
                webhook_body(service),
                concurrency=settings.worker_jobs,
                lease_ms=round(settings.lease_seconds * 1000),
                sweep_seconds=settings.sweep_seconds,
            )
            await worker.run()
            logging.shutdown()
            # Threads of the queue still wait for jobs that were left unfinished. Ending them in the ordinary way would
            # let the queue believe that those jobs had ended too.
            os._exit(0)
    except AlreadyRunning as error:
        raise Problem(str(error)) from None


def _follow_parent() -> None:
    """Stop this process in good order when its parent dies, however it dies: its end of our standard input closes."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
