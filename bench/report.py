# ruff: noqa: E501 (lines of prose that end where the page ends them)
"""Writes docs/performance.md and docs/quality.md from what was measured. Called by `studio`; measures nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import blocks, formulas
from bench.clock import Row
from bench.formulas import Difference
from bench.quality import PROMPTS, Quality
from bench.served import Served


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when it was measured. load: the load average, 1 minute, before and after."""

    date: str
    hardware: str
    load: tuple[float, float]

    def __str__(self) -> str:
        return f"{self.date}, {self.hardware}, load average {self.load[0]:.1f} before and {self.load[1]:.1f} after"


NOT_GOOD_ENOUGH = """\
- Things without a plain backdrop are hit or miss; what cannot be told from its surroundings is refused.
- Drawings before a busy place are cut along their paint when they are evenly painted. Shaded ones, such as anime, are
  cut like photographs: loose strands, and ornaments beside the figure, go wrong. Saved with strong compression, an
  evenly painted one loses about two hundredths of overlap.
- Dark hair before a dark backdrop, and hair before one of its own colour, has a rough edge, seen on white.
- A white cap, sleeve or shoe before a white sky or ground loses pieces, and so does anything large that has the
  backdrop's own colour where the segmenter is unsure.
- Bystanders and signs that are as sharp as the character and touch its shoulder leave scraps, most of all white ones
  beside a white collar and black ones beside a dark suit. Where another person stands in front, what is hidden is
  missing.
- Sleeves that were completed beyond the picture keep their weave and lose their folds and seams; strongly patterned
  ones are not completed, so such references are shown closer.
- Somebody whose shoulder or hair the reference's border cuts on one side stands at that side of a wide image.
- A crown that the border cuts off is rounded with mirrored hair, and looks a little flat.
- With `original`, what was behind the character is mirrored from beside it: a straight line that runs behind the head
  may bend there.
- Painting, comic, illustration and pencil are filters of the picture, not drawn anew: what the picture has too few
  pixels for, they have too.
- The beach, the snow, the library, the cabin, the café, the office with desks, the classroom, the railway coach, the
  street market, the stadium, the castle, the moon and the city at night are computer-rendered. They are always shown a
  little out of focus, where they pass; the image's notes say so.
- There is no plate of a spaceship, a swimming pool or a gym; the nearest is used, and the notes say so.
- Eyes look elsewhere by up to a sixth of their width, and the lids stay: with a long look up or down they would have to
  follow. Eyes that are narrow, small, in shadow, behind glare or already far aside keep their gaze, and so do drawings.
  Moved whites are smooth, without veins; enlarged four times it shows.
- The only expression is a slight smile of a closed mouth. It adds no folds and no teeth; mouths that are open, pursed,
  drooping, half turned away, under a dark moustache or drawn do not smile, and the notes say so when it was asked for.
- A face or a pet that fills the reference gives pictures that vary in crop, turn, light and, where they can be changed,
  gaze and smile alone; half-length and wide ones say so in their notes.
- Faces smaller than about 150 px look painted in close-ups, most of all in low light.
- Drawings are turned like a board with a cushion: angular things look slightly sheared in a three-quarter view."""


def performance(setting: Setting, rows: Sequence[Row], served: Served) -> str:
    """Return docs/performance.md."""
    lines = [
        "# Performance",
        "",
        f"Written by `make bench`: {setting}.",
        "Other programs make wall seconds longer; processor seconds, of both cores together, hardly feel them, and the",
        "ratios are made of those.",
        "",
        "| What | Runs | Median s | Processor s | Goal s | Floor, processor s | Ours / floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_line(row) for row in rows),
        "",
        f"Peak memory of the worker process: {max(served.peaks_mb):.0f} MB (goal 1200), the highest of "
        f"{len(served.peaks_mb)} servers.",
        "",
        "## What is timed",
        "",
        "- Imports: fresh interpreters, less their own start.",
        "- Warm: models loaded, one run before that does not count. The character is the bundled portrait, pictures are",
        "  1024 × 1024, every pose equally often, without a prompt.",
        "- Jobs: a real `castlist serve` whose worker says it is ready, then POST to completed over HTTP, four pictures",
        "  with every default: scored, watermarked, signed, encoded, stored. Cold is the first job of a server that has",
        "  made nothing yet; cached is a later one with the same reference. Their processor seconds are those of the API",
        "  and the worker.",
        "",
        "## The floor",
        "",
        "What cannot be left out, timed in the same run with the same libraries:",
        "",
        "- Prepare: one inference each of face detector, segmenter and face mesh. Ours segments nine views of a picture",
        "  and their mirror images, which is where the quality of the edge comes from, and solves edge, colours and depth.",
        "- A picture: one fetch of its pixels along a map, one blend, one PNG.",
        "- Score and mark: one inference each of face detector and face embedding, one PNG.",
        "- A job: four pictures, each found and embedded once; a cold one prepares as well.",
    ]
    return "\n".join(lines) + "\n"


