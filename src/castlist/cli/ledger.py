"""`castlist ledger`: proves that every credit is accounted for."""

from typing import TYPE_CHECKING

import typer

from castlist.cli.common import AsJson, console, print_json, with_service

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.store.conservation import Findings

app = typer.Typer(help="The ledger as a whole.", no_args_is_help=True)


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Check on the live database that no credit appeared or vanished; exit code 1 with each fault in a sentence."""
    from castlist.store import conservation

    async def work(service: "Service") -> "Findings":
        async with service.database.read() as tx:
            return await conservation.verify(tx)

    found = with_service(work)
    seen = {"accounts": found.accounts, "entries": found.entries, "jobs": found.jobs}
    if as_json:
        print_json({"sound": not found.faults, **seen, "faults": found.faults})
    else:
        for fault in found.faults:
            console().print(fault, soft_wrap=True)
        verdict = f"{len(found.faults)} faults." if found.faults else "Every credit is accounted for."
        console().print(f"{verdict} {', '.join(f'{count} {name}' for name, count in seen.items())} were checked.")
    if found.faults:
        raise typer.Exit(1)


@app.callback()
def _group() -> None:  # pyright: ignore[reportUnusedFunction]
    """Keep `verify` a word of its own although it is the only command."""
