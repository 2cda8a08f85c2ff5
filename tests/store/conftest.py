"""A database of its own for every test, and for every example of a property test."""

import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from castlist.store.database import Database

Fresh = Callable[[], AbstractAsyncContextManager[Database]]


@pytest.fixture
def fresh(template: Path) -> Fresh:
    """Gives an empty database, as often as it is called."""

    @asynccontextmanager
    async def make() -> AsyncGenerator[Database]:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "castlist.sqlite"
            shutil.copyfile(template, file)
            database = Database(f"sqlite:///{file}")
            try:
                yield database
            finally:
                await database.close()

    return make


@pytest.fixture
async def database(fresh: Fresh) -> AsyncIterator[Database]:
    async with fresh() as made:
        yield made
