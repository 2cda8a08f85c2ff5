"""Makes torchvision importable for tests of local models, before transformers is asked whether it is there."""

import importlib.util
import sys
from pathlib import Path

TORCHVISION = Path(sys.prefix) / "torchvision"
"""Where `make gpu` puts it, aside: beside a torch without CUDA it breaks every import of transformers."""
_KEPT: list[object] = []


def has_torchvision() -> bool:
    """Make torchvision, which Qwen's processors want, importable; False where it, or torch, is not there.

    The release for CUDA lacks two operators beside a torch without it, which nothing here calls but which must have
    names.
    """
    if importlib.util.find_spec("torch") is None:
        return False
    import torch  # pyright: ignore[reportMissingImports]

    if TORCHVISION.is_dir() and str(TORCHVISION) not in sys.path:
        sys.path.append(str(TORCHVISION))
    if importlib.util.find_spec("torchvision") is None:
        return False
    if not hasattr(torch.ops.torchvision, "nms"):
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEPT.append(library)
    return True
