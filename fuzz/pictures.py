"""Thousands of broken pictures through the decoder's sandbox. `python -m fuzz.pictures --cases 20000`.

Each case is an honest file of one of the formats with bytes changed, dropped, doubled, put in from another file, or
with its sizes and lengths rewritten. A case passes when it gives a picture or one sentence. What is counted: how long
a refusal takes, how far memory went, how often a decoder crashed or ran out of time.
"""

import argparse
import os
import platform
import struct
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from castlist.domain.errors import InputImageRejected
from castlist.vision.sandbox import Sandbox

CRASHED = "could not be decoded"
SIZES = [struct.pack(">I", value) for value in (0, 1, 0x7FFF, 0xFFFF, 0xFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF)]
Change = Callable[[np.random.Generator, bytearray, list[bytes]], bytearray]


def seeds() -> list[bytes]:
    """Return small honest files of every format and kind."""
    coarse = np.random.default_rng(1).integers(0, 255, (12, 12, 4), dtype=np.uint8)
    colour = Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC)
    opaque, grey = colour.convert("RGB"), colour.convert("L")
    kinds: list[tuple[Image.Image, str, dict[str, object]]] = [
        (opaque, "PNG", {}),
        (colour, "PNG", {}),
        (opaque.quantize(16), "PNG", {"transparency": 3}),
        (Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), "PNG", {}),
        (opaque, "JPEG", {"quality": 80}),
        (opaque, "JPEG", {"quality": 80, "progressive": True, "subsampling": 0}),
        (grey, "JPEG", {"restart_marker_blocks": 2}),
        (opaque.convert("CMYK"), "JPEG", {}),
        (opaque, "WEBP", {"quality": 70}),
        (colour, "WEBP", {"lossless": True}),
        (colour, "WEBP", {"save_all": True, "append_images": [colour.rotate(90)]}),
        (opaque.quantize(32), "GIF", {}),
        (opaque.quantize(32), "GIF", {"save_all": True, "append_images": [opaque.rotate(90).quantize(32)]}),
    ]
    files: list[bytes] = []
    for image, kind, options in kinds:
        buffer = BytesIO()
        image.save(buffer, kind, **options)
        files.append(buffer.getvalue())
    return files


def flip(dice: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    for at in dice.integers(0, len(data), dice.integers(1, 12)):
        data[at] ^= 1 << int(dice.integers(0, 8))
    return data


def drop(dice: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    first = int(dice.integers(0, len(data)))
    del data[first : first + int(dice.integers(1, 200))]
    return data


def cut(dice: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    return data[: int(dice.integers(0, len(data)))]


def double(dice: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    first = int(dice.integers(0, len(data)))
    piece = data[first : first + int(dice.integers(1, 400))]
    data[first:first] = piece * int(dice.integers(1, 30))
    return data


def splice(dice: np.random.Generator, data: bytearray, others: list[bytes]) -> bytearray:
    other = others[int(dice.integers(0, len(others)))]
    return data[: int(dice.integers(0, len(data)))] + other[int(dice.integers(0, len(other))) :]


def resize(dice: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Write a telling number where sizes and lengths stand: mostly in the header."""
    at = int(dice.integers(0, min(len(data), 200)))
    value = SIZES[int(dice.integers(0, len(SIZES)))]
    width = int(dice.choice([2, 4]))
    data[at : at + width] = value[-width:]
    return data


CHANGES: list[Change] = [flip, drop, cut, double, splice, resize]


def mutate(dice: np.random.Generator, files: list[bytes]) -> bytes:
    """Return an honest file with one to three changes."""
    data = bytearray(files[int(dice.integers(0, len(files)))])
    for _ in range(int(dice.integers(1, 4))):
        if data:
            data = CHANGES[int(dice.integers(0, len(CHANGES)))](dice, data, files)
    return bytes(data)


def run(cases: int, seed: int) -> tuple[list[float], int, int, int]:
    """Return ms of each refusal, how many gave a picture, how many crashed, and the peak memory of a child (KiB)."""
    dice, files = np.random.default_rng(seed), seeds()
    sandbox = Sandbox(children=1)
    sandbox.decode(files[0])  # the child starts once
    refusals_ms: list[float] = []
    decoded = crashed = peak_kb = 0
    for case in range(cases):
        data = mutate(dice, files)
        start = time.perf_counter()
        try:
            sandbox.decode(data, max_side=2048)
            decoded += 1
        except InputImageRejected as refusal:
            refusals_ms.append((time.perf_counter() - start) * 1000)
            if CRASHED in str(refusal):
                crashed += 1
                print(f"case {case} of seed {seed} ended the decoder", file=sys.stderr)
        if case % 100 == 99 and sandbox.pids():
            peak_kb = max(peak_kb, _peak_kb(sandbox.pids()[0]))
    sandbox.close()
    return refusals_ms, decoded, crashed, peak_kb


def _peak_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def main() -> int:
    """Run and print the figures; 1 when a case was answered by anything but a picture or a refusal in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    refusals_ms, decoded, crashed, peak_kb = run(chosen.cases, chosen.seed)
    middle, most, worst = np.percentile(refusals_ms, [50, 99, 100]) if refusals_ms else (0, 0, 0)
    print(
        f"{chosen.cases} broken pictures (seed {chosen.seed}): {decoded} gave a picture, {len(refusals_ms)} were"
        f" refused in {middle:.1f} ms (median), {most:.1f} ms (99 %), {worst:.1f} ms (slowest); decoder at most"
        f" {peak_kb / 1024:.0f} MiB; {crashed} ended a decoder. {platform.system()}, {os.cpu_count()} cores."
    )
    return int(crashed > 0)


if __name__ == "__main__":
    sys.exit(main())
