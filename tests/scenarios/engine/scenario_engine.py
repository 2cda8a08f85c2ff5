"""An engine that takes as long as it is told and draws stripes: installed by its entry point, as anybody's would be."""

import time
from collections.abc import Iterator

import numpy as np

from castlist.domain.cards import Card, EngineOptions
from castlist.domain.model_types import DEFAULT_MODEL_TYPE
from castlist.domain.tasks import Made, Outcome, Task, Watch
from castlist.engines.base import Local

SIDE_PX = 64
STEP_SECONDS = 0.02


class Options(EngineOptions):
    seconds: float = 0.0


class Stripes(Local):
    card = Card(
        id="stripes",
        title="Stripes",
        summary="Draws stripes, slowly.",
        model_types=(DEFAULT_MODEL_TYPE,),
        kind="local",
        seed="exact",
        progress=True,
        cancel=True,
        licence="Apache-2.0",
        source="these tests",
        options=Options,
    )

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        seconds = self.options.seconds
        for shot in task.shots:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                watch.check()
                watch.progress(shot.index, 1 - left / seconds)
                time.sleep(min(left, STEP_SECONDS))
            pixels = np.random.default_rng(shot.seed).integers(0, 255, (SIDE_PX, 1, 3), dtype=np.uint8)
            yield Made(shot.index, np.repeat(pixels, SIDE_PX, axis=1), shot.seed, "stripes-1", seconds)
