"""The card of the local diffusion engine and what an operator may set for it. Data only, light to import."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from castlist.domain.cards import Card, EngineOptions


class Weights(BaseModel):
    """Weights for one model type. A text alone is short for `{ weights = "…" }`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str = Field(min_length=1, description="A folder, or an id of the hub that docs/local-gpu.md lists.")
    revision: str | None = Field(None, description="The commit of the hub's repository; the newest when left out.")
    lora: str | None = Field(None, description="A .safetensors file laid over the transformer; needs peft.")
    steps: int | None = Field(None, ge=1, le=100, description="Denoising steps, where yours differ from the built-in.")
    guidance: float | None = Field(None, ge=0, le=20, description="Guidance, likewise.")
    references: int | None = Field(None, ge=1, le=10, description="Most reference pictures, likewise.")


class DiffusersOptions(EngineOptions):
    """Options of the local diffusion engine."""

    models: dict[str, Weights] = Field(
        default_factory=dict[str, Weights],
        description="Weights by model type: { flux-2-klein = '/models/FLUX.2-klein-4B' }, or a table with weights, "
        "revision, lora, steps, guidance and references.",
    )
    accept_licences: tuple[str, ...] = Field(
        (), description="Licences you have read and accept, for weights that are not free for every use."
    )
    substitutes: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Model types without open weights, and the one of yours that answers instead: "
        "{ nano-banana-pro = 'flux-2-klein' }. Every picture says so.",
    )
    device: str = Field("auto", description="cuda, cuda:1, mps or cpu; auto takes the first of them that is there.")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field(
        "auto", description="Number format of the weights; auto is bfloat16, and float32 on a CPU."
    )
    placement: Literal["auto", "device", "offload", "sequential"] = Field(
        "auto",
        description="device keeps a whole model on the GPU, offload the part in use, sequential one layer at a time; "
        "auto is device where the model fits and offload where not.",
    )
    keep: int = Field(2, ge=1, le=16, description="Models kept in memory, on the GPU or beside it.")
    batch: int = Field(1, ge=1, le=8, description="Images made at once, where the model can.")
    shared_gb: float = Field(
        10,
        ge=0,
        description="GB per model for encoded references and prompts, kept between images and jobs; 0 is none.",
    )

    @field_validator("models", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: {"weights": one} if isinstance(one, str) else one for name, one in value.items()}


CARD = Card(
    id="diffusers",
    title="Diffusion models on this machine",
    summary="FLUX.1 Kontext, FLUX.2 and Qwen-Image on a GPU of your own, from weights on disk or from the "
    "hub. Needs the extra `gpu` and the weights.",
    model_types=("flux-kontext", "flux-2-dev", "flux-2-klein", "qwen-image-edit"),
    kind="local",
    references=(1, 10),
    seed="best_effort",
    progress=True,
    cancel=True,
    licence="that of the weights: docs/local-gpu.md",
    source="diffusers 0.42.1 and the model cards, read 2026-11-22",
    cannot=(
        "Its pictures repeat to the pixel on the same machine, one at a time; several at once, another GPU or "
        "another version of torch change the last bits.",
        "Qwen-Image-Edit makes one picture at a time, whatever `batch` says.",
        "It stops between two denoising steps, not within one.",
        "Nano Banana and Qwen Image 2 Pro have no open weights: it answers for them only as `substitutes` say.",
    ),
    options=DiffusersOptions,
)
