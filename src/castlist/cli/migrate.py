"""`castlist migrate`: brings the database to this release's schema; says so when pictures or the secret have moved."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from castlist.cli.common import DatabaseUrl, DataDir, Problem, console, first_line, load_settings, masked_url

if TYPE_CHECKING:
    from castlist.settings import Settings


class Adopted(StrEnum):
    """What an operator may have moved or lost on purpose."""

    FILES = "files"
    SECRET = "secret"


def migrate(
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    adopt: Annotated[
        list[Adopted] | None,
        typer.Option(help="Take this process's place for pictures, or its secret, as the installation's from now on."),
    ] = None,
) -> None:
    """Bring the database to this release's schema. Before that, stop the other processes and make a back-up."""
    settings = load_settings(data_dir, database_url)
    asyncio.run(_migrate(settings, set(adopt or ())))
    console().print(f"{masked_url(settings.database())} has the newest schema.")
    for each in sorted(adopt or ()):
        console().print(f"This installation's {each} are those of this process from now on.")


async def _migrate(settings: "Settings", adopted: set[Adopted]) -> None:
    from castlist import bootstrap
    from castlist.cli.refusals import refuse_unsafe
    from castlist.store.migrate import Age, age

    refuse_unsafe(settings, pool=None, node=False)
    try:
        service = bootstrap.build(settings)
        try:
            if await age(service.database) is Age.NEWER:
                raise Problem("The database was made by a newer release of castlist; this one cannot lead it back.")
            await bootstrap.bring_up_to_date(service)
            await bootstrap.adopt(service, files=Adopted.FILES in adopted, secret=Adopted.SECRET in adopted)
            await bootstrap.prepare(service)
        finally:
            await service.close()
    except bootstrap.Unfit as error:
        raise Problem(str(error)) from None
    except Problem:
        raise
    except Exception as error:
        raise Problem(f"{masked_url(settings.database())} cannot be migrated: {first_line(error)}.") from error
