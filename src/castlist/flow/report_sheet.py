"""The report of a job as one JPEG sheet: the same facts as the page, for where a page cannot go.

Called by the route and the command line. It must not read the store; `report.gather` hands it the pictures.
"""

import functools
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont, ImageOps

from castlist.flow import report_facts as report
from castlist.store.jobs import Image, Job

WIDTH_PX, MARGIN_PX, GAP_PX = 1600, 56, 24
COLUMNS = 3
CARD_PX = (WIDTH_PX - 2 * MARGIN_PX - (COLUMNS - 1) * GAP_PX) // COLUMNS
REFERENCE_PX = 220
PAPER, CARD, INK, FAINT, LINE, SOFT = "#fbfaf7", "#ffffff", "#1d1d1f", "#6f6e6a", "#e3e0d9", "#efece5"
VERDICT_INKS = {"same": "#2f7d4f", "uncertain": "#a36a00", "different": "#b3372f"}
JPEG_QUALITY = 88
MAX_HEIGHT_PX = 16_000
"""Far beyond thirteen cards; a JPEG cannot be higher than 65,535."""
Pictures = Mapping[str, bytes]
_SPELLED = str.maketrans({"–": "-", "—": "-", "×": "x", "·": "|", "…": "..."})


def draw(job: Job, images: Sequence[Image], pictures: Pictures) -> bytes:
    """Return the sheet, JPEG, 1600 px wide and as high as it takes.

    Args:
        images: all images so far, in order of position.
        pictures: from `report.gather`.
    """
    sheet = _Sheet()
    made = [image for image in images if image.file]
    _heading(sheet, job, made)
    _given(sheet, job, pictures)
    if made:
        _cards(sheet, made, pictures)
    _failures(sheet, [image for image in images if not image.file])
    sheet.heading("Times and credits")
    sheet.facts(report.facts(job, made), MARGIN_PX, WIDTH_PX - 2 * MARGIN_PX)
    sheet.space(24)
    sheet.text("Made by castlist. Scores compare each image with the reference, 0 to 1: a measurement, no proof.", 17)
    return sheet.jpeg()


