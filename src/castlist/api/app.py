"""Makes the application. Called by the command line with a finished service; reads no settings, opens nothing."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import structlog
from fastapi import FastAPI

from castlist.api import errors, openapi
from castlist.api.context import PREFIX, Api
from castlist.api.edge import Edge
from castlist.api.follow import Follower
from castlist.api.routes import (
    account,
    consent,
    control,
    docs,
    files,
    health,
    inspect,
    jobs,
    metrics,
    models,
    report,
    runs,
    uploads,
)
from castlist.api.turnstile import Turnstile
from castlist.flow.meter import FLUSH_SECONDS
from castlist.flow.service import Service

DEFAULT_MAX_BODY_BYTES = 30_000_000


def create_app(
    service: Service, *, public_url: str | None = None, max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
) -> FastAPI:
    """Return the HTTP front of an installation.

    Args:
        service: whoever made it also closes it.
        public_url: address under which callers reach this; None takes it from each request.
        max_body_bytes: larger request bodies are refused while they stream.
    """

    @contextlib.asynccontextmanager
    async def while_it_serves(_: FastAPI) -> AsyncGenerator[None]:
        flushing = asyncio.create_task(_flush(service))
        yield
        flushing.cancel()
        with contextlib.suppress(Exception):
            await service.meter.flush(service.database)

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=while_it_serves)
    follower = Follower(service.database)
    app.state.api = Api(service=service, public_url=public_url, max_body_bytes=max_body_bytes, follower=follower)
    app.add_middleware(Edge, max_body_bytes=max_body_bytes, turnstile=Turnstile(service), service=service)
    errors.install(app)
    for routes in (models, runs, jobs, report, control, uploads, account, consent, files):
        app.include_router(routes.router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(docs.router)
    app.include_router(inspect.router)
    openapi.install(app, service, public_url)
    return app


async def _flush(service: Service) -> None:
    """Write down what this process counted, every few seconds."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        try:
            await service.meter.flush(service.database)
        except Exception as problem:
            structlog.get_logger().warning("metrics wait for the database", why=type(problem).__name__)
