"""The `castlist` command: puts the groups together and turns errors into one sentence. Holds no command of its own."""

import re
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from castlist import __version__
from castlist.cli import (
    accounts,
    config,
    consent,
    credits,
    demo,
    doctor,
    engines,
    generate,
    inspect,
    jobs,
    keys,
    ledger,
    migrate,
    report,
    score,
    serve,
    top,
    webhooks,
    worker,
)
from castlist.cli.common import Problem
from castlist.domain.errors import CastlistError

app = typer.Typer(
    name="castlist",
    help="One picture in, different pictures of the same character out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("api")(serve.api)
app.command("worker")(worker.worker)
app.command("migrate")(migrate.migrate)
app.command("generate")(generate.generate)
app.command("demo")(demo.demo)
app.command("score")(score.score)
app.command("inspect")(inspect.inspect)
app.add_typer(keys.app, name="keys")
app.add_typer(accounts.app, name="accounts")
app.add_typer(credits.app, name="credits")
app.add_typer(ledger.app, name="ledger")
app.add_typer(consent.app, name="consent")
app.add_typer(jobs.app, name="jobs")
app.add_typer(webhooks.app, name="webhooks")
app.command("report")(report.report)
app.command("engines")(engines.engines)
app.add_typer(config.app, name="config")
app.command("doctor")(doctor.doctor)
app.command("top")(top.top)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"castlist {__version__}")
        raise typer.Exit


@app.callback()
def _root(  # pyright: ignore[reportUnusedFunction]
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line, by default the process's own, and exit.

    Exit codes: 0 done, 1 with one sentence on stderr, 2 for a misspelt command, 130 on Ctrl-C.
    """
    try:
        app(arguments)
    except (CastlistError, Problem) as error:
        _fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sentence = _explained(error)
        if sentence is None:
            raise
        _fail(sentence)
    sys.exit(0)


def _fail(problem: object) -> NoReturn:
    details = [f"{detail.field}: {detail.message}" for detail in getattr(problem, "details", ())]
    print("castlist:", "; ".join(details) or problem, file=sys.stderr)
    sys.exit(1)


def _explained(error: Exception) -> str | None:
    """Return a sentence for errors of the installation's configuration; None for what is a fault of ours."""
    import tomllib

    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from castlist.engines.catalog import DuplicateEngine
    from castlist.flow.screen import BadScreen

    if isinstance(error, ValidationError) and error.title == "Settings":
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"the setting {place} is not valid: {first['msg']}"
    if isinstance(error, SettingsError):
        named = re.search(r'field "(\w+)"', str(error))
        return f"the setting {named[1]} is not valid JSON." if named else f"the settings cannot be read: {error}."
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"castlist.toml cannot be read: {error}."
    if isinstance(error, DuplicateEngine | BadScreen):
        return str(error)
    return None
