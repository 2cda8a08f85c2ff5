"""`castlist generate`: pictures from a photo in this very process. No server, no key, no credits, no network."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from castlist.cli.common import AsJson, Problem, console, load_settings, print_json, print_table
from castlist.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from castlist.domain.requests import RunRequest
    from castlist.domain.tasks import Task
    from castlist.engines.base import Engine
    from castlist.flow.encoding import Encode
    from castlist.flow.make import Landed, Lost
    from castlist.flow.screen import Screen
    from castlist.flow.service import Service

REFRESH_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be made, and by whom."""

    engine: "Engine"
    task: "Task"
    request: "RunRequest"
    encode: "Encode"
    screen: "Screen | None"


def generate(
    photo: Annotated[Path, typer.Argument(help="A picture of the character: JPEG, PNG, WebP or GIF.")],
    *,
    prompt: Annotated[str | None, typer.Option(help="A scene: 'the same person hiking on a mountain trail'.")] = None,
    number: Annotated[int, typer.Option("--number", "-n", help="How many pictures, 1 to 13.")] = 4,
    background: Annotated[str, typer.Option(help="white, black, gray, 'green screen', neutral, original…")] = "neutral",
    aspect_ratio: Annotated[str, typer.Option(help="1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3, match_input_image.")] = "1:1",
    seed: Annotated[int | None, typer.Option(help="Makes it repeatable; drawn at random if left out.")] = None,
    output_format: Annotated[str, typer.Option("--format", help="png, jpg or webp.")] = "png",
    model_type: Annotated[str | None, typer.Option(help="As the API's model_type.")] = None,
    engine: Annotated[str | None, typer.Option(help="An engine by its id; castlist engines lists them.")] = None,
    in_order: Annotated[bool, typer.Option(help="The first poses in order instead of drawn ones.")] = False,
    min_identity: Annotated[
        float | None, typer.Option(min=0, max=1, help="Pictures that score lower are taken again; the engine's own.")
    ] = None,
    on_drift: Annotated[
        str, typer.Option(help="When no take is like enough: deliver the best, or drop it.")
    ] = "deliver",
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("out"),
    as_json: AsJson = False,
) -> None:
    """Make pictures of the character in PHOTO."""
    from castlist import bootstrap

    said: dict[str, Any] = {
        "input_image": "data:,",  # the model wants a URL; the picture itself is read from the disk
        "num_images": number,
        "background": background,
        "randomize_images": not in_order,
        "prompt": prompt,
        "aspect_ratio": aspect_ratio,
        "seed": secrets.randbelow(2**32) if seed is None else seed,
        "output_format": output_format,
        "min_identity": min_identity,
        "on_drift": on_drift,
    }
    if model_type is not None:
        said["model_type"] = model_type
    service = bootstrap.build(load_settings())
    work = _plan(service, photo, said, engine)
    out.mkdir(parents=True, exist_ok=True)
    rows = asyncio.run(_make(work, out))
    if as_json:
        print_json({"engine": work.engine.card.id, "seed": work.task.job_seed, "images": rows})
    else:
        print_table(
            ("file", "pose", "#seed", "#seconds", "#identity", "notes"),
            [
                (
                    row["file"] or row["message"],
                    row["pose"],
                    row["seed"],
                    row["seconds"],
                    _shown(row["identity"]),
                    "; ".join(row["notes"]),
                )
                for row in rows
            ],
        )
    if not any(row["file"] for row in rows):
        raise Problem("No picture could be made.")


