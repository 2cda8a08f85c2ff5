"""What is computed once for a job, and that nobody ever gets what belongs to somebody else."""

import dataclasses

import numpy as np
import pytest
from diffusion import FAMILIES, engine_for, loaded_of, pictures, small

from castlist.domain.tasks import Shot
from castlist.engines.diffusers import DiffusersEngine, DiffusersOptions
from castlist.engines.diffusers.shared import Shelf, Unknown, fingerprint, remember
from castlist.testing.engine_kit import Followed, a_reference

torch = pytest.importorskip("torch", reason="castlist[gpu] is not installed: make gpu")


class Counted:
    """Counts how often parts of a pipeline compute."""

    def __init__(self, loaded):
        self.pictures = self.texts = self.passes = 0
        pipe = loaded.pipe
        pipe.vae.encoder.register_forward_pre_hook(lambda *_: self._add("pictures"))
        pipe.text_encoder.register_forward_pre_hook(lambda *_: self._add("texts"))
        pipe.transformer.register_forward_pre_hook(self._looked, with_kwargs=True)

    def _add(self, name):
        setattr(self, name, getattr(self, name) + 1)

    def _looked(self, _module, _args, call):
        self.passes += call.get("kv_cache_mode") == "extract"  # registered after ours, so it sees what really runs


@pytest.mark.parametrize(
    "pipeline", ["FluxKontextPipeline", "Flux2Pipeline", "Flux2KleinPipeline", "QwenImage21Pipeline"]
)
def test_a_reference_is_encoded_once_for_all_images_and_jobs(tiny, pipeline):
    model_type = FAMILIES[pipeline]
    engine, task = engine_for({model_type: tiny(pipeline)}), small(model_type, shots=3)
    counted = Counted(loaded_of(engine, task))
    pictures(engine, task)
    assert counted.pictures == 1
    assert counted.texts == 3, "each shot has words of its own"
    again = [dataclasses.replace(shot, seed=shot.seed + 9) for shot in task.shots]
    pictures(engine, dataclasses.replace(task, shots=tuple(again)))
    assert (counted.pictures, counted.texts) == (1, 3), "a retake has the same words"


@pytest.mark.parametrize(
    "pipeline", ["FluxKontextPipeline", "Flux2Pipeline", "Flux2KleinKVPipeline", "QwenImage21Pipeline"]
)
def test_sharing_changes_no_bit(tiny, pipeline):
    model_type = FAMILIES[pipeline]
    task = small(model_type, shots=3)
    shared = pictures(engine_for({model_type: tiny(pipeline)}), task)
    alone = pictures(engine_for({model_type: tiny(pipeline)}, shared_gb=0), task)
    assert all(np.array_equal(shared[index], alone[index]) for index in alone)


def latents(pipe, references, prompt, seed, size=(64, 64)):
    """Return what a pipeline denoises, float32, before it is a picture."""
    from PIL import Image

    images = [Image.fromarray(reference.pixels) for reference in references]
    generator = [torch.Generator().manual_seed(seed)]
    said = {"width": size[0], "height": size[1], "num_inference_steps": 4, "output_type": "latent"}
    return pipe(image=images, prompt=prompt, generator=generator, **said).images


@pytest.mark.parametrize("count", [1, 4])
def test_one_reference_pass_serves_every_prompt_seed_and_size_to_the_bit(tiny, count):
    from diffusers import Flux2KleinKVPipeline

    shape = {"num_layers": 2, "num_single_layers": 3, "num_attention_heads": 4}
    folder = tiny("Flux2KleinKVPipeline", **shape)
    theirs = Flux2KleinKVPipeline.from_pretrained(folder, use_safetensors=True, local_files_only=True)
    engine, task = engine_for({"flux-2-klein": folder}), small("flux-2-klein")
    loaded = loaded_of(engine, task)
    counted = Counted(loaded)
    references = [a_reference(seed, side_px=64) for seed in range(count)]
    cases = [("a cat", 1, (64, 64)), ("the same person hiking on a mountain", 2, (64, 64)), ("x", 3, (128, 64))]
    for case in cases:
        difference = latents(loaded.pipe, references, *case) - latents(theirs, references, *case)
        assert float(difference.abs().max()) == 0.0
    assert counted.passes == 1


def test_another_character_gets_another_reference_pass(tiny):
    engine = engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")})
    fresh = engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")}, shared_gb=0)
    first = small("flux-2-klein", shots=1)
    counted = Counted(loaded_of(engine, first))
    changed = first.references[0].pixels.copy()
    changed[3, 5, 1] ^= 255  # one value in one pixel of somebody else's picture, under the same name
    others = [(a_reference(5, side_px=64),), (dataclasses.replace(first.references[0], pixels=changed),)]
    tasks = [first, *(dataclasses.replace(first, references=given) for given in others)]
    for task in [*tasks, *tasks]:
        assert np.array_equal(pictures(engine, task)[0], pictures(fresh, task)[0])
    assert counted.passes == len(tasks)


def test_order_and_number_of_references_make_another_pass(tiny):
    engine, task = engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")}), small("flux-2-klein", references=2)
    counted = Counted(loaded_of(engine, task))
    turned = dataclasses.replace(task, references=task.references[::-1])
    fewer = dataclasses.replace(task, references=task.references[:1])
    for each in (task, turned, fewer, task):
        pictures(engine, each)
    assert counted.passes == 3


