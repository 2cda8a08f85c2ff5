"""The watermark's alphabet: which frequencies carry what, and how a number becomes a pattern and a spectrum a number.

Called by `watermark` alone. Knows no picture, only square tiles of `TILE` pixels and their spectra.

A tile's 640 lowest usable frequencies have two real dimensions each. 256 of these 1280 are the same in every mark and
tell where a tile begins; the others carry eight symbols of one byte, each one of 256 biorthogonal Walsh sequences of
128 chips. Five symbols are the number, three its checksum. Which dimension is which is shuffled by a fixed key, so
that a narrow disturbance touches every symbol a little rather than one of them badly.

Source: Cox, Kilian, Leighton, Shamoon, "Secure Spread Spectrum Watermarking for Multimedia" (1997), for marking by
many weak components; Kutter, "Watermarking resistant to translation, rotation and scaling" (1998), for tiling.
"""

import hashlib
import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Spectrum = NDArray[np.complex64]
Indices = NDArray[np.intp]

TILE = 64
NUMBER_BITS = 40
CHECK_BITS = 24
_SYMBOLS, _CHIPS, _SYNC = 8, 128, 256
_BINS = (_SYMBOLS * _CHIPS + _SYNC) // 2
_DOUBTFUL = 4
TRIES = 1 << _DOUBTFUL
_LOWEST = 3.2
"""Cycles a tile; below, brightness changes of the picture itself drown everything."""
_KEY = b"castlist watermark 1"


