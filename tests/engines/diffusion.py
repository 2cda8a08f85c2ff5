"""What the tests of the local diffusion engine share."""

import dataclasses

from castlist.domain.tasks import Made
from castlist.engines.diffusers import DiffusersEngine, DiffusersOptions
from castlist.engines.diffusers.garage import Device, Garage
from castlist.testing.engine_kit import Followed, a_reference, a_task

ACCEPTED = ["flux-1-dev-non-commercial", "flux-non-commercial", "qwen-research"]
FAMILIES = {
    "FluxKontextPipeline": "flux-kontext",
    "Flux2Pipeline": "flux-2-dev",
    "Flux2KleinPipeline": "flux-2-klein",
    "Flux2KleinKVPipeline": "flux-2-klein",
    "QwenImageEditPlusPipeline": "qwen-image-edit",
    "QwenImage21Pipeline": "qwen-image-edit",
}
SIDE_PX = 64


def engine_for(folders, *, steps=2, **options):
    """Return an engine with these weights by model type, in few steps, on the CPU."""
    models = {name: {"weights": folder, "steps": steps} for name, folder in folders.items()}
    return DiffusersEngine(DiffusersOptions(models=models, accept_licences=ACCEPTED, device="cpu", **options))


def small(model_type, *, shots=2, references=1):
    """Return a task of few pixels."""
    given = [a_reference(seed, side_px=SIDE_PX) for seed in range(references)]
    return dataclasses.replace(a_task(model_type, shots=shots, references=given), width_px=SIDE_PX, height_px=SIDE_PX)


def pictures(engine, task, watch=None):
    outcomes = list(engine.generate(task, watch or Followed()))
    assert all(isinstance(outcome, Made) for outcome in outcomes), outcomes
    return {made.index: made.pixels for made in outcomes}


def loaded_of(engine, task):
    """Load an engine's model without running it."""
    engine._garage = engine._garage or Garage(engine.chosen, Device("cpu", "auto"))
    return engine._garage.take(engine.models[task.model_type])
