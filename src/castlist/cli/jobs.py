"""`castlist jobs`: what is waiting, running and done, read from the database. Names are those of the HTTP contract."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from castlist.cli.common import AsJson, Problem, console, print_json, print_table, when, with_service
from castlist.domain.credits import to_credits
from castlist.domain.errors import JobNotFound
from castlist.domain.jobs import JobStatus

if TYPE_CHECKING:
    from castlist.flow.service import Service
    from castlist.store.jobs import Image, Job

app = typer.Typer(help="Jobs.", no_args_is_help=True)


@app.command("list")
def list_jobs(
    status: Annotated[JobStatus | None, typer.Option(help="Only those in this state.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    from castlist.store import jobs, keys

    async def work(service: "Service") -> list[dict[str, Any]]:
        async with service.database.read() as tx:
            account_id = None
            if account is not None:
                account_id = await keys.find_account(tx, account)
                if account_id is None:
                    raise Problem(f"There is no account {account}; castlist credits balance lists them.")
            return [_row(job) for job in await jobs.newest(tx, account_id, status=status, limit=limit)]

    rows = with_service(work)
    if as_json:
        print_json(rows)
        return
    print_table(
        ("job", "created", "status", "#done", "model type", "engine", "#images", "#credits"),
        [
            (
                row["jobId"],
                row["createdAt"],
                row["status"],
                f"{row['progress']:.0%}",
                row["modelType"],
                row["engine"],
                row["numImages"],
                row["creditCost"],
            )
            for row in rows
        ],
        empty="There are no jobs.",
    )


@app.command()
def show(job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")], as_json: AsJson = False) -> None:
    """Show a job and its images."""
    from castlist.store import jobs

    async def work(service: "Service") -> dict[str, Any]:
        async with service.database.read() as tx:
            job = await jobs.get(tx, job_id)
            if job is None:
                raise JobNotFound
            images = (await jobs.images_of(tx, [job_id]))[job_id]
        return {**_row(job), "request": job.request, "seed": job.seed, "images": [_image(image) for image in images]}

    shown = with_service(work)
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        if name not in ("images", "request") and value is not None:
            console().print(f"[bold]{name:<16}[/bold] {value}")
    print_table(
        ("#no", "pose", "#seconds", "#identity", "#seed", "#attempts", "file or reason"),
        [
            (
                image["position"],
                image["pose"],
                image["seconds"],
                (image["identity"] or {}).get("score"),
                image["seed"],
                image["attempts"],
                image["file"] or image["message"],
            )
            for image in shown["images"]
        ],
        empty="No images yet.",
    )


def _row(job: "Job") -> dict[str, Any]:
    return {
        "jobId": job.id,
        "status": str(job.status),
        "progress": round(job.fraction, 3),
        "modelType": job.model_type,
        "engine": job.engine,
        "route": list(job.request.get("route", [job.engine])),
        "substituted": job.substituted,
        "numImages": job.num_images,
        "creditCost": to_credits(job.held_millis),
        "creditsCaptured": None if job.captured_millis is None else to_credits(job.captured_millis),
        "creditsRefunded": None if job.released_millis is None else to_credits(job.released_millis),
        "error": {"code": job.error_code, "message": job.error_message} if job.error_code else None,
        "attempt": job.attempt,
        "worker": job.worker_id,
        "createdAt": when(job.created_ms),
        "startedAt": when(job.started_ms),
        "finishedAt": when(job.finished_ms),
        "expiresAt": when(job.expires_ms),
    }


def _image(image: "Image") -> dict[str, Any]:
    return {
        "position": image.position,
        "pose": image.pose,
        "seed": image.seed,
        "engine": image.engine,
        "model": image.model,
        "file": image.file,
        "width": image.width_px,
        "height": image.height_px,
        "bytes": image.size_bytes,
        "identity": image.identity,
        "attempts": image.attempts,
        "seconds": image.seconds,
        "notes": list(image.notes),
        "prompt": image.prompt,
        "code": image.code,
        "message": image.message,
    }