@cache
def _layout() -> tuple[Indices, Indices, Float]:
    """Return rows and columns int [640] in a tile's spectrum, and the sign of each dimension, float32 [1280].

    Multiples of 8 in both directions are left out: there JPEG's own 8-pixel grid shows.
    """
    rows, columns = np.mgrid[0:TILE, 0 : TILE // 2]
    signed = np.where(rows >= TILE // 2, rows - TILE, rows)
    radius = np.hypot(signed, columns).ravel()
    grid = (signed % 8 == 0) & (columns % 8 == 0)
    usable = ((columns > 0) & (signed != -TILE // 2) & ~grid).ravel() & (radius >= _LOWEST)
    nearest = np.flatnonzero(usable)
    nearest = nearest[np.argsort(radius[nearest], kind="stable")][:_BINS]
    noise = hashlib.shake_256(_KEY).digest(6 * _BINS)
    shuffled = nearest[np.argsort(np.frombuffer(noise[: 4 * _BINS], "<u4"), kind="stable")]
    bits = np.unpackbits(np.frombuffer(noise[4 * _BINS :], np.uint8))[: 2 * _BINS]
    return rows.ravel()[shuffled], columns.ravel()[shuffled], bits.astype(np.float32) * 2 - 1


@cache
def _walsh() -> Float:
    sequences = np.ones((1, 1), np.float32)
    while len(sequences) < _CHIPS:
        sequences = np.block([[sequences, sequences], [sequences, -sequences]])
    return sequences


def _letters(number: int) -> bytes:
    """Return a number as eight symbols, its checksum last."""
    body = number.to_bytes(NUMBER_BITS // 8, "big")
    check = zlib.crc32(_KEY + body) & ((1 << CHECK_BITS) - 1)
    return body + check.to_bytes(CHECK_BITS // 8, "big")


def pattern(number: int) -> Float:
    """Return the tile of a number: float32 [64, 64], zero mean, standard deviation 1. Numbers are 40 bits."""
    chips = [(1 - 2 * (letter >> 7)) * _walsh()[letter & 127] for letter in _letters(number)]
    rows, columns, signs = _layout()
    dimensions = np.concatenate([np.ones(_SYNC, np.float32), *chips]) * signs
    values = dimensions[0::2] + 1j * dimensions[1::2]
    spectrum = np.zeros((TILE, TILE), np.complex64)
    spectrum[rows, columns] = values
    spectrum[-rows % TILE, -columns % TILE] = values.conj()
    tile = np.fft.ifft2(spectrum).real
    return (tile / tile.std()).astype(np.float32)


def spectrum_of(plane: Float) -> Spectrum:
    """Add up all tiles of a plane, float32 [H, W], and return their spectrum, complex [64, 64]."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % TILE), (0, -width % TILE)))
    across = padded.shape[1] // TILE
    folded = padded.reshape(-1, TILE, across * TILE).sum(0).reshape(TILE, across, TILE).sum(1)
    return np.fft.fft2(folded).astype(np.complex64)


def locate(spectrum: Spectrum) -> tuple[float, tuple[int, int]]:
    """Find where a tile begins.

    Returns: how far the best place stands out, in standard deviations (3.5–4.5 without a mark), and its (row, column).
    """
    rows, columns, signs = _layout()
    half = _SYNC // 2
    expected = signs[0:_SYNC:2] - 1j * signs[1:_SYNC:2]
    product = np.zeros((TILE, TILE), np.complex64)
    product[rows[:half], columns[:half]] = _limit(spectrum[rows, columns])[:half] * expected
    likely = np.fft.ifft2(product).real
    best = int(likely.argmax())
    return float(likely.flat[best] / (likely.std() + 1e-12)), (best // TILE, best % TILE)


def decode(spectrum: Spectrum, start: tuple[int, int]) -> int | None:
    """Return the number in a spectrum whose tile begins at `start`; None when no likely one has a right checksum.

    Every symbol's best byte is tried first, then the second best of the least certain ones, `TRIES` in all.
    """
    correlations, _ = _correlations(spectrum, start)
    ranked = np.argsort(-correlations, 1)[:, :2]
    rows = np.arange(_SYMBOLS)
    certainty = correlations[rows, ranked[:, 0]] - correlations[rows, ranked[:, 1]]
    doubtful = np.argsort(certainty)[:_DOUBTFUL]
    for choice in range(TRIES):
        rank = np.zeros(_SYMBOLS, np.intp)
        rank[doubtful] = choice >> np.arange(_DOUBTFUL) & 1
        letters = bytes(ranked[rows, rank].tolist())
        number = int.from_bytes(letters[: NUMBER_BITS // 8], "big")
        if _letters(number) == letters:
            return number
    return None


def lead(spectrum: Spectrum, number: int) -> tuple[float, float]:
    """Say how firmly a known number stands in a spectrum whose tile begins at (0, 0).

    Returns: the place's and the weakest symbol's lead, both in standard deviations; a symbol below 0 would be misread.
    """
    correlations, sync = _correlations(spectrum, (0, 0))
    rows = np.arange(_SYMBOLS)
    letters = np.frombuffer(_letters(number), np.uint8).astype(np.intp)
    own = correlations[rows, letters].copy()
    correlations[rows, letters] = -np.inf
    return sync, float((own - correlations.max(1)).min())


def _correlations(spectrum: Spectrum, start: tuple[int, int]) -> tuple[Float, float]:
    """Return how well each byte fits each symbol, float32 [8, 256], and the sync's fit, in standard deviations."""
    rows, columns, signs = _layout()
    turn = np.exp(2j * np.pi * (rows * start[0] + columns * start[1]) / TILE)
    values = _limit(spectrum[rows, columns]) * turn
    dimensions = np.empty(2 * _BINS, np.float32)
    dimensions[0::2], dimensions[1::2] = values.real, values.imag
    dimensions *= signs
    sync, chips = dimensions[:_SYNC], dimensions[_SYNC:].reshape(_SYMBOLS, _CHIPS)
    fit = chips @ _walsh().T / (np.linalg.norm(chips, axis=1, keepdims=True) + 1e-12)
    return np.concatenate([fit, -fit], 1), float(sync.sum() / (np.linalg.norm(sync) + 1e-12))


def _limit(values: Spectrum) -> Spectrum:
    """Compress magnitudes, so that one loud frequency, such as a fabric's weave, cannot outvote the others."""
    magnitude = np.abs(values)
    return values / (magnitude + np.median(magnitude) + 1e-12)
