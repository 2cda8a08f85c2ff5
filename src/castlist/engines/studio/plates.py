"""The places at hand and which of them a prompt means. Called by `picture`; pixels are loaded only when used.

Bundled plates are listed in castlist's data; a folder of the operator's own is read as it is: every picture in it,
with a caption from the .txt file beside it or, failing that, from its name. Twice as wide as high means a panorama.
"""

import json
import math
import random
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from castlist import data
from castlist.engines.studio import meaning
from castlist.engines.studio.light import Light, of_panorama, of_photograph
from castlist.engines.studio.ops import Pixels

KEPT = 2
"""Decoded plates kept: up to 25 MB each."""
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
FITS = 0.4
"""Likeness under which a place is not what the prompt means."""
WORD = 0.12
"""What a word of the prompt adds when the place's description has that very word, times how rare it is."""
OWN = 1.15
"""The operator's own plates are preferred a little: somebody chose them."""
LATE, NIGHTLY, NIGHT_UNASKED = {"night", "outdoors"}, {"night", "blue hour"}, 0.75
"""Who names no late hour is rather shown a street by day."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One view of one plate."""

    path: Path
    caption: str
    reading: dict[str, float]
    words: frozenset[str]
    yaw_deg: float = 0.0
    """Where the view looks; 0 is the middle of a panorama."""
    panorama: bool = False
    horizon: float = 0.5
    """Of a plain photograph: the horizon as a share of its height."""
    rendered: bool = False
    """Modelled, not photographed: never shown in focus."""
    painted: Path | None = None
    """The plate as an illustration, for drawn characters."""
    credit: str | None = None
    light: Light | None = None
    """Measured light; None means it is to be judged from the pixels."""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A place chosen for a prompt, and how well it fits (0–1)."""

    place: Place
    fit: float


@dataclass(slots=True)
class Collection:
    """All places at hand. Safe for several threads."""

    folder: Path | None = None
    places: tuple[Place, ...] = ()
    _rarity: dict[str, float] = field(default_factory=dict[str, float])
    _words: dict[str, float] = field(default_factory=dict[str, float])
    _pixels: OrderedDict[Path, Pixels] = field(default_factory=OrderedDict[Path, Pixels])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        own = list(_own(self.folder)) if self.folder is not None else []
        self.places = (*own, *_bundled())
        self._rarity = meaning.rarities(place.reading for place in self.places)
        every = [word for place in self.places for word in place.words]
        self._words = {word: math.log(1 + len(self.places) / every.count(word)) / math.log(10) for word in set(every)}

    def choose(self, prompt: str, job_seed: int) -> Choice | None:
        """Return the place a prompt means, or None when it names none that is at hand.

        Among places that fit nearly equally well the job's seed decides.
        """
        wanted = meaning.read(prompt)
        if not wanted or not self.places:
            return None
        said = meaning.place_words(prompt)
        fits = [self._fit(wanted, said, place) for place in self.places]
        best = max(fits)
        if best < FITS:
            return None
        good = [Choice(place, min(1.0, fit)) for place, fit in zip(self.places, fits, strict=True) if fit > 0.95 * best]
        return random.Random(f"place:{job_seed}").choice(good)

    def pixels(self, path: Path) -> Pixels:
        """Return a plate's pixels: uint8 [H, W, 3]."""
        from castlist.vision import picture

        with self._lock:
            found = self._pixels.get(path)
            if found is None:
                found = np.ascontiguousarray(picture.decode(path.read_bytes(), max_side=4096).pixels)
                self._pixels[path] = found
            self._pixels.move_to_end(path)
            while len(self._pixels) > KEPT:
                self._pixels.popitem(last=False)
            return found

    def light(self, place: Place) -> Light:
        """Return the light of a place for a camera at yaw 0."""
        if place.light is not None:
            return place.light
        pixels = self.pixels(place.path)
        return of_panorama(pixels) if place.panorama else of_photograph(pixels)

    def _fit(self, wanted: dict[str, float], said: frozenset[str], place: Place) -> float:
        shared = sum(self._words[word] for word in said & place.words)
        fit = meaning.likeness(wanted, place.reading, self._rarity)
        fit += min(0.3, WORD * shared) * (fit > 0.1)
        unasked = place.reading.keys() >= LATE and not NIGHTLY & wanted.keys()
        return fit * (OWN if place.own else 1) * (NIGHT_UNASKED if unasked else 1)


def _bundled() -> Iterator[Place]:
    try:
        listing = data.path("plates/plates.json")
    except FileNotFoundError:
        return
    for plate in json.loads(listing.read_text("utf-8"))["plates"]:
        painted = plate.get("painted")
        light = plate.get("light")
        for view in plate["views"]:
            reading = _blend(_about(plate), view["caption"])
            yield Place(
                path=listing.parent / plate["file"],
                caption=view["caption"] if plate["panorama"] else plate["caption"],
                reading=reading,
                words=_words(plate["caption"], view["caption"], *plate["words"]),
                yaw_deg=float(view["yaw"]),
                panorama=bool(plate["panorama"]),
                horizon=float(plate["horizon"]),
                rendered=bool(plate["rendered"]),
                painted=listing.parent / painted if painted else None,
                credit=plate.get("credit"),
                light=Light(np.array(light["sh"], np.float32)) if light else None,
            )


def _about(plate: dict[str, Any]) -> dict[str, float]:
    """Return what a whole plate means: its caption, a little less its words, and its hour and setting."""
    hour = str(plate.get("time", "")).replace("_", " ")
    setting, weather = str(plate.get("setting", "")), str(plate.get("weather", ""))
    result = {concept: 0.85 * min(1.0, weight) for concept, weight in meaning.read(plate["caption"]).items()}
    for concept, weight in meaning.read(" , ".join(plate["words"])).items():
        result[concept] = max(result.get(concept, 0.0), 0.8 * min(1.0, weight))
    for concept in meaning.read(f"{hour} {weather} {setting}"):
        result[concept] = 1.0
    return result


def _blend(about: dict[str, float], caption: str) -> dict[str, float]:
    seen = meaning.read(caption)
    return {concept: max(about.get(concept, 0.0), min(1.0, seen.get(concept, 0.0))) for concept in {*about, *seen}}


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in meaning.normal(text).split() if len(word) > 3)


def _own(folder: Path) -> Iterator[Place]:
    """Read the operator's folder; what is no picture, or cannot be read, is passed over."""
    for path in sorted(folder.glob("*")):
        wide = _is_panorama(path) if path.suffix.lower() in PICTURES else None
        if wide is None:
            continue
        note = path.with_suffix(".txt")
        text = note.read_text("utf-8", "replace").strip() if note.is_file() else ""
        caption = text or path.stem.replace("_", " ").replace("-", " ")
        yield Place(path, caption, meaning.read(caption), _words(caption), panorama=wide, own=True)


def _is_panorama(path: Path) -> bool | None:
    """Say whether a picture is twice as wide as high; None when it is no picture."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return abs(image.width / image.height - 2) < 0.01 and image.width >= 2000
    except (UnidentifiedImageError, OSError, ValueError):
        return None
