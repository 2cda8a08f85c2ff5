"""Rebuild ``src/castlist/data`` from the package registries: ``python -m scripts.rebuild_data``.

Needs the packages of ``requirements.txt`` beside this file, npm, and a Debian system for ``apt-get download``.
The products are the same on every run; a changed package or a changed product shows in ``manifest.json``.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from . import models, plates, samples
from .sources import digest, fetch

DATA = Path(__file__).parents[2] / "src/castlist/data"


def main() -> None:
    """Rebuild everything, or the named parts, and write the manifest."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("parts", nargs="*", help="models, samples, plates; all when none is named")
    parser.add_argument("--cache", type=Path, default=Path("build/data-cache"), help="where downloads are kept")
    arguments = parser.parse_args()
    cache: Path = arguments.cache.absolute()
    cache.mkdir(parents=True, exist_ok=True)
    manifest = DATA / "manifest.json"
    old = json.loads(manifest.read_text("utf-8"))["files"] if manifest.exists() else []
    entries = {entry["file"]: entry for entry in old}
    for part in arguments.parts or ["models", "samples", "plates"]:
        entries = {name: entry for name, entry in entries.items() if not name.startswith(f"{part}/")}
        entries |= {entry["file"]: entry for entry in _make(part, cache)}
    files = [_measured(entry) for _, entry in sorted(entries.items())]
    manifest.write_text(json.dumps({"files": files}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(files)} files, {sum(entry['bytes'] for entry in files) / 1e6:.1f} MB")


def _make(part: str, cache: Path) -> list[dict[str, Any]]:
    target = DATA / part
    target.mkdir(parents=True, exist_ok=True)
    if part == "models":
        portrait = np.array(Image.open(io.BytesIO(fetch(samples.ASTRONAUT, cache))).convert("RGB"))
        return [maker(cache, target, portrait) for maker in models.MAKERS]
    return {"samples": samples.make, "plates": plates.make}[part](cache, target)


def _measured(entry: dict[str, Any]) -> dict[str, Any]:
    data = (DATA / entry["file"]).read_bytes()
    return {**entry, "bytes": len(data), "sha256": digest(data)}


if __name__ == "__main__":
    main()
