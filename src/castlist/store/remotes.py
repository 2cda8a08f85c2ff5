"""Where services work on the images of a job. Written before asking and before waiting, read by the next worker."""

from sqlalchemy import and_, bindparam, delete, select

from castlist.store.database import Tx
from castlist.store.tables import remotes
from castlist.store.upsert import Upsert

_KEY = ("job_id", "position", "seed")
_THIS = and_(*(remotes.c[name] == bindparam(name) for name in _KEY))
_SAVED = select(remotes.c.remote).where(_THIS)
_SAVE = Upsert(remotes, _KEY, lambda new: {"remote": new.remote})
_DROP = delete(remotes).where(_THIS)
_FORGET = delete(remotes).where(remotes.c.job_id == bindparam("job_id"))


async def saved(tx: Tx, job_id: str, position: int, seed: int) -> str | None:
    """Return what was last saved for an image taken with this seed, or None."""
    return (await tx.execute(_SAVED, _key(job_id, position, seed))).scalar_one_or_none()


async def save(tx: Tx, job_id: str, position: int, seed: int, remote: str) -> None:
    """Save where the work is, in place of what was saved before."""
    await tx.execute(_SAVE.on(tx), {**_key(job_id, position, seed), "remote": remote})


async def drop(tx: Tx, job_id: str, position: int, seed: int) -> None:
    """Forget an image for which nothing is under way."""
    await tx.execute(_DROP, _key(job_id, position, seed))


async def forget(tx: Tx, job_id: str) -> None:
    """Forget all work of an ended job."""
    await tx.execute(_FORGET, {"job_id": job_id})


def _key(job_id: str, position: int, seed: int) -> dict[str, str | int]:
    return {"job_id": job_id, "position": position, "seed": seed}
