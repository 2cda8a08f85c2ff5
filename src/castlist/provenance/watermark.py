"""An imperceptible watermark in the brightness of a picture that needs no trained weights to be written or read.

`embed` hides a 40-bit number, `read` finds it again after JPEG, resizing, moderate cropping, mirroring and quarter
turns, without the original. Pure functions of pixels: equal input, equal output.

The mark is one 64-pixel tile of noise (`spread`), repeated over the picture at the scale where the picture would have
512² pixels, so that resizing does not matter, and weighted by what the eye overlooks (`masking`). Its strength is the
least that survives a rehearsal of the promised attack, half the size and JPEG, up to a limit of distortion. The reader
takes away the picture itself as far as a median foretells it, adds all tiles up and correlates.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from castlist.provenance import spread
from castlist.provenance.masking import activity, amplitude, bounds, drawn, fixed
from castlist.provenance.spread import TILE, Float, Spectrum

Pixels = NDArray[np.uint8]
Hold = Literal["firm", "weak", "none"]

NUMBERS = 1 << spread.NUMBER_BITS
MIN_SIDE_PX = 128
"""Smaller pictures are neither marked nor read."""
MIN_PSNR_DB = 42.0
_MOST_SQUARE = 255**2 / 10 ** (MIN_PSNR_DB / 10)
_TONINGS = 6
_AREA = 512 * 512
_PHOTO = (*((texture, 0.0, 0.0) for texture in (0.32, 0.4, 0.5, 0.65, 0.85, 1.1)), (1.25, 0.35, 0.0))
_DRAWING = (*_PHOTO, *((1.25, 0.35, edges) for edges in (4.0, 8.0, 12.0, 16.0)))
"""`texture`, `grain` and `edges` of `masking.amplitude`, weakest first."""
_REHEARSAL_QUALITY = 60
_FIRM_SYNC, _FIRM_SYMBOL = 8.0, 2.0
_LOUDEST = 2.0
"""Standard deviations beyond which the pattern is cut, so that no single spot sticks out."""
_MEDIAN_PX = 5
_SURPRISE = 8.0
"""Grey levels of a single spot that count at most."""
_SEEN = 4.5
"""Standard deviations below which nothing is decoded."""
_OWN_SCALES = (0.5, 0.502, 1.0, 1.004)
"""Scales of cropped pictures: pictures of ours have 0.992 to 1 megapixels, at their own size or half of it."""
_SEARCHED = (0.22, 1.1, 1.006)
"""Smallest and largest scale of a thorough search and the step between two."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """A picture with its mark.

    pixels: as given, uint8 [H, W, 3 or 4].
    hold: `firm` survived half the size and JPEG at quality 60 with room to spare; `weak` is read from the picture as it
        is and may be lost under such an attack; `none`: there is no room for a mark, as in a few thin lines on plain
        paper, and the pixels are unchanged.
    """

    pixels: Pixels
    hold: Hold


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. `strength` is in standard deviations of an unmarked picture, where it is about 4.

    confidence: 0–1, one minus the chance of finding this much in an unmarked picture.
    """

    found: bool
    number: int | None = None
    strength: float = 0.0
    confidence: float = 0.0


def embed(pixels: Pixels, number: int) -> Embedded:
    """Hide a number in a picture.

    Args:
        pixels: uint8 [H, W, 3 or 4], sRGB; alpha stays as it is. Not changed.
        number: 0 to 2^40 − 1.

    Raises: ValueError for another number.
    """
    if not 0 <= number < NUMBERS:
        raise ValueError(f"a watermark holds a number of {spread.NUMBER_BITS} bits, not {number}")
    if min(pixels.shape[:2]) < MIN_SIDE_PX:
        return Embedded(pixels, "none")
    return _Embedding(pixels, number).best()


