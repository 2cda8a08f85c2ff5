"""Measure what one reference pass for all images of a job saves, on a tiny model: `make sharing`.

    python -m bench.sharing [--rounds 5] [--write]

Needs the extra `gpu` and no GPU. The model is FLUX.2 klein's transformer with a million random weights. A
job has an eighth of the tokens of one at a megapixel in the same proportions: 64 for the prompt, 512 for the picture
and 512 for each reference. Rounds are interleaved and the ratio is that of each round, so that whatever else the
machine does falls on all alike; one thread, because several wait for each other when other programs run.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import blocks
from bench.clock import Runs, hardware
from castlist.engines.diffusers import libraries

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
IMAGES, STEPS, PROMPT_TOKENS = 8, 4, 64
WIDTH_PX, HEIGHT_PX, TOKEN_PX = 512, 256, 16
TOKENS = WIDTH_PX * HEIGHT_PX // TOKEN_PX**2
SHAPE = {
    "num_layers": 1,
    "num_single_layers": 3,
    "attention_head_dim": 64,
    "num_attention_heads": 3,
    "axes_dims_rope": [16, 16, 16, 16],
}
GOALS = {1: 1.5, 4: 3.0}
"""By number of references, how many times faster than without sharing."""
PIPELINES = {"none": "Flux2KleinPipeline", "image": "Flux2KleinKVPipeline", "job": "Flux2KleinKVPipeline"}
"""What is shared: nothing, keys and values within one image, or within the whole job."""

Latents = list[Any]


@dataclass(slots=True)
class Result:
    """Jobs with so many references. `difference`: the largest between sharing in an image and in a job."""

    references: int
    runs: dict[str, Runs] = field(default_factory=lambda: {name: Runs() for name in PIPELINES})
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    difference: float = 0.0

    def ratio(self, over: str, *, cpu: bool = False) -> float:
        """Return the median over the rounds of how many times faster a shared job is."""
        slow, fast = self.runs[over], self.runs["job"]
        pairs = zip(slow.cpu_s, fast.cpu_s, strict=True) if cpu else zip(slow.wall_s, fast.wall_s, strict=True)
        return statistics.median(before / after for before, after in pairs)


class Bench:
    """The three ways to make a job, with the same weights."""

    def __init__(self, folder: Path, shape: dict[str, Any] | None = None) -> None:
        from castlist.engines.diffusers import garage
        from castlist.engines.diffusers.card import DiffusersOptions, Weights
        from castlist.engines.diffusers.weights import examine
        from castlist.testing import tiny_pipelines

        self._ways: dict[str, Any] = {}
        for way, kind in PIPELINES.items():
            weights = tiny_pipelines.save(kind, folder / way, **(shape or SHAPE))
            model = examine("flux-2-klein", Weights(weights=str(weights)), ["flux-non-commercial"])
            options = DiffusersOptions.model_validate({"shared_gb": 1 if way == "job" else 0})
            self._ways[way] = garage.load(model, options, garage.Device("cpu", "auto"))
        self._passed = 0
        for loaded in self._ways.values():
            loaded.pipe.transformer.transformer_blocks[0].register_forward_pre_hook(self._count, with_kwargs=True)

    def _count(self, _block: Any, _args: Any, call: dict[str, Any]) -> None:
        self._passed += call["hidden_states"].shape[1] + call["encoder_hidden_states"].shape[1]

    def job(self, way: str, references: int) -> tuple[Latents, int]:
        """Make a job from nothing; returns its images as latents and how many tokens went through the transformer."""
        import numpy as np
        import torch
        from PIL import Image

        loaded = self._ways[way]
        loaded.shelf.clear()
        self._passed = 0
        noise = np.random.default_rng(0).integers(0, 256, (references, HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
        made: Latents = []

        def seen(_pipe: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if step == STEPS - 1:
                made.append(tensors["latents"])
            return tensors

        for index in range(IMAGES):
            loaded.pipe(
                image=[Image.fromarray(pixels) for pixels in noise],
                prompt=f"The character from image 1, view {index}.",
                width=WIDTH_PX,
                height=HEIGHT_PX,
                num_inference_steps=STEPS,
                max_sequence_length=PROMPT_TOKENS,
                generator=[torch.Generator("cpu").manual_seed(index)],
                callback_on_step_end=seen,
                output_type="np",
            )
        return made, self._passed


def measure(bench: Bench, references: int, rounds: int) -> Result:
    """Run all three ways in turn, so many times, after one round that does not count."""
    result = Result(references)
    latents: dict[str, Latents] = {}
    for way in PIPELINES:
        latents[way], result.tokens[way] = bench.job(way, references)
    pairs = zip(latents["image"], latents["job"], strict=True)
    result.difference = max(float((one - other).abs().max()) for one, other in pairs)
    for _ in range(rounds):
        for way, runs in result.runs.items():
            runs.time(_once(bench, way, references))
    return result


def _once(bench: Bench, way: str, references: int) -> Callable[[], object]:
    return lambda: bench.job(way, references)


def page(results: list[Result], load: tuple[float, float]) -> str:
    """Return the part of the page that shows this."""
    lines = [
        "## One reference pass for a whole job",
        "",
        f"Written by `make sharing`: {time.strftime('%Y-%m-%d')}, {hardware()}, one thread, "
        f"load average {load[0]:.1f} before and {load[1]:.1f} after.",
        f"A tiny FLUX.2 klein 9B-KV with random weights, float32, jobs of {IMAGES} images × {STEPS} steps, with text, "
        f"references and pictures encoded and decoded; {PROMPT_TOKENS} tokens of prompt, {TOKENS} of picture and of "
        "each reference, the proportions of a megapixel.",
        "",
        "| References | Nothing shared, s | Within an image, s | Within the job, s | Faster than nothing shared "
        "| Goal | By the clock on the wall | Faster than within an image | Tokens saved | Largest difference |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in results:
        seconds = " | ".join(f"{one.runs[way].cpu:.2f}" for way in PIPELINES)
        saved = one.tokens["none"] / one.tokens["job"]
        lines.append(
            f"| {one.references} | {seconds} | **{one.ratio('none', cpu=True):.2f} ×** | {GOALS[one.references]:.1f} × "
            f"| {one.ratio('none'):.2f} × | {one.ratio('image', cpu=True):.2f} × | {saved:.2f} × "
            f"| {one.difference:.1f} |"
        )
    return "\n".join(
        [
            *lines,
            "",
            f"Medians of {len(results[0].runs['job'])} interleaved rounds, processor seconds, which other programs "
            "hardly touch; a ratio is the median of the rounds' own. "
            "The first job of a character is measured; a later one needs no reference pass at all. The difference is "
            "between the latents of diffusers' own pipeline, which keeps keys and values within one image, and ours.",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    chosen = parser.parse_args()
    libraries.torch().set_num_threads(1)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        results = [measure(bench, references, chosen.rounds) for references in GOALS]
    text = page(results, (before, os.getloadavg()[0]))
    if chosen.write:
        blocks.put(PAGE, "sharing", text)
    print(text)


if __name__ == "__main__":
    main()
