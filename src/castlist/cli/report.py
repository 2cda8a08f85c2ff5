"""`castlist report`: the report of a job as one HTML file. Reads the database and the pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from castlist.cli.common import AsJson, Problem, print_json, with_service
from castlist.domain.errors import JobNotFound

if TYPE_CHECKING:
    from castlist.flow.service import Service


def report(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    *,
    out: Annotated[Path | None, typer.Option(help="The file to write; JOB.html if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a job's report: reference, images, scores, seeds, settings, times and credits on one page."""
    from castlist.flow import report as sheet
    from castlist.store import jobs

    async def work(service: "Service") -> str:
        async with service.database.read() as tx:
            job = await jobs.get(tx, job_id)
            if job is None:
                raise JobNotFound
            images = (await jobs.images_of(tx, [job.id]))[job.id]
        return sheet.page(job, images, await sheet.gather(service, job, images))

    page = with_service(work)
    file = out or Path(f"{job_id}.html")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror or error}.") from None
    if as_json:
        print_json({"jobId": job_id, "file": str(file)})
    else:
        print(file)
