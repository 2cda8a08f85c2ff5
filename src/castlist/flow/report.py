"""Builds the report of a job: one HTML file with everything in it, pictures included, to be kept or sent on.

Called by the API and the command line with rows they have read. `gather` reads the pictures, `page` is pure. What comes
from outside is escaped; the page has no script and asks for nothing.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

import numpy as np

from castlist.domain.credits import to_credits
from castlist.domain.errors import InputImageRejected
from castlist.flow.report_style import STYLE
from castlist.flow.service import Service
from castlist.store.jobs import Image, Job
from castlist.vision import picture

STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; frame-ancestors 'none'"
SHOWN_SIDE_PX = 640
JPEG_QUALITY = 82
TITLE_CHARS = 120
"""A longer prompt is cut in the title and stands whole among the settings."""
_VERDICTS = {
    "same": "same character",
    "uncertain": "uncertain",
    "different": "different",
    "not_comparable": "not comparable",
}
_ON_DRIFT = {"deliver": "the best is delivered", "drop": "the image is dropped"}
Pictures = Mapping[str, str]
"""data: URIs by the name of the file."""


async def gather(service: Service, job: Job, images: Sequence[Image]) -> dict[str, str]:
    """Return a job's references and images as small JPEG data: URIs, by file; what is gone is left out."""
    names = [*job.request["references"], *(image.file for image in images if image.file)]
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        data = await service.files.get(name)
        if data is not None:
            uri = await asyncio.to_thread(_small, data)
            if uri is not None:
                found[name] = uri
    return found


