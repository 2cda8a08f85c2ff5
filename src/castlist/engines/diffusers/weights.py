"""What weights are: their family, their licence, and whether they may be used. Reads two small files, loads nothing.

Source: model cards and licence files of the named repositories, defaults of the pipelines in diffusers 0.42.1; read
2026-11-22.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from castlist.engines.diffusers import libraries
from castlist.engines.diffusers.card import Weights

PICKLED = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
LIBRARIES = frozenset({"diffusers", "transformers"})
CLOSED = ("nano-banana-pro", "nano-banana-2", "qwen-image-2-pro")


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of weights. `free`: for every use, so that nobody needs to accept anything."""

    id: str
    title: str
    free: bool = False


APACHE = Licence("apache-2.0", "Apache License 2.0", free=True)
FLUX_1 = Licence("flux-1-dev-non-commercial", "FLUX.1 [dev] Non-Commercial License")
FLUX_2 = Licence("flux-non-commercial", "FLUX Non-Commercial License")
QWEN = Licence("qwen-research", "Qwen Research License")


@dataclass(frozen=True, slots=True)
class Family:
    """Weights that are called alike. `guidance_name` is the pipeline's argument for it, "" when it has none."""

    pipeline: str
    model_types: tuple[str, ...]
    licence: Licence
    steps: int
    guidance_name: str = ""
    guidance: float = 0.0
    references: int = 1
    together: bool = True
    """Whether one call takes several prompts."""
    shares_passes: bool = False
    """Whether reference tokens attend to themselves alone: see `references`."""
    area_name: str = ""
    """The pipeline's argument that the size needs besides width and height: their product, or its root."""
    extras: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    needs: tuple[str, ...] = ()
    """Libraries beyond those of every family."""

    def area(self, width_px: int, height_px: int) -> int:
        """Return what `area_name` is to be for a size."""
        area_px = width_px * height_px
        return area_px if self.area_name == "max_area" else round(area_px**0.5)


FAMILIES = {
    family.pipeline: family
    for family in (
        Family("FluxKontextPipeline", ("flux-kontext",), FLUX_1, 28, "guidance_scale", 2.5, area_name="max_area"),
        Family("Flux2Pipeline", ("flux-2-dev",), FLUX_2, 28, "guidance_scale", 4.0, references=4),
        Family("Flux2KleinPipeline", ("flux-2-klein",), FLUX_2, 4, "guidance_scale", 1.0, references=4),
        Family("Flux2KleinKVPipeline", ("flux-2-klein",), FLUX_2, 4, references=4, shares_passes=True),
        Family(
            "QwenImageEditPlusPipeline",
            ("qwen-image-edit",),
            APACHE,
            40,
            "true_cfg_scale",
            4.0,
            references=3,
            together=False,
            extras={"negative_prompt": " "},  # without one, its guidance is off
            needs=("torchvision",),
        ),
        Family(
            "QwenImage21Pipeline",
            ("qwen-image-edit",),
            QWEN,
            40,
            "true_cfg_scale",
            1.0,
            references=10,
            area_name="output_resolution",
            needs=("torchvision",),
        ),
    )
}
KLEIN_4B = {"num_layers": 5, "num_single_layers": 20}
"""Shape of the transformer whose weights are Apache-2.0, unlike those of 9B."""
UNDISTILLED = (50, 4.0)
"""Steps and guidance for FLUX.2 klein that is not distilled."""
HUB: dict[str, tuple[str, Licence]] = {
    "black-forest-labs/FLUX.1-Kontext-dev": ("FluxKontextPipeline", FLUX_1),
    "black-forest-labs/FLUX.2-dev": ("Flux2Pipeline", FLUX_2),
    "diffusers/FLUX.2-dev-bnb-4bit": ("Flux2Pipeline", FLUX_2),
    "black-forest-labs/FLUX.2-klein-4B": ("Flux2KleinPipeline", APACHE),
    "black-forest-labs/FLUX.2-klein-9B": ("Flux2KleinPipeline", FLUX_2),
    "black-forest-labs/FLUX.2-klein-9b-kv": ("Flux2KleinKVPipeline", FLUX_2),
    "Qwen/Qwen-Image-Edit-2511": ("QwenImageEditPlusPipeline", APACHE),
    "Qwen/Qwen-Image-2.1": ("QwenImage21Pipeline", QWEN),
}
"""Repositories that may be named instead of a folder."""
IN_FOUR_BITS = frozenset({"diffusers/FLUX.2-dev-bnb-4bit"})


