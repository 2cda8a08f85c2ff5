"""Make the portraits, the pet, the thing and the drawn characters of ``castlist/data/samples``.

Called by ``__main__.py``. Everything here is free of claims: photographs by US authorities or under CC0, and drawings
from CC0 parts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .sources import Source, fetch

ASTRONAUT = Source(
    "pypi",
    "scikit-image",
    "0.26.0",
    "skimage/data/astronaut.png",
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "public domain (NASA)",
)
OFFICER = Source(
    "pypi",
    "matplotlib",
    "3.11.2",
    "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
    "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
    "public domain (US Navy, James S. Davis)",
)
CAT = Source(
    "pypi",
    "scikit-image",
    "0.26.0",
    "skimage/data/chelsea.png",
    "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "CC0-1.0 (Stefan van der Walt)",
)
CUP = Source(
    "pypi",
    "scikit-image",
    "0.26.0",
    "skimage/data/coffee.png",
    "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "CC0-1.0 (Rachel Michetti)",
)
# File name: where it is from, and what it shows.
PHOTOGRAPHS: dict[str, tuple[Source, str]] = {
    "astronaut.png": (ASTRONAUT, "NASA portrait of an astronaut, 512 x 512, unchanged"),
    "officer.jpg": (OFFICER, "US Navy portrait of an officer with cap and glasses, 512 x 600, unchanged"),
    "cat.png": (CAT, "a cat that fills the picture, 451 x 300, unchanged"),
    "cup.png": (CUP, "a cup of coffee on a table, 600 x 400, unchanged"),
}
_STYLES = ("pypi", "dicebear-styles", "10.6.0")
PEEPS = Source(
    *_STYLES,
    "dicebear_styles/open-peeps.json",
    "1d93f30c5c0be8282225533e2eb3d6b32eb30cba6408f3e04604df093b2b1cf5",
    "CC0-1.0 (Open Peeps by Pablo Stanley)",
)
BOT = Source(
    *_STYLES,
    "dicebear_styles/voxel-bot.json",
    "14bde18ad78d9c80876d4357bf8dc0dd55e6ecf41c8529974fb14c5ae8142fba",
    "CC0-1.0 (Voxel Bot by DiceBear)",
)
_SIDE_PX = 1024

# File name: the style, the options that make this very character, and the backdrop.
DRAWN: dict[str, tuple[Source, dict[str, Any], str | None]] = {
    "drawn-woman.png": (
        PEEPS,
        {
            "seed": "castlist",
            "headVariant": "grayBun",
            "expressionVariant": "smile",
            "accessoriesVariant": "glasses2",
            "accessoriesProbability": 100,
            "facialHairProbability": 0,
            "maskProbability": 0,
            "skinColor": "#edb98a",
            "headContrastColor": "#c93305",
            "clothingColor": "#2a9d8f",
        },
        "white",
    ),
    "drawn-man.png": (
        PEEPS,
        {
            "seed": "castlist",
            "headVariant": "grayShort",
            "expressionVariant": "smile",
            "accessoriesProbability": 0,
            "facialHairVariant": "full",
            "facialHairProbability": 100,
            "maskProbability": 0,
            "skinColor": "#ae5d29",
            "headContrastColor": "#2c1b18",
            "clothingColor": "#6d83f2",
        },
        "white",
    ),
    "drawn-robot.png": (BOT, {"seed": "Leo"}, None),
}


def make(cache: Path, target: Path) -> list[dict[str, Any]]:
    """Write all samples and return their manifest entries."""
    entries: list[dict[str, Any]] = []
    for name, (source, notes) in PHOTOGRAPHS.items():
        (target / name).write_bytes(fetch(source, cache))
        entries.append(_entry(name, source, notes))
    for name, (source, options, backdrop) in DRAWN.items():
        _draw(json.loads(fetch(source, cache)), options, backdrop, target / name)
        entries.append(
            _entry(name, source, f"drawn with dicebear-core 10.7.0 and CairoSVG, options {json.dumps(options)}")
        )
    return entries


def _draw(style: Any, options: dict[str, Any], backdrop: str | None, path: Path) -> None:
    import cairosvg
    from dicebear import Avatar, Style

    svg = Avatar(Style(style), {**options, "size": _SIDE_PX}).to_string()
    size = {"output_width": _SIDE_PX, "output_height": _SIDE_PX}
    cairosvg.svg2png(svg.encode(), write_to=str(path), background_color=backdrop, **size)


def _entry(name: str, source: Source, notes: str) -> dict[str, Any]:
    return {
        "file": f"samples/{name}",
        "registry": source.registry,
        "package": source.package,
        "version": source.version,
        "member": source.member,
        "member_sha256": source.sha256,
        "licence": source.licence,
        "notes": notes,
    }