def quality(setting: Setting, found: Quality, served: Served) -> str:
    """Return docs/quality.md."""
    parts = [
        "# Quality of the embedded engine",
        "",
        f"Written by `make bench`: {setting}. Only the bundled characters were measured: two photographed portraits,",
        "a pet, a thing and three drawings. Other pictures do worse, see the end.",
        "",
        "![Contact sheet: the portrait in all poses and in places, and the drawings](img/quality.jpg)",
        "",
        *_places(found),
        "",
        "## Identity",
        "",
        f"Both portraits' {len(found.portrait)} poses against their references, identity 0–1 as castlist scores it: "
        f"**median {found.median:.2f}** (goal 0.8), **minimum {found.least:.2f}** (goal 0.6).",
        "The face is the reference's own pixels, so high figures are what the method gives, not proof of likeness.",
        "",
        "| Pose | Astronaut | Officer with cap and glasses |",
        "| --- | ---: | ---: |",
        *(f"| {one.pose} | {a:.2f} | {b:.2f} |" for one, a, b in zip(found.portrait, *found.scores, strict=True)),
        "",
        "Others have no photographed face; the score compares colours and details and is no likeness of persons:",
        "",
        "| Drawing, pet or thing | Median | Minimum |",
        "| --- | ---: | ---: |",
        *_drawings(found),
        "",
        *_variety(found),
        "",
        *_edges(found),
        "",
        *_determinism(found, served),
        "",
        "## Not good enough yet",
        "",
        NOT_GOOD_ENOUGH,
    ]
    return "\n".join(parts) + "\n"


def write(docs: Path, name: str, text: str) -> None:
    """Write a page anew, except for the parts that other benches put there."""
    kept = blocks.all_of(docs / name)
    (docs / name).write_text("\n".join((text, *kept)), encoding="utf-8")


def _line(row: Row) -> str:
    goal = "" if row.goal_s is None else f"{row.goal_s:g}"
    floor = "" if row.floor_s is None else f"{row.floor_s[1]:.3f}"
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
    return f"| {row.what} | {len(row.runs)} | {row.runs.wall:.2f} | {row.runs.cpu:.2f} | {goal} | {floor} | {ratio} |"


def _places(found: Quality) -> list[str]:
    notes = [" ".join(one.made.notes) or "no notes" for one in found.places]
    lines = [f"- “{prompt}”: {note}" for prompt, note in zip(PROMPTS, notes, strict=True)]
    return ["What the engine notes on the pictures with a prompt:", "", *lines]


def _drawings(found: Quality) -> list[str]:
    every = {**found.drawings, **found.figures}
    scores = {sample: [one.identity.score or 0.0 for one in pictures] for sample, pictures in every.items()}
    return [f"| {Path(sample).stem} | {median(each):.2f} | {min(each):.2f} |" for sample, each in scores.items()]


def _variety(found: Quality) -> list[str]:
    weights = " + ".join(f"{weight} · {part}" for part, weight in formulas.WEIGHTS.items())
    return [
        "## Variety",
        "",
        "The mean over all pairs of a series of how far two pictures are apart, 0–1, measured on the finished pictures:",
        f"**{weights}**, where",
        "",
        f"- pose = min(1, √(Δyaw² + Δpitch² + Δroll²) / {formulas.POSE_DEG:g}°), the angles from the face mesh;",
        f"- framing = min(1, |log₂(face height / other face height)| / {formulas.FRAMING_OCTAVES:g});",
        f"- backdrop = min(1, √(ΔL² + Δa² + Δb²) / {formulas.BACKDROP_LAB:g}), Δ the earth mover's distance of a CIE Lab",
        "  channel's histograms behind the character. It sees colours, not what is where.",
        "",
        "| Series | Whole | Pose | Framing | Backdrop |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(f"| {name} | {_figures(one)} |" for name, one in found.variety.items()),
        "",
        f"Pictures in which no face could be measured and which do not count: {found.unmeasured}.",
    ]


def _figures(one: Difference) -> str:
    return " | ".join(f"{value:.2f}" for value in (one.whole, one.pose, one.framing, one.backdrop))


def _edges(found: Quality) -> list[str]:
    lines = [
        f"| {Path(sample).stem} | {Path(place).stem} | "
        + ("not found | | | |" if e is None else f"{e.overlap:.3f} | {e.whole:.4f} | {e.band:.3f} | {e.gradient:.4f} |")
        for sample, place, e in found.edges
    ]
    return [
        "## Edges",
        "",
        "Each character is put before a busy place with a known matte and cut out again. For the drawings the known matte",
        "is that of the drawing on its own plain paper, which is taken as true. For the portraits it is the engine's own",
        "first matte, so those lines say whether the cut is stable, not whether it is right.",
        "",
        "Overlap is intersection over union at half opacity; error the mean |difference| of the two mattes over the",
        f"picture; band the same within {formulas.BAND_PX} px of the outline; slope, there, the mean |difference| of their",
        "slopes, 1/px.",
        "",
        "| Character | Place | Overlap | Error | Band | Slope |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *lines,
        "",
        f"Width of the soft edge of the portrait with `transparent`, first pose: {found.edge_width_px:.1f} px of 1024, its",
        "area between 5 and 95 % opacity over its length. It says how soft the edge is and not whether it is in the right",
        "place; hair should be softer than cloth, and this is one mean over both.",
    ]


def _determinism(found: Quality, served: Served) -> list[str]:
    same = "the same pixels" if found.same_again else "OTHER PIXELS"
    jobs = "the same pixels in all of them" if len(set(served.pixels)) == 1 else "DIFFERENT PIXELS"
    return [
        "## Determinism",
        "",
        f"- The same request to two fresh engines: {same}.",
        f"- The same request over HTTP, {len(served.pixels)} jobs on {len(served.peaks_mb)} servers: {jobs}, as delivered.",
        f"- Another seed: {found.other_seed_alike} of {len(found.portrait)} pictures the same. Pose by pose the two series "
        f"are {found.other_seed.whole:.2f} apart",
        f"  (pose {found.other_seed.pose:.2f}, framing {found.other_seed.framing:.2f}, backdrop "
        f"{found.other_seed.backdrop:.2f}). The seed chooses the paper behind a series, and for every image its light, the side",
        "  of poses that name none, and a little of framing and turn.",
    ]
