"""One call of a pipeline: from shots to pictures. Knows what each family's pipeline wants to hear."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from castlist.domain import prompts
from castlist.domain.tasks import Made, Pixels, Reference, Shot, Task, Watch
from castlist.engines.diffusers import libraries
from castlist.engines.diffusers.garage import Loaded
from castlist.engines.diffusers.weights import Model
from castlist.vision.fit import fit, flatten

ENCODED, DECODED = 1, 1
"""Parts of the work before the first and after the last denoising step, counted as one step each."""


def shoot(loaded: Loaded, task: Task, shots: Sequence[Shot], watch: Watch) -> list[Made]:
    """Make these shots in one call.

    Every shot has a generator of its own, seeded with its seed and drawing on the CPU: its noise depends neither on its
    neighbours nor on the device. Raises JobCanceled through `watch`, at most one step after it was set.
    """
    watch.check()
    model, started = loaded.model, time.perf_counter()
    words = [prompts.render(task, shot) for shot in shots]
    whole = ENCODED + model.steps + DECODED

    def stepped(_pipe: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        for shot in shots:
            watch.progress(shot.index, (ENCODED + step + 1) / whole)
        watch.check()
        return tensors

    try:
        found = loaded.pipe(**_call(model, task, shots, words), callback_on_step_end=stepped)
    finally:
        loaded.pipe.maybe_free_model_hooks()  # a call that was broken off has left its part on the GPU
    seconds = (time.perf_counter() - started) / len(shots)
    pictures = [_picture(values, task) for values in found.images]
    return [
        Made(shot.index, picture, shot.seed, model.name, seconds, prompt=text)
        for shot, picture, text in zip(shots, pictures, words, strict=True)
    ]


def _call(model: Model, task: Task, shots: Sequence[Shot], words: list[str]) -> dict[str, Any]:
    """Return the arguments for a family's pipeline."""
    torch = libraries.torch()
    family = model.family
    images = [_image(reference) for reference in task.references]
    call: dict[str, Any] = {
        "image": images[0] if family.references == 1 else images,
        "prompt": words if family.together else words[0],
        "width": task.width_px,
        "height": task.height_px,
        "num_inference_steps": model.steps,
        "generator": [torch.Generator("cpu").manual_seed(shot.seed) for shot in shots],
        "output_type": "np",
        **family.extras,
    }
    if family.guidance_name:
        call[family.guidance_name] = model.guidance
    if family.area_name:
        call[family.area_name] = family.area(task.width_px, task.height_px)
    return call


def _image(reference: Reference) -> Any:
    from PIL import Image

    return Image.fromarray(flatten(reference.pixels, reference.alpha))


def _picture(values: Any, task: Task) -> Pixels:
    """Turn one picture of a pipeline, float [H, W, 3 or 4], 0–1, into one of the size that was asked for."""
    pixels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    alpha = np.divide(pixels[..., 3], 255, dtype=np.float32) if pixels.shape[2] == 4 else None
    return fit(flatten(np.ascontiguousarray(pixels[..., :3]), alpha), task.width_px, task.height_px)[0]
