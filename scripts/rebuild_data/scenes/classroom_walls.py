"""What hangs on the walls of a classroom: board, map, children's pictures. Called by ``classroom.py``."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from .parts import Colour, Heap, Point, Spot

Paint = dict[str, Heap]
BOARD = (-3.0, 2.2, 0.95, 2.3)
"""Left, right, foot and top of the blackboard."""
BRIGHT: dict[str, Colour] = {
    "red": (0.55, 0.04, 0.03), "blue": (0.03, 0.12, 0.42), "yellow": (0.75, 0.45, 0.03), "green": (0.05, 0.28, 0.06),
    "orange": (0.7, 0.2, 0.02), "violet": (0.22, 0.06, 0.35), "teal": (0.02, 0.3, 0.32), "brown": (0.2, 0.09, 0.03),
}  # fmt: skip
CONTINENTS: tuple[tuple[Spot, ...], ...] = (  # drawn by hand in degrees, coarse: this is a map seen from afar
    ((-165, 65), (-130, 70), (-85, 72), (-60, 55), (-65, 45), (-80, 28), (-97, 20), (-82, 9), (-105, 22), (-124, 42)),
    ((-52, 60), (-42, 60), (-20, 72), (-30, 83), (-60, 80)),
    ((-78, 8), (-60, 9), (-36, -7), (-40, -22), (-58, -38), (-68, -54), (-74, -45), (-71, -18), (-81, -5)),
    ((-16, 15), (-8, 35), (10, 37), (32, 31), (43, 11), (51, 11), (40, -5), (34, -25), (20, -35), (11, -6), (8, 4)),
    ((-9, 38), (5, 44), (20, 36), (40, 38), (52, 14), (60, 25), (77, 8), (90, 22), (104, 2), (110, 20), (122, 32),
     (140, 55), (178, 66), (140, 73), (100, 77), (60, 69), (28, 71), (6, 61), (10, 55), (-4, 48)),
    ((114, -22), (131, -12), (143, -12), (153, -27), (145, -39), (131, -32), (116, -35)),
    ((-170, -78), (-60, -72), (60, -67), (170, -72), (170, -83), (-170, -83)),
)  # fmt: skip


class Wall(NamedTuple):
    """A wall: where its middle stands, which way is right on it, and which way is out of it."""

    middle: Spot
    along: Spot
    out: Spot

    def at(self, right: float, up: float, before: float = 0.0) -> Point:
        """Return the point at a place on the wall, so far before it."""
        x, y = (self.middle[i] + right * self.along[i] + before * self.out[i] for i in (0, 1))
        return x, y, up

    def board(self, corner: Spot, size: Spot, thick: float) -> tuple[Point, Point]:
        """Return the corners of a box that lies flat on the wall."""
        one, other = self.at(*corner), self.at(corner[0] + size[0], corner[1] + size[1], thick)
        (x, y, z), (u, v, w) = one, other
        return (min(x, u), min(y, v), z), (max(x, u), max(y, v), w)


def line(heap: Heap, wall: Wall, points: Sequence[Spot], thick: float, before: float = 0.08) -> None:
    """Draw a line on a wall, with a hand that presses now more and now less."""
    for (x, z), (u, w) in pairwise(points):
        far = math.hypot(u - x, w - z) or 1
        a, b = -(w - z) / far * thick / 2 * random.uniform(0.7, 1.2), (u - x) / far * thick / 2
        corners = ((x + a, z + b), (x - a, z - b), (u - a, w - b), (u + a, w + b))
        heap.face(*(wall.at(*corner, before) for corner in corners))


def disc(heap: Heap, wall: Wall, middle: Spot, radius: float, before: float) -> None:
    turns = [2 * math.pi * part / 14 for part in range(14)]
    heap.face(*(wall.at(middle[0] + radius * math.cos(a), middle[1] + radius * math.sin(a), before) for a in turns))


def _curve(start: Spot, wide: float, shape: Callable[[float], float]) -> list[Spot]:
    return [(start[0] + wide * part / 24, start[1] + shape(part / 24)) for part in range(25)]


def _writing(heap: Heap, wall: Wall, corner: Spot, *, wide: float, lines: int, tall: float) -> None:
    """Fill lines with strokes that look like words from afar and say nothing."""
    for row in range(lines):
        x, z = corner[0] + random.uniform(0, 0.05), corner[1] - row * tall * 2.1
        end = corner[0] + wide * random.uniform(0.65, 1)
        while x < end:
            for _ in range(random.randint(3, 8)):
                step, rise = tall * random.uniform(0.3, 0.55), tall * random.choice((0.5, 0.55, 0.6, 1))
                line(heap, wall, ((x, z), (x + step * 0.4, z + rise), (x + step, z + 0.02)), 0.011)
                x += step
            x += tall * 0.8


def blackboard(paint: Paint, wall: Wall) -> None:
    """Hang up the board, with chalk, a sponge and the last lesson's drawings."""
    left, right, foot, top = BOARD
    wood, white, yellow = paint["wood"], paint["chalk"], paint["yellow"]
    paint["board"].box(*wall.board((left, foot), (right - left, top - foot), 0.07))
    for low, high in (((left, foot), (right, foot)), ((left, top), (right, top)), ((left, foot), (left, top)),
                      ((right, foot), (right, top)), ((-0.4, foot), (-0.4, top))):  # fmt: skip
        size = high[0] - low[0] + 0.06, high[1] - low[1] + 0.06
        wood.box(*wall.board((low[0] - 0.03, low[1] - 0.03), size, 0.1))
    wood.box(*wall.board((left, foot - 0.05), (right - left, 0.03), 0.2))
    for _ in range(9):
        low, high = wall.board((random.uniform(left, right - 0.2), foot - 0.02), (0.07, 0.015), 0.17)
        paint[random.choice(("chalk", "yellow", "red"))].box(
            (low[0], high[1], low[2]), (high[0], high[1] - 0.015, high[2])
        )
    paint["brown"].box(*wall.board((1.3, foot - 0.02), (0.16, 0.05), 0.18))
    corner, edge, tip = (left + 0.25, 1.15), (left + 1.2, 1.15), (left + 0.85, 1.78)
    _writing(white, wall, (left + 0.2, 2.14), wide=1.25, lines=2, tall=0.085)
    _writing(white, wall, (1.15, 2.14), wide=0.9, lines=3, tall=0.07)
    _writing(white, wall, (0.0, 1.5), wide=1.0, lines=2, tall=0.08)
    for heap, points in (
        (white, (corner, edge, tip, corner)),
        (yellow, (tip, (tip[0], 1.15))),
        (white, ((-1.5, 1.3), (-0.5, 1.3))),
        (white, ((-1.4, 1.06), (-1.4, 2.0))),
        (paint["pink"], _curve((-1.42, 1.3), 0.85, lambda t: 2.1 * (t - 0.45) ** 2 - 0.1)),
        (white, _curve((-0.2, 1.85), 1.2, lambda t: 0.14 * math.sin(9 * t))),
        (white, [(1.65 + 0.27 * math.cos(a / 4), 1.4 + 0.27 * math.sin(a / 4)) for a in range(26)]),
        (yellow, ((1.65, 1.4), (1.9, 1.5))),
    ):
        line(heap, wall, points, 0.016)


