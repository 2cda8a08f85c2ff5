"""Measures what the embedded engine makes of the bundled characters; draws the contact sheet. Called by `studio`."""

import hashlib
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import cv2
import numpy as np

from bench import formulas, subjects
from bench.formulas import Difference, EdgeError, Floats, Seen
from castlist import data
from castlist.cli import sheet
from castlist.domain.errors import NoSubjectFound
from castlist.domain.poses import POSES
from castlist.domain.tasks import Made, Pixels, Reference, Task
from castlist.engines.studio import StudioEngine
from castlist.scoring.identity import Identity
from castlist.scoring.identity import Reference as Known
from castlist.vision import faces, matte, mesh, picture, silhouette

PROMPTS = (
    "the same person hiking on a sunny mountain trail",
    "in a modern office, business suit",
    "walking through a forest in autumn",
    "at the seaside at sunset",
    "a black and white film portrait",
)
BUSY = ("plates/b_forest.webp", "plates/city.webp")
MEASURED_PX = 512
BEHIND = 0.1
"""Likelihood of belonging to a person below which a pixel counts as backdrop."""
MOST_BYTES = 500_000
SHEET_WIDTH_PX = 1700
ROW = 5


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture of a series, its pose and what was measured of it."""

    pose: str
    made: Made
    identity: Identity


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Everything that docs/quality.md says in figures."""

    portrait: list[Picture]
    other: list[Picture]
    drawings: dict[str, list[Picture]]
    figures: dict[str, list[Picture]]
    places: list[Picture]
    variety: dict[str, Difference]
    unmeasured: int
    edges: list[tuple[str, str, EdgeError | None]]
    edge_width_px: float
    same_again: bool
    other_seed: Difference
    other_seed_alike: int

    @property
    def scores(self) -> list[list[float]]:
        """Identity of both portraits' poses; a face that was not found again counts as 0."""
        return [[one.identity.score or 0.0 for one in series] for series in (self.portrait, self.other)]

    @property
    def median(self) -> float:
        return median(itertools.chain(*self.scores))

    @property
    def least(self) -> float:
        return min(itertools.chain(*self.scores))


def measure() -> Quality:
    """Make the pictures and measure them."""
    given = subjects.opened(subjects.PORTRAIT)
    portrait, other = list(series(given)), list(series(given, seed=subjects.OTHER_SEED))
    places = [next(series(given, 1, first=place, prompt=prompt)) for place, prompt in enumerate(PROMPTS)]
    second = list(series(subjects.opened(subjects.OTHER_PORTRAIT)))
    drawings, figures = (
        {sample: list(series(subjects.opened(sample), ROW)) for sample in samples}
        for samples in (subjects.DRAWINGS, subjects.FIGURES)
    )
    looks, others = [seen(one.made.pixels) for one in portrait], [seen(one.made.pixels) for one in other]
    pairs = [(one, two) for one, two in zip(looks, others, strict=True) if one and two]
    again = series(given, 4)
    same = all(_hash(one) == _hash(two) for one, two in zip(portrait, again, strict=False))
    return Quality(
        portrait=portrait,
        other=second,
        drawings=drawings,
        figures=figures,
        places=places,
        variety={
            "all 13 poses, no prompt": _variety(looks),
            "the first four poses, no prompt": _variety(looks[:4]),
            f"{len(PROMPTS)} prompts, the first {len(PROMPTS)} poses": _variety(
                [seen(one.made.pixels) for one in places]
            ),
        },
        unmeasured=looks.count(None),
        edges=list(_edges(given)),
        edge_width_px=_edge_width(given),
        same_again=same,
        other_seed=Difference(
            *(fmean(getattr(formulas.difference(*pair), part) for pair in pairs) for part in formulas.WEIGHTS)
        ),
        other_seed_alike=sum(_hash(one) == _hash(two) for one, two in zip(portrait, other, strict=True)),
    )


def series(
    given: Reference, count: int = len(POSES), *, first: int = 0, seed: int = subjects.SEED, prompt: str | None = None
) -> Iterator[Picture]:
    """Make the first poses of a character with an engine of its own, scored."""
    known = Known.prepare(given.pixels, given.alpha)
    task = subjects.task(given, POSES[first : first + count], seed=seed, prompt=prompt)
    for shot, made in zip(task.shots, _made(task), strict=True):
        yield Picture(shot.pose.id, made, known.score(np.ascontiguousarray(made.pixels[..., :3])))


def seen(pixels: Pixels) -> Seen | None:
    """Measure of a finished picture what counts for variety; None when no face is found in it."""
    side = max(pixels.shape[:2])
    found = faces.detect(pixels)
    points = mesh.landmarks(pixels, found[0]) if found else None
    if points is None:
        return None
    scale = MEASURED_PX / side
    small = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    behind = silhouette.likely(small, (faces.detect(small) or [None])[0]) < BEHIND
    lab = np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
    backdrop = formulas.colours(lab[behind] if behind.any() else lab.reshape(-1, 3))
    return Seen(formulas.angles(points), formulas.face_share(points, pixels.shape[0]), backdrop)


