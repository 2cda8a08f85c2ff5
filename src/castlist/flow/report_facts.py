"""What the report of a job says, in words and figures. Read by the page and by the sheet; pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from castlist.domain.credits import to_credits
from castlist.store.jobs import Image, Job

TITLE_CHARS = 120
"""A longer prompt is cut in the title and stands whole among the settings."""
VERDICTS = {
    "same": "same character",
    "uncertain": "uncertain",
    "different": "different",
    "not_comparable": "not comparable",
}
_ON_DRIFT = {"deliver": "the best is delivered", "drop": "the image is dropped"}
Rows = list[tuple[str, object]]
"""Names and values; None and the empty word are left out when shown."""


def title(job: Job) -> str:
    """Return what was asked for, as a heading."""
    prompt = job.request.get("prompt")
    if not prompt:
        return f"One character, {job.num_images} images"
    return f"“{prompt}”" if len(prompt) <= TITLE_CHARS else f"“{prompt[:TITLE_CHARS].rstrip()}…”"


def figures(job: Job, made: Sequence[Image]) -> list[tuple[str, str]]:
    """Return the four figures at the top, each with its name."""
    scores = [image.identity["score"] for image in made if image.identity and image.identity.get("score") is not None]
    same = sum(1 for image in made if image.identity and image.identity.get("verdict") == "same")
    captured = job.held_millis if job.captured_millis is None else job.captured_millis
    return [
        (f"{len(made)} of {job.num_images}", "images delivered"),
        (f"{same} of {len(made)}", "called the same character") if made else ("–", "no image to measure"),
        (f"{min(scores):.2f}–{max(scores):.2f}" if scores else "–", "identity, lowest to highest"),
        (f"{to_credits(captured):g}", "credits charged" if job.captured_millis is not None else "credits held"),
    ]


def settings(job: Job) -> Rows:
    """Return what the job was made with."""
    request = job.request
    return [
        ("Model type", job.model_type),
        ("Engine", f"{job.engine}{', standing in' if job.substituted else ''}"),
        ("Background", "from the prompt" if request.get("prompt") else request.get("background")),
        ("Size", f"{request.get('width_px')} × {request.get('height_px')} px, {request.get('output_format')}"),
        ("Seed", job.seed),
        ("Prompt", request["prompt"] if len(request.get("prompt") or "") > TITLE_CHARS else None),
        ("Wanted identity", "the engine's own" if request.get("min_identity") is None else request["min_identity"]),
        ("If no take reaches it", _ON_DRIFT[request.get("on_drift", "deliver")]),
    ]


def facts(job: Job, made: Sequence[Image]) -> Rows:
    """Return times and credits."""
    waited = None if job.started_ms is None else (job.started_ms - job.created_ms) / 1000
    worked = None if job.started_ms is None or job.finished_ms is None else (job.finished_ms - job.started_ms) / 1000
    captured, released = job.captured_millis, job.released_millis
    models = sorted({image.model for image in made if image.model})
    return [
        ("Submitted", when(job.created_ms)),
        ("Finished", when(job.finished_ms)),
        ("Waited", _seconds(waited)),
        ("Worked", _seconds(worked)),
        ("Takes in all", sum(image.attempts for image in made) or None),
        ("Model", ", ".join(models)),
        ("Price", f"{to_credits(job.price_millis):g} an image"),
        ("Held", f"{to_credits(job.held_millis):g} credits"),
        ("Charged", None if captured is None else f"{to_credits(captured):g} credits"),
        ("Given back", None if released is None else f"{to_credits(released):g} credits"),
        ("Images kept until", when(job.expires_ms)),
    ]


def shared_notes(made: Sequence[Image]) -> list[str]:
    """Return the notes that every one of several images carries."""
    return [note for note in made[0].notes if len(made) > 1 and all(note in image.notes for image in made)]


def pose(image: Image) -> str:
    """Return an image's pose for people."""
    return image.pose.replace("-", " ").capitalize()


def judged(image: Image) -> tuple[str, str, str]:
    """Return an image's verdict, its score in words and the reason."""
    identity = image.identity or {}
    score = identity.get("score")
    verdict = str(identity.get("verdict") or "not_comparable")
    return verdict, "–" if score is None else f"{score:.2f}", str(identity.get("reason") or "")


def meta(image: Image) -> str:
    """Return how an image came about, in one line."""
    takes = f"{image.attempts} takes" if image.attempts > 1 else "1 take"
    return f"{image.seconds:.1f} s · {takes} · seed {image.seed} · by {image.engine}"


def when(time_ms: int | None) -> str:
    """Return a time for people, to the second; empty when there is none."""
    return "" if time_ms is None else datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%-d %B %Y, %H:%M:%S UTC")


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.1f} s"
