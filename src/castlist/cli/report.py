"""`castlist report`: the report of a job as one HTML or JPEG file. Reads the database and the pictures."""

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
    out: Annotated[Path | None, typer.Option(help="The file to write; JOB.html or JOB.jpg if left out.")] = None,
    format: Annotated[
        str | None, typer.Option("--format", help="html or jpg; what the file's name ends in, else html.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a job's report: reference, images, scores, seeds, settings, times and credits on one page."""
    from castlist.flow import report as html
    from castlist.flow import report_sheet
    from castlist.store import jobs

    kind = _kind(format, out)

    async def work(service: "Service") -> bytes:
        async with service.database.read() as tx:
            job = await jobs.get(tx, job_id)
            if job is None:
                raise JobNotFound
            images = (await jobs.images_of(tx, [job.id]))[job.id]
        pictures = await html.gather(service, job, images)
        if kind == "jpg":
            return report_sheet.draw(job, images, pictures)
        return html.page(job, images, pictures).encode()

    content = with_service(work)
    file = out or Path(f"{job_id}.{kind}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror or error}.") from None
    if as_json:
        print_json({"jobId": job_id, "file": str(file)})
    else:
        print(file)


def _kind(said: str | None, out: Path | None) -> str:
    ending = out.suffix.lower().lstrip(".") if out else ""
    kind = (said or ("jpg" if ending in ("jpg", "jpeg") else "html")).lower()
    kind = "jpg" if kind == "jpeg" else kind
    if kind not in ("html", "jpg"):
        raise Problem(f"A report is html or jpg, not {kind}.")
    return kind
