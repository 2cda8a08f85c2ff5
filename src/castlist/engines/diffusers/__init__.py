"""Diffusion models on this machine, through diffusers. Found by the catalogue like every engine.

Libraries and weights are loaded at the first job. A pipeline runs one call at a time, in the job's own thread, so the
event loop goes on; the picture before is scored and encoded meanwhile.
"""

import dataclasses
import threading
from collections.abc import Iterator, Mapping, Sequence

import structlog

from castlist.domain.cards import EngineOptions
from castlist.domain.errors import EngineFailed
from castlist.domain.tasks import Made, NotMade, Outcome, Shot, Task, Watch
from castlist.engines.base import Local
from castlist.engines.diffusers import libraries
from castlist.engines.diffusers.card import CARD, DiffusersOptions
from castlist.engines.diffusers.garage import Device, Garage
from castlist.engines.diffusers.shoot import shoot
from castlist.engines.diffusers.weights import Model, NotUsable, examine

__all__ = ["CARD", "DiffusersEngine", "DiffusersOptions"]

LOOK_SECONDS = 0.2
"""How often a job that waits for the GPU looks whether it is still wanted."""
FULL = "There was not enough memory on this machine to make this image."


class DiffusersEngine(Local):
    """See `card.CARD`."""

    card = CARD

    def __init__(self, options: EngineOptions | None = None, secrets: Mapping[str, str] | None = None) -> None:
        super().__init__(options, secrets)
        self.chosen = (
            self.options if isinstance(self.options, DiffusersOptions) else DiffusersOptions.model_validate({})
        )
        self.models, self.problems = _examined(self.chosen)
        if self.models:
            most = {name: model.references for name, model in self.models.items()}
            self.card = dataclasses.replace(
                self.card, model_types=tuple(self.models), references=(1, max(most.values())), references_by=most
            )
        elif self.problems:  # the weights may lie on another machine, whose worker runs them
            self.card = dataclasses.replace(self.card, model_types=tuple(self.problems))
        self.card = dataclasses.replace(self.card, substitutes=tuple(self.chosen.substitutes))
        self._busy = threading.Lock()
        self._garage: Garage | None = None

    def unready(self) -> str | None:
        """See `engines.base.Engine`."""
        if not self.chosen.models:
            return "needs weights: [engines.diffusers.models], see docs/local-gpu.md"
        if absent := libraries.missing():
            return f"needs {', '.join(absent)}: pip install 'castlist[gpu]'"
        return None if self.models else self.remark()

    def remark(self) -> str | None:
        """See `engines.base.Engine`: what is wrong with weights, by model type."""
        return "; ".join(f"{name}: {why}" for name, why in self.problems.items()) or None

    def generate(self, task: Task, watch: Watch) -> Iterator[Outcome]:
        """Make the task's images, as many at once as the options and the model allow."""
        model = self.models.get(task.model_type)
        if model is None:
            yield from (
                NotMade(shot.index, EngineFailed.code, f"{task.model_type} is not set up.") for shot in task.shots
            )
            return
        stands_in = task.model_type in self.chosen.substitutes
        notes = (f"{model.name} stands in for {task.model_type}.",) if stands_in else ()
        waiting, size = list(task.shots), self.chosen.batch if model.family.together else 1
        while waiting and size:
            made = self._some(model, task, waiting[:size], watch)
            size = min(size, len(made))
            del waiting[:size]
            yield from (dataclasses.replace(one, notes=notes) for one in made)
        yield from (NotMade(shot.index, EngineFailed.code, FULL) for shot in waiting)

    def close(self) -> None:
        """Drop every model."""
        with self._busy:
            if self._garage is not None:
                self._garage.close()

    def _some(self, model: Model, task: Task, shots: Sequence[Shot], watch: Watch) -> list[Made]:
        """Make these shots at once, or as many of the first as there is memory for; none when not even one fits."""
        while not self._busy.acquire(timeout=LOOK_SECONDS):
            watch.check()
        try:
            watch.check()
            if self._garage is None:
                self._garage = Garage(self.chosen, Device(self.chosen.device, self.chosen.dtype))
            return _within_memory(self._garage, model, task, shots, watch)
        finally:
            self._busy.release()


def _within_memory(garage: Garage, model: Model, task: Task, shots: Sequence[Shot], watch: Watch) -> list[Made]:
    """Try all shots, then half of them and so on, then one with everything else out of the way, then part by part."""
    log, count, cleared = structlog.get_logger().bind(model=model.name), len(shots), False
    while True:
        try:
            return shoot(garage.take(model), task, shots[:count], watch)
        except libraries.torch().OutOfMemoryError as problem:
            # What was computed so far lives as long as the exception does, so memory is given back only after this.
            log.warning("out of memory", images=count, reason=str(problem).partition("\n")[0])
        garage.make_room(model)
        if count > 1:
            count //= 2
        elif cleared and not garage.offload(model):
            log.error("one image alone does not fit; smaller weights, or placement = 'sequential', may help")
            return []
        cleared = True


def _examined(chosen: DiffusersOptions) -> tuple[dict[str, Model], dict[str, str]]:
    """Return the usable models and what is wrong with the others, by model type."""
    models: dict[str, Model] = {}
    problems: dict[str, str] = {}
    for model_type, wanted in chosen.models.items():
        try:
            models[model_type] = examine(model_type, wanted, chosen.accept_licences)
        except NotUsable as problem:
            problems[model_type] = str(problem)
    for model_type, other in chosen.substitutes.items():
        if other in models:
            models[model_type] = models[other]
        else:
            problems[model_type] = f"its substitute {other} is not there"
    return models, problems
