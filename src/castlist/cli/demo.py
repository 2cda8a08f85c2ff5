"""`castlist demo`: a real server, a real key, three real jobs through the HTTP contract, and a sheet of what came back.

Fails unless all of that really happened: see `demo_client` for what is checked.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, console, load_settings, print_json, print_table, with_service
from castlist.domain.credits import EntryKind, to_millis

if TYPE_CHECKING:
    from castlist.cli.demo_client import Done
    from castlist.flow.service import Service

CREDITS = "1000"
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Wish:
    """One request of the demo: a bundled picture, and what is asked for beside it."""

    name: str
    title: str
    sample: str
    said: dict[str, Any]


PROMPT = "the same person hiking on a sunny mountain trail"
WISHES = (
    Wish("portrait", "A photo, everything at its default", "samples/astronaut.png", {}),
    Wish("prompt", f"“{PROMPT}”", "samples/astronaut.png", {"prompt": PROMPT}),
    Wish("drawn", "A drawn character", "samples/drawn-woman.png", {}),
)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the pictures and the sheet.")] = Path("out/demo"),
    as_json: AsJson = False,
) -> None:
    """Make pictures of the bundled characters through a real server and lay them out on one sheet."""
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    console(stderr=True).print("Starting a server on a free port")
    with tempfile.TemporaryDirectory(prefix="castlist-demo-") as folder, _server(Path(folder), out) as url:
        console(stderr=True).print(f"{url} serves after {time.monotonic() - began:.1f} s")
        results = _fulfil(url, _key(Path(folder)), out)
    report = _record(results, out)
    if as_json:
        print_json(report)
    else:
        _print(results, out, time.monotonic() - began)


def _fulfil(url: str, key: str, out: Path) -> "list[tuple[Wish, Done]]":
    from castlist.cli.demo_client import Client

    with Client(url, key) as client:
        return [(wish, client.make(wish.title, _sample(wish.sample), wish.said, out / wish.name)) for wish in WISHES]


def _record(results: "Sequence[tuple[Wish, Done]]", out: Path) -> list[dict[str, Any]]:
    """Draw the sheet, and write down what came for programs to read."""
    from castlist.cli import sheet

    rows = [
        sheet.Row(wish.title, _sample(wish.sample), [_tile(asset) for asset in done.assets]) for wish, done in results
    ]
    sheet.draw(rows).save(out / "sheet.jpg", quality=90)
    report = [
        {"name": wish.name, "title": wish.title, "reference": wish.sample, **asdict(done)} for wish, done in results
    ]
    (out / "results.json").write_text(json.dumps(report, indent=2))
    return report


def _tile(asset: dict[str, Any]) -> Any:
    from castlist.cli import sheet

    return sheet.Tile(Path(asset["file"]), asset["pose"], asset["seconds"], asset["identity"])


def _sample(name: str) -> Path:
    from castlist import data

    return data.path(name)


def _print(results: "Sequence[tuple[Wish, Done]]", out: Path, seconds: float) -> None:
    from castlist.cli.sheet import identity_words

    rows: list[tuple[object, ...]] = []
    for wish, done in results:
        for asset in done.assets:
            size = f"{asset['width']} x {asset['height']}"
            rows.append(
                (
                    wish.name,
                    asset["pose"],
                    f"{asset['seconds']:.1f}",
                    identity_words(asset["identity"]),
                    size,
                    asset["file"],
                )
            )
    print_table(("job", "pose", "#seconds", "identity", "#pixels", "file"), rows)
    engine = results[0][1].assets[0]["engine"]
    stood_in = " standing in for the model type asked for" if results[0][1].substituted else ""
    console().print(f"\n{len(rows)} pictures in {seconds:.0f} s by the engine {engine}{stood_in}.")
    console().print(f"Look at [bold]{out / 'sheet.jpg'}[/bold]")


def _key(folder: Path) -> str:
    """Make a key with credits in the server's own installation, as `castlist keys create` does."""
    from castlist.store import keys, ledger

    async def work(service: "Service") -> str:
        now_ms = service.clock()
        async with service.database.write() as tx:
            account = await keys.ensure_account(tx, "demo", now_ms=now_ms)
            key, _ = await keys.create(tx, account, "demo", pepper=service.secret, now_ms=now_ms)
            await ledger.append(tx, account, EntryKind.GRANT, to_millis(CREDITS), now_ms=now_ms, note="demo")
        return key

    return with_service(work, load_settings(folder, _database_url(folder)))


def _database_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'castlist.sqlite'}"


@contextlib.contextmanager
def _server(folder: Path, out: Path) -> Generator[str]:
    """Run `castlist serve` with everything it keeps in `folder`, and give its address."""
    command = [sys.executable, "-m", "castlist.cli", "serve", "--json", "--port", "0"]
    command += ["--data-dir", str(folder), "--database-url", _database_url(folder)]
    from castlist.settings import bare_environment

    log = out / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            # Without the caller's keys: the demo asks nobody else for pictures, and costs nothing.
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=bare_environment(),
        ) as process,
    ):
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    """Return the address that a starting server prints; `Problem` when it ends or stays silent."""
    assert process.stdout is not None
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    try:
        if first := process.stdout.readline():
            return json.loads(first)["url"]
    finally:
        watchdog.cancel()
    raise Problem(f"The server did not start; see {log}.")
