"""A database of its own for every test, and for every example of a property test."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager

import pytest

from castlist.store.database import Database

Fresh = Callable[[], AbstractAsyncContextManager[Database]]


@pytest.fixture
def fresh(a_database: Callable[[], AbstractContextManager[str]]) -> Fresh:
    """Gives an empty database, as often as it is called."""

    @asynccontextmanager
    async def make() -> AsyncGenerator[Database]:
        with a_database() as url:
            database = Database(url)
            try:
                yield database
            finally:
                await database.close()

    return make


@pytest.fixture
async def database(fresh: Fresh) -> AsyncIterator[Database]:
    async with fresh() as made:
        yield made
