"""`castlist consent`: what accounts state about the people in their pictures."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, console, print_json, print_table, when, with_service
from castlist.domain.consent import STATEMENT, VERSION

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.store.consents import Consent

app = typer.Typer(help="What accounts state about the people in their pictures.", no_args_is_help=True)
Account = Annotated[str, typer.Argument(help="The account's name; a key's account has the key's name by default.")]


@app.command("list")
def list_consents(as_json: AsJson = False) -> None:
    """Show for every account whether it has made the statement, and when."""
    from castlist.store import consents

    async def work(service: "Service") -> list[dict[str, Any]]:
        async with service.database.read() as tx:
            return [_row(name, found) for name, found in await consents.everyone(tx)]

    rows = with_service(work)
    if as_json:
        print_json({"version": VERSION, "statement": STATEMENT, "accounts": rows})
        return
    print_table(
        ("account", "stated", "version", "recorded", "by key"),
        [(row["account"], _word(row), row["version"], row["recordedAt"], row["keyId"]) for row in rows],
        empty="There are no accounts.",
    )
    console().print(f"\nThe words of {VERSION}: {STATEMENT}")


@app.command()
def record(account: Account, as_json: AsJson = False) -> None:
    """Record that an account has made the statement, for instance on paper."""
    _state(account, stated=True, as_json=as_json)


@app.command()
def withdraw(account: Account, as_json: AsJson = False) -> None:
    """Record that an account withdraws the statement. Earlier records stay."""
    _state(account, stated=False, as_json=as_json)


def _state(account: str, *, stated: bool, as_json: bool) -> None:
    from castlist.flow import consent
    from castlist.store import keys

    async def work(service: "Service") -> dict[str, Any]:
        async with service.database.write() as tx:
            account_id = await keys.find_account(tx, account)
            if account_id is None:
                raise Problem(f"There is no account {account}; castlist consent list shows them.")
            return _row(account, await consent.state(tx, service, account_id, stated=stated))

    row = with_service(work)
    if as_json:
        print_json(row)
    else:
        console().print(f"{account}: {'stated' if stated else 'withdrawn'} at {row['recordedAt']}.")


def _row(account: str, found: "Consent | None") -> dict[str, Any]:
    return {
        "account": account,
        "stated": found is not None and found.stated and found.version == VERSION,
        "version": found.version if found else None,
        "recordedAt": when(found.created_ms) if found else None,
        "keyId": found.key_id if found else None,
        "requestId": found.request_id if found else None,
    }


def _word(row: dict[str, Any]) -> str:
    if row["stated"]:
        return "yes"
    return "no" if row["version"] in (None, VERSION) else "in older words"