class NotUsable(Exception):
    """These weights cannot be used as things are; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights that may be loaded, and how to call them."""

    name: str
    """As it stands beside a picture."""
    source: str
    family: Family
    licence: Licence
    steps: int
    guidance: float
    references: int
    revision: str | None = None
    lora: str | None = None
    local: bool = True


def examine(model_type: str, wanted: Weights, accepted: Collection[str]) -> Model:
    """Return the model behind an operator's entry; NotUsable when it is none, or may not be loaded."""
    if model_type in CLOSED:
        raise NotUsable("has no open weights; name one of your models for it in substitutes")
    folder = Path(wanted.weights).expanduser()
    local = folder.is_dir()
    if local:
        family, licence, steps, guidance = _from_folder(folder)
    elif wanted.weights in HUB:
        pipeline, licence = HUB[wanted.weights]
        family = FAMILIES[pipeline]
        steps, guidance = family.steps, family.guidance
        _require(("bitsandbytes",) if wanted.weights in IN_FOUR_BITS else ())
    else:
        raise NotUsable(f"{wanted.weights} is neither a folder here nor a repository that castlist knows")
    if model_type not in family.model_types:
        raise NotUsable(f"{folder.name} is a {family.pipeline}, for {' or '.join(family.model_types)}")
    _require(family.needs)
    if not licence.free and licence.id not in accepted:
        raise NotUsable(
            f"{folder.name} is under the {licence.title}, which does not allow every use; "
            f"read it, and if you accept it add '{licence.id}' to accept_licences"
        )
    lora = None if wanted.lora is None else _lora(Path(wanted.lora).expanduser())
    return Model(
        name=folder.name,
        source=str(folder) if local else wanted.weights,
        family=family,
        licence=licence,
        steps=wanted.steps or steps,
        guidance=guidance if wanted.guidance is None else wanted.guidance,
        references=min(wanted.references or family.references, 1 if family.references == 1 else 10),
        revision=wanted.revision,
        lora=lora,
        local=local,
    )


def _from_folder(folder: Path) -> tuple[Family, Licence, int, float]:
    """Return family, licence, steps and guidance of weights on disk; nothing in the folder is run or unpickled."""
    index = _json(folder / "model_index.json")
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str) or pipeline not in FAMILIES:
        raise NotUsable(f"{folder} holds {pipeline or 'no model_index.json'}; {', '.join(FAMILIES)} can be used")
    for part, origin in index.items():
        if isinstance(origin, list) and origin[:1] and origin[0] is not None and origin[0] not in LIBRARIES:
            raise NotUsable(f"{part} of {folder} wants code from {origin[0]}")
    pickled = next((file for file in folder.rglob("*") if file.suffix.lower() in PICKLED), None)
    if pickled is not None:
        raise NotUsable(f"{pickled} can run code when it is read; use weights as .safetensors alone")
    if not any((folder / "transformer").glob("*.safetensors")):
        raise NotUsable(f"{folder / 'transformer'} holds no .safetensors")
    family, shape = FAMILIES[pipeline], _json(folder / "transformer" / "config.json")
    if (shape.get("quantization_config") or {}).get("quant_method") == "bitsandbytes":
        _require(("bitsandbytes",))
    licence, steps, guidance = family.licence, family.steps, family.guidance
    if pipeline == "Flux2KleinPipeline":
        if all(shape.get(name) == value for name, value in KLEIN_4B.items()):
            licence = APACHE
        if index.get("is_distilled") is False:
            steps, guidance = UNDISTILLED
    return family, licence, steps, guidance


def _lora(file: Path) -> str:
    if file.suffix != ".safetensors" or not file.is_file():
        raise NotUsable(f"the LoRA {file} is no .safetensors file")
    _require(("peft",))
    return str(file.absolute())


def _require(names: tuple[str, ...]) -> None:
    if absent := libraries.missing(names):
        raise NotUsable(f"needs {' and '.join(absent)}: pip install {' '.join(absent)}")


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
