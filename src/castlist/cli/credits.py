"""`castlist credits`: grant credits, see balances and the ledger."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, console, print_json, print_table, when, with_service
from castlist.cli.keys import credits_of
from castlist.domain.credits import EntryKind, to_credits

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.store.database import Tx

app = typer.Typer(help="Credits and the ledger.", no_args_is_help=True)
Account = Annotated[str, typer.Argument(help="The account's name; a key's account has the key's name by default.")]


@app.command()
def grant(
    account: Account,
    credits: Annotated[str, typer.Argument(help="How many, such as 100 or 0.5.")],
    note: Annotated[str, typer.Option(help="Why, for the ledger.")] = "",
    as_json: AsJson = False,
) -> None:
    """Grant credits to an account."""
    from castlist.store import ledger

    amount = credits_of(credits)

    async def work(service: "Service") -> int:
        async with service.database.write() as tx:
            account_id = await _account(tx, account)
            return await ledger.append(
                tx, account_id, EntryKind.GRANT, amount, now_ms=service.clock(), note=note or "granted by hand"
            )

    balance = to_credits(with_service(work))
    if as_json:
        print_json({"account": account, "granted": to_credits(amount), "balance": balance})
    else:
        console().print(f"{account} has {balance} credits.")


@app.command()
def balance(
    account: Annotated[str | None, typer.Argument(help="The account's name; all of them if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what accounts have to spend."""
    from castlist.store import keys, ledger

    async def work(service: "Service") -> list[dict[str, Any]]:
        async with service.database.read() as tx:
            if account is not None:
                found = [(account, await _account(tx, account))]
            else:
                found = [(each.name, each.id) for each in await keys.list_accounts(tx)]
            return [
                {"account": name, "balance": to_credits(await ledger.balance_millis(tx, account_id))}
                for name, account_id in found
            ]

    rows = with_service(work)
    if as_json:
        print_json(rows if account is None else rows[0])
    else:
        print_table(("account", "#credits"), [(row["account"], row["balance"]) for row in rows], empty="No accounts.")


@app.command("ledger")
def show_ledger(
    account: Account,
    limit: Annotated[int, typer.Option(min=1, help="How many entries, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show an account's entries, newest first."""
    from castlist.store import ledger

    async def work(service: "Service") -> list[dict[str, Any]]:
        async with service.database.read() as tx:
            return [
                {
                    "sequence": entry.sequence,
                    "kind": str(entry.kind),
                    "amount": to_credits(entry.amount_millis),
                    "change": to_credits(entry.change_millis),
                    "balance": to_credits(entry.balance_millis),
                    "jobId": entry.job_id,
                    "note": entry.note,
                    "createdAt": when(entry.created_ms),
                }
                for entry in await ledger.history(tx, await _account(tx, account), limit)
            ]

    rows = with_service(work)
    if as_json:
        print_json(rows)
        return
    print_table(
        ("#no", "when", "kind", "#amount", "#balance", "job", "note"),
        [
            [row[name] for name in ("sequence", "createdAt", "kind", "amount", "balance", "jobId", "note")]
            for row in rows
        ],
        empty=f"{account} has no entries.",
    )


async def _account(tx: "Tx", name: str) -> str:
    from castlist.store import keys

    account_id = await keys.find_account(tx, name)
    if account_id is None:
        raise Problem(f"There is no account {name}; castlist credits balance lists them.")
    return account_id
