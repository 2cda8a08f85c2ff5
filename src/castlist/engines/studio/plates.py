"""The places at hand and which of them a prompt means. Called by `picture`; pixels are loaded only when used.

Bundled plates are listed in castlist's data; a folder of the operator's own is read as it is: every picture in it,
with a caption from the .txt file beside it or, failing that, from its name. Twice as wide as high means a panorama.
"""

import json
import random
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from castlist import data
from castlist.engines.studio import meaning, views
from castlist.engines.studio.ops import Pixels

KEPT = 2
"""Decoded plates kept: up to 25 MB each."""
LARGEST_PX = 12_000_000
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
FITS = 0.3
"""Likeness under which a place is not what the prompt means."""


@dataclass(frozen=True, slots=True)
class Place:
    """One view of one plate."""

    path: Path
    name: str
    caption: str
    direction: float = 0.5
    """Where the view is centred, as a share of the plate's width."""
    panorama: bool = False
    own: bool = False
    """The operator's own, not bundled."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A place chosen for a prompt, and how well it fits (0–1)."""

    place: Place
    fit: float


class Collection:
    """All places at hand. Safe for several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        own = list(_own(folder)) if folder is not None else []
        self.places = (*own, *_bundled())
        self._readings = [meaning.read(place.caption) for place in self.places]
        self._rarity = meaning.rarities(self._readings)
        self._pixels: OrderedDict[Path, Pixels] = OrderedDict()
        self._lock = threading.Lock()

    def choose(self, prompt: str, job_seed: int) -> Choice | None:
        """Return the place a prompt means, or None when it names none that is at hand.

        Among places that fit nearly equally well the job's seed decides.
        """
        wanted = meaning.read(prompt)
        if not wanted or not self.places:
            return None
        fits = [meaning.likeness(wanted, reading, self._rarity) for reading in self._readings]
        fits = [fit * (1.15 if place.own else 1.0) for fit, place in zip(fits, self.places, strict=True)]
        best = max(fits)
        if best < FITS:
            return None
        good = [Choice(place, min(1.0, fit)) for place, fit in zip(self.places, fits, strict=True) if fit > 0.93 * best]
        return random.Random(f"place:{job_seed}").choice(good)

    def pixels(self, place: Place) -> Pixels:
        """Return a plate's pixels: uint8 [H, W, 3]."""
        from castlist.vision import picture

        with self._lock:
            found = self._pixels.get(place.path)
            if found is None:
                found = np.ascontiguousarray(picture.decode(place.path.read_bytes(), max_side=4096).pixels)
                self._pixels[place.path] = found
            self._pixels.move_to_end(place.path)
            while len(self._pixels) > KEPT:
                self._pixels.popitem(last=False)
            return found


def _bundled() -> Iterator[Place]:
    try:
        listing = data.path("plates/plates.json")
    except FileNotFoundError:
        return
    for entry in _entries(json.loads(listing.read_text("utf-8"))):
        path = listing.parent / entry["file"]
        name = path.stem
        seen = views.VIEWS.get(name)
        if seen:
            for direction, caption in seen:
                yield Place(path, name, caption, direction, panorama=True)
        else:
            yield Place(path, name, str(entry.get("caption", name)), panorama=bool(entry.get("panorama")))


def _entries(listing: Any) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], listing["plates"] if isinstance(listing, dict) else listing)


def _own(folder: Path) -> Iterator[Place]:
    """Read the operator's folder; what is no picture, or cannot be read, is passed over."""
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() not in PICTURES or not path.is_file():
            continue
        note = path.with_suffix(".txt")
        caption = note.read_text("utf-8", "replace").strip() if note.is_file() else path.stem.replace("_", " ")
        wide = _is_panorama(path)
        if wide is not None:
            yield Place(path, path.stem, caption.replace("-", " "), panorama=wide, own=True)


def _is_panorama(path: Path) -> bool | None:
    """Say whether a picture is twice as wide as high; None when it is no picture."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return abs(image.width / image.height - 2) < 0.01 and image.width >= 2000
    except (UnidentifiedImageError, OSError, ValueError):
        return None
