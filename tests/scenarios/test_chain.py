"""Two installations in a row: one hands a job on to another over the real contract, on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from castlist.api.app import create_app
from castlist.domain.tasks import Made
from castlist.engines.pixeldojo import PixelDojoEngine
from castlist.flow.hosted import Desk, outcomes
from castlist.flow.service import Service
from castlist.net.guard import FetchPolicy
from castlist.testing.engine_kit import Followed, a_task
from castlist.testing.queues import run_all
from castlist.testing.service import a_customer, a_service, balance_millis


@asynccontextmanager
async def served(service: Service) -> AsyncIterator[str]:
    """Serve a service with a worker on a free loopback port."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(service, public_url=None, max_body_bytes=30_000_000)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))

    async def work() -> None:
        while True:
            await run_all(service)
            await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(server.serve(sockets=[listener])), asyncio.create_task(work())]
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_castlist_behind_a_castlist(tmp_path: Path, template: Path) -> None:
    async with a_service(tmp_path, template=template) as behind, served(behind) as url:
        customer = await a_customer(behind, credits="10")
        engine = PixelDojoEngine(
            PixelDojoEngine.card.options(base_url=url, models={"toy": "toy"}), {"PIXELDOJO_API_KEY": customer.key}
        )
        task = a_task("toy", shots=3)
        desk = Desk(policy=FetchPolicy(allow_ports=()))
        made = {shot.index: one async for shot, one in outcomes([engine], task, Followed(), desk)}
        spent = 10_000 - await balance_millis(behind, customer.account_id)
    assert sorted(made) == [0, 1, 2]
    for one in made.values():
        assert isinstance(one, Made), one
        assert one.model == "toy-1"
        assert one.pixels.shape == (128, 128, 3)
    assert spent == 3 * 500, "each picture was one job of one image"
