"""A file goes when nobody needs it any more, and not before."""

from typing import Any

import pytest
from sqlalchemy import select

from castlist.domain.credits import Settlement
from castlist.domain.jobs import JobStatus
from castlist.store import jobs, keys, tables, uploads
from castlist.store.database import Database
from castlist.store.jobs import Ending, Image, Job

LIVE_MS, NOW_MS, PAST_MS = 200, 100, 50
FILE = "shared.png"


async def use(database: Database, user: str, number: int) -> None:
    """Let something use the file: `<job|upload>-<live|past>`, or a job that has not ended yet."""
    kind, _, state = user.partition("-")
    expires_ms = LIVE_MS if state == "live" else PAST_MS
    async with database.write() as tx:
        account_id = await keys.ensure_account(tx, "a", now_ms=0)
        if kind == "upload":
            await uploads.keep(tx, account_id, FILE, 1, now_ms=0, expires_ms=expires_ms)
            return
        parts: dict[str, Any] = {"key_id": None, "model_type": "toy", "engine": "toy", "substituted": False}
        money = {"price_millis": 1, "held_millis": 1}
        job = Job(
            id=f"job_{number}",
            account_id=account_id,
            request={},
            seed=0,
            num_images=1,
            created_ms=0,
            expires_ms=expires_ms,
            **parts,
            **money,
        )
        await jobs.insert(tx, job)
        await jobs.put_image(
            tx, Image(job_id=job.id, position=0, pose="front", seed=0, engine="toy", file=FILE, created_ms=0)
        )
        if state != "running":
            await jobs.claim(tx, job.id, "w", now_ms=0)
            await jobs.end(tx, job.id, Ending(JobStatus.COMPLETED, Settlement(1, 0), expires_ms), now_ms=1)


@pytest.mark.parametrize(
    ("users", "goes"),
    [
        (["upload-past"], True),
        (["job-past"], True),
        (["upload-past", "job-past", "upload-past"], True),
        (["upload-live"], False),
        (["job-live"], False),
        (["upload-past", "upload-live"], False),
        (["upload-past", "job-live"], False),
        (["job-past", "upload-live"], False),
        (["job-past", "job-live"], False),
        (["job-running"], False),
        ([], False),
    ],
    ids=str,
)
async def test_a_file_goes_with_its_last_user(database: Database, users: list[str], goes: bool) -> None:
    for number, user in enumerate(users):
        await use(database, user, number)
    async with database.write() as tx:
        assert await uploads.expired_files(tx, now_ms=NOW_MS) == ([FILE] if goes else [])
        if goes:
            await uploads.forget(tx, [FILE], now_ms=NOW_MS)
            assert await uploads.expired_files(tx, now_ms=NOW_MS) == []


async def test_a_picture_that_comes_again_is_kept_longer_and_not_twice(database: Database) -> None:
    async with database.write() as tx:
        account_id = await keys.ensure_account(tx, "a", now_ms=0)
        for expires_ms, original in ((PAST_MS, "came.jpg"), (LIVE_MS, None), (PAST_MS, None)):
            await uploads.keep(tx, account_id, FILE, 1, now_ms=0, expires_ms=expires_ms, original=original)
        rows = (await tx.execute(select(tables.uploads.c.expires_ms, tables.uploads.c.original))).all()
    assert [tuple(row) for row in rows] == [(LIVE_MS, "came.jpg")]


@pytest.mark.parametrize("a_database", ["sqlite"], indirect=True)
async def test_what_has_expired_is_found_without_a_walk_through_all_there_ever_was(database: Database) -> None:
    async with database.read() as tx:
        for query, index in zip(uploads.EXPIRED, ("ix_uploads_expires_ms", "ix_images_unswept"), strict=True):
            text = str(query.compile(dialect=tx.dialect))
            plan = await tx.run_sync(
                lambda connection, text=text: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (1,) * 5).all()
            )
            assert f"INDEX {index}" in plan[0][3]
