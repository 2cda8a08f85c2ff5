"""Times the embedded engine's steps inside this process, each beside the floor of what cannot be left out.

Called by `studio`. The floor of a step is its models' inferences and the few passes over the pixels that any program
doing the same would need, with the same libraries, timed in the same run.
"""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from bench import subjects
from bench.clock import Row, Runs
from castlist.domain.tasks import Made, Pixels, Reference
from castlist.engines.studio import CARD, detail, reference
from castlist.engines.studio import picture as studio
from castlist.engines.studio.plates import Collection
from castlist.flow.encoding import encoder
from castlist.provenance.mark import Marking
from castlist.scoring.identity import Reference as Known
from castlist.vision import models, picture

DETECTOR_SIDE_PX = 704  # 640 px and a border of 32 px on all sides
IMPORTS = ("castlist", "castlist.cli.main")
IMPORT_GOAL_S = 0.3
PREPARE_GOAL_S, PICTURE_GOAL_S = 1.5, 0.9


def imports(runs: int) -> list[Row]:
    """Time imports in fresh interpreters, less the start of the interpreter itself."""
    rows: list[Row] = []
    for name in IMPORTS:
        timed = Runs()
        code = f"import time; w, c = time.perf_counter(), time.process_time(); import {name}; "
        code += "print(time.perf_counter() - w, time.process_time() - c)"
        for _ in range(runs + 1):
            printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
            timed.add(*(float(word) for word in printed.split()))
        del timed.wall_s[0], timed.cpu_s[0]  # the first reads the files from the disk
        rows.append(Row(f"`import {name}`", timed, IMPORT_GOAL_S))
    return rows


def run(model: str, *shape: int) -> Any:
    """Run a model once on nothing."""
    session = models.session(model)
    return session.run(None, {session.get_inputs()[0].name: np.zeros(shape, np.float32)})


def understand() -> None:
    """Find a face, segment, lay the mesh: once each."""
    run("yunet", 1, 3, DETECTOR_SIDE_PX, DETECTOR_SIDE_PX)
    run("selfie_segmentation", 1, 256, 256, 3)
    run("face_mesh", 1, 192, 192, 3)


def recognise() -> None:
    """Find a face and embed it: once each."""
    run("yunet", 1, 3, DETECTOR_SIDE_PX, DETECTOR_SIDE_PX)
    run("sface", 1, 3, 112, 112)


class PixelFloor:
    """One fetch of RGBA along a map, one blend, one PNG: what any picture of a cut-out before a backdrop needs."""

    def __init__(self, cut: Pixels) -> None:
        side = subjects.SIDE_PX
        x, y = np.meshgrid(np.linspace(0, cut.shape[1] - 1, side), np.linspace(0, cut.shape[0] - 1, side))
        self._cut, self._x, self._y = cut, x.astype(np.float32), y.astype(np.float32)
        self._back = np.full((side, side, 3), 200, np.float32)

    def __call__(self) -> bytes:
        drawn = cv2.remap(self._cut, self._x, self._y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        alpha = drawn[..., 3:].astype(np.float32) / np.float32(255)
        mixed = self._back + alpha * (drawn[..., :3] - self._back)
        return picture.encode(mixed.astype(np.uint8), "png")


def steps(repetitions: int) -> tuple[list[Row], tuple[float, float]]:
    """Time preparing, one picture in every pose, and what happens to a finished one.

    Returns:
        The rows, and the floor of a job of four pictures with the reference prepared, wall and processor seconds.
    """
    given = subjects.opened(subjects.PORTRAIT)
    prepared = reference.prepare(given)
    prepare, understanding, enlarge = Runs(), Runs(), Runs()
    for _ in range(repetitions):
        prepare.time(lambda: reference.prepare(given))
        understanding.time(understand)
        fresh = replace(prepared, closer=detail.Closer())
        enlarge.time(lambda fresh=fresh: detail.layers_for(fresh, 2 * detail.ENOUGH))
    pictures, pixels, made = _pictures(given, prepared, repetitions)
    landing, recognising = _landing(given, made, repetitions)
    png = Runs()
    for _ in range(repetitions):
        png.time(lambda: picture.encode(made[0].pixels, "png"))
    rows = [
        Row("prepare a reference, warm", prepare, PREPARE_GOAL_S, understanding.medians),
        Row("enlarge its head, once, when a shot comes close", enlarge),
        Row("one picture as PNG, warm, over all poses", pictures, PICTURE_GOAL_S, pixels.medians),
        Row(
            "score, watermark, tag and encode one picture",
            landing,
            None,
            (recognising.wall + png.wall, recognising.cpu + png.cpu),
        ),
    ]
    return rows, (4 * (pixels.wall + recognising.wall), 4 * (pixels.cpu + recognising.cpu))


def _pictures(given: Reference, prepared: reference.Prepared, repetitions: int) -> tuple[Runs, Runs, list[Made]]:
    """Time a picture of every pose and its floor in turns, after one round that warms what is kept."""
    scene = studio.stage(prepared, subjects.task(given), Collection())
    floor = PixelFloor(prepared.whole.pixels)
    ours, least, made = Runs(), Runs(), list[Made]()
    for shot in scene.task.shots:
        made.append(Made(shot.index, studio.make(scene, shot, subjects.Unwatched())[0], shot.seed, "", 0.0))
    for _ in range(repetitions):
        for shot in scene.task.shots:
            ours.time(lambda shot=shot: picture.encode(studio.make(scene, shot, subjects.Unwatched())[0], "png"))
            least.time(floor)
    return ours, least, made


def _landing(given: Reference, made: list[Made], repetitions: int) -> tuple[Runs, Runs]:
    """Time what is done to a finished picture before it is kept, and the inferences that scoring needs."""
    known = Known.prepare(given.pixels, given.alpha)
    encode = encoder(CARD, "png", Marking(credentials=False), now_ms=0)
    ours, least = Runs(), Runs()
    known.score(made[0].pixels)
    for one in made[: max(4, repetitions)]:
        ours.time(lambda one=one: (known.score(one.pixels), encode(one)))
        least.time(recognise)
    return ours, least
