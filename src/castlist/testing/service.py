"""Builds a whole service on a temporary folder, with a queue in memory and toy engines. Reaches no network."""

import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from castlist.bootstrap import request_model_of
from castlist.domain.credits import EntryKind, to_millis
from castlist.domain.ids import new_id
from castlist.engines.base import Engine
from castlist.engines.catalog import Catalog, StandIn
from castlist.flow.screen import Screen
from castlist.flow.service import Service, Terms
from castlist.net.guard import FetchPolicy
from castlist.store import conservation, keys, ledger
from castlist.store.database import Database
from castlist.store.files import Files
from castlist.store.keys import SCOPES
from castlist.store.migrate import migrate
from castlist.testing.engines import ToyEngine
from castlist.testing.queues import MemoryQueue

DATABASE = "castlist.sqlite"
SECRET = bytes(range(32))
OFFLINE = FetchPolicy(allow_ports=())
"""Refuses every http(s) URL by its port, before any name is resolved."""
START_MS = 1_795_000_000_000


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, *, hours: float = 0, seconds: float = 0) -> None:
        """Move the clock forward."""
        self.now_ms += round((hours * 3600 + seconds) * 1000)


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with one key. `key` is the key itself."""

    account_id: str
    key_id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request of theirs carries."""
        return {"Authorization": f"Bearer {self.key}"}


async def prepare_template(path: Path) -> Path:
    """Make an empty database with the newest schema, to be copied: faster than migrating anew for every test."""
    database = Database(f"sqlite:///{path}")
    await migrate(database)
    await database.close()
    return path


def build_service(
    folder: Path,
    *,
    engines: Sequence[Engine] = (),
    stand_in: StandIn = "auto",
    terms: Terms | None = None,
    fetch_policy: FetchPolicy = OFFLINE,
    clock: Clock | None = None,
    screen: Screen | None = None,
    database_url: str | None = None,
) -> Service:
    """Return a service whose files, and database too, lie in `folder`. It connects to nothing and has no tables yet.

    Args:
        engines: the toy alone by default.
        database_url: a database elsewhere.
    """
    catalog = Catalog({engine.card.id: engine for engine in engines or (ToyEngine(),)}, stand_in=stand_in)
    return Service(
        database=Database(database_url or f"sqlite:///{folder / DATABASE}"),
        files=Files.in_folder(folder / "files"),
        catalog=catalog,
        queue=MemoryQueue(),
        request_model=request_model_of(catalog),
        secret=SECRET,
        terms=terms or Terms(),
        fetch_policy=fetch_policy,
        screen=screen,
        clock=clock or Clock(),
    )


@asynccontextmanager
async def a_service(folder: Path, *, template: Path | None = None, **parts: Any) -> AsyncGenerator[Service]:
    """Give a service that is ready for use, and close it afterwards.

    Args:
        template: a database from `prepare_template`; without one, or a `database_url`, the migrations make the schema.
        parts: as for `build_service`.
    """
    service = build_service(folder, **parts)
    if template is not None:
        shutil.copyfile(template, folder / DATABASE)
    elif "database_url" not in parts:
        await migrate(service.database)
    try:
        yield service
    finally:
        await service.close()


async def a_customer(
    service: Service, *, credits: str = "100", scopes: tuple[str, ...] = SCOPES, expires_ms: int | None = None
) -> Customer:
    """Make an account with a key and credits."""
    now_ms = service.clock()
    async with service.database.write() as tx:
        account_id = await keys.ensure_account(tx, new_id("name"), now_ms=now_ms)
        key, record = await keys.create(
            tx, account_id, "test", pepper=service.secret, now_ms=now_ms, scopes=scopes, expires_ms=expires_ms
        )
        if to_millis(credits):
            await ledger.append(tx, account_id, EntryKind.GRANT, to_millis(credits), now_ms=now_ms)
    return Customer(account_id, record.id, key)


async def balance_millis(service: Service, account_id: str) -> int:
    """Return what an account can spend, in thousandths of a credit."""
    async with service.database.read() as tx:
        return await ledger.balance_millis(tx, account_id)


async def ledger_faults(service: Service) -> list[str]:
    """Return what does not add up in the whole ledger."""
    async with service.database.read() as tx:
        return (await conservation.verify(tx)).faults
