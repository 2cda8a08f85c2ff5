"""Builds the report of a job: one HTML file with everything in it, pictures included, to be kept or sent on.

Called by the API and the command line with rows they have read. `gather` reads the pictures, `page` is pure. What comes
from outside is escaped; the page has no script and asks for nothing.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from castlist.domain.errors import InputImageRejected
from castlist.flow.report_facts import VERDICTS, facts, figures, judged, meta, pose, settings, shared_notes, title, when
from castlist.flow.report_style import STYLE
from castlist.flow.service import Service
from castlist.store.jobs import Image, Job
from castlist.vision import picture

STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; frame-ancestors 'none'"
SHOWN_SIDE_PX = 640
JPEG_QUALITY = 82
Pictures = Mapping[str, bytes]
"""Small JPEGs by the name of the file."""


async def gather(service: Service, job: Job, images: Sequence[Image]) -> dict[str, bytes]:
    """Return a job's references and images as small JPEGs, by file; what is gone is left out."""
    names = [*job.request["references"], *(image.file for image in images if image.file)]
    found: dict[str, bytes] = {}
    for name in dict.fromkeys(names):
        data = await service.files.get(name)
        if data is not None:
            small = await asyncio.to_thread(_small, data)
            if small is not None:
                found[name] = small
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
        f"<section><h2>Times and credits</h2>{_list(facts(job, made))}</section>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Report of {escape(job.id)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main>"
        "<footer>Made by castlist. Scores compare each image with the reference, 0 to 1: a measurement, no proof. "
        "Pictures are shown at reduced size.</footer></body></html>"
    )


def _small(data: bytes) -> bytes | None:
    try:
        found = picture.decode(data, max_side=SHOWN_SIDE_PX)
    except InputImageRejected:
        return None
    pixels = found.pixels
    if found.alpha is not None:
        alpha = found.alpha[..., None]
        pixels = np.rint(pixels * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return picture.encode(pixels, "jpg", quality=JPEG_QUALITY)


def _heading(job: Job, made: Sequence[Image]) -> str:
    tiles = "".join(
        f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in figures(job, made)
    )
    error = f'<p class="error">{escape(job.error_message)}</p>' if job.error_message else ""
    return (
        f'<header><p class="kicker">castlist report</p><h1>{escape(title(job))}</h1>'
        f'<p class="id"><span class="state {escape(str(job.status))}">{escape(str(job.status))}</span> '
        f"<code>{escape(job.id)}</code> <span>{escape(when(job.finished_ms or job.created_ms))}</span></p>{error}"
        f'<div class="figures">{tiles}</div></header>'
    )


def _given(job: Job, pictures: Pictures) -> str:
    shown = "".join(_figure(pictures.get(name), "Reference") for name in job.request["references"])
    return f'<section class="given"><div class="references">{shown}</div>{_list(settings(job))}</section>'


def _images(made: Sequence[Image], pictures: Pictures) -> str:
    if not made:
        return ""
    shared = shared_notes(made)
    cards = "".join(_card(image, pictures, shared) for image in made)
    return f'<section><h2>Images</h2>{_notes(shared, "Of all images:")}<div class="images">{cards}</div></section>'


def _notes(notes: Sequence[str], heading: str = "") -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="notes">{heading}<ul>{items}</ul></div>' if notes else ""


def _figure(data: bytes | None, alternative: str) -> str:
    if data is None:
        return '<div class="gone">This picture has expired.</div>'
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(data).decode()}" alt="{escape(alternative)}">'


def _card(image: Image, pictures: Pictures, shared: Sequence[str]) -> str:
    verdict, score, reason = judged(image)
    width = round(100 * ((image.identity or {}).get("score") or 0))
    bar = f'<svg class="bar" viewBox="0 0 100 2" preserveAspectRatio="none"><rect width="{width}" height="2"/></svg>'
    notes = _notes([note for note in image.notes if note not in shared])
    return (
        f'<article>{_figure(pictures.get(str(image.file)), pose(image))}<div class="text">'
        f"<h3><span>{image.position + 1}</span> {escape(pose(image))}</h3>"
        f'<p class="score {escape(verdict)}"><b>{score}</b> '
        f"{escape(VERDICTS.get(verdict, verdict))}</p>{bar}"
        f'<p class="reason">{escape(reason)}</p>'
        f'<p class="meta">{escape(meta(image))}</p>'
        f"{notes}{_words(image)}</div></article>"
    )


def _words(image: Image) -> str:
    """Return what the engine was told, folded away; nothing for engines that read no words."""
    if not image.prompt:
        return ""
    return f'<details class="notes"><summary>In words</summary><p>{escape(image.prompt)}</p></details>'


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


def _list(rows: Sequence[tuple[str, object]]) -> str:
    shown = [(name, value) for name, value in rows if value not in (None, "")]
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{escape(str(value))}</dd></div>' for name, value in shown)}</dl>"