def world_map(paint: Paint, wall: Wall, middle: Spot, wide: float) -> None:
    """Hang up a map of the world."""
    (x, z), high = middle, wide * 0.5
    paint["paper"].box(*wall.board((x - wide / 2 - 0.06, z - high / 2 - 0.06), (wide + 0.12, high + 0.12), 0.02))
    paint["ocean"].box(*wall.board((x - wide / 2, z - high / 2), (wide, high), 0.03))
    for number, outline in enumerate(CONTINENTS):
        heap = paint[("yellow", "paper", "green", "orange", "teal", "red", "paper")[number]]
        heap.face(*(wall.at(x + a / 360 * wide, z + b / 180 * high, 0.04) for a, b in outline))
    for u in (-1, 1):
        paint["dark"].box(*wall.board((x - wide / 2 - 0.1, z + u * (high / 2 + 0.06)), (wide + 0.2, 0.03), 0.05))


def pictures(paint: Paint, wall: Wall, spots: Iterable[Spot]) -> None:
    """Pin up what children painted: hills, a sun, houses, flowers."""
    for x, z in spots:
        wide, tall = random.choice(((0.34, 0.25), (0.25, 0.34), (0.34, 0.25)))
        paint["paper"].box(*wall.board((x, z), (wide, tall), 0.05))
        ground = paint[random.choice(("green", "teal", "yellow", "blue"))]
        hill = [(wide * (0.94 - 0.88 * p / 8), tall * (0.2 + 0.16 * math.sin(p + x * 7))) for p in range(9)]
        outline = ((wide * 0.06, tall * 0.06), (wide * 0.94, tall * 0.06), *hill)
        ground.face(*(wall.at(x + u, z + w, 0.055) for u, w in outline))
        light = paint[random.choice(("yellow", "orange", "red"))]
        disc(light, wall, (x + wide * 0.78, z + tall * 0.78), 0.035, 0.055)
        for _ in range(random.randint(1, 3)):
            u, size = x + wide * random.uniform(0.15, 0.65), random.uniform(0.04, 0.08)
            heap = paint[random.choice(list(BRIGHT))]
            if random.random() < 0.5:
                disc(heap, wall, (u + size / 2, z + tall * 0.5), size / 2, 0.06)
            else:
                heap.box(*wall.board((u, z + tall * 0.3), (size, tall * 0.22), 0.06))
                roof = ((u - 0.01, 0.52), (u + size + 0.01, 0.52), (u + size / 2, 0.72))
                paint["red"].face(*(wall.at(a, z + tall * b, 0.06) for a, b in roof))


def clock(paint: Paint, wall: Wall, middle: Spot) -> None:
    x, z = middle
    disc(paint["dark"], wall, middle, 0.2, 0.03)
    disc(paint["paper"], wall, middle, 0.175, 0.035)
    line(paint["dark"], wall, (middle, (x + 0.09, z + 0.06)), 0.02, 0.04)
    line(paint["dark"], wall, (middle, (x - 0.02, z + 0.14)), 0.014, 0.04)
