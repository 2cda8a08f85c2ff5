"""Which weights may be used: family, licence, no code and no pickle. Needs no torch."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from castlist.engines import catalog
from castlist.engines.diffusers import DiffusersEngine, DiffusersOptions, libraries
from castlist.engines.diffusers.card import Weights
from castlist.engines.diffusers.weights import FAMILIES, HUB, NotUsable, examine

EVERYTHING = ("flux-1-dev-non-commercial", "flux-non-commercial", "qwen-research")


@pytest.fixture
def folder(tmp_path):
    """Return a function that lays out a folder as weights lie on disk."""

    def lay_out(pipeline, shape=None, **index):
        parts = {"_class_name": pipeline, "vae": ["diffusers", "AutoencoderKL"], "feature_extractor": [None, None]}
        (tmp_path / "transformer").mkdir(exist_ok=True)
        (tmp_path / "model_index.json").write_text(json.dumps({**parts, **index}))
        (tmp_path / "transformer" / "config.json").write_text(json.dumps(shape or {}))
        (tmp_path / "transformer" / "diffusion_pytorch_model.safetensors").write_bytes(b"")
        return tmp_path

    return lay_out


def examined(model_type, folder, *, accepted=EVERYTHING, **said):
    return examine(model_type, Weights(weights=str(folder), **said), accepted)


def why_not(model_type, folder, **said):
    with pytest.raises(NotUsable) as refusal:
        examined(model_type, folder, **said)
    return str(refusal.value)


FREE = {"num_layers": 5, "num_single_layers": 20}


def test_klein_4b_is_free_and_9b_is_not(folder):
    assert examined("flux-2-klein", folder("Flux2KleinPipeline", FREE), accepted=()).licence.free
    larger = folder("Flux2KleinPipeline", {"num_layers": 8, "num_single_layers": 24})
    assert "flux-non-commercial" in why_not("flux-2-klein", larger, accepted=())
    assert examined("flux-2-klein", larger).licence.id == "flux-non-commercial"


@pytest.mark.parametrize(
    ("pipeline", "model_type", "licence"),
    [
        ("FluxKontextPipeline", "flux-kontext", "flux-1-dev-non-commercial"),
        ("Flux2Pipeline", "flux-2-dev", "flux-non-commercial"),
        ("Flux2KleinKVPipeline", "flux-2-klein", "flux-non-commercial"),
    ],
)
def test_a_licence_that_restricts_use_is_named_until_it_is_accepted(folder, pipeline, model_type, licence):
    reason = why_not(model_type, folder(pipeline), accepted=("another",))
    assert licence in reason
    assert "accept_licences" in reason
    assert examined(model_type, folder(pipeline), accepted=(licence,)).family.pipeline == pipeline


def test_klein_that_is_not_distilled_takes_more_steps(folder):
    distilled = examined("flux-2-klein", folder("Flux2KleinPipeline", FREE, is_distilled=True))
    base = examined("flux-2-klein", folder("Flux2KleinPipeline", FREE, is_distilled=False))
    assert (distilled.steps, base.steps) == (4, 50)
    assert base.guidance > distilled.guidance
    assert examined("flux-2-klein", folder("Flux2KleinPipeline", FREE), steps=8).steps == 8


@pytest.mark.parametrize("name", ["text_encoder/pytorch_model.bin", "extra.pt", "a.CKPT", "vae/x.pth", "y.pkl"])
def test_what_can_be_pickled_is_refused(folder, name):
    here = folder("Flux2KleinPipeline", FREE)
    (here / name).parent.mkdir(exist_ok=True)
    (here / name).write_bytes(b"")
    assert "can run code" in why_not("flux-2-klein", here)


def test_code_that_comes_with_weights_is_refused(folder):
    assert "my_module" in why_not("flux-2-klein", folder("Flux2KleinPipeline", FREE, vae=["my_module", "Vae"]))
    assert "cannot" not in why_not("flux-2-klein", folder(["pipeline", "Own"]))


def test_weights_must_be_there_and_for_their_model_type(folder, tmp_path):
    assert "model_index.json" in why_not("flux-kontext", tmp_path)
    assert "neither a folder" in why_not("flux-kontext", "somebody/else")
    assert "for flux-2-klein" in why_not("flux-kontext", folder("Flux2KleinPipeline", FREE))
    bare = folder("Flux2KleinPipeline", FREE)
    (bare / "transformer" / "diffusion_pytorch_model.safetensors").unlink()
    assert ".safetensors" in why_not("flux-2-klein", bare)


def test_a_lora_is_a_safetensors_file(folder, tmp_path):
    (tmp_path / "lora.pt").write_bytes(b"")
    here = folder("Flux2KleinPipeline", FREE)
    (tmp_path / "lora.pt").rename(tmp_path.parent / "lora.pt")
    assert "LoRA" in why_not("flux-2-klein", here, lora=str(tmp_path.parent / "lora.pt"))


@pytest.mark.parametrize("model_type", ["nano-banana-pro", "nano-banana-2", "qwen-image-2-pro"])
def test_closed_models_have_no_weights(folder, model_type):
    assert "no open weights" in why_not(model_type, folder("Flux2KleinPipeline", FREE))


def test_repositories_of_the_hub_are_those_of_known_families():
    assert {pipeline for pipeline, _ in HUB.values()} == set(FAMILIES)
    for name, (pipeline, licence) in HUB.items():
        if FAMILIES[pipeline].needs or "4bit" in name:
            continue
        model = examine(FAMILIES[pipeline].model_types[0], Weights(weights=name), EVERYTHING)
        assert not model.local
        assert model.licence is licence


def test_without_weights_it_is_not_ready_and_says_what_to_do():
    engine = DiffusersEngine()
    assert "docs/local-gpu.md" in engine.unready()
    assert engine.card.model_types == ("flux-kontext", "flux-2-dev", "flux-2-klein", "qwen-image-edit")


def test_without_the_libraries_it_is_not_ready_and_names_them(folder, monkeypatch):
    monkeypatch.setattr(libraries, "missing", lambda *names: ["torch"] if not names else [])
    engine = DiffusersEngine(DiffusersOptions(models={"flux-2-klein": str(folder("Flux2KleinPipeline", FREE))}))
    assert engine.unready() == "needs torch: pip install 'castlist[gpu]'"


def test_one_bad_entry_leaves_the_others_working(folder, monkeypatch):
    monkeypatch.setattr(libraries, "missing", lambda *names: [])
    here = str(folder("Flux2KleinPipeline", FREE))
    engine = DiffusersEngine(DiffusersOptions(models={"flux-2-klein": here, "flux-2-dev": here}))
    assert engine.unready() is None
    assert engine.card.model_types == ("flux-2-klein",)
    assert "flux-2-dev" in engine.remark()


def test_options_come_from_a_table_as_an_operator_writes_it(folder):
    here = str(folder("Flux2KleinPipeline", FREE))
    loaded = catalog.load({"diffusers": {"models": {"flux-2-klein": {"weights": here, "steps": 6}}}}, {})
    assert loaded.broken == {}
    assert loaded.engines["diffusers"].models["flux-2-klein"].steps == 6
    wrong = catalog.load({"diffusers": {"models": {"flux-2-klein": {"weight": here}}}}, {})
    assert "diffusers" in wrong.broken


@pytest.mark.parametrize("page", ["local-gpu.md"])
def test_the_page_has_settings_that_load(page):
    text = (Path(__file__).parents[2] / "docs" / page).read_text()
    tables = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert catalog.load(tomllib.loads(table)["engines"], {}).broken == {}
    for name in HUB:
        assert f"`{name}`" in text
