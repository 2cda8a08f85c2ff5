"""`castlist keys`: make, list, change and revoke API keys."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, console, print_json, print_table, when, with_service
from castlist.domain.credits import EntryKind, to_credits, to_millis
from castlist.domain.fairness import MOST_WEIGHT, Priority
from castlist.domain.rates import MOST_A_MINUTE

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.store.keys import ApiKey

app = typer.Typer(help="API keys.", no_args_is_help=True)
DAY_MS = 86_400_000
INSTALLATIONS_OWN = "default"
Rate = Annotated[
    str | None,
    typer.Option(help="Requests a minute; 0 is no limit, default the installation's own.", metavar="NUMBER|default"),
]
Weight = Annotated[
    int | None, typer.Option(min=1, max=MOST_WEIGHT, help="Its part of the workers while others wait too; 1 is usual.")
]
OfPriority = Annotated[
    Priority | None, typer.Option(help="high goes first for a thousand images, then shares as its weight says.")
]


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is for.")],
    credits: Annotated[str, typer.Option(help="Credits to grant to its account, such as 100 or 0.5.")] = "0",
    account: Annotated[str | None, typer.Option(help="Account that pays; one of the key's name if left out.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="run or read; both if left out. May be repeated.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days after which it expires; never if left out.")] = None,
    rate: Rate = None,
    weight: Weight = None,
    priority: OfPriority = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, once."""
    from castlist.store import keys, ledger

    grant, limits = credits_of(credits), _limits(rate, weight, priority)
    scopes = tuple(scope or keys.SCOPES)
    if unknown := set(scopes) - set(keys.SCOPES):
        raise Problem(f"There is no scope {', '.join(sorted(unknown))}; there are {' and '.join(keys.SCOPES)}.")

    async def work(service: "Service") -> dict[str, Any]:
        now_ms = service.clock()
        expires_ms = None if days is None else now_ms + days * DAY_MS
        async with service.database.write() as tx:
            account_id = await keys.ensure_account(tx, account or name, now_ms=now_ms)
            key, record = await keys.create(
                tx,
                account_id,
                name,
                pepper=service.secret,
                now_ms=now_ms,
                scopes=scopes,
                expires_ms=expires_ms,
            )
            if limits:
                await keys.change(tx, record.id, limits)
            if grant:
                await ledger.append(tx, account_id, EntryKind.GRANT, grant, now_ms=now_ms, note=f"with key {name}")
            balance = await ledger.balance_millis(tx, account_id)
        shown = {"account": account or name, "balance": to_credits(balance)}
        return {"key": key, **_row(dataclasses.replace(record, **limits)), **shown}

    made = with_service(work)
    if as_json:
        print_json(made)
        return
    console().print(f"[bold]{made['key']}[/bold]")
    console(stderr=True).print(
        f"This is the only time the key is shown. Its account {made['account']} has {made['balance']} credits."
    )


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys, without the keys themselves."""
    from castlist.store import keys

    async def work(service: "Service") -> list[dict[str, Any]]:
        async with service.database.read() as tx:
            names = {found.id: found.name for found in await keys.list_accounts(tx)}
            return [{**_row(key), "account": names[key.account_id]} for key in await keys.list_all(tx)]

    rows = with_service(work)
    if as_json:
        print_json(rows)
        return
    print_table(
        (
            "id",
            "name",
            "account",
            "ends with",
            "scopes",
            "rate",
            "#weight",
            "priority",
            "created",
            "last used",
            "state",
        ),
        [
            (
                row["id"],
                row["name"],
                row["account"],
                f"…{row['hint']}",
                " ".join(row["scopes"]),
                _rate_words(row["rate"]),
                row["weight"],
                row["priority"],
                row["createdAt"],
                row["lastUsedAt"],
                _state(row),
            )
            for row in rows
        ],
        empty="There are no keys. Make one: castlist keys create --name me --credits 100",
    )


@app.command("set")
def change(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `castlist keys list` shows it.")],
    rate: Rate = None,
    weight: Weight = None,
    priority: OfPriority = None,
    as_json: AsJson = False,
) -> None:
    """Change what a key may ask a minute, and its part of the workers; what is left out stays as it is."""
    from castlist.store import keys

    limits = _limits(rate, weight, priority)
    if not limits:
        raise Problem("Say what to change: --rate, --weight or --priority.")

    async def work(service: "Service") -> "ApiKey | None":
        async with service.database.write() as tx:
            await keys.change(tx, key_id, limits)
            return next((key for key in await keys.list_all(tx) if key.id == key_id), None)

    changed = with_service(work)
    if changed is None:
        raise Problem(f"There is no key {key_id}; see castlist keys list.")
    row = _row(changed)
    if as_json:
        print_json(row)
        return
    console().print(f"{key_id}: {_rate_words(row['rate'])}, weight {row['weight']}, priority {row['priority']}.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `castlist keys list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a key, at once and for good."""
    from castlist.store import keys

    async def work(service: "Service") -> bool:
        async with service.database.write() as tx:
            return await keys.revoke(tx, key_id, now_ms=service.clock())

    if not with_service(work):
        raise Problem(f"There is no key {key_id} that could be revoked; see castlist keys list.")
    if as_json:
        print_json({"id": key_id, "revoked": True})
    else:
        console().print(f"{key_id} is revoked.")


def credits_of(text: str) -> int:
    """Return credits given on the command line in thousandths; `Problem` when they are none or negative."""
    try:
        millis = to_millis(text)
    except ValueError as error:
        raise Problem(f"{error}.") from None
    if millis < 0:
        raise Problem(f"{text} credits is less than nothing.")
    return millis


def _limits(rate: str | None, weight: int | None, priority: Priority | None) -> dict[str, Any]:
    """Return what was said about a key's limits, by column; what was not said is left out."""
    said: dict[str, Any] = {}
    if rate is not None:
        if rate != INSTALLATIONS_OWN and not (rate.isdecimal() and int(rate) <= MOST_A_MINUTE):
            raise Problem(f"{rate} is no rate: say a number of requests a minute, 0 for no limit, or default.")
        said["rate_a_minute"] = None if rate == INSTALLATIONS_OWN else int(rate)
    if weight is not None:
        said["weight"] = weight
    if priority is not None:
        said["priority"] = priority.value
    return said


def _rate_words(rate: int | None) -> str:
    if rate is None:
        return INSTALLATIONS_OWN
    return f"{rate} a minute" if rate else "no limit"


def _row(key: "ApiKey") -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "scopes": list(key.scopes),
        "rate": key.rate_a_minute,
        "weight": key.weight,
        "priority": key.priority,
        "createdAt": when(key.created_ms),
        "expiresAt": when(key.expires_ms),
        "revokedAt": when(key.revoked_ms),
        "lastUsedAt": when(key.last_used_ms),
    }


def _state(row: dict[str, Any]) -> str:
    if row["revokedAt"]:
        return f"revoked {row['revokedAt']}"
    return f"until {row['expiresAt']}" if row["expiresAt"] else "good"
