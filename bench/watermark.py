"""Measure the watermark: does it survive, can it be seen, what does it cost, does it ever see one that is not there.

    python bench/watermark.py [--pictures FOLDER] [--unmarked 2000]

Uses what the package bundles: pictures the studio engine makes of the samples, in every pose and on every background,
and the plates, cut to every aspect ratio; a folder of other pictures may be added. Prints tables for
docs/provenance.md. Takes about five minutes on two cores.
"""

import argparse
import os
import platform
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist import data
from castlist.domain.poses import POSES
from castlist.domain.seeds import image_seed
from castlist.domain.sizes import ASPECT_RATIOS, size_px
from castlist.domain.tasks import Made, Reference, Shot, Task
from castlist.engines.studio import StudioEngine
from castlist.provenance import masking, watermark
from castlist.vision import picture

Pixels = NDArray[np.uint8]
BACKGROUNDS = ("white", "black", "gray", "green screen", "neutral", "original")


class Unwatched:
    """A watch that nobody looks at."""

    def progress(self, index: int, fraction: float) -> None:
        pass

    def check(self) -> None:
        pass


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Save as an ordinary JPEG, colours at half the resolution, and open again."""
    file = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]


def resize(pixels: Pixels, scale: float, how: int = cv2.INTER_AREA) -> Pixels:
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    return cv2.resize(pixels, size, interpolation=how)


def crop(pixels: Pixels, share: float) -> Pixels:
    """Cut off a share of width and height, a third of it from the left and two thirds from the top."""
    height, width = pixels.shape[:2]
    top, left = round(height * share * 2 / 3), round(width * share / 3)
    return pixels[top : top + round(height * (1 - share)), left : left + round(width * (1 - share))]


def brighten(pixels: Pixels, gain: float, offset: float) -> Pixels:
    return np.clip(pixels * gain + offset, 0, 255).astype(np.uint8)


PROMISED: dict[str, Callable[[Pixels], Pixels]] = {
    "JPEG q75": lambda p: jpeg(p, 75),
    "50 % resize": lambda p: resize(p, 0.5),
    "50 % resize, then JPEG q75": lambda p: jpeg(resize(p, 0.5), 75),
}
BEYOND: dict[str, Callable[[Pixels], Pixels]] = {
    "untouched": lambda p: p,
    "JPEG q60": lambda p: jpeg(p, 60),
    "50 % resize, then JPEG q60": lambda p: jpeg(resize(p, 0.5), 60),
    "50 % resize, then JPEG q40": lambda p: jpeg(resize(p, 0.5), 40),
    "50 % resize, bilinear, then JPEG q75": lambda p: jpeg(resize(p, 0.5, cv2.INTER_LINEAR), 75),
    "37 % resize, then JPEG q80": lambda p: jpeg(resize(p, 0.37), 80),
    "200 % resize, then JPEG q75": lambda p: jpeg(resize(p, 2, cv2.INTER_CUBIC), 75),
    "10 % cropped, then JPEG q75": lambda p: jpeg(crop(p, 0.1), 75),
    "10 % cropped, 50 % resize, then JPEG q75": lambda p: jpeg(resize(crop(p, 0.1), 0.5), 75),
    "brighter by 10 % and 6, then JPEG q75": lambda p: jpeg(brighten(p, 1.1, 6), 75),
    "darker by 15 %, 50 % resize, then JPEG q75": lambda p: jpeg(resize(brighten(p, 0.85, 0), 0.5), 75),
    "mirrored, then JPEG q75": lambda p: jpeg(p[:, ::-1], 75),
    "turned by 90°, then JPEG q75": lambda p: jpeg(np.rot90(p), 75),
}


def portraits(sample: str, backgrounds: tuple[str, ...]) -> Iterator[Pixels]:
    """Yield what the studio engine makes of a sample: every pose on every background, aspect ratios in turn."""
    engine = StudioEngine()
    opened = picture.decode(data.path(f"samples/{sample}.png").read_bytes())
    reference = Reference(opened.pixels, opened.sha256, opened.alpha)
    for place, background in enumerate(backgrounds):
        shots = tuple(Shot(index, pose, image_seed(place, index)) for index, pose in enumerate(POSES))
        width, height = size_px(ASPECT_RATIOS[place % len(ASPECT_RATIOS)])
        task = Task((reference,), shots, background, width, height, job_seed=place, model_type="studio")
        for outcome in engine.generate(task, Unwatched()):
            if isinstance(outcome, Made):
                yield outcome.pixels


def cut(pixels: Pixels, aspect_ratio: str) -> Pixels:
    """Cut the middle to an aspect ratio and bring it to the size of an output."""
    width, height = size_px(aspect_ratio)
    rows, columns = pixels.shape[:2]
    scale = min(columns / width, rows / height)
    wide, high = round(width * scale), round(height * scale)
    top, left = (rows - high) // 2, (columns - wide) // 2
    how = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    return cv2.resize(pixels[top : top + high, left : left + wide], (width, height), interpolation=how)


def folder(path: Path) -> Iterator[Pixels]:
    """Yield the pictures of a folder, cut to aspect ratios in turn."""
    for place, file in enumerate(sorted(path.iterdir())):
        if file.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"):
            yield cut(picture.decode(file.read_bytes()).pixels, ASPECT_RATIOS[place % len(ASPECT_RATIOS)])


def plates() -> Iterator[Pixels]:
    for place, file in enumerate(sorted(data.path("plates/plates.json").parent.glob("*.webp"))):
        pixels = picture.decode(file.read_bytes()).pixels
        yield cut(pixels, ASPECT_RATIOS[place % 7])
        yield cut(pixels, ASPECT_RATIOS[(place + 3) % 7])
        yield cut(pixels, ASPECT_RATIOS[(place + 5) % 7])


class Tally:
    """What was seen of one group of pictures."""

    def __init__(self) -> None:
        self.holds: dict[str, int] = defaultdict(int)
        self.read: dict[str, list[bool]] = defaultdict(list)
        self.psnr_db: list[float] = []
        self.embed_ms: list[float] = []
        self.read_ms: list[float] = []
        self.wrong = 0
        self.touched = 0

    def look(self, pixels: Pixels, number: int) -> None:
        started = time.process_time()
        embedded = watermark.embed(pixels, number)
        self.embed_ms.append((time.process_time() - started) * 1000)
        self.holds[embedded.hold] += 1
        kept = masking.fixed(pixels)
        self.touched += int((embedded.pixels[kept] != pixels[kept]).any(-1).sum())
        error = np.mean((embedded.pixels.astype(np.float32) - pixels) ** 2)
        if error > 0:
            self.psnr_db.append(10 * np.log10(255**2 / float(error)))
        for name, attack in {**PROMISED, **BEYOND}.items():
            attacked = np.ascontiguousarray(attack(embedded.pixels))
            started = time.process_time()
            reading = watermark.read(attacked)
            self.read_ms.append((time.process_time() - started) * 1000)
            self.read[name].append(reading.number == number)
            self.wrong += reading.found and reading.number != number

    def show(self, title: str) -> None:
        pictures = sum(self.holds.values())
        print(f"\n### {title}: {pictures} pictures\n")
        print("Held: " + ", ".join(f"{count} {hold}" for hold, count in sorted(self.holds.items())) + ".")
        if self.psnr_db:
            print(f"PSNR {min(self.psnr_db):.1f} dB at worst, {np.median(self.psnr_db):.1f} dB in the middle.")
        print(f"{self.touched} pixels changed that had to stay; {self.wrong} wrong numbers read.\n")
        print("| attack | read | of |\n|---|---|---|")
        for name, results in self.read.items():
            print(f"| {'**' + name + '**' if name in PROMISED else name} | {sum(results)} | {len(results)} |")
        cases = sum(len(self.read[name]) for name in PROMISED)
        print(f"\nPromised attacks: {sum(sum(self.read[name]) for name in PROMISED)} of {cases} cases read.")
        for name, times in (("embed", self.embed_ms), ("read", self.read_ms)):
            middle, slow = np.percentile(times, (50, 95))
            print(f"{name}: {middle:.0f} ms of processor time in the middle, {slow:.0f} ms at the 95th percentile.")


def unmarked(pictures: list[Pixels], count: int) -> None:
    """Read many cut, resized and compressed versions of pictures without a mark."""
    random = np.random.default_rng(11)
    found, strengths = 0, list[float]()
    for _ in range(count):
        pixels = pictures[random.integers(len(pictures))]
        part = crop(pixels, random.uniform(0, 0.5))
        reading = watermark.read(
            np.ascontiguousarray(jpeg(resize(part, random.uniform(0.4, 1.3)), random.integers(40, 96)))
        )
        found += reading.found
        strengths.append(reading.strength)
    top = np.percentile(strengths, 99)
    print(
        f"\n### Unmarked: {count} pictures\n\n{found} marks found. Strength {np.median(strengths):.2f} in the middle, ",
        end="",
    )
    print(f"{top:.2f} at the 99th percentile, {max(strengths):.2f} at most.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="a folder of further pictures")
    parser.add_argument("--unmarked", type=int, default=2000, help="how many pictures without a mark are read")
    chosen = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}")
    groups: dict[str, Callable[[], Iterator[Pixels]]] = {
        "Photographed character, studio engine": lambda: portraits("astronaut", BACKGROUNDS),
        "Places": plates,
    }
    if chosen.pictures:
        groups["Other pictures"] = lambda: folder(chosen.pictures)
    for sample in ("drawn-man", "drawn-woman", "drawn-robot"):
        groups[f"{sample}, studio engine"] = lambda sample=sample: portraits(sample, ("white", "neutral", "original"))
    numbers = np.random.default_rng(7)
    plain: list[Pixels] = []
    for title, source in groups.items():
        tally = Tally()
        for place, pixels in enumerate(source()):
            tally.look(pixels, int(numbers.integers(watermark.NUMBERS)))
            if place % 5 == 0:
                plain.append(pixels)
        tally.show(title)
    unmarked(plain, chosen.unmarked)


if __name__ == "__main__":
    main()
