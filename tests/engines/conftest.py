import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from castlist.testing.aside import has_torchvision

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.append(HERE)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: asks a real service and costs money; runs with -m live and a key only")


@pytest.fixture
def module_of() -> Callable[[str], ModuleType]:
    """Import the test module of an engine, which holds the dialect of its service."""

    def load(name: str) -> ModuleType:
        return importlib.import_module(f"test_{name}")

    return load


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Save tiny pipelines, each once; skip where the extra `gpu` is not installed."""
    for name in ("torch", "diffusers", "accelerate"):
        pytest.importorskip(name, reason="castlist[gpu] is not installed: make gpu")
    there = has_torchvision()
    import torch

    torch.set_num_threads(1)  # for a few thousand numbers, threads that wait for each other cost more than they save
    from castlist.testing import tiny_pipelines

    made: dict[str, str] = {}

    def folder(pipeline: str, **shape: object) -> str:
        if pipeline.startswith("Qwen") and not there:
            pytest.skip("torchvision is not installed: make gpu")
        key = f"{pipeline}{shape}"
        if key not in made:
            made[key] = str(tiny_pipelines.save(pipeline, tmp_path_factory.mktemp(pipeline), **shape))
        return made[key]

    return folder
