"""Measures what each file format costs, on pictures of the embedded engine. Called by `__main__` and its test."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import get_args

from bench import subjects
from bench.clock import Runs
from castlist.domain import poses
from castlist.domain.tasks import Pixels
from castlist.engines.studio import picture as studio
from castlist.engines.studio import reference
from castlist.engines.studio.plates import Collection
from castlist.vision import picture
from castlist.vision.picture import OutputFormat

SAMPLES = (subjects.PORTRAIT, subjects.DRAWINGS[0], subjects.FIGURES[0])


@dataclass(frozen=True, slots=True)
class Format:
    """One format: medians over the pictures, with each of them as often as asked."""

    name: str
    runs: Runs
    size_bytes: float


def pictures(samples: Sequence[str] = SAMPLES, shots: int = 3) -> list[Pixels]:
    """Make pictures of 1024 × 1024 with the embedded engine: of each character some poses, plain and in a place."""
    made: list[Pixels] = []
    for sample in samples:
        given = subjects.opened(sample)
        prepared = reference.prepare(given)
        for prompt in (None, "in a forest"):
            task = subjects.task(given, poses.POSES[:shots], prompt=prompt)
            scene = studio.stage(prepared, task, Collection())
            made += [studio.make(scene, shot, subjects.Unwatched())[0] for shot in task.shots]
    return made


def measure(made: Sequence[Pixels], repetitions: int) -> list[Format]:
    """Encode every picture in every format, in turns, and return what each format takes."""
    found = {name: (Runs(), list[int]()) for name in get_args(OutputFormat)}
    for _ in range(repetitions):
        for pixels in made:
            for name, (runs, sizes) in found.items():
                sizes.append(len(runs.time(lambda name=name, pixels=pixels: picture.encode(pixels, name))))
    return [Format(name, runs, median(sizes)) for name, (runs, sizes) in found.items()]
