"""Measure the scores on this machine and write the figures of docs/scores.md: part of `make bench`.

    python -m bench.scores [--faces FOLDER] [--drawings FOLDER]

A folder holds one picture per character, or one folder of pictures per character; pictures of other people are what the
scores must tell apart. Without them the bundled pictures are used, one portrait and three drawings, and the page stays.
"""

import argparse
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median

import numpy as np

from bench import edits, subjects
from bench.clock import Runs, hardware
from bench.speed import DETECTOR_SIDE_PX, run
from castlist import data
from castlist.domain.errors import CastlistError
from castlist.domain.poses import POSES
from castlist.domain.tasks import Made, Pixels, Reference
from castlist.engines.studio import StudioEngine
from castlist.scoring import copies
from castlist.scoring.face import known_faces
from castlist.scoring.identity import Identity, best_of, compare_faces
from castlist.scoring.identity import Reference as Known
from castlist.vision import picture

PAGE = Path(__file__).parent.parent / "docs" / "scores.md"
MARKS = "<!-- measured -->", "<!-- end of what was measured -->"
MAX_SIDE_PX = 1536
ROUNDS = 3
GOAL_MS = 120
LOOKED_AT = 3
"""Other references that a picture of a drawing is compared with."""


@dataclass(slots=True)
class Character:
    """One character: its first picture as the reference, the others, and the pictures made of it."""

    name: str
    reference: Reference
    known: Known
    others: list[Pixels] = field(default_factory=list[Pixels])
    edited: list[tuple[str, Pixels]] = field(default_factory=list[tuple[str, Pixels]])
    posed: list[tuple[str, Pixels]] = field(default_factory=list[tuple[str, Pixels]])

    @property
    def same(self) -> list[Pixels]:
        """All pictures that show this character, but for the reference itself."""
        return [*self.others, *(image for _, image in self.edited), *(image for _, image in self.posed)]


@dataclass(slots=True)
class Separation:
    """Scores of pictures of the same character and of others, with their verdicts; what cannot be compared is 0."""

    same: list[float] = field(default_factory=list[float])
    different: list[float] = field(default_factory=list[float])
    verdicts: dict[tuple[bool, str], int] = field(default_factory=dict[tuple[bool, str], int])

    def add(self, same: bool, found: Identity) -> None:
        (self.same if same else self.different).append(found.score or 0.0)
        self.verdicts[same, found.verdict] = self.verdicts.get((same, found.verdict), 0) + 1

    @property
    def auc(self) -> float:
        """The chance that a picture of the same character scores above one of another; ties count half."""
        return area(self.same, self.different)


