"""What a mark says about a picture, and how a picture's number is made and spelled. Values and rules only."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from castlist import __version__

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SPELLED = 8
_NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class SourceType(StrEnum):
    """How a picture came to be, as an IPTC Digital Source Type.

    Source: cv.iptc.org/newscodes/digitalsourcetype, read 2026-11.
    """

    GENERATED = _NEWSCODES + "trainedAlgorithmicMedia"
    """By a generative model."""
    COMPOSITE = _NEWSCODES + "compositeWithTrainedAlgorithmicMedia"
    """From parts of photographs and parts that a trained model made."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written into a picture. Nothing here is about a person: no account, no prompt, no file name.

    number: 40 bits that find the picture's record again, see `number_of`.
    made_at: with its time zone; None leaves it out, which keeps equal pictures equal files when nothing is signed.
    """

    engine: str
    model: str
    source_type: SourceType
    number: int
    made_at: datetime | None = None
    version: str = __version__

    @property
    def software(self) -> str:
        """Name and version, such as `castlist 1.0`."""
        return f"castlist {self.version}"


def number_of(pixels: NDArray[np.uint8]) -> int:
    """Return the number of a picture that is not marked yet: 40 bits of the hash of its pixels.

    Equal pixels get equal marks, so that a seed still gives the same pixels with the mark in them.
    """
    return int.from_bytes(hashlib.sha256(pixels.tobytes()).digest()[:5], "big")


def spell(number: int) -> str:
    """Write a number as people read it, such as `4H0Q-9ZKM`. Source: Crockford's base 32."""
    letters = "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(_SPELLED)))
    return f"{letters[:4]}-{letters[4:]}"


def unspell(text: str) -> int:
    """Read a number that was spelled; hyphens, case and O for 0 or I and L for 1 do not matter. ValueError if none."""
    plain = text.upper().replace("-", "").replace("O", "0").replace("I", "1").replace("L", "1")
    if len(plain) != _SPELLED or any(letter not in _LETTERS for letter in plain):
        raise ValueError(f"{text!r} is not the number of a picture")
    number = 0
    for letter in plain:
        number = number << 5 | _LETTERS.index(letter)
    return number
