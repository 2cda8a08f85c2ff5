"""`castlist doctor`: looks whether everything an installation needs is there, and says what is not."""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from castlist import __version__
from castlist.cli.common import AsJson, console, first_line, load_settings, masked_url, print_json, with_service

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.settings import Settings

PACKAGES = ("numpy", "pillow", "opencv-python-headless", "onnxruntime", "fastapi", "sqlalchemy", "dbos", "obstore")
TIGHT_BYTES = 2_000_000_000
"""Free space under which the doctor warns: a day of pictures can be larger."""
READ_BYTES = 1 << 20
LATE_SECONDS = 60
"""By which an overdue webhook is worth a note."""
SOON_DAYS = 30
"""Before a certificate ends that the doctor says so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `state` is ok, note (works, but worth knowing) or wrong."""

    what: str
    state: str
    detail: str


def doctor(as_json: AsJson = False) -> None:
    """Check the installation; exit code 1 when something is wrong."""
    settings = load_settings()
    checks: list[Callable[[Settings], list[Finding]]] = [
        _packages,
        _bundled_files,
        _data_folder,
        _database,
        _storage,
        _standing,
        _engines,
        _signing,
        _safety,
        _watching,
    ]
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += check(settings)
        except Exception as error:  # a doctor that faints helps nobody
            findings.append(Finding(check.__name__.strip("_").replace("_", " "), "wrong", first_line(error)))
    well = all(finding.state != "wrong" for finding in findings)
    if as_json:
        print_json({"ok": well, "findings": [asdict(finding) for finding in findings]})
    else:
        marks = {"ok": "[green]ok   [/green]", "note": "[yellow]note [/yellow]", "wrong": "[red]wrong[/red]"}
        for finding in findings:
            console().print(f"{marks[finding.state]} [bold]{finding.what:<18}[/bold] {finding.detail}")
    if not well:
        raise typer.Exit(1)


def _packages(_: "Settings") -> list[Finding]:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return [
        Finding("castlist", "ok", f"{__version__} at {Path(__file__).parent.parent}"),
        Finding("python", "ok", f"{platform.python_version()} at {sys.executable}"),
        Finding("packages", "ok", ", ".join(versions)),
    ]


def _bundled_files(_: "Settings") -> list[Finding]:
    from castlist import data

    folder = data.path("manifest.json").parent
    entries = json.loads((folder / "manifest.json").read_text())["files"]
    wrong = [
        entry["file"]
        for entry in entries
        if not (folder / entry["file"]).is_file() or _sha256(folder / entry["file"]) != entry["sha256"]
    ]
    if wrong:
        return [Finding("bundled files", "wrong", f"missing or changed, install castlist again: {', '.join(wrong)}")]
    return [Finding("bundled files", "ok", f"{len(entries)} models, plates and samples, all as released")]


def _data_folder(settings: "Settings") -> list[Finding]:
    folder = settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    free_bytes = shutil.disk_usage(folder).free
    state = "ok" if free_bytes > TIGHT_BYTES else "note"
    return [Finding("data folder", state, f"{folder}, writable, {free_bytes / 1e9:.1f} GB free")]


def _database(settings: "Settings") -> list[Finding]:
    from castlist.store import conservation, workers

    async def look(service: "Service") -> list[Finding]:
        async with service.database.read() as tx:
            faults = (await conservation.verify(tx)).faults
            alive = await workers.alive(tx, now_ms=service.clock())
        address = masked_url(service.database.url)
        return [
            Finding("database", "ok", f"{address}, at the newest schema"),
            Finding("ledger", "wrong" if faults else "ok", "; ".join(faults) or "every entry adds up"),
            Finding("workers", "ok" if alive else "note", f"{alive} running" if alive else "none running now"),
        ]

    return with_service(look, settings)


def _storage(settings: "Settings") -> list[Finding]:
    async def look(service: "Service") -> list[Finding]:
        probe = os.urandom(32)
        name = await service.files.put(probe, "png")
        read = await service.files.get(name)
        await service.files.delete(name)
        place = "the bucket" if await service.files.reach() is None else "the folder"
        if read != probe:
            return [Finding("storage", "wrong", f"{place} gives back something else than was put there")]
        return [Finding("storage", "ok", f"{place} takes, gives and removes")]

    return with_service(look, settings)


