"""What all tests share: asynchronous tests run on asyncio, and a service on a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from castlist.flow.service import Service
from castlist.testing.service import Clock, Customer, a_customer, a_service, prepare_template


def pytest_configure(config: pytest.Config) -> None:
    config.option.anyio_mode = "auto"  # every asynchronous test and fixture runs without a mark of its own


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@pytest.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the newest schema."""
    return await prepare_template(tmp_path_factory.mktemp("template") / "template.sqlite")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(tmp_path: Path, template: Path, clock: Clock) -> AsyncIterator[Service]:
    async with a_service(tmp_path, template=template, clock=clock) as made:
        yield made


@pytest.fixture
async def customer(service: Service) -> Customer:
    """An account with a key and 100 credits."""
    return await a_customer(service)