class _Sheet:
    """A page that is written from top to bottom."""

    def __init__(self) -> None:
        self._canvas = Pillow.new("RGB", (WIDTH_PX, MAX_HEIGHT_PX), PAPER)
        self.pen = ImageDraw.Draw(self._canvas)
        self.top_px = MARGIN_PX

    def jpeg(self) -> bytes:
        """Return what is written, with a margin below."""
        out = BytesIO()
        height = min(self.top_px + MARGIN_PX, MAX_HEIGHT_PX)
        self._canvas.crop((0, 0, WIDTH_PX, height)).save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
        return out.getvalue()

    def space(self, height_px: int) -> None:
        self.top_px += height_px

    def text(self, words: str, size: int, ink: str = FAINT) -> None:
        self.top_px = self.paragraph(words, (MARGIN_PX, self.top_px), WIDTH_PX - 2 * MARGIN_PX, size, ink)

    def heading(self, words: str) -> None:
        self.space(40)
        self.text(words, 28, INK)
        self.space(12)

    def paragraph(self, words: str, at: tuple[int, int], width_px: int, size: int, ink: str) -> int:
        """Write words in as many lines as they take; return where the next would begin."""
        left, top = at
        for line in wrapped(written(words), width_px, size):
            self.pen.text((left, top), line, ink, font(size))
            top += round(size * 1.4)
        return top

    def facts(self, rows: Sequence[tuple[str, object]], left_px: int, width_px: int) -> None:
        """Write names and values in columns of 270 px, wide ones over two."""
        columns = max(1, width_px // 300)
        step = width_px // columns
        top, low, column = self.top_px, self.top_px, 0
        for name, value in ((name, value) for name, value in rows if value not in (None, "")):
            if column == columns:
                top, column = low + 14, 0
            left = left_px + column * step
            self.pen.text((left, top), name, FAINT, font(16))
            low = max(low, self.paragraph(str(value), (left, top + 22), step - GAP_PX, 19, INK))
            column += 1
        self.top_px = low

    def place(self, data: bytes | None, box: tuple[int, int, int, int]) -> None:
        """Put a picture into a box, all of it, in the middle of a soft ground."""
        left, top, width, height = box
        self.pen.rectangle((left, top, left + width - 1, top + height - 1), SOFT)
        if data is None:
            self.paragraph("This picture has expired.", (left + 16, top + height // 2 - 12), width - 32, 18, FAINT)
            return
        with Pillow.open(BytesIO(data)) as opened:
            fitted = ImageOps.contain(opened.convert("RGB"), (width, height), Pillow.Resampling.LANCZOS)
        self._canvas.paste(fitted, (left + (width - fitted.width) // 2, top + (height - fitted.height) // 2))


@functools.cache
def font(size: int) -> Any:
    """Return the font that comes with Pillow; no other is sure to be there."""
    return ImageFont.load_default(size)


def written(words: str) -> str:
    """Spell words with what the font has; a character that it lacks becomes a question mark."""
    return "".join(letter if letter.isspace() or _has(letter) else "?" for letter in words.translate(_SPELLED))


@functools.lru_cache(maxsize=4096)
def _has(letter: str) -> bool:
    face = font(18)
    return letter.isascii() or bytes(face.getmask(letter)) != bytes(face.getmask("\uffff"))


def wrapped(words: str, width_px: int, size: int) -> list[str]:
    """Break words into lines that fit; a word longer than a line is cut."""
    face, lines, line = font(size), list[str](), ""
    for whole in words.split():
        word = whole
        longer = f"{line} {word}".strip()
        if face.getlength(longer) <= width_px:
            line = longer
            continue
        lines += [line] if line else []
        while len(word) > 1 and (len(word) > width_px or face.getlength(word) > width_px):
            fits = _fitting(word[:width_px], width_px, face)
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return [*lines, line] if line else lines


def _fitting(word: str, width_px: int, face: Any) -> int:
    """Return how many of a word's letters fit, at least one; halving, because measuring takes longer for more."""
    fits, beyond = 1, len(word)
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        fits, beyond = (middle, beyond) if face.getlength(word[:middle]) <= width_px else (fits, middle)
    return fits


def _heading(sheet: _Sheet, job: Job, made: Sequence[Image]) -> None:
    sheet.text("castlist report", 18)
    sheet.text(report.title(job), 40, INK)
    sheet.text(f"{job.status} · {job.id} · {report.when(job.finished_ms or job.created_ms)}", 18)
    if job.error_message:
        sheet.text(job.error_message, 20, VERDICT_INKS["different"])
    sheet.space(24)
    figures = report.figures(job, made)
    step = (WIDTH_PX - 2 * MARGIN_PX) // len(figures)
    for place, (value, name) in enumerate(figures):
        left = MARGIN_PX + place * step
        sheet.pen.rectangle((left, sheet.top_px, left + step, sheet.top_px + 92), CARD, LINE)
        sheet.pen.text((left + 20, sheet.top_px + 14), written(value), INK, font(30))
        sheet.pen.text((left + 20, sheet.top_px + 56), name, FAINT, font(17))
    sheet.space(92 + 32)


def _given(sheet: _Sheet, job: Job, pictures: Pictures) -> None:
    top, left = sheet.top_px, MARGIN_PX
    for name in job.request["references"][:3]:
        sheet.place(pictures.get(name), (left, top, REFERENCE_PX, REFERENCE_PX))
        left += REFERENCE_PX + 16
    more = len(job.request["references"]) - 3
    if more > 0:
        sheet.pen.text((MARGIN_PX, top + REFERENCE_PX + 6), f"and {more} more references", FAINT, font(16))
    sheet.facts(report.settings(job), left + 24, WIDTH_PX - MARGIN_PX - left - 24)
    sheet.top_px = max(sheet.top_px, top + REFERENCE_PX)


def _cards(sheet: _Sheet, made: Sequence[Image], pictures: Pictures) -> None:
    sheet.heading("Images")
    shared = report.shared_notes(made)
    if shared:
        sheet.text("Of all images: " + " ".join(shared), 18)
        sheet.space(14)
    for start in range(0, len(made), COLUMNS):
        row = made[start : start + COLUMNS]
        top = sheet.top_px
        height = (
            CARD_PX if any((image.height_px or 1) >= (image.width_px or 1) for image in row) else round(CARD_PX * 0.6)
        )
        lows = [
            _card(sheet, image, pictures, (MARGIN_PX + place * (CARD_PX + GAP_PX), top, height), shared)
            for place, image in enumerate(row)
        ]
        low = max(lows) + 16
        for place in range(len(row)):
            left = MARGIN_PX + place * (CARD_PX + GAP_PX)
            sheet.pen.rectangle((left, top, left + CARD_PX, low), None, LINE)
        sheet.top_px = low + GAP_PX


def _card(sheet: _Sheet, image: Image, pictures: Pictures, at: tuple[int, int, int], shared: Sequence[str]) -> int:
    """Draw one image and what is known of it; return where it ends."""
    left, top, height = at
    sheet.place(pictures.get(str(image.file)), (left, top, CARD_PX, height))
    inner, width = left + 18, CARD_PX - 36
    top += height + 14
    sheet.pen.text((inner, top), written(f"{image.position + 1}   {report.pose(image)}"), INK, font(22))
    verdict, score, reason = report.judged(image)
    ink = VERDICT_INKS.get(verdict, FAINT)
    sheet.pen.text((inner, top + 34), written(score), ink, font(26))
    sheet.pen.text((inner + 72, top + 40), report.VERDICTS.get(verdict, verdict), FAINT, font(19))
    sheet.pen.rectangle((inner, top + 72, inner + width, top + 76), SOFT)
    if image.identity and image.identity.get("score"):
        sheet.pen.rectangle((inner, top + 72, inner + round(width * image.identity["score"]), top + 76), ink)
    low = sheet.paragraph(reason, (inner, top + 88), width, 18, INK)
    low = sheet.paragraph(report.meta(image), (inner, low + 6), width, 16, FAINT)
    own = " ".join(note for note in image.notes if note not in shared)
    return sheet.paragraph(own, (inner, low + 6), width, 16, FAINT) if own else low


def _failures(sheet: _Sheet, lost: Sequence[Image]) -> None:
    if not lost:
        return
    sheet.heading("Not made")
    for image in lost:
        sheet.text(f"{image.position + 1} · {report.pose(image)} · {image.code or ''} · {image.message or ''}", 19, INK)
