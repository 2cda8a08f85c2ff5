"""`castlist accounts`: who there is, and what each may have at most."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, console, print_json, print_table, with_service
from castlist.domain.credits import to_credits, to_millis

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.store.quotas import Quota

app = typer.Typer(help="Accounts and their quotas.", no_args_is_help=True)
NO_LIMIT = "none"
MB = 1_000_000
MOST = 10**15
_NONE = "none is no limit."


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """List all accounts with their quotas."""
    from castlist.store import keys, quotas

    async def work(service: "Service") -> list[dict[str, Any]]:
        async with service.database.read() as tx:
            limits = await quotas.of_accounts(tx)
            return [_row(account.name, limits[account.id]) for account in await keys.list_accounts(tx)]

    rows = with_service(work)
    if as_json:
        print_json(rows)
        return
    columns = ("account", "openJobs", "imagesADay", "creditsADay", "uploadMb")
    print_table(
        ("account", "open jobs", "images a day", "credits a day", "MB of pictures"),
        [["no limit" if row[name] is None else row[name] for name in columns] for row in rows],
        empty="There are no accounts. castlist keys create makes one.",
    )


@app.command("set")
def change(
    account: Annotated[str, typer.Argument(help="The account's name, as `castlist accounts list` shows it.")],
    *,
    open_jobs: Annotated[str | None, typer.Option(help=f"Jobs queued or running at a time; {_NONE}")] = None,
    images_a_day: Annotated[str | None, typer.Option(help=f"Images asked for a day (UTC); {_NONE}")] = None,
    credits_a_day: Annotated[str | None, typer.Option(help=f"Credits spent a day (UTC); {_NONE}")] = None,
    upload_mb: Annotated[str | None, typer.Option(help=f"MB of pictures brought in and kept; {_NONE}")] = None,
    as_json: AsJson = False,
) -> None:
    """Change an account's quotas; what is left out stays as it is."""
    from castlist.store import keys, quotas

    said = {
        "most_open_jobs": (open_jobs, 1),
        "most_images_a_day": (images_a_day, 1),
        "most_millis_a_day": (credits_a_day, 1000),
        "most_upload_bytes": (upload_mb, MB),
    }
    values = {name: _limit(text, unit) for name, (text, unit) in said.items() if text is not None}
    if not values:
        raise Problem("Say what to change: --open-jobs, --images-a-day, --credits-a-day or --upload-mb.")

    async def work(service: "Service") -> dict[str, Any]:
        async with service.database.write() as tx:
            account_id = await keys.find_account(tx, account)
            if account_id is None:
                raise Problem(f"There is no account {account}; castlist accounts list names them.")
            await quotas.change(tx, account_id, values)
            return _row(account, (await quotas.of_accounts(tx))[account_id])

    row = with_service(work)
    if as_json:
        print_json(row)
        return
    words = {name: "no limit" if value is None else value for name, value in row.items()}
    console().print(
        f"{account}: open jobs {words['openJobs']}, images a day {words['imagesADay']}, "
        f"credits a day {words['creditsADay']}, MB of pictures {words['uploadMb']}."
    )


def _limit(text: str, unit: int) -> int | None:
    """Return a limit given on the command line in its unit; whole numbers only, but for credits and MB."""
    if text == NO_LIMIT:
        return None
    try:
        value = int(text) if unit == 1 else to_millis(text) * unit // 1000
    except ValueError:
        value = -1
    if not 0 <= value < MOST:
        raise Problem(f"{text} is no limit: say a number from 0 up, or none.")
    return value


def _row(name: str, quota: "Quota") -> dict[str, Any]:
    return {
        "account": name,
        "openJobs": quota.most_open_jobs,
        "imagesADay": quota.most_images_a_day,
        "creditsADay": None if quota.most_millis_a_day is None else to_credits(quota.most_millis_a_day),
        "uploadMb": None if quota.most_upload_bytes is None else quota.most_upload_bytes / MB,
    }