def _plan(service: "Service", photo: Path, said: dict[str, Any], engine_id: str | None) -> Work:
    """Check what was said as the API would and turn it into a task."""
    from castlist.domain.poses import POSES
    from castlist.domain.seeds import draw, image_seed
    from castlist.domain.sizes import size_px
    from castlist.domain.tasks import Shot, Task
    from castlist.flow.encoding import encoder
    from castlist.flow.plan import quote
    from castlist.flow.references import reference

    if engine_id is not None:
        named = service.catalog.engines.get(engine_id)
        if named is None:
            raise Problem(f"There is no engine {engine_id}; castlist engines lists them.")
        if reason := named.unready():
            raise Problem(f"The engine {engine_id} is not ready: it {reason}.")
        said = {"model_type": named.card.model_types[0], **said}
    request = _validated(service, said)
    engine = service.catalog.engines[engine_id or quote(service, request).engine]
    try:
        seen = reference(photo.read_bytes())
    except OSError as error:
        raise Problem(f"{photo} cannot be read: {error.strerror or error}.") from None
    if service.screen is not None:
        service.screen.admit(seen.pixels, seen.alpha)
    height_px, width_px = seen.pixels.shape[:2]
    width_px, height_px = size_px(request.aspect_ratio, (width_px, height_px))
    seed, count = cast(int, request.seed), request.num_images
    poses = draw(POSES, count, seed) if request.randomize_images else POSES[:count]
    task = Task(
        references=(seen,),
        shots=tuple(Shot(index, pose, image_seed(seed, index)) for index, pose in enumerate(poses)),
        background=request.background,
        width_px=width_px,
        height_px=height_px,
        job_seed=seed,
        prompt=request.prompt,
        model_type=request.model_type,
    )
    encode = encoder(engine.card, request.output_format, service.marking, now_ms=service.clock())
    return Work(engine, task, request, encode, service.screen)


def _validated(service: "Service", said: dict[str, Any]) -> "RunRequest":
    """Check what was said with the model and in the words of the API."""
    from pydantic import ValidationError

    from castlist.api.explain import problems_of

    try:
        return service.request_model(**said)
    except ValidationError as error:
        raise InvalidRequest(details=problems_of(error.errors(include_url=False))) from None


async def _make(work: Work, out: Path) -> list[dict[str, Any]]:
    from castlist.flow.make import make
    from castlist.flow.watch import JobWatch

    watch = JobWatch(len(work.task.shots))
    rows: list[dict[str, Any]] = []
    async with _progress(watch):
        try:
            results = make(
                [work.engine],
                work.task,
                watch,
                encode=work.encode,
                min_identity=work.request.min_identity,
                keep_best=work.request.on_drift == "deliver",
                screen=work.screen,
            )
            async for result in results:
                rows.append(_keep(result, out, work.request.output_format))
                watch.landed(result.shot.index)
        finally:
            watch.stop()
    return sorted(rows, key=lambda row: row["position"])


def _keep(result: "Landed | Lost", out: Path, extension: str) -> dict[str, Any]:
    from castlist.flow.make import Landed

    row: dict[str, Any] = {"position": result.shot.index, "pose": result.shot.pose.id, "attempts": result.attempts}
    if not isinstance(result, Landed):
        return {
            **row,
            "file": None,
            "message": result.reason.message,
            "code": result.reason.code,
            "seed": result.shot.seed,
            "seconds": None,
            "identity": None,
            "notes": [],
        }
    file = out / f"{result.shot.index + 1:02}-{result.shot.pose.id}.{extension}"
    file.write_bytes(result.encoded.data)
    return {
        **row,
        "file": str(file),
        "seed": result.made.seed,
        "seconds": round(result.made.seconds, 2),
        "identity": {
            "score": result.identity.score,
            "verdict": result.identity.verdict,
            "method": result.identity.method,
        },
        "model": result.made.model,
        "notes": list(result.made.notes),
    }


@contextlib.asynccontextmanager
async def _progress(watch: Any) -> AsyncGenerator[None]:
    """Show how far the work is, on standard error, so that standard output stays free for the result."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("Making pictures"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
    )

    async def follow() -> None:
        line = bar.add_task("", total=1.0)
        while True:
            bar.update(line, completed=watch.fraction)
            await asyncio.sleep(REFRESH_SECONDS)

    with bar:
        following = asyncio.create_task(follow())
        try:
            yield
        finally:
            following.cancel()


def _shown(identity: dict[str, Any] | None) -> str:
    """Return an identity score for people: two decimals, or why there is none."""
    if identity is None:
        return ""
    return f"{identity['score']:.2f}" if identity["score"] is not None else str(identity["verdict"])
