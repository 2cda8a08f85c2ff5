"""What all tests share: asynchronous tests run on asyncio; services and databases exist on both back ends."""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import structlog

from castlist.flow.service import Service
from castlist.testing.postgres import Postgres, a_postgres
from castlist.testing.service import Clock, Customer, a_customer, a_service, prepare_template

ADatabase = Callable[[], AbstractContextManager[str]]


def pytest_configure(config: pytest.Config) -> None:
    config.option.anyio_mode = "auto"  # every asynchronous test and fixture runs without a mark of its own


def pytest_unconfigure() -> None:
    logging.raiseExceptions = False  # threads and servers that outlive the tests have nowhere left to log to


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the newest schema."""
    return asyncio.run(prepare_template(tmp_path_factory.mktemp("template") / "template.sqlite"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, one for the whole run."""
    # Not below pytest's own folder: run by root, the server is another user's, and pytest bars others from there.
    with TemporaryDirectory() as folder, a_postgres(Path(folder), os.environ.get("TEST_DATABASE_URL")) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """Name of an empty PostgreSQL database with the newest schema."""
    return asyncio.run(postgres.template())


@pytest.fixture(params=["sqlite", "postgres"])
def a_database(request: pytest.FixtureRequest) -> ADatabase:
    """Gives URLs of databases that are empty, with the newest schema, and gone afterwards: on each back end in turn."""
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        name: str = request.getfixturevalue("postgres_template")
        return lambda: server.a_database(name)
    template: Path = request.getfixturevalue("template")

    @contextmanager
    def copy() -> Generator[str]:
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{shutil.copyfile(template, Path(folder) / 'castlist.sqlite')}"

    return copy


@pytest.fixture
def database_url(a_database: ADatabase) -> Iterator[str]:
    with a_database() as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(tmp_path: Path, database_url: str, clock: Clock) -> AsyncIterator[Service]:
    """A service, on each back end in turn."""
    async with a_service(tmp_path, database_url=database_url, clock=clock) as made:
        yield made


@pytest.fixture
async def customer(service: Service) -> Customer:
    """An account with a key and 100 credits."""
    return await a_customer(service)
