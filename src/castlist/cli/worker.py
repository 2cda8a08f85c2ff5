"""`castlist worker`: runs jobs until it is told to stop. `castlist serve` starts one of these beside the API."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from castlist.cli.common import DatabaseUrl, DataDir, Problem, load_settings, open_service, sqlite_file
from castlist.domain.pools import DEFAULT_POOL

if TYPE_CHECKING:
    from castlist.settings import Settings


def worker(
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    pool: Annotated[str, typer.Option(help="Pool whose jobs to run; CASTLIST_POOLS names them.")] = DEFAULT_POOL,
    attached: Annotated[
        bool, typer.Option("--attached", hidden=True, help="Stop when standard input closes: the parent is gone.")
    ] = False,
) -> None:
    """Run jobs until SIGTERM or Ctrl-C; then let those in hand end for a while, and hand on what is unfinished.

    A second signal means at once.
    """
    from castlist.cli import logs

    settings = load_settings(data_dir, database_url)
    logs.set_up(settings.log_format)
    if attached:
        threading.Thread(target=_follow_parent, daemon=True).start()
    asyncio.run(_run(settings, pool, attached=attached))


async def _run(settings: "Settings", pool: str, *, attached: bool) -> None:
    from castlist.api.present import webhook_body
    from castlist.cli.refusals import refuse_unready
    from castlist.worker.main import AlreadyRunning, Habits, Worker, sole_worker

    service = await open_service(settings, pool=pool, node=True)
    await refuse_unready(service, settings, pool)
    alone = contextlib.nullcontext()
    if file := sqlite_file(service.database.url):
        alone = sole_worker(file.with_name(f"{file.name}.worker"))
    try:
        with alone:
            habits = Habits(
                pool=pool,
                concurrency=settings.pools[pool].jobs if pool in settings.pools else settings.worker_jobs,
                lease_ms=round(settings.lease_seconds * 1000),
                sweep_seconds=settings.sweep_seconds,
                drain_seconds=settings.drain_seconds,
                # Ctrl-C reaches the parent as well, which says what it means.
                signals=(signal.SIGTERM,) if attached else (signal.SIGTERM, signal.SIGINT),
            )
            if attached:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            worker = Worker(service, webhook_body(service), habits)
            await worker.run()
            logging.shutdown()
            # Threads of the queue still wait for jobs that were left unfinished. Ending them in the ordinary way would
            # let the queue believe that those jobs had ended too.
            os._exit(0)
    except AlreadyRunning as error:
        raise Problem(str(error)) from None


def _follow_parent() -> None:
    """Stop this process when its parent dies, however it dies: its end of our standard input closes.

    At once, because the next server is waiting for our lock.
    """
    sys.stdin.buffer.read()
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.2)
