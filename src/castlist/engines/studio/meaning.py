"""Reads what a text means in the concepts of `lexicon`, and how alike two readings are. Called by `plates` and `notes`.

A text becomes weights over concepts. Rare, telling concepts count more than common ones (inverse document frequency
over the plates at hand), and akin concepts count in part, so that "lake" finds the sea when there is no lake.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache

from castlist.engines.studio import lexicon

Reading = Mapping[str, float]

PLACE, HOUR, SETTING = 1.0, 0.45, 0.3
"""How much a place, an hour or a setting says about where a picture should be taken."""

_NEGATION = re.compile(r"\b(?:no|not|without|never|instead of)\s+(?:an?\s+|the\s+)?[\w-]+")


def read(text: str) -> dict[str, float]:
    """Return the concepts a text names, with weights: what is named first and more often weighs more.

    Words of a style are none of them: a comic book is no library.
    """
    found: dict[str, float] = {}
    words = without(_NEGATION.sub(" ", text.lower()), lexicon.STYLES)
    for place, (_, concept, weight) in enumerate(_matches(words)):
        found[concept] = found.get(concept, 0.0) * 0.6 + weight / (1 + 0.04 * place)
    return found


def styles(text: str) -> list[str]:
    """Return the styles a text asks for, in its order, each once."""
    words = normal(_NEGATION.sub(" ", text.lower()))
    index = _index(tuple(lexicon.STYLES.items()), 1.0)
    return list(dict.fromkeys(concept for _, concept, _ in _scan(words, index)))


def place_words(text: str) -> frozenset[str]:
    """Return the words of a text that stand for a place: "bright kitchen" is about a kitchen."""
    words, index = without(text, lexicon.STYLES), _index(tuple(lexicon.PLACES.items()), PLACE)
    return frozenset(word for entry, _, _ in _scan(words, index) for word in entry.split())


def faces(text: str) -> frozenset[str]:
    """Return what a text asks of the face, concepts of `lexicon.FACES`; a smile that is ruled out is a serious face."""
    index = _index(tuple(lexicon.FACES.items()), 1.0)
    wanted, named = (
        {concept for _, concept, _ in _scan(normal(words), index)} for words in (_NEGATION.sub(" ", text.lower()), text)
    )
    return frozenset(wanted | ({"serious"} if "smile" in named - wanted else set[str]()))


def without(text: str, *tables: Mapping[str, str]) -> str:
    """Return the text as plain words, less those that name a concept of some tables: "oil painting" is no activity."""
    words = normal(text)
    for table in tables:
        for entry, _, _ in _scan(words, _index(tuple(table.items()), 1.0)):
            words = words.replace(f" {entry} ", " ")
    return words


def likeness(wanted: Reading, offered: Reading, rarity: Mapping[str, float]) -> float:
    """Return how well a place fits what is wanted: 0 for nothing in common, about 1 when everything asked for is there.

    Args:
        rarity: see `rarities`.
    """
    total = sum(weight * rarity.get(concept, 1.0) for concept, weight in wanted.items())
    if not total:
        return 0.0
    met = 0.0
    for concept, weight in wanted.items():
        best = max((share * kin(concept, other) for other, share in offered.items()), default=0.0)
        met += weight * rarity.get(concept, 1.0) * min(1.0, best)
    return met / total


def rarities(readings: Iterable[Reading]) -> dict[str, float]:
    """Return by concept how telling it is among these readings: ln(1 + N/n), 1 for what half of them have."""
    every = list(readings)
    counts: dict[str, int] = {}
    for reading in every:
        for concept in reading:
            counts[concept] = counts.get(concept, 0) + 1
    return {concept: math.log(1 + len(every) / count) / math.log(3) for concept, count in counts.items()}


def kin(one: str, other: str) -> float:
    """Return how akin two concepts are, 0–1."""
    if one == other:
        return 1.0
    return lexicon.AKIN.get((one, other), lexicon.AKIN.get((other, one), 0.0))


def normal(text: str) -> str:
    """Return the text as lower-case words parted by single blanks, with a blank at either end."""
    return " " + " ".join(re.findall(r"[a-zà-ÿ0-9&'-]+", text.lower())) + " "


def _matches(words: str) -> Iterable[tuple[str, str, float]]:
    return _scan(words, _everything())


@cache
def _everything() -> dict[str, list[tuple[str, float]]]:
    merged: dict[str, list[tuple[str, float]]] = {}
    for entries, weight in ((lexicon.PLACES, PLACE), (lexicon.HOURS, HOUR), (lexicon.SETTINGS, SETTING)):
        for word, pairs in _index(tuple(entries.items()), weight).items():
            merged.setdefault(word, []).extend(pairs)
    return merged


@cache
def _index(entries: tuple[tuple[str, str], ...], weight: float) -> dict[str, list[tuple[str, float]]]:
    """Return by word or phrase the concepts it stands for; a word of several concepts says less about each."""
    index: dict[str, list[tuple[str, float]]] = {}
    for concept, listed in entries:
        words, _, phrases = listed.partition(";")
        for entry in [*words.split(), *(phrase.strip() for phrase in phrases.split(",") if phrase.strip()), concept]:
            index.setdefault(entry, [])
            if (concept, weight) not in index[entry]:
                index[entry].append((concept, weight))
    return {entry: [(name, share / len(pairs) ** 0.5) for name, share in pairs] for entry, pairs in index.items()}


def _scan(words: str, index: Mapping[str, list[tuple[str, float]]]) -> list[tuple[str, str, float]]:
    """Find index entries in the text, phrases first; each stretch of text counts once. Plurals match their singular."""
    tokens = words.split()
    found: list[tuple[int, str, str, float]] = []
    used = [False] * len(tokens)
    for length in (3, 2, 1):
        for start in range(len(tokens) - length + 1):
            if any(used[start : start + length]):
                continue
            entry = " ".join(tokens[start : start + length])
            singular = entry[:-1] if entry.endswith("s") and len(entry) > 3 else entry
            pairs = index.get(entry) or index.get(singular)
            if pairs:
                used[start : start + length] = [True] * length
                found += [(start, entry, concept, weight) for concept, weight in pairs]
    return [(entry, concept, weight) for _, entry, concept, weight in sorted(found, key=lambda one: one[0])]