def area(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the area under the ROC curve. Source: Mann and Whitney 1947, by ranks."""
    low = np.sort(np.asarray(below))
    places = np.searchsorted(low, above, "left") + np.searchsorted(low, above, "right")
    return float(places.mean()) / (2 * len(low))


def opened(folder: Path, poses: int) -> Iterator[Character]:
    """Open the characters of a folder that show a subject at all."""
    for path in sorted(folder.iterdir()):
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        pictures = [found for file in files if (found := _open(file.read_bytes())) is not None]
        if pictures:
            yield _character(path.stem, pictures, poses)


def bundled(names: Sequence[str], poses: int) -> Iterator[Character]:
    for name in names:
        found = _open(data.path(name).read_bytes())
        if found is not None:
            yield _character(Path(name).stem, [found], poses)


def _open(content: bytes) -> Reference | None:
    try:
        found = picture.decode(content, max_side=MAX_SIDE_PX)
    except CastlistError:
        return None
    return Reference(found.pixels, found.sha256, found.alpha)


def _character(name: str, pictures: Sequence[Reference], poses: int) -> Character:
    first = pictures[0]
    known = Known.prepare(first.pixels, first.alpha)
    made = Character(name, first, known, [other.pixels for other in pictures[1:]])
    made.edited = list(edits.made(first.pixels, edits.LIGHT | edits.STRONG))
    try:
        for outcome in StudioEngine().generate(subjects.task(first, POSES[:poses]), subjects.Unwatched()):
            if isinstance(outcome, Made):
                made.posed.append((POSES[outcome.index].id, np.ascontiguousarray(outcome.pixels[..., :3])))
    except CastlistError:
        pass  # the engine finds no subject: its edits are left to measure
    return made


def separate(characters: Sequence[Character]) -> Separation:
    """Score every picture against its own character and others: all of them by their faces, a few by their looks.

    A picture's faces are measured once, as a job does; looks are laid over each picture anew.
    """
    found = Separation()
    for place, shown in enumerate(characters):
        for turn, image in enumerate(shown.same):
            if shown.known.faces:
                faces = known_faces(image)
                for known in characters:
                    found.add(known is shown, compare_faces(known.known.faces, faces))
                continue
            found.add(True, shown.known.score(image))
            for step in range(1, min(LOOKED_AT, len(characters) - 1) + 1):
                other = characters[(place + 1 + (turn * LOOKED_AT + step) % (len(characters) - 1)) % len(characters)]
                found.add(False, other.known.score(image))
    return found


@dataclass(frozen=True, slots=True)
class Copies:
    """How many edited copies were flagged, and how many pictures that are none."""

    flagged: int
    edited: int
    false: int
    others: int
    missed: list[str]


def copied(characters: Sequence[Character]) -> Copies:
    """Compare every reference with its light edits, with its own poses and with all other references."""
    prints = [copies.imprint(one.reference.pixels) for one in characters]
    missed, edited, false, others = [], 0, 0, 0
    for one, known in zip(characters, prints, strict=True):
        for name, image in one.edited:
            if name in edits.LIGHT:
                edited += 1
                if not copies.lay_over(known, copies.imprint(image)).is_copy:
                    missed.append(f"{one.name}, {name}")
        for _, image in one.posed:
            others += 1
            false += copies.lay_over(known, copies.imprint(image)).is_copy
    for one, other in combinations(prints, 2):
        others += 1
        false += copies.lay_over(one, other).is_copy
    return Copies(edited - len(missed), edited, false, others, missed)


def timed(character: Character) -> tuple[Runs, Runs, Runs]:
    """Time scoring one picture, looking whether it is a copy, and the floor: each network once."""
    images = [image for _, image in character.posed] or [image for _, image in character.edited]
    scoring, comparing, floor = Runs(), Runs(), Runs()
    album = copies.Album.of([character.reference.pixels])
    best_of([character.known], images[0])
    for turn in range(ROUNDS):
        for index, image in enumerate(images):
            scoring.time(lambda image=image: best_of([character.known], image))
            if turn == 0:
                comparing.time(lambda index=index, image=image: album.add(index, image))
            floor.time(least)
    return scoring, comparing, floor


def least() -> None:
    """Find a face, lay the mesh on it and measure it twice."""
    run("yunet", 1, 3, DETECTOR_SIDE_PX, DETECTOR_SIDE_PX)
    run("face_mesh", 1, 192, 192, 3)
    run("sface", 1, 3, 112, 112)
    run("dlib_face", 1, 3, 150, 150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, help="photographed people, one each")
    parser.add_argument("--drawings", type=Path, help="drawn characters, animals and things")
    parser.add_argument("--poses", type=int, default=len(POSES), help="pictures by the studio engine, of each")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    people = list(opened(chosen.faces, chosen.poses) if chosen.faces else bundled([subjects.PORTRAIT], chosen.poses))
    faced = [one for one in people if one.known.faces]
    looks = list(opened(chosen.drawings, chosen.poses) if chosen.drawings else bundled(subjects.DRAWINGS, chosen.poses))
    looks = [one for one in looks if not one.known.faces and one.known.look]
    lines = [
        f"Measured by `python -m bench.scores`, {time.strftime('%Y-%m-%d')}, {hardware()}, "
        f"load average {before:.1f} before and {os.getloadavg()[0]:.1f} after.",
        "",
        *_separations([("Photographed people", faced), ("Drawings, animals, things", looks)]),
        "",
        *_copies(copied([*faced, *looks])),
        "",
        *_times(faced[0], looks[0] if looks else None),
    ]
    print("\n".join(lines))
    if not chosen.faces:
        return
    text = PAGE.read_text("utf-8")
    pattern = re.compile(f"(?<={re.escape(MARKS[0])}\n).*?(?={re.escape(MARKS[1])})", re.S)
    PAGE.write_text(pattern.sub(lambda _: "\n".join(["", *lines, "", ""]), text), "utf-8")


def _separations(groups: Sequence[tuple[str, Sequence[Character]]]) -> list[str]:
    rows = [
        "| Reference | Characters | Same | AUC | Lowest and median of the same | Highest of others "
        "| Verdicts on the same | Verdicts on others |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |",
    ]
    for title, characters in groups:
        found = separate(characters)
        if not found.same:
            continue
        low = f"{min(found.same):.2f}, {median(found.same):.2f}"
        high = f"{max(found.different):.2f}" if found.different else ""
        auc = f"**{found.auc:.4f}**" if found.different else "one character alone"
        verdicts = [_verdicts(found, same) for same in (True, False)]
        rows.append(
            f"| {title} | {len(characters)} | {len(found.same)} | {auc} | {low} | {high} | {' | '.join(verdicts)} |"
        )
    return rows


def _verdicts(found: Separation, same: bool) -> str:
    words = ("same", "uncertain", "different", "not_comparable")
    return ", ".join(f"{count} {word}" for word in words if (count := found.verdicts.get((same, word), 0)))


def _copies(found: Copies) -> list[str]:
    share, false = found.flagged / found.edited, found.false / max(found.others, 1)
    missed = f" Missed: {'; '.join(found.missed[:6])}." if found.missed else ""
    return [
        f"Copies: **{found.flagged} of {found.edited}** verbatim or lightly edited references flagged ({share:.1%}), "
        f"**{found.false} of {found.others}** false alarms ({false:.1%}).{missed}"
    ]


def _times(person: Character, drawing: Character | None) -> list[str]:
    rows = ["| Step, one picture of 1024 × 1024 | Median ms | 95 % ms | Processor ms |", "| --- | ---: | ---: | ---: |"]
    for what, character in (("photographed person", person), ("drawing", drawing)):
        if character is None:
            continue
        scoring, comparing, floor = timed(character)
        rows += [_time(f"score, {what} (goal {GOAL_MS})", scoring), _time(f"look for copies, {what}", comparing)]
        if what == "photographed person":
            rows.append(_time("floor: the four networks, once each", floor))
    return rows


def _time(what: str, runs: Runs) -> str:
    slow = float(np.percentile(runs.wall_s, 95))
    return f"| {what} | {1000 * runs.wall:.0f} | {1000 * slow:.0f} | {1000 * runs.cpu:.0f} |"


if __name__ == "__main__":
    main()
