"""Files that no row knows are removed once they are old, and no others."""

import asyncio
import os
from pathlib import Path

from castlist.flow.perform import perform
from castlist.flow.service import Service
from castlist.flow.strays import STRAY_MS, sweep_strays
from castlist.store import jobs
from castlist.testing.service import Clock, Customer


def age(service: Service, clock: Clock) -> None:
    """Let every file be as old as the test's clock says it should be."""
    for path in Path(service.files.store.prefix).rglob("*.*"):  # type: ignore[union-attr]
        os.utime(path, (clock() / 1000, clock() / 1000))


async def test_only_files_that_nothing_knows_go(service: Service, customer: Customer, clock: Clock, job_of) -> None:
    job = await job_of(service, customer, num_images=2)
    await perform(service, job.id, "w", asyncio.Event())
    stray = await service.files.put(b"stored by a worker that died before it could say so", "png", owner=job.id)
    age(service, clock)
    assert await sweep_strays(service) == 0
    clock.now_ms += STRAY_MS + 1000
    assert await sweep_strays(service) == 1
    assert await service.files.get(stray) is None
    async with service.database.read() as tx:
        images = (await jobs.images_of(tx, [job.id]))[job.id]
    for name in (*(image.file or "" for image in images), *job.request["references"]):
        assert await service.files.get(name) is not None


async def test_equal_pictures_of_two_jobs_are_two_files(service: Service) -> None:
    one, other = [await service.files.put(b"the same", "png", owner=job) for job in ("job_a", "job_b")]
    assert one != other
    await service.files.delete(one)
    assert await service.files.get(other) == b"the same"