class _Embedding:
    """What the tries of one embedding share."""

    def __init__(self, pixels: Pixels, number: int) -> None:
        luma = _luma(pixels)
        self._pixels, self._number = pixels, number
        self._colours = np.ascontiguousarray(pixels[..., :3])
        self._size = _normal_size(luma)
        self._strengths = _DRAWING if drawn(luma) else _PHOTO
        self._busy = activity(luma, fixed(pixels))
        self._floor, self._ceiling = bounds(self._colours)
        across, down = (-(-side // TILE) for side in self._size)
        tile = np.clip(spread.pattern(number), -_LOUDEST, _LOUDEST)
        pattern = np.tile(tile, (down, across))[: self._size[1], : self._size[0]]
        self._pattern = _resize(pattern, luma.shape[::-1])

    def best(self) -> Embedded:
        """Return the picture marked with the least strength that holds, or else with the one that came nearest.

        What holds at some strength holds at every greater one, nearly always, so halving finds the least.
        """
        firm: Pixels | None = None
        nearest, most = self._pixels, -math.inf
        low, high = 0, len(self._strengths)
        while low < high:
            middle = (low + high) // 2
            marked = self._marked(self._strengths[middle])
            held = self._rehearse(marked)
            if held >= 1:
                firm, high = marked, middle
                continue
            low = middle + 1
            if held > most:
                nearest, most = marked, held
        if firm is not None:
            return Embedded(firm, "firm")
        # What the rehearsal lost may still be read from the picture as it is delivered.
        return Embedded(nearest, "weak") if read(nearest).number == self._number else Embedded(self._pixels, "none")

    def _marked(self, strength: tuple[float, float, float]) -> Pixels:
        """Return the marked picture, toned down where the strength would distort it too much."""
        import cv2

        height = amplitude(self._busy, *strength)
        marked = self._apply(height)
        for _ in range(_TONINGS):
            square = cv2.norm(marked, self._colours, cv2.NORM_L2SQR) / marked.size
            if square <= _MOST_SQUARE:
                break
            height *= np.float32(0.95 * math.sqrt(_MOST_SQUARE / square))
            marked = self._apply(height)
        return marked if self._pixels.shape[2] == 3 else np.concatenate([marked, self._pixels[..., 3:]], 2)

    def _apply(self, height: Float) -> Pixels:
        """Add the mark to all colours alike, which moves brightness and leaves hue as it is."""
        import cv2

        change = np.rint(self._pattern * height).astype(np.int16)
        marked = cv2.add(self._colours, cv2.merge([change] * 3), dtype=cv2.CV_8U)
        return np.asarray(cv2.min(cv2.max(marked, self._floor), self._ceiling), np.uint8)

    def _rehearse(self, marked: Pixels) -> float:
        """Return how the mark does after the attack, at least 1 when it holds."""
        luma = _luma(marked).astype(np.float32)
        half = luma.shape[1] // 2, luma.shape[0] // 2
        small = _jpeg(_resize(luma, min(self._size, half)))
        place, symbol = spread.lead(_spectrum(_resize(small, self._size)), self._number)
        return min(place / _FIRM_SYNC, symbol / _FIRM_SYMBOL)


def read(pixels: Pixels, *, thorough: bool = False) -> Reading:
    """Look for a watermark.

    Args:
        pixels: uint8 [H, W, 3 or 4], sRGB, of any size, upright or turned.
        thorough: also search pictures that were both cropped and resized, which takes a second.

    Returns: `Reading(False)` when there is none; the chance of a false find is below 1 in 10,000 either way.
    """
    if min(pixels.shape[:2]) < MIN_SIDE_PX:
        return Reading(False)
    strongest = 0.0
    for tries, (spectrum, whole) in enumerate(_spectra(_luma(pixels), thorough), 1):
        strength, start = spread.locate(spectrum)
        strongest = max(strongest, strength)
        # Nothing was cut off a picture that is whole, so its first tile begins in the corner.
        starts = [start] * (strength >= _SEEN) + [(0, 0)] * whole
        for number in (spread.decode(spectrum, start) for start in starts):
            if number is not None:
                return Reading(True, number, strength, 1 - _chance(strength, tries))
    return Reading(False, strength=strongest)


def _chance(strength: float, tries: int) -> float:
    """Return the chance of so strong a place with a right checksum by accident, over all tiles' places and tries."""
    place = min(1.0, TILE * TILE * 0.5 * math.erfc(strength / math.sqrt(2)))
    return min(1.0, (tries * place + 1) * spread.TRIES / (1 << spread.CHECK_BITS))


def _spectra(luma: Pixels, thorough: bool) -> Iterator[tuple[Spectrum, bool]]:
    """Yield the spectra to look at, the likeliest first, and whether each is of the whole picture as it stands."""
    plane = luma.astype(np.float32)
    for place, size in enumerate(_sizes(luma, thorough)):
        spectrum = _spectrum(_resize(plane, size))
        for turn, turned in enumerate(_turns(spectrum)):
            yield turned, place == turn == 0


def _sizes(luma: Pixels, thorough: bool) -> Iterator[tuple[int, int]]:
    """Yield the sizes, (width, height) px, at which a mark may have the scale it was made at; the likeliest first."""
    height, width = luma.shape
    yield _normal_size(luma)
    scales = list(_OWN_SCALES)
    if thorough:
        low, high, step = _SEARCHED
        scales += [low * step**n for n in range(int(math.log(high / low) / math.log(step)) + 1)]
    for scale in scales:
        size = round(width * scale), round(height * scale)
        if min(size) >= TILE and size[0] * size[1] <= 1.1 * _AREA:
            yield size


def _turns(spectrum: Spectrum) -> Iterator[Spectrum]:
    """Yield the spectra of the picture as it is, mirrored and turned by quarters: eight in all."""
    back = -np.arange(TILE) % TILE
    for plain in (spectrum, spectrum.T):
        yield plain
        yield plain[:, back]
        yield plain[back]
        yield plain[back][:, back]


def _normal_size(luma: Pixels) -> tuple[int, int]:
    height, width = luma.shape
    scale = math.sqrt(_AREA / (width * height))
    return max(TILE, round(width * scale)), max(TILE, round(height * scale))


def _luma(pixels: Pixels) -> Pixels:
    """Return the brightness, uint8 [H, W]; what is transparent counts as grey."""
    import cv2

    luma = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY), np.uint8)
    if pixels.shape[2] == 3:
        return luma
    alpha = pixels[..., 3].astype(np.float32) / 255
    return np.rint(luma * alpha + 128 * (1 - alpha)).astype(np.uint8)


def _resize(plane: Float, size: tuple[int, int]) -> Float:
    import cv2

    smaller = size[0] < plane.shape[1]
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.float32)


def _jpeg(plane: Float) -> Float:
    """Return what JPEG leaves of a brightness plane."""
    import cv2

    levels = np.rint(np.clip(plane, 0, 255)).astype(np.uint8)
    file = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, _REHEARSAL_QUALITY])[1]
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.float32)


def _spectrum(plane: Float) -> Spectrum:
    """Take away what a median can foretell of the picture, its edges too, cap what is left and add up its tiles."""
    import cv2

    foretold = cv2.medianBlur(np.rint(np.clip(plane, 0, 255)).astype(np.uint8), _MEDIAN_PX)
    return spread.spectrum_of(np.clip(plane - foretold, -_SURPRISE, _SURPRISE).astype(np.float32))