def _variety(looks: Sequence[Seen | None]) -> Difference:
    return formulas.variety([look for look in looks if look is not None])


def _made(task: Task) -> Iterator[Made]:
    for outcome in StudioEngine().generate(task, subjects.Unwatched()):
        if not isinstance(outcome, Made):
            raise SystemExit(f"a picture was not made: {outcome.message}")
        yield outcome


def _hash(one: Picture) -> str:
    return hashlib.sha256(one.made.pixels.tobytes()).hexdigest()


def _edges(given: Reference) -> Iterator[tuple[str, str, EdgeError | None]]:
    """Put every character before busy places with a matte that is known, cut it out again and compare."""
    people = (subjects.PORTRAIT, subjects.OTHER_PORTRAIT)
    for sample in (*subjects.DRAWINGS, *people):
        reference = given if sample == subjects.PORTRAIT else subjects.opened(sample)
        focus = (faces.detect(reference.pixels) or [None])[0] if sample in people else None
        cut = matte.cut_out(reference.pixels, focus, alpha=reference.alpha)
        for place in BUSY:
            back = _filling(picture.decode(data.path(place).read_bytes()).pixels, cut.alpha.shape)
            mixed = back + cut.alpha[..., None] * (cut.colour.astype(np.float32) - back)
            busy = (np.clip(mixed, 0, 255) + 0.5).astype(np.uint8)
            yield sample, place, _cut_again(busy, cut.alpha)


def _cut_again(busy: Pixels, truth: Floats) -> EdgeError | None:
    """Cut out as the engine does, with the face it finds; None when it finds no subject."""
    try:
        cut = matte.cut_out(busy, (faces.detect(busy) or [None])[0])
    except NoSubjectFound:
        return None
    return formulas.edge_error(cut.alpha, truth)


def _filling(pixels: Pixels, shape: tuple[int, ...]) -> Floats:
    """Scale a picture until it fills a shape and cut its middle out."""
    height, width = shape[:2]
    scale = max(height / pixels.shape[0], width / pixels.shape[1])
    size = max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale))
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return np.asarray(large[top : top + height, left : left + width], np.float32)


def _edge_width(given: Reference) -> float:
    """Return the width of the soft edge in the first pose with a transparent background, px of 1024."""
    [made] = _made(subjects.task(given, POSES[:1], background="transparent"))
    return formulas.edge_width_px(made.pixels[..., 3].astype(np.float32) / 255)


def draw_sheet(quality: Quality, target: Path, folder: Path) -> int:
    """Draw the contact sheet as a JPEG under 500 kB; `folder` holds the tiles meanwhile. Returns its size in bytes."""
    portrait = data.path(subjects.PORTRAIT)
    poses = quality.portrait
    rows = [
        _row(f"The portrait, poses {at + 1} to {min(at + ROW, len(poses))}", portrait, poses[at : at + ROW], folder)
        for at in range(0, len(poses), ROW)
    ]
    rows.append(_row(" · ".join(PROMPTS), portrait, quality.places, folder))
    second = data.path(subjects.OTHER_PORTRAIT)
    rows.append(_row(f"Another portrait, poses 1 to {ROW}", second, quality.other[:ROW], folder))
    for sample, pictures in quality.figures.items():
        rows.append(_row(f"Neither person nor drawing: {Path(sample).stem}", data.path(sample), pictures, folder))
    for sample, pictures in quality.drawings.items():
        rows.append(_row(f"A drawing: {Path(sample).stem}", data.path(sample), pictures, folder))
    drawn = sheet.draw(rows)
    drawn = drawn.resize((SHEET_WIDTH_PX, round(drawn.height * SHEET_WIDTH_PX / drawn.width)))
    target.parent.mkdir(parents=True, exist_ok=True)
    for strength in range(86, 40, -4):
        drawn.save(target, quality=strength, optimize=True, progressive=True)
        if target.stat().st_size < MOST_BYTES:
            break
    return target.stat().st_size


def _row(title: str, reference: Path, pictures: Sequence[Picture], folder: Path) -> sheet.Row:
    return sheet.Row(title, reference, [_tile(one, folder) for one in pictures])


def _tile(one: Picture, folder: Path) -> sheet.Tile:
    file = folder / f"{time.monotonic_ns()}.png"
    file.write_bytes(picture.encode(one.made.pixels, "png"))
    words = {"score": one.identity.score, "verdict": one.identity.verdict, "reason": one.identity.reason}
    return sheet.Tile(file, one.pose, one.made.seconds, words)
