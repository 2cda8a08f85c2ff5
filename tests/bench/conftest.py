"""The bench is not part of the package: its modules are found from the project's root."""

import sys
from pathlib import Path

import pytest

from castlist.testing.aside import has_torchvision

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)


@pytest.fixture(scope="session", autouse=True)
def torchvision_first() -> None:
    """What is measured here imports transformers, which looks for torchvision once and for all."""
    has_torchvision()
