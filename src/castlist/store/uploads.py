"""Which pictures came in, whose they are and until when they are kept; and which files nothing needs any more."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, case, delete, exists, func, select, true

from castlist.domain.ids import new_id
from castlist.store.database import Tx
from castlist.store.files import content_type
from castlist.store.tables import images, jobs, uploads


def _expired_uploads() -> Select[str]:
    moment = bindparam("now_ms")
    live_image = exists().where(
        images.c.file == uploads.c.file, images.c.job_id == jobs.c.id, jobs.c.expires_ms > moment
    )
    other = uploads.alias("other")
    live_upload = exists().where(other.c.file == uploads.c.file, other.c.expires_ms > moment)
    query = select(uploads.c.file).where(uploads.c.expires_ms <= moment, ~live_image, ~live_upload)
    return query.limit(bindparam("limit"))


def _expired_images() -> Select[str | None]:
    moment = bindparam("now_ms")
    same, owner = images.alias("same"), jobs.alias("owner")
    live_image = exists().where(same.c.file == images.c.file, same.c.job_id == owner.c.id, owner.c.expires_ms > moment)
    live_upload = exists().where(uploads.c.file == images.c.file, uploads.c.expires_ms > moment)
    # One look per image, which no planner turns around: it shall begin with the few unswept images, not with old jobs.
    gone_ms = select(jobs.c.expires_ms).where(jobs.c.id == images.c.job_id, jobs.c.finished_ms.is_not(None))
    query = (
        select(images.c.file)
        .where(images.c.file.is_not(None), images.c.swept_ms.is_(None))
        .where(gone_ms.scalar_subquery() <= moment, ~live_image, ~live_upload)
    )
    # No DISTINCT: it would be answered by walking through all images ever made, in order of their files. The order is
    # that of the index of unswept images, which SQLite would not choose otherwise.
    return query.order_by(images.c.job_id).limit(bindparam("limit"))


_UNTIL = bindparam("until_ms")
_INSERT = uploads.insert()
_EXTEND = (
    uploads.update()
    .where(uploads.c.account_id == bindparam("account"), uploads.c.file == bindparam("name"))
    .values(
        expires_ms=case((uploads.c.expires_ms < _UNTIL, _UNTIL), else_=uploads.c.expires_ms),
        original=func.coalesce(bindparam("came_as"), uploads.c.original),
    )
)
EXPIRED = (_expired_uploads(), _expired_images())
"""The two questions of the sweep."""
_FIND = select(func.max(uploads.c.original), func.count()).where(uploads.c.file == bindparam("name"))


async def keep(
    tx: Tx, account_id: str, file: str, size_bytes: int, *, now_ms: int, expires_ms: int, original: str | None = None
) -> None:
    """Record a stored picture as an account's, or keep it longer when it is recorded already.

    Args:
        original: name of the file as it came, kept beside `file` as long.
    """
    longer = {"account": account_id, "name": file, "until_ms": expires_ms, "came_as": original}
    if (await tx.execute(_EXTEND, longer)).rowcount:
        return
    values = {
        "id": new_id("upl"),
        "account_id": account_id,
        "file": file,
        "original": original,
        "content_type": content_type(file),
        "size_bytes": size_bytes,
        "created_ms": now_ms,
        "expires_ms": expires_ms,
    }
    await tx.execute(_INSERT, values)


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that was taken in. original: the name of the file as it came, if that was kept."""

    original: str | None


async def find(tx: Tx, file: str) -> Upload | None:
    """Return what is known of a stored picture; None when it is none that was taken in."""
    original, rows = (await tx.execute(_FIND, {"name": file})).one()
    return Upload(original) if rows else None


async def expired_files(tx: Tx, *, now_ms: int, limit: int = 500) -> list[str]:
    """Return names of files whose every user has expired: jobs' images and uploads, oldest first."""
    gaps = {"now_ms": now_ms, "limit": limit}
    names = {name for query in EXPIRED for name in (await tx.execute(query, gaps)).scalars() if name}
    return sorted(names)


async def known_files(tx: Tx, names: Sequence[str]) -> set[str]:
    """Return those of the names that anything still needs: an image that is not swept, an upload, what it came as."""
    found: set[str] = set()
    for column, condition in (
        (images.c.file, images.c.swept_ms.is_(None)),
        (uploads.c.file, true()),
        (uploads.c.original, true()),
    ):
        query = select(column).where(column.in_(names), condition)
        found |= {name for name in (await tx.execute(query)).scalars() if name}
    return found


async def forget(tx: Tx, files: list[str], *, now_ms: int) -> None:
    """Record that files are gone, so that they are not looked for again."""
    await tx.execute(delete(uploads).where(uploads.c.file.in_(files), uploads.c.expires_ms <= now_ms))
    await tx.execute(images.update().where(images.c.file.in_(files)).values(swept_ms=now_ms))
