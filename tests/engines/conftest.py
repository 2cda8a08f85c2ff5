import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: asks a real service and costs money; runs with -m live and a key only")


@pytest.fixture
def module_of() -> Callable[[str], ModuleType]:
    """Import the test module of an engine, which holds the dialect of its service."""

    def load(name: str) -> ModuleType:
        folder = str(Path(__file__).parent)
        if folder not in sys.path:
            sys.path.append(folder)
        return importlib.import_module(f"test_{name}")

    return load
