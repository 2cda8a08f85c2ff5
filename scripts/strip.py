"""Draw the README's strip from a demo that was run: `make strip`. One row, small enough for a page."""

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from castlist import data
from castlist.cli import sheet

TARGET = Path(__file__).parent.parent / "docs" / "img" / "strip.jpg"
WIDTH_PX = 1600
MOST_BYTES = 400_000


def main(folder: Path) -> None:
    """Write the strip of two pictures each, the least alike, of the demo's plain job and of the one with a prompt."""
    jobs = json.loads((folder / "results.json").read_text())[:2]
    tiles = [
        sheet.Tile(Path(asset["file"]), asset["pose"], asset["seconds"], asset["identity"])
        for job in jobs
        for asset in _least_alike(job["assets"])
    ]
    drawn = sheet.draw([sheet.Row("", data.path(jobs[0]["reference"]), tiles)])
    drawn = drawn.crop((0, sheet.HEADING_PX, drawn.width, drawn.height))
    drawn = drawn.resize((WIDTH_PX, round(drawn.height * WIDTH_PX / drawn.width)))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    drawn.save(TARGET, quality=88, optimize=True, progressive=True)
    size_bytes = TARGET.stat().st_size
    if size_bytes > MOST_BYTES:
        sys.exit(f"{TARGET} has {size_bytes} bytes, more than {MOST_BYTES}")
    print(f"{TARGET}: {drawn.width} x {drawn.height}, {size_bytes} bytes")


def _least_alike(assets: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    def difference(pair: tuple[dict[str, Any], dict[str, Any]]) -> float:
        one, other = (np.asarray(Image.open(asset["file"]).convert("RGB").resize((64, 64)), float) for asset in pair)
        return float(np.abs(one - other).mean())

    return max(itertools.combinations(assets, 2), key=difference)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/demo"))
