"""Refuses to start what could lose or double somebody's work: one sentence each, which says what to do instead.

Called before anything is opened; what only the database knows is in `bootstrap.prepare`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from castlist.cli.common import Problem, sqlite_file

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.settings import Settings

REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "fuse.sshfs"}
"""File systems of other machines, on which locks do not hold everywhere. Source: sqlite.org/useovernet.html, read
2026-11-22; names as in /proc/mounts."""


def refuse_unsafe(settings: "Settings", *, pool: str | None, node: bool) -> None:
    """Look at the settings alone and raise `Problem` when they do not fit together."""
    from castlist.domain.pools import Pools

    names = Pools(settings.pools).names()
    if pool is not None and pool not in names:
        raise Problem(f"There is no pool {pool}; CASTLIST_POOLS names: {', '.join(names)}.")
    file = sqlite_file(settings.database())
    if file is None:
        _refuse_lone_secret(settings, node=node)
        return
    if settings.pools:
        raise Problem("Pools need PostgreSQL: a SQLite file takes one worker, and one cannot serve several pools.")
    kind = file_system(file)
    if kind in REMOTE:
        raise Problem(
            f"The SQLite file {file} lies on another machine's disk ({kind}), where its locks do not hold. "
            "Put it on a local disk, or use PostgreSQL: CASTLIST_DATABASE_URL=postgresql://…"
        )


def refuse_workers(settings: "Settings", count: int) -> None:
    """Raise `Problem` when so many workers may not run."""
    if count > 1 and sqlite_file(settings.database()) is not None:
        raise Problem("SQLite takes one worker. For more, use PostgreSQL: CASTLIST_DATABASE_URL=postgresql://…")


async def refuse_unready(service: "Service", settings: "Settings", pool: str | None) -> None:
    """Raise `Problem` when the pictures lie elsewhere, or the pool's engines cannot run in this process."""
    from castlist import bootstrap

    try:
        await bootstrap.check_files(service)
    except bootstrap.Unfit as error:
        raise Problem(str(error)) from None
    except Exception as error:
        from castlist.cli.common import first_line

        raise Problem(f"The store of pictures cannot be used: {first_line(error)}") from error
    for name in settings.pools[pool].engines if pool in settings.pools else ():
        engine = service.catalog.engines.get(name)
        reason = service.catalog.broken.get(name, "there is no such engine") if engine is None else engine.unready()
        if reason is not None:
            raise Problem(f"This worker is for the pool {pool}, but its engine {name} is not ready: {reason}")


def file_system(file: Path) -> str:
    """Return the kind of file system that a file lies on, or would; empty when this system does not say."""
    try:
        lines = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return ""
    mounts = [(Path(fields[1].replace("\\040", " ")), fields[2]) for fields in map(str.split, lines)]
    there = [(len(point.parts), kind) for point, kind in mounts if file.absolute().is_relative_to(point)]
    return max(there, default=(0, ""))[1]


def _refuse_lone_secret(settings: "Settings", *, node: bool) -> None:
    from castlist.bootstrap import SECRET_FILE

    said = settings.secret is not None or settings.secret_file is not None
    if node and not said and not (settings.data_dir / SECRET_FILE).exists():
        raise Problem(
            "All processes of an installation share one secret, and this one has none: set CASTLIST_SECRET, "
            "or CASTLIST_SECRET_FILE. A new one: `openssl rand -hex 32`."
        )
