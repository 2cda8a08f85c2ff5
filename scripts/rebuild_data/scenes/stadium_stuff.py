"""What a stadium is made of, and the way round its stands. Called by ``stadium.py``."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .parts import Colour, Heap, Point, Spot, lived_in, textured
from .shapes import varied

STANDS_M = (60, 41)
"""Half the length and width of the pitch, and of the space between the lowest seats."""
CORNER_M = 13
SHIRTS: tuple[Colour, ...] = (
    *((0.02, 0.022, 0.03), (0.3, 0.29, 0.28), (0.03, 0.05, 0.11), (0.1, 0.1, 0.1), (0.2, 0.04, 0.035)),
    *((0.07, 0.055, 0.045), (0.3, 0.22, 0.08), (0.05, 0.09, 0.06), (0.09, 0.12, 0.18), (0.4, 0.38, 0.36)),
    *((0.03, 0.03, 0.035), (0.05, 0.045, 0.05), (0.12, 0.1, 0.09), (0.25, 0.1, 0.04)),
)
CLUB: tuple[Colour, ...] = ((0.16, 0.012, 0.03), (0.22, 0.02, 0.04), (0.16, 0.32, 0.46), (0.12, 0.01, 0.025))
BOARDS: tuple[Colour, ...] = (
    *((0.9, 0.06, 0.05), (0.03, 0.2, 0.8), (0.95, 0.75, 0.05), (0.9, 0.9, 0.9)),
    *((0.02, 0.5, 0.25), (0.02, 0.03, 0.08), (0.9, 0.35, 0.03)),
)


def ring(out: float, step: float) -> Iterator[tuple[Spot, Spot, int, bool]]:
    """Walk round the stands: each place, which way is outward, which side it is, and whether it lies on an aisle."""
    radius = CORNER_M + out
    for side in range(4):
        turn = side * math.pi / 2
        ahead, along = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
        half, far = STANDS_M[(side + 1) % 2] - CORNER_M, STANDS_M[side % 2] + out
        for number in range(int(2 * half / step)):
            at = -half + (number + 0.5) * step
            place = (far * ahead[0] + at * along[0], far * ahead[1] + at * along[1])
            yield place, ahead, side, (at + 0.6) % 11.5 < 1.2
        middle = tuple((far - radius) * ahead[i] + half * along[i] for i in (0, 1))
        for number in range(int(math.pi / 2 * radius / step)):
            angle = (number + 0.5) * step / radius
            away = (math.cos(turn + angle), math.sin(turn + angle))
            spot = (middle[0] + radius * away[0], middle[1] + radius * away[1])
            yield spot, away, side, (angle + 0.6 / radius) % (math.pi / 6) < 1.2 / radius


def band(heap: Heap, low: Spot, high: Spot) -> None:
    """Lay a strip round the stadium between two rings, each so far out and so high."""

    def outline(out: float, up: float) -> list[Point]:
        points: list[Point] = []
        for side in range(4):
            x, y = (STANDS_M[0] - CORNER_M) * (1, -1, -1, 1)[side], (STANDS_M[1] - CORNER_M) * (1, 1, -1, -1)[side]
            for part in range(9):
                angle = (side + part / 8) * math.pi / 2
                points.append((x + (CORNER_M + out) * math.cos(angle), y + (CORNER_M + out) * math.sin(angle), up))
        return points

    inner, outer = outline(*low), outline(*high)
    for i in range(len(inner)):
        j = (i + 1) % len(inner)
        heap.face(inner[i], inner[j], outer[j], outer[i])


class Stadium:
    """The materials of the stadium, each a heap."""

    def __init__(self) -> None:
        self.grass = [Heap((0.05, 0.15, 0.03), rough=0.9) for _ in range(2)]
        textured(self.grass[0], (0.02, 0.07, 0.01), (0.045, 0.12, 0.018), 9, 0.25)
        textured(self.grass[1], (0.009, 0.036, 0.006), (0.024, 0.068, 0.012), 9, 0.25)
        self.blades, self.track = Heap((0.06, 0.17, 0.03)), Heap((0.06, 0.13, 0.05))
        varied(
            self.blades,
            ((0.02, 0.07, 0.01), (0.045, 0.12, 0.018), (0.014, 0.05, 0.008), (0.07, 0.13, 0.03)),
            sharp=True,
        )
        textured(self.track, (0.05, 0.1, 0.04), (0.08, 0.15, 0.06), 6, 0.2)
        self.paint, self.post = Heap((0.75, 0.77, 0.72)), Heap((0.85, 0.85, 0.85), rough=0.3)
        textured(self.paint, (0.5, 0.56, 0.46), (0.82, 0.84, 0.8), 20)
        self.net, self.steel = Heap((0.8, 0.8, 0.8)), Heap((0.32, 0.34, 0.37), rough=0.5)
        self.concrete, self.roof = Heap((0.28, 0.28, 0.28)), Heap((0.3, 0.31, 0.33))
        textured(self.concrete, (0.1, 0.1, 0.102), (0.18, 0.178, 0.175), 0.8, 0.1)
        textured(self.roof, (0.13, 0.135, 0.15), (0.2, 0.205, 0.215), 0.3)
        self.dark, self.seat = Heap((0.02, 0.02, 0.025), rough=0.4), Heap((0.03, 0.07, 0.18), rough=0.5)
        self.coats, self.club, self.skin = Heap((0.1, 0.1, 0.1)), Heap((0.4, 0.03, 0.03)), Heap((0.4, 0.25, 0.18))
        varied(self.coats, SHIRTS, sharp=True)
        varied(self.club, CLUB, sharp=True)
        varied(self.skin, ((0.4, 0.25, 0.18), (0.08, 0.05, 0.035), (0.3, 0.17, 0.11), (0.05, 0.04, 0.03)), sharp=True)
        self.flags = [Heap(colour) for colour in ((0.2, 0.015, 0.035), (0.16, 0.34, 0.5), (0.6, 0.42, 0.08))]
        self.boards = [Heap(colour, glow=0.65) for colour in BOARDS]
        self.lamps, self.screen = Heap((1, 0.97, 0.92), glow=35), Heap((0.2, 0.5, 0.3), glow=1)
        lived_in(self.screen, (0.02, 0.1, 0.03), (0.12, 0.4, 0.12), 0.5)

    def build(self) -> None:
        for heap in vars(self).values():
            for one in heap if isinstance(heap, list) else [heap]:
                one.build()
