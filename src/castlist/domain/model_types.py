"""The model types of the contract: what callers may say in `model_type`. Which engine answers is decided elsewhere.

An engine's card may add model types of its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelType:
    """A name callers use, with its title for people."""

    id: str
    title: str


MODEL_TYPES: tuple[ModelType, ...] = (
    ModelType("flux-kontext", "FLUX Kontext"),
    ModelType("nano-banana-pro", "Nano Banana Pro"),
    ModelType("nano-banana-2", "Nano Banana 2"),
    ModelType("flux-2-dev", "FLUX.2 dev"),
    ModelType("qwen-image-2-pro", "Qwen Image 2 Pro"),
    ModelType("flux-2-klein", "FLUX.2 klein"),
    ModelType("qwen-image-edit", "Qwen Image Edit"),
)
DEFAULT_MODEL_TYPE = "flux-kontext"
ALIASES = {"qwen-image-2.0-pro": "qwen-image-2-pro"}
"""Other spellings that are accepted; jobs record the first one."""
