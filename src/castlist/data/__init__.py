"""Bundled models, plates and samples, with ``manifest.json`` naming the origin and licence of each file.

Read through ``path`` only. The files are made by ``scripts/rebuild_data``.
"""

from importlib.resources import files
from pathlib import Path


def path(name: str) -> Path:
    """Return the path of one bundled file.

    Args:
        name: its place below this folder, e.g. ``models/sface.onnx``.

    Raises:
        FileNotFoundError: the installation lacks it.
    """
    found = Path(str(files(__name__).joinpath(name)))
    if not found.is_file():
        raise FileNotFoundError(f"The bundled file {name} is missing; install castlist again.")
    return found