def _standing(settings: "Settings") -> list[Finding]:
    from castlist.flow.survey import ALONE_SECONDS, standing

    async def look(service: "Service") -> list[Finding]:
        now, _ = await standing(service)
        waiting = sum(now.waiting.values())
        alone = not now.workers and now.queue_seconds > ALONE_SECONDS
        queue = f"{waiting} waiting, {now.running} running" + (", and no worker to take them" if alone else "")
        late = now.webhook_seconds > LATE_SECONDS
        outbox = f"{now.webhooks_due} webhooks due" + (f", the latest by {now.webhook_seconds:.0f} s" if late else "")
        return [
            Finding("queue", "note" if alone else "ok", queue),
            Finding("outbox", "note" if late else "ok", outbox),
        ]

    return with_service(look, settings)


def _signing(settings: "Settings") -> list[Finding]:
    from castlist.bootstrap import SIGNING_FILE
    from castlist.provenance import issuer

    if not settings.mark_credentials:
        return [Finding("credentials", "note", "off: pictures are not signed")]
    file = settings.signing_file or settings.data_dir / SIGNING_FILE
    if not file.exists():
        state = "wrong" if settings.signing_file else "ok"
        return [Finding("credentials", state, f"{file} is not there" if settings.signing_file else "made on first use")]
    signer = issuer.load(file.read_bytes())
    days = (signer.ends - datetime.now(UTC)).days
    whose = "the operator's" if settings.signing_file else "our own"
    state = "wrong" if days < 0 else "note" if days < SOON_DAYS else "ok"
    return [Finding("credentials", state, f"signed with {whose} certificate, good for {days} days")]


def _watching(settings: "Settings") -> list[Finding]:
    closed = "for those who know the token" if settings.metrics_token else "open to everybody who reaches this server"
    traces = f"sent to {masked_url(settings.trace_to)}" if settings.trace_to else "off"
    if settings.trace_to and importlib.util.find_spec("opentelemetry.exporter") is None:
        return [Finding("watching", "wrong", "trace_to needs OpenTelemetry: install castlist with the extra otel")]
    return [Finding("watching", "ok", f"/metrics is {closed}; traces are {traces}")]


def _engines(settings: "Settings") -> list[Finding]:
    from castlist import bootstrap
    from castlist.cli.engines import known_lanes, state_of

    catalog = bootstrap.load_catalog(settings)
    lanes, _ = known_lanes(settings)
    found: list[Finding] = []
    for card in catalog.cards():
        engine = catalog.engines[card.id]
        reason, (asked, state) = engine.unready(), state_of(engine, lanes)
        detail = f"{state}, answers for {', '.join(card.model_types)}" if reason is None else f"not ready: {reason}"
        lost = reason is None and not asked and lanes[card.id].fault in ("key", "quota")
        found.append(Finding(f"engine {card.id}", "wrong" if lost else "ok" if asked else "note", detail))
    found += [Finding("routes", "wrong", sentence) for sentence in catalog.misrouted()]
    found += [Finding(f"engine {name}", "note", f"not loaded: {reason}") for name, reason in catalog.broken.items()]
    if not catalog.ready():
        found.append(Finding("engines", "wrong", "none is ready, so no job can be taken"))
    return found


def _safety(settings: "Settings") -> list[Finding]:
    from castlist.flow.screen import build_screen

    inputs, outputs = settings.safety_input, settings.safety_output
    screen = build_screen(settings.safety_classifier, settings.safety_limits, inputs=inputs, outputs=outputs)
    if screen is None:
        return [Finding("safety", "note", "off: no picture is refused, neither given nor made")]
    sides = "given and made" if inputs and outputs else "given" if inputs else "made"
    limits = ", ".join(f"{name} from {limit:g}" for name, limit in screen.limits.items()) or "nothing"
    state = "ok" if inputs and outputs and screen.limits else "note"
    return [Finding("safety", state, f"looks at pictures {sides}, refuses {limits}")]


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            found.update(block)
    return found.hexdigest()