def test_other_weights_never_see_the_shelf(tiny):
    folders = [tiny("Flux2KleinKVPipeline", seed=seed) for seed in (0, 1)]
    engine = engine_for({"flux-2-klein": folders[0]}, substitutes={})
    other = engine_for({"flux-2-klein": folders[1]})
    engine._garage = other._garage = None
    task = small("flux-2-klein")
    loaded_of(engine, task)
    other._garage = engine._garage  # one garage, two models
    mine, theirs = pictures(engine, task), pictures(other, task)
    assert len(engine._garage.models) == 2
    assert not np.array_equal(mine[0], theirs[0])
    fresh = pictures(engine_for({"flux-2-klein": folders[1]}), task)
    assert np.array_equal(theirs[0], fresh[0])


def test_a_lora_makes_other_weights_of_them(tiny, tmp_path):
    pytest.importorskip("peft")
    from safetensors.torch import save_file

    folder, task = tiny("Flux2KleinKVPipeline"), small("flux-2-klein", shots=1)
    bare = engine_for({"flux-2-klein": folder})
    before = pictures(bare, task)[0]
    layer = "transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj"
    inner, outer = loaded_of(bare, task).pipe.transformer.single_transformer_blocks[0].attn.to_qkv_mlp_proj.weight.shape
    parts = {"lora_A": torch.ones(2, outer), "lora_B": torch.ones(inner, 2)}
    save_file({f"{layer}.{name}.weight": part for name, part in parts.items()}, tmp_path / "ink.safetensors")
    over = {"weights": folder, "steps": 2, "lora": str(tmp_path / "ink.safetensors")}
    options = {"models": {"flux-2-klein": over}, "accept_licences": ["flux-non-commercial"], "device": "cpu"}
    with_lora = DiffusersEngine(DiffusersOptions.model_validate(options))
    with_lora._garage = bare._garage
    after = pictures(with_lora, task)[0]
    assert len(bare._garage.models) == 2
    assert not np.array_equal(before, after)
    assert np.array_equal(pictures(bare, task)[0], before)


def test_a_batch_uses_one_pass_too(tiny):
    engine, task = engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")}, batch=2), small("flux-2-klein", shots=4)
    counted = Counted(loaded_of(engine, task))
    pictures(engine, task)
    assert counted.passes == 1


def test_a_canceled_pass_leaves_nothing_wrong_behind(tiny):
    engine, task = engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")}), small("flux-2-klein")
    with pytest.raises(Exception, match="canceled"):
        list(engine.generate(task, Followed(cancel_after_checks=2)))
    fresh = pictures(engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")}), task)
    assert np.array_equal(pictures(engine, task)[1], fresh[1])


DIFFERENT = [
    torch.zeros(4),
    torch.zeros(2, 2),
    torch.zeros(4, dtype=torch.float64),
    torch.zeros(4, dtype=torch.int32),
    torch.tensor([0.0, 0, 0, -0.0]),
    [torch.zeros(2), torch.zeros(2)],
    [torch.zeros(1), torch.zeros(3)],
    [0, 0, 0, 0],
    [0.0, 0, 0, 0],
    ["0", 0, 0, 0],
    ["a", "bc"],
    ["ab", "c"],
    ["abc"],
    "abc",
    [["a"], "b"],
    ["a", ["b"]],
    {"a": "b"},
    ["a", "b"],
    [],
    {},
    "",
    None,
    False,
    0,
    "None",
    torch.device("cpu"),
    "cpu",
    torch.float32,
]


def test_no_two_different_things_have_one_fingerprint():
    assert len({fingerprint(one) for one in DIFFERENT}) == len(DIFFERENT)
    assert fingerprint(torch.arange(6).view(2, 3).T) == fingerprint(torch.arange(6).view(2, 3).T.contiguous())


def test_what_has_no_content_is_never_remembered():
    with pytest.raises(Unknown):
        fingerprint([object()])

    class Owner:
        calls = 0

        def work(self, given):
            self.calls += 1
            return torch.zeros(1)

    owner, shelf = Owner(), Shelf(1000)
    remember(owner, "work", shelf)
    for _ in range(2):
        owner.work(object())
    assert (owner.calls, len(shelf)) == (2, 0)
    for given in (1, 1, 2):
        owner.work(given=given)
    assert owner.calls == 4


def test_a_shelf_forgets_what_was_used_longest_ago():
    shelf = Shelf(limit_bytes=100)
    for name in "abc":
        shelf.put(name, (torch.zeros(10), None))  # 40 bytes
    assert shelf.get("a") is None
    assert shelf.get("b") is not None
    shelf.put("d", torch.zeros(10))
    assert shelf.get("c") is None
    assert shelf.get("b") is not None
    assert shelf.size_bytes == 80
    shelf.put("e", torch.zeros(1000))
    assert shelf.get("e") is None
    shelf.shrink()
    shelf.put("f", torch.zeros(10))
    assert (len(shelf), shelf.size_bytes) == (1, 40)
    shelf.put("g", torch.zeros(10))
    assert len(shelf) == 1


def test_shots_of_one_job_differ_only_by_what_is_theirs(tiny):
    engine, task = engine_for({"flux-2-klein": tiny("Flux2KleinKVPipeline")}), small("flux-2-klein", shots=2)
    same = dataclasses.replace(task, shots=(task.shots[0], Shot(7, task.shots[0].pose, task.shots[0].seed)))
    made = pictures(engine, same)
    assert np.array_equal(made[0], made[7])
