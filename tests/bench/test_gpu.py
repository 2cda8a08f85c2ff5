"""The bench for GPUs: its FLOPs against published totals and torch's own count, all of it at tiny size."""

import json

import pytest

from bench import gpu
from bench.gpu import KLEIN_9B, KONTEXT, QWEN_EDIT, SHAPES, Case, job_flops, reference_flops, step_flops

TERA = 1e12
MEGAPIXEL = 4096
DRAWBENCH_WORDS = 25
"""Tokens of an average prompt there, which Qwen's encoder does not pad."""


@pytest.mark.parametrize(
    ("counted", "published"),
    [
        # FLUX.1-dev, 50 steps at 1024², text to image: vipshop/cache-dit, docs/benchmark/HYBRID_CACHE.md
        (50 * step_flops(KONTEXT, MEGAPIXEL, 512), 3726.87),
        # its linear layers for one step: the data set diffusers/benchmarks on the Hugging Face hub
        (step_flops(KONTEXT, MEGAPIXEL, 512) - 4 * (MEGAPIXEL + 512) ** 2 * 3072 * 57, 59.523),
        # Qwen-Image-Lightning, 4 steps on DrawBench: vipshop/cache-dit, the same page
        (4 * step_flops(QWEN_EDIT, MEGAPIXEL, DRAWBENCH_WORDS), 274.33),
    ],
    ids=["flux-1-dev", "flux-1-dev-linear", "qwen-image-lightning"],
)
def test_flops_are_within_half_a_percent_of_published_totals(counted, published):
    assert counted / TERA == pytest.approx(published, rel=0.005)


def test_sharing_saves_what_the_arithmetic_says():
    job, images, steps = {"images": 8, "references": 1}, 8, KLEIN_9B.steps
    shared, alone = (job_flops(KLEIN_9B, **job, shared=each) for each in (True, False))
    assert shared == reference_flops(KLEIN_9B, MEGAPIXEL) + images * steps * step_flops(
        KLEIN_9B, MEGAPIXEL, 512, cached=MEGAPIXEL
    )
    assert alone / shared == pytest.approx(1.84, abs=0.02)
    four = {"images": 8, "references": 4}
    ratio = job_flops(KLEIN_9B, **four, shared=False) / job_flops(KLEIN_9B, **four, shared=True)
    assert ratio == pytest.approx(4.14, abs=0.05)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("shared", [False, True])
def test_flops_are_those_that_torch_counts_in_a_run(name, shared):
    pytest.importorskip("torch", reason="castlist[gpu] is not installed: make gpu")
    from torch.utils.flop_counter import FlopCounterMode

    shape = gpu.tiny(SHAPES[name])
    with gpu.attention_of("math"), FlopCounterMode(display=False) as counter:  # torch does not count fused attention
        job = gpu.Job(shape, gpu.Mode("bf16", compiled=False), gpu.Setup("cpu", 64, (4, 4, 8, 8), 1.0, 1))
        before = counter.get_total_flops()
        job.run(Case(shape, images=2, references=2, shared=shared))
    parts = job.parts_flops
    expected = job_flops(shape, 2, references=2, shared=shared, side_px=64)
    expected += 2 * parts["encode"] + 2 * parts["decode"] + 2 * parts["prompt"]
    assert counter.get_total_flops() - before == pytest.approx(expected, rel=0.01)


FULL_SIZE = {
    "kontext": ("FluxTransformer2DModel", {"guidance_embeds": True}),
    "flux2-dev": ("Flux2Transformer2DModel", {}),
    "klein-9b-kv": (
        "Flux2Transformer2DModel",
        {"num_layers": 8, "num_single_layers": 24, "num_attention_heads": 32, "joint_attention_dim": 12288},
    ),
    "klein-4b": (
        "Flux2Transformer2DModel",
        {"num_layers": 5, "num_single_layers": 20, "num_attention_heads": 24, "joint_attention_dim": 7680},
    ),
    "qwen-edit": ("QwenImageTransformer2DModel", {}),
}


@pytest.mark.parametrize("name", FULL_SIZE)
def test_weights_are_as_many_as_in_the_real_transformer(name):
    torch = pytest.importorskip("torch", reason="castlist[gpu] is not installed: make gpu")
    diffusers = pytest.importorskip("diffusers")
    kind, config = FULL_SIZE[name]
    with torch.device("meta"):
        real = getattr(diffusers, kind)(**config)
        ours = gpu.models().Transformer(SHAPES[name])
    counts = [sum(weight.numel() for weight in one.parameters()) for one in (ours, real)]
    assert counts[0] == pytest.approx(counts[1], rel=0.005)


def test_the_whole_bench_runs_at_tiny_size(tmp_path, capsys):
    pytest.importorskip("torch", reason="castlist[gpu] is not installed: make gpu")
    rows = gpu.main(["--tiny", "--repetitions", "1", "--write", str(tmp_path / "gpu.md")])
    assert [row["failed"] for row in rows if "failed" in row] == []
    assert len(rows) == 2 * 7, "bf16 and fp8: klein with one and four references, shared and not; three others"
    assert all(row["seconds_per_image"] > 0 for row in rows)
    assert json.loads((tmp_path / "gpu.json").read_text()) == rows
    assert "klein-9b-kv, 8 × 4 references, shared" in capsys.readouterr().out


def test_a_back_end_that_is_not_there_costs_its_own_rows_alone():
    pytest.importorskip("torch", reason="castlist[gpu] is not installed: make gpu")
    rows = gpu.main(["--tiny", "--cases", "klein-4b", "--modes", "bf16", "--attention", "cudnn", "math"])
    assert ["failed" in row for row in rows] == [True, False]
