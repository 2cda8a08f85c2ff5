"""What the commands share: options, tables, JSON, and access to an installation. Imported by every command file."""

import asyncio
import datetime
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.settings import Settings

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder of everything that is kept; overrules the settings.")]
DatabaseUrl = Annotated[str | None, typer.Option(help="sqlite:///… or postgresql://…; overrules the settings.")]
PIPE_COLUMNS = 200
"""Width of tables that go into a file or pipe, where no terminal says how wide it is."""


class Problem(Exception):
    """Something that the person at the keyboard can put right: shown as one sentence, exit code 1."""


def console(*, stderr: bool = False) -> Console:
    """Return a console for text; what is no terminal gets lines wide enough to be searched."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else PIPE_COLUMNS)


def print_json(value: Any, *, one_line: bool = False) -> None:
    """Print a value as JSON, at once and alone on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=None if one_line else 2), flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "None.") -> None:
    """Print rows under columns, or the sentence `empty` when there are none. Columns named `#…` are numbers."""
    if not rows:
        console().print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.removeprefix("#"), justify="right" if column.startswith("#") else "left")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console().print(table)


def when(unix_ms: int | None) -> str | None:
    """Return a time in ISO 8601, UTC, to the second: what people and programs read alike."""
    if unix_ms is None:
        return None
    moment = datetime.datetime.fromtimestamp(unix_ms / 1000, datetime.UTC)
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def load_settings(data_dir: Path | None = None, database_url: str | None = None) -> "Settings":
    """Return the settings, with what was said on the command line on top."""
    from castlist.settings import Settings

    said: dict[str, Any] = {"data_dir": data_dir, "database_url": database_url}
    return Settings(**{name: value for name, value in said.items() if value is not None})


def with_service(work: "Callable[[Service], Awaitable[T]]", settings: "Settings | None" = None) -> T:
    """Open the installation, bring its database up to date, do `work` and close it again."""

    async def whole() -> T:
        service = await open_service(settings or load_settings())
        try:
            return await work(service)
        finally:
            await service.close()

    return asyncio.run(whole())


async def open_service(settings: "Settings", *, pool: str | None = None, node: bool = False) -> "Service":
    """Build the service and prepare its database; `Problem` when the folder or the database cannot be used.

    Args:
        pool: the pool this process works for, if it is a worker.
        node: this process is one of several, so it migrates nothing and makes no secret of its own.
    """
    from castlist import bootstrap
    from castlist.cli.refusals import refuse_unsafe
    from castlist.domain.pools import DEFAULT_POOL

    refuse_unsafe(settings, pool=pool, node=node)
    try:
        service = bootstrap.build(settings, pool=pool or DEFAULT_POOL)
    except bootstrap.Unfit as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"The data folder {settings.data_dir} cannot be used: {error.strerror or error}.") from error
    try:
        if file := sqlite_file(service.database.url):
            file.touch()  # says in plain words why a file cannot be opened; an empty one is an empty database
        await bootstrap.prepare(service, migrating=not node)
    except bootstrap.Unfit as error:
        await service.close()
        raise Problem(str(error)) from None
    except Exception as error:
        await service.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else first_line(error)
        raise Problem(f"The database {masked_url(service.database.url)} cannot be used: {reason}.") from error
    return service


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite database by its URL; None for other databases."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def masked_url(url: str) -> str:
    """Return a URL with its password hidden."""
    head, at, tail = url.rpartition("@")
    scheme, colon_slashes, login = head.partition("://")
    user, colon, _ = login.partition(":")
    return f"{scheme}{colon_slashes}{user}{colon and ':…'}{at}{tail}" if at else url


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name when it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
