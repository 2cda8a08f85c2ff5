"""A city street at night. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from .parts import Heap, haze, lamp, lived_in, stand, textured

CROSSING = (74, 92)
"""Where another street crosses, metres ahead."""
KERB_M = 5
"""How far right of the middle the camera stands."""


class _Street:
    """The materials of the city, each a heap."""

    def __init__(self) -> None:
        self.road, self.walk = Heap((0.035, 0.036, 0.04), rough=0.16), Heap((0.12, 0.12, 0.125), rough=0.5)
        textured(self.road, (0.012, 0.012, 0.015), (0.045, 0.045, 0.05), 1.5, 0.06)
        textured(self.walk, (0.07, 0.07, 0.075), (0.14, 0.135, 0.13), 2.5, 0.02)
        self.paint = Heap((0.5, 0.5, 0.47), rough=0.4)
        self.rooms = [Heap((1, 0.8, 0.5), glow=g) for g in (2.6, 1.8, 1.0, 1.6, 0.5)]
        tints = ((1, 0.66, 0.3), (1, 0.8, 0.52), (0.95, 0.72, 0.5), (0.75, 0.88, 1), (1, 0.6, 0.35))
        for heap, tint in zip(self.rooms, tints, strict=True):
            lived_in(heap, tuple(0.12 * c for c in tint), tint, 0.55)  # type: ignore[arg-type]
        self.shops = [Heap(c, glow=0.9) for c in ((1, 0.7, 0.4), (1, 0.86, 0.66), (0.72, 0.88, 1), (1, 0.5, 0.3))]
        neon = ((1, 0.08, 0.3), (0.1, 0.6, 1), (1, 0.45, 0.06), (0.25, 1, 0.5), (0.6, 0.2, 1), (1, 0.85, 0.6))
        self.neon = [Heap(colour, glow=7) for colour in neon]
        self.walls = [Heap(c, rough=0.75) for c in ((0.1, 0.1, 0.11), (0.16, 0.11, 0.085), (0.13, 0.12, 0.11))]
        for heap, c in zip(self.walls, ((0.1, 0.1, 0.11), (0.16, 0.1, 0.075), (0.14, 0.13, 0.115)), strict=True):
            textured(heap, tuple(0.6 * v for v in c), c, 0.7, 0.05)  # type: ignore[arg-type]
        self.glass, self.frame = Heap((0.012, 0.015, 0.02), rough=0.06), Heap((0.03, 0.03, 0.032), rough=0.4)
        goods = ((0.3, 0.06, 0.05), (0.06, 0.14, 0.3), (0.4, 0.33, 0.2), (0.08, 0.06, 0.05))
        self.goods = [Heap(colour, glow=0.25) for colour in goods]
        self.white, self.red = Heap((1, 0.95, 0.85), glow=60), Heap((1, 0.05, 0.03), glow=22)
        self.lantern = Heap((1, 0.72, 0.36), glow=70)
        self.bodies = [Heap(c, rough=0.25) for c in ((0.02, 0.02, 0.024), (0.2, 0.2, 0.21), (0.12, 0.015, 0.012))]

    def build(self) -> None:
        single = (self.road, self.walk, self.paint, self.glass, self.frame, self.white, self.red, self.lantern)
        for heap in (*single, *self.rooms, *self.shops, *self.goods, *self.neon, *self.walls, *self.bodies):
            heap.build()


def _tower(street: _Street, sign: int, y: float, deep: float, tall: float) -> None:
    """Build a house on the left (-1) or right (1) of the street: ledges, piers, windows, of which some are lit."""
    near, wall = sign * 13, random.choice(street.walls)

    def slab(heap: Heap, out: float, a: tuple[float, float], b: tuple[float, float]) -> None:
        """Add a box on the front, so far out, from (along, up) to (along, up)."""
        x = near - sign * out
        heap.box((min(x, near + sign * 0.3), a[0], a[1]), (max(x, near + sign * 0.3), b[0], b[1]))

    def pane(heap: Heap, out: float, a: tuple[float, float], b: tuple[float, float]) -> None:
        x = near - sign * out
        heap.face((x, a[0], a[1]), (x, b[0], a[1]), (x, b[0], b[1]), (x, a[0], b[1]))

    end = y + deep - 0.6
    wall.box((min(near, near + sign * 22), y, 0), (max(near, near + sign * 22), end, tall))
    share, bay = random.uniform(0.2, 0.55), random.choice((1.7, 2.1, 2.6))
    wide, high = random.choice(((0.62, 1.7), (0.8, 1.9), (0.92, 1.5)))
    bays = int((end - y - 0.6) / bay)
    start = y + (end - y - bays * bay) / 2
    heaps = random.sample(street.rooms, 3)
    for level in range(1, int((tall - 1) / 3.3)):
        floor = 1.2 + 3.3 * level
        slab(wall, 0.16, (y, floor - 0.5), (end, floor - 0.22))
        for index in range(bays):
            v = start + (index + (1 - wide) / 2) * bay
            lit = random.random() < share
            pane(random.choice(heaps) if lit else street.glass, 0.04, (v, floor), (v + wide * bay, floor + high))
            slab(street.frame, 0.08, (v + wide * bay / 2 - 0.04, floor), (v + wide * bay / 2 + 0.04, floor + high))
            if lit and random.random() < 0.35:
                blind = random.uniform(0.2, 0.7) * high
                pane(street.glass, 0.06, (v, floor + high - blind), (v + wide * bay, floor + high))
    for index in range(bays + 1):
        if index % 2 == 0:
            slab(wall, 0.22, (start + index * bay - 0.14, 4), (start + index * bay + 0.14, tall))
    slab(wall, 0.4, (y, tall - 0.5), (end, tall + 0.1))
    _shop(street, (pane, slab), (start, start + bays * bay))


def _shop(street: _Street, put: tuple[Callable[..., None], Callable[..., None]], reach: tuple[float, float]) -> None:
    """Fill the ground floor with show windows, doors, a fascia with a sign, and perhaps one that juts out."""
    (pane, slab), (start, end) = put, reach
    v, light = start, random.choice(street.shops)
    while v < end - 1:
        step = min(random.uniform(1.4, 2.8), end - v)
        if random.random() < 0.2:
            pane(street.glass, 0.05, (v + 0.1, 0.25), (v + step - 0.1, 2.7))  # a door
        else:
            _window(street, pane, light, (v + 0.1, v + step - 0.1))
        slab(street.frame, 0.12, (v - 0.06, 0.14), (v + 0.06, 3))
        v += step
    slab(street.frame, 0.2, (start, 2.8), (end, 3.7))
    at = start + random.uniform(0.1, 0.3) * (end - start)
    sign = random.choice(street.neon)
    while at < start + 0.75 * (end - start):  # letters
        step = random.uniform(0.25, 0.6)
        pane(sign, 0.24, (at, 3.05), (at + step, random.choice((3.3, 3.45, 3.45))))
        at += step + 0.12
    if random.random() < 0.6:
        middle, foot = random.uniform(start + 1, end - 1), random.uniform(4, 6)
        slab(random.choice(street.neon), 1.0, (middle, foot), (middle + 0.1, foot + random.uniform(1, 2.6)))
        slab(street.frame, 1.1, (middle + 0.02, foot - 0.1), (middle + 0.08, foot + 0.1))


def _window(street: _Street, pane: Callable[..., None], light: Heap, reach: tuple[float, float]) -> None:
    """Add a show window: a lit wall, lamps above it, and goods as silhouettes before it."""
    start, end = reach
    pane(light, 0.05, (start, 0.7), (end, 2.7))
    pane(random.choice(street.rooms[:2]), 0.06, (start, 2.35), (end, 2.5))
    at = start
    while at < end - 0.2:
        wide = min(random.uniform(0.12, 0.5), end - at)
        pane(random.choice((street.glass, *street.goods)), 0.07, (at, 0.7), (at + wide, random.uniform(0.85, 1.9)))
        at += wide + random.uniform(0.02, 0.35)


def _cars(street: _Street) -> None:
    """Put cars on the street, with white lights toward the camera or red ones away from it, and some at the kerb."""
    for number in range(64):
        parked = number % 2 == 0
        lane = random.choice((-8, 8)) if parked else random.choice((-5.2, -1.9, 1.9, 5.2))
        y = random.choice((-1, 1)) * random.uniform(13 if parked else 20, 170)
        body = random.choice(street.bodies)
        body.box((lane - 0.9, y - 2.2, 0.3), (lane + 0.9, y + 2.2, 0.92))
        street.glass.box((lane - 0.74, y - 1.2, 0.92), (lane + 0.74, y + 1.1, 1.38))
        body.box((lane - 0.72, y - 1.0, 1.38), (lane + 0.72, y + 0.9, 1.44))
        for v in (-1.4, 1.4):
            street.frame.box((lane - 0.92, y + v - 0.32, 0), (lane + 0.92, y + v + 0.32, 0.6))
        if not parked:
            away = (lane > 0) == (y > 0)
            for side in (-0.65, 0.65):
                (street.red if away else street.white).ball((lane + side, y - math.copysign(2.2, y), 0.7), 0.09)


def _markings(street: _Street) -> None:
    for step in range(-40, 41):
        if not CROSSING[0] < 6 * step < CROSSING[1]:
            for x in (-3.5, 3.5):
                street.paint.box((x - 0.06, 6 * step, 0), (x + 0.06, 6 * step + 2.5, 0.004))
    for x in (-0.15, 0.15):
        street.paint.box((x - 0.05, -300, 0), (x + 0.05, 300, 0.004))
    for at in (CROSSING[0] - 2, CROSSING[1]):
        for step in range(-8, 9):
            street.paint.box((step - 0.25, at, 0), (step + 0.25, at + 2.6, 0.004))


def night_city() -> None:
    street = _Street()
    street.road.box((-9, -300, -0.2), (9, 300, 0))
    street.road.box((-300, CROSSING[0] + 4, -0.2), (300, CROSSING[1] - 4, -0.01))
    for sign in (-1, 1):
        street.walk.box((min(sign * 9, sign * 13), -300, -0.2), (max(sign * 9, sign * 13), 300, 0.14))
        y = -260.0
        while y < 260:
            deep, tall = random.uniform(10, 22), random.choice((18, 22, 22, 26, 34, 48, 70))
            if not CROSSING[0] < y + deep / 2 < CROSSING[1]:
                _tower(street, sign, y, deep, tall)
            y += deep
        for step in range(-12, 13):
            v = 18 * step + 9 * (sign > 0)
            street.frame.box((sign * 9.6 - 0.05, v - 0.05, 0), (sign * 9.6 + 0.05, v + 0.05, 5.4))
            street.lantern.ball((sign * 9.2, v, 5.5), 0.2)
            if abs(v) < 80:
                lamp((sign * 9.2, v, 5.1), 420, (1, 0.7, 0.36), 0.25)
    _cars(street)
    _markings(street)
    street.build()
    stand(-KERB_M, -90)
    haze((0.075, 0.06, 0.062), (0.008, 0.012, 0.028), 1)
