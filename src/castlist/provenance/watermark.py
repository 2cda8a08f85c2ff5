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
from castlist.provenance.masking import activity, amplitude, fixed
from castlist.provenance.spread import TILE, Float, Spectrum

Pixels = NDArray[np.uint8]
Hold = Literal["firm", "weak", "none"]

NUMBERS = 1 << spread.NUMBER_BITS
MIN_SIDE_PX = 128
"""Smaller pictures are neither marked nor read."""
MIN_PSNR_DB = 43.0
_AREA = 512 * 512
_STRENGTHS = (
    *((texture, 0.0, 0.0) for texture in (0.32, 0.4, 0.5, 0.65, 0.8, 1.0)),
    *((1.25, 0.35, edges) for edges in (0.0, 6.0, 12.0, 18.0)),
)
"""`texture`, `grain` and `edges` of `masking.amplitude`, in the order they are tried."""
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
    hold: `firm` survives JPEG at quality 60 and half the size, `weak` may be lost under either, `none`: the picture has
        no room for a mark, such as a line drawing on plain paper, and its pixels are unchanged.
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
    """What one embedding works with, at the picture's own size and at the small one it is rehearsed at."""

    def __init__(self, pixels: Pixels, number: int) -> None:
        self._pixels, self._number = pixels, number
        luma = _luma(pixels)
        self._busy = activity(luma, fixed(pixels))
        self._small = _resize(luma.astype(np.float32), _normal_size(luma))
        height, width = self._small.shape
        tile = np.clip(spread.pattern(number), -_LOUDEST, _LOUDEST)
        self._pattern = np.tile(tile, (-(-height // TILE), -(-width // TILE)))[:height, :width]

    def best(self) -> Embedded:
        """Try the strengths in turn and apply the first that holds, or else the one that came nearest."""
        best: tuple[float, Float] | None = None
        for height in self._affordable():
            held = self._rehearse(height)
            if best is None or held > best[0]:
                best = held, height
            if held >= 1:
                break
        if best is None:
            return Embedded(self._pixels, "none")
        marked = self._apply(best[1])
        if best[0] >= 1:
            return Embedded(marked, "firm")
        # What the rehearsal lost may still be read from the picture as it is delivered.
        return Embedded(marked, "weak") if read(marked).number == self._number else Embedded(self._pixels, "none")

    def _affordable(self) -> Iterator[Float]:
        """Yield the amplitude of each strength; the first that would distort too much is scaled down and is the last.

        The pattern's mean square is 1 or a little less, so the amplitude's own bounds that of the change.
        """
        limit = 255**2 / 10 ** (MIN_PSNR_DB / 10)
        for strength in _STRENGTHS:
            height = amplitude(self._busy, *strength)
            square = float(np.vdot(height, height)) / height.size
            if square > limit:
                yield height * np.float32(math.sqrt(limit / square))
                return
            if square > 0:
                yield height

    def _rehearse(self, height: Float) -> float:
        """Return how the mark does after the attack, at least 1 when it holds."""
        rows, columns = self._small.shape
        marked = self._small + _resize(height, (columns, rows)) * self._pattern
        place, symbol = spread.lead(_spectrum(_jpeg(np.asarray(marked, np.float32))), self._number)
        return min(place / _FIRM_SYNC, symbol / _FIRM_SYMBOL)

    def _apply(self, height: Float) -> Pixels:
        """Add the mark to all colours alike, which moves brightness and leaves hue as it is."""
        import cv2

        rows, columns = height.shape
        change = np.rint(_resize(self._pattern, (columns, rows)) * height).astype(np.int16)
        colours = np.ascontiguousarray(self._pixels[..., :3])
        marked = np.asarray(cv2.add(colours, cv2.merge([change] * 3), dtype=cv2.CV_8U), np.uint8)
        if self._pixels.shape[2] == 3:
            return marked
        return np.concatenate([marked, self._pixels[..., 3:]], 2)


def read(pixels: Pixels, *, thorough: bool = False) -> Reading:
    """Look for a watermark.

    Args:
        pixels: uint8 [H, W, 3 or 4], sRGB, of any size, upright or turned.
        thorough: also search pictures that were both cropped and resized, which takes seconds.

    Returns: `Reading(False)` when there is none; the chance of a false find is below 1 in 10,000 either way.
    """
    if min(pixels.shape[:2]) < MIN_SIDE_PX:
        return Reading(False)
    luma = _luma(pixels)
    strongest = 0.0
    for tries, size in enumerate(_sizes(luma, thorough), 1):
        spectrum = _spectrum(_resize(luma.astype(np.float32), size))
        for turned in _turns(spectrum):
            strength, start = spread.locate(turned)
            strongest = max(strongest, strength)
            number = spread.decode(turned, start) if strength >= _SEEN else None
            if number is not None:
                return Reading(True, number, strength, 1 - _chance(strength, tries * 8))
    return Reading(False, strength=strongest)


def _chance(strength: float, tries: int) -> float:
    """Return the chance of so strong a place with a right checksum by accident, over all tiles' places and tries."""
    place = min(1.0, TILE * TILE * 0.5 * math.erfc(strength / math.sqrt(2)))
    return min(1.0, tries * place / (1 << spread.CHECK_BITS))


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
