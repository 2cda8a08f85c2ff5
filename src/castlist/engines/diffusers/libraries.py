"""The heavy libraries, imported at the first job. Nothing else in castlist imports them.

They are an extra (`castlist[gpu]`), so types are not checked against them: whoever has castlist alone can check it too.
"""

import importlib
import importlib.util
from typing import Any

NEEDED = ("torch", "diffusers", "transformers", "accelerate", "safetensors")


def missing(names: tuple[str, ...] = NEEDED) -> list[str]:
    """Return those of the libraries that are not installed, importing none."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def load(name: str) -> Any:
    """Return one of them, importing it if it has not been."""
    return importlib.import_module(name)


def torch() -> Any:
    """Return torch."""
    return load("torch")


def diffusers() -> Any:
    """Return diffusers."""
    return load("diffusers")


def kv_cache_of_flux2() -> Any:
    """Return the class that holds reference keys and values for FLUX.2's transformer."""
    return load("diffusers.models.transformers.transformer_flux2").Flux2KVCache
