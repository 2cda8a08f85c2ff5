"""`castlist webhooks`: with which secret messages are signed, and how they fared."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, console, print_json, print_table, when, with_service
from castlist.domain.errors import JobNotFound

if TYPE_CHECKING:
    from castlist.flow.service import Service

app = typer.Typer(help="Webhooks: signing secrets and tries.", no_args_is_help=True)
HOUR_MS = 3_600_000
Account = Annotated[str, typer.Argument(help="The account's name, as `castlist accounts list` shows it.")]


@app.command()
def secret(account: Account, as_json: AsJson = False) -> None:
    """Show the secrets that sign an account's webhooks, the newest first; receivers verify with any of them."""
    secrets = with_service(lambda service: _secrets(service, account))
    if as_json:
        print_json({"account": account, "secrets": secrets})
    else:
        console().print("\n".join(secrets))


@app.command()
def rotate(
    account: Account,
    overlap_hours: Annotated[float, typer.Option(min=0, help="Hours for which the old secret signs along.")] = 24,
    as_json: AsJson = False,
) -> None:
    """Give an account a new signing secret; for a while messages carry the signatures of both."""
    from castlist.store import deliveries

    async def work(service: "Service") -> list[str]:
        async with service.database.write() as tx:
            account_id = await _account(tx, account)
            overlap_ms = round(overlap_hours * HOUR_MS)
            await deliveries.rotate(tx, account_id, now_ms=service.clock(), overlap_ms=overlap_ms)
        return await _secrets(service, account)

    secrets = with_service(work)
    if as_json:
        print_json({"account": account, "secrets": secrets})
        return
    console().print(secrets[0])
    console(stderr=True).print(
        f"Give it to the receiver within {overlap_hours:g} hours: so long the old one signs too."
    )


@app.command()
def tries(job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")], as_json: AsJson = False) -> None:
    """Show every try to hand a job to its webhook."""
    from castlist.store import deliveries, jobs

    async def work(service: "Service") -> list[dict[str, Any]]:
        async with service.database.read() as tx:
            if await jobs.get(tx, job_id) is None:
                raise JobNotFound
            messages = await deliveries.of_job(tx, job_id)
        return [
            {
                "webhookId": message.id,
                "url": message.url,
                "state": message.state,
                "nextAt": when(message.next_ms) if message.state == "due" else None,
                "tries": [
                    {"number": one.number, "at": when(one.at_ms), "status": one.http_status, "problem": one.problem}
                    for one in made
                ],
            }
            for message, made in messages
        ]

    shown = with_service(work)
    if as_json:
        print_json(shown)
        return
    print_table(
        ("message", "state", "#try", "when", "answer"),
        [
            (message["webhookId"], message["state"], one["number"], one["at"], one["status"] or one["problem"])
            for message in shown
            for one in message["tries"]
        ],
        empty="Nothing was tried yet." if shown else "The job has told no webhook anything.",
    )


async def _secrets(service: "Service", account: str) -> list[str]:
    from castlist.store import deliveries
    from castlist.webhooks import signing

    async with service.database.read() as tx:
        account_id = await _account(tx, account)
        versions = await deliveries.secret_versions(tx, account_id, now_ms=service.clock())
    return [signing.secret_of(service.secret, account_id, version) for version in versions]


async def _account(tx: Any, name: str) -> str:
    from castlist.store import keys

    account_id = await keys.find_account(tx, name)
    if account_id is None:
        raise Problem(f"There is no account {name}; castlist accounts list names them.")
    return account_id
