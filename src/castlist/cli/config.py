"""`castlist config`: what is set, and where from. Secrets are never shown."""

import json
import re
from pathlib import Path
from typing import Any

import typer

from castlist.cli.common import AsJson, load_settings, masked_url, print_json, print_table

app = typer.Typer(help="Settings.", no_args_is_help=True)
SECRET = re.compile(r"secret|token|password|key", re.IGNORECASE)


@app.callback()
def _group() -> None:  # pyright: ignore[reportUnusedFunction]
    """Settings."""


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show every setting: its value, whether somebody set it, and what it means."""
    from castlist import bootstrap, settings

    found = load_settings()
    values = {name: _plain(name, getattr(found, name)) for name in type(found).model_fields}
    cards = bootstrap.load_catalog(found).cards()
    names = dict.fromkeys(name for card in cards for name in card.secrets)
    secrets = {name: name in settings.secrets(names) for name in names}
    if as_json:
        print_json({"settings": values, "set": sorted(found.model_fields_set), "secrets": secrets})
        return
    print_table(
        ("setting", "value", "", "meaning"),
        [
            (name, _text(value), "set" if name in found.model_fields_set else "default", _meaning(found, name))
            for name, value in values.items()
        ],
    )
    if secrets:
        print_table(("secret", "state"), [(name, "given" if given else "missing") for name, given in secrets.items()])


def _meaning(found: Any, name: str) -> str:
    return type(found).model_fields[name].description or ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _plain(name: str, value: Any) -> Any:
    """Return a setting as JSON values, with whatever may be a secret hidden."""
    if isinstance(value, dict):
        return {key: _plain(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(name, each) for each in value]
    if isinstance(value, Path):
        return str(value)
    if SECRET.search(name) and value is not None:
        return "…"
    return masked_url(value) if isinstance(value, str) and "://" in value else value