def page(job: Job, images: Sequence[Image], pictures: Pictures) -> str:
    """Return the report of a job in any state.

    Args:
        images: all its images so far, in order of position.
        pictures: from `gather`.
    """
    made = [image for image in images if image.file]
    lost = [image for image in images if not image.file]
    parts = [
        _heading(job, made),
        _given(job, pictures),
        _images(made, pictures),
        _failures(job, lost),
        _facts(job, made),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Report of {escape(job.id)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main>"
        "<footer>Made by castlist. Scores compare each image with the reference, 0 to 1: a measurement, no proof. "
        "Pictures are shown at reduced size.</footer></body></html>"
    )


def _small(data: bytes) -> str | None:
    try:
        found = picture.decode(data, max_side=SHOWN_SIDE_PX)
    except InputImageRejected:
        return None
    pixels = found.pixels
    if found.alpha is not None:
        alpha = found.alpha[..., None]
        pixels = np.rint(pixels * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return f"data:image/jpeg;base64,{base64.b64encode(picture.encode(pixels, 'jpg', quality=JPEG_QUALITY)).decode()}"


def _heading(job: Job, made: Sequence[Image]) -> str:
    scores = [image.identity["score"] for image in made if image.identity and image.identity.get("score") is not None]
    same = sum(1 for image in made if image.identity and image.identity.get("verdict") == "same")
    captured = job.held_millis if job.captured_millis is None else job.captured_millis
    figures = [
        (f"{len(made)} of {job.num_images}", "images delivered"),
        (f"{same} of {len(made)}", "called the same character") if made else ("–", "no image to measure"),
        (f"{min(scores):.2f}–{max(scores):.2f}" if scores else "–", "identity, lowest to highest"),
        (f"{to_credits(captured):g}", "credits charged" if job.captured_millis is not None else "credits held"),
    ]
    tiles = "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in figures)
    error = f'<p class="error">{escape(job.error_message)}</p>' if job.error_message else ""
    return (
        f'<header><p class="kicker">castlist report</p><h1>{escape(_title(job))}</h1>'
        f'<p class="id"><span class="state {escape(str(job.status))}">{escape(str(job.status))}</span> '
        f"<code>{escape(job.id)}</code> <span>{escape(_when(job.finished_ms or job.created_ms))}</span></p>{error}"
        f'<div class="figures">{tiles}</div></header>'
    )


def _title(job: Job) -> str:
    prompt = job.request.get("prompt")
    if not prompt:
        return f"One character, {job.num_images} images"
    return f"“{prompt}”" if len(prompt) <= TITLE_CHARS else f"“{prompt[:TITLE_CHARS].rstrip()}…”"


def _given(job: Job, pictures: Pictures) -> str:
    shown = "".join(_figure(pictures.get(name), "Reference") for name in job.request["references"])
    request = job.request
    settings = [
        ("Model type", job.model_type),
        ("Engine", f"{job.engine}{', standing in' if job.substituted else ''}"),
        ("Background", "from the prompt" if request.get("prompt") else request.get("background")),
        ("Size", f"{request.get('width_px')} × {request.get('height_px')} px, {request.get('output_format')}"),
        ("Seed", job.seed),
        ("Prompt", request["prompt"] if len(request.get("prompt") or "") > TITLE_CHARS else None),
        ("Wanted identity", "the engine's own" if request.get("min_identity") is None else request["min_identity"]),
        ("If no take reaches it", _ON_DRIFT[request.get("on_drift", "deliver")]),
    ]
    return f'<section class="given"><div class="references">{shown}</div>{_list(settings)}</section>'


def _images(made: Sequence[Image], pictures: Pictures) -> str:
    if not made:
        return ""
    shared = [note for note in made[0].notes if len(made) > 1 and all(note in image.notes for image in made)]
    cards = "".join(_card(image, pictures, shared) for image in made)
    return f'<section><h2>Images</h2>{_notes(shared, "Of all images:")}<div class="images">{cards}</div></section>'


def _notes(notes: Sequence[str], heading: str = "") -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="notes">{heading}<ul>{items}</ul></div>' if notes else ""


def _figure(uri: str | None, alternative: str) -> str:
    if uri is None:
        return '<div class="gone">This picture has expired.</div>'
    return f'<img src="{escape(uri)}" alt="{escape(alternative)}">'


def _card(image: Image, pictures: Pictures, shared: Sequence[str]) -> str:
    identity = image.identity or {}
    verdict, score = str(identity.get("verdict") or "not_comparable"), identity.get("score")
    width = 0 if score is None else round(100 * score)
    bar = f'<svg class="bar" viewBox="0 0 100 2" preserveAspectRatio="none"><rect width="{width}" height="2"/></svg>'
    notes = _notes([note for note in image.notes if note not in shared])
    takes = f"{image.attempts} takes" if image.attempts > 1 else "1 take"
    pose = image.pose.replace("-", " ").capitalize()
    return (
        f'<article>{_figure(pictures.get(str(image.file)), pose)}<div class="text">'
        f"<h3><span>{image.position + 1}</span> {escape(pose)}</h3>"
        f'<p class="score {escape(verdict)}"><b>{"–" if score is None else f"{score:.2f}"}</b> '
        f"{escape(_VERDICTS.get(verdict, verdict))}</p>{bar}"
        f'<p class="reason">{escape(str(identity.get("reason") or ""))}</p>'
        f'<p class="meta">{image.seconds:.1f} s · {takes} · seed {image.seed}</p>'
        f"{notes}</div></article>"
    )


def _failures(job: Job, lost: Sequence[Image]) -> str:
    if not lost:
        return ""
    rows = "".join(
        f"<tr><td>{image.position + 1}</td><td>{escape(image.pose.replace('-', ' '))}</td>"
        f"<td><code>{escape(image.code or '')}</code></td><td>{escape(image.message or '')}</td></tr>"
        for image in lost
    )
    charged = "" if job.captured_millis is None else " Not charged."
    said = f"<h2>Not made</h2><p>{len(lost)} of {job.num_images}.{charged}</p>"
    return f'<section class="lost">{said}<table>{rows}</table></section>'


def _facts(job: Job, made: Sequence[Image]) -> str:
    waited = None if job.started_ms is None else (job.started_ms - job.created_ms) / 1000
    worked = None if job.started_ms is None or job.finished_ms is None else (job.finished_ms - job.started_ms) / 1000
    captured, released = job.captured_millis, job.released_millis
    models = sorted({image.model for image in made if image.model})
    rows = [
        ("Submitted", _when(job.created_ms)),
        ("Finished", _when(job.finished_ms)),
        ("Waited", _seconds(waited)),
        ("Worked", _seconds(worked)),
        ("Takes in all", sum(image.attempts for image in made) or None),
        ("Model", ", ".join(models)),
        ("Price", f"{to_credits(job.price_millis):g} an image"),
        ("Held", f"{to_credits(job.held_millis):g} credits"),
        ("Charged", None if captured is None else f"{to_credits(captured):g} credits"),
        ("Given back", None if released is None else f"{to_credits(released):g} credits"),
        ("Images kept until", _when(job.expires_ms)),
    ]
    return f"<section><h2>Times and credits</h2>{_list(rows)}</section>"


def _list(rows: Sequence[tuple[str, object]]) -> str:
    shown = [(name, value) for name, value in rows if value not in (None, "")]
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{escape(str(value))}</dd></div>' for name, value in shown)}</dl>"


def _when(time_ms: int | None) -> str:
    return "" if time_ms is None else datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%-d %B %Y, %H:%M:%S UTC")


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.1f} s"
