"""Where services work on the images of a job. Written before asking and before waiting, read by the next worker."""

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from castlist.store.database import Tx
from castlist.store.tables import remotes


async def saved(tx: Tx, job_id: str, position: int, seed: int) -> str | None:
    """Return what was last saved for an image taken with this seed, or None."""
    query = select(remotes.c.remote).where(
        remotes.c.job_id == job_id, remotes.c.position == position, remotes.c.seed == seed
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def save(tx: Tx, job_id: str, position: int, seed: int, remote: str) -> None:
    """Save where the work is, in place of what was saved before."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = dialect.insert(remotes).values(job_id=job_id, position=position, seed=seed, remote=remote)
    keys = ["job_id", "position", "seed"]
    await tx.execute(row.on_conflict_do_update(index_elements=keys, set_={"remote": remote}))


async def drop(tx: Tx, job_id: str, position: int, seed: int) -> None:
    """Forget an image for which nothing is under way."""
    await tx.execute(
        delete(remotes).where(remotes.c.job_id == job_id, remotes.c.position == position, remotes.c.seed == seed)
    )


async def forget(tx: Tx, job_id: str) -> None:
    """Forget all work of an ended job."""
    await tx.execute(delete(remotes).where(remotes.c.job_id == job_id))
