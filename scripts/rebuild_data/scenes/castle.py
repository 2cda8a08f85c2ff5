"""The great hall of a castle. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from .castle_walls import HEIGHT_M, Stuff, Wall, banner, heaps, masonry, shield, torch, window
from .parts import Spot, clouds, lamp, sky, sun
from .shapes import beam, blob

HALF_M, ENDS_M = 5.2, (-9.0, 9.5)
PILLARS_M = 3.9
"""How far the pillars stand from the middle of the hall."""
BAYS_M = (-6.5, -3.2, 3.2, 6.5)


def _pillar(stuff: Stuff, spot: Spot) -> None:
    """Build a round pillar in drums, with foot and capital."""
    x, y = spot
    stuff["blocks"].tube((x, y, 0), (0.52, 0.48), 0.3)
    z = 0.3
    while z < 4.0:
        tall = random.uniform(0.5, 0.7)
        stuff["blocks"].tube((x, y, z + 0.01), (0.36, 0.36), min(tall, 4.0 - z) - 0.01, 20)
        z += tall
    stuff["blocks"].tube((x, y, 4.0), (0.38, 0.55), 0.3)
    stuff["blocks"].box((x - 0.5, y - 0.5, 4.3), (x + 0.5, y + 0.5, 4.45))


def _arches(stuff: Stuff, sign: int) -> None:
    """Join the pillars of one side by pointed arches."""
    x, stops = sign * PILLARS_M, (ENDS_M[0], *BAYS_M, ENDS_M[1])
    for start, end in pairwise(stops):
        if end - start > 6:
            continue
        half, middle, count = (end - start) / 2, (start + end) / 2, 16
        for part in range(count):
            a, b = (-half + 2 * half * p / count for p in (part, part + 1))
            up = 4.45 + 1.1 * (1 - abs((a + b) / 2) / half) ** 0.55
            stuff["blocks"].box((x - 0.3, middle + a + 0.006, up), (x + 0.3, middle + b - 0.006, up + 0.4))
            stuff["mortar"].box((x - 0.2, middle + a, up + 0.4), (x + 0.2, middle + b, HEIGHT_M))


def _beams(stuff: Stuff) -> None:
    """Carry the ceiling on beams, with planks above."""
    for step in range(46):
        y = ENDS_M[0] + 0.41 * step
        stuff["wood"].box((-HALF_M, y, HEIGHT_M), (HALF_M, y + 0.395, HEIGHT_M + 0.05))
    for y in (-8, -5.6, -3.2, -0.8, 1.6, 4, 6.4, 8.8):
        stuff["wood"].box((-HALF_M, y - 0.16, HEIGHT_M - 0.4), (HALF_M, y + 0.16, HEIGHT_M))
        for sign in (-1, 1):
            beam(stuff["wood"], (sign * HALF_M, y, HEIGHT_M - 1.7), (sign * (HALF_M - 1.6), y, HEIGHT_M - 0.3), 0.13, 4)


def _chandelier(stuff: Stuff, spot: Spot, z: float, radius: float) -> None:
    """Hang an iron ring with candles."""
    x, y = spot
    turns = [2 * math.pi * part / 16 for part in range(17)]
    rim = [(x + radius * math.cos(t), y + radius * math.sin(t), z) for t in turns]
    for a, b in pairwise(rim):
        beam(stuff["iron"], a, b, 0.035, 6)
    for point in rim[:-1:4]:
        beam(stuff["iron"], point, (x, y, z + 0.9), 0.012, 4)
    beam(stuff["iron"], (x, y, z + 0.9), (x, y, HEIGHT_M), 0.015, 4)
    for point in rim[:-1:2]:
        stuff["wax"].tube((point[0], point[1], z + 0.03), (0.03, 0.03), random.uniform(0.1, 0.17), 8)
        blob(stuff["flame"], (point[0], point[1], z + 0.24), (0.018, 0.018, 0.045))
    lamp((x, y, z + 0.25), 150, (1, 0.6, 0.28), 0.5)


def _table(stuff: Stuff, x: float, reach: Spot) -> None:
    """Lay a long table for a feast, with benches."""
    start, end = reach
    stuff["wood"].box((x - 0.5, start, 0.74), (x + 0.5, end, 0.82))
    for y in (start + 0.4, end - 0.4):
        stuff["wood"].box((x - 0.4, y - 0.08, 0), (x + 0.4, y + 0.08, 0.74))
    for side in (-0.85, 0.85):
        stuff["wood"].box((x + side - 0.17, start + 0.1, 0.42), (x + side + 0.17, end - 0.1, 0.48))
        for y in (start + 0.5, end - 0.5):
            stuff["wood"].box((x + side - 0.14, y - 0.05, 0), (x + side + 0.14, y + 0.05, 0.42))
    y = start + 0.25
    while y < end - 0.2:
        for side in (-0.3, 0.3):
            stuff["iron" if random.random() < 0.4 else "gold"].tube((x + side, y, 0.82), (0.11, 0.14), 0.02)
            cup = (x + 0.6 * side, y + 0.22, 0.82)
            stuff["gold"].tube(cup, (0.045, 0.012), 0.06, 10)
            stuff["gold"].tube((cup[0], cup[1], 0.88), (0.03, 0.05), 0.09, 10)
        kind = random.random()
        if kind < 0.4:
            blob(stuff["bread"], (x, y, 0.88), (0.15, 0.09, 0.07), random.uniform(0, 3))
        elif kind < 0.75:
            stuff["gold"].tube((x, y, 0.82), (0.1, 0.2), 0.08)
            for _ in range(9):
                at = (x + random.gauss(0, 0.07), y + random.gauss(0, 0.07), 0.93)
                blob(stuff["fruit"], at, (0.045, 0.045, 0.045))
        else:
            for part in (-0.1, 0.0, 0.1):
                stuff["wax"].tube((x, y + part, 0.9), (0.02, 0.02), 0.2, 8)
                blob(stuff["flame"], (x, y + part, 1.14), (0.015, 0.015, 0.04))
            stuff["iron"].box((x - 0.02, y - 0.14, 0.82), (x + 0.02, y + 0.14, 0.9))
            lamp((x, y, 1.3), 5, (1, 0.6, 0.28), 0.1)
        y += random.uniform(0.42, 0.6)


def _throne(stuff: Stuff, y: float) -> None:
    """Put a throne on three steps under a canopy, with a hanging behind it."""
    for step in range(3):
        wide, deep = 2.6 - 0.35 * step, 2.2 - 0.4 * step
        stuff["flags"].box((-wide, y - deep, 0.18 * step), (wide, y + 1.2, 0.18 * (step + 1)))
    floor, back = 0.54, y + 0.35
    wood, gold, red = stuff["wood"], stuff["gold"], stuff["red"]
    wood.box((-0.45, y - 0.35, floor), (0.45, back, floor + 0.45))
    red.box((-0.4, y - 0.33, floor + 0.45), (0.4, back, floor + 0.55))
    wood.box((-0.5, back, floor), (0.5, back + 0.12, floor + 1.9))
    red.box((-0.36, back - 0.05, floor + 0.6), (0.36, back, floor + 1.6))
    for side in (-1, 1):
        wood.box((side * 0.5 - 0.07, y - 0.4, floor), (side * 0.5 + 0.07, back, floor + 0.8))
        gold.ball((side * 0.5, y - 0.4, floor + 0.86), 0.09)
        gold.ball((side * 0.46, back + 0.06, floor + 2.0), 0.1)
    gold.cone((0, back + 0.06, floor + 1.9), 0.2, 0.4)
    for part in range(26):  # the hanging, in folds
        a, b = (-1.3 + 0.1 * p for p in (part, part + 1))
        waves = [0.06 * math.sin(7 * u) for u in (a, b)]
        rear = y + 1.05
        heap = stuff["yellow" if part in {2, 3, 22, 23} else "red"]
        heap.face(
            (a, rear + waves[0], 0.5), (b, rear + waves[1], 0.5), (b, rear + waves[1], 4.6), (a, rear + waves[0], 4.6)
        )


def _fireplace(stuff: Stuff, wall: Wall, middle: float) -> None:
    """Build a great fireplace with a hood and a log fire."""
    for side in (-1, 1):
        z = 0.0
        while z < 1.7:
            tall = random.uniform(0.25, 0.4)
            low, high = sorted((middle + side * 1.05, middle + side * 1.45))
            wall.slab(stuff["blocks"], (low, z), (high, min(z + tall, 1.7) - 0.012), (0, 0.55))
            z += tall
    wall.slab(stuff["blocks"], (middle - 1.6, 1.7), (middle + 1.6, 2.05), (0, 0.65))
    for step in range(7):
        wide, far, z = 1.45 - 0.09 * step, 0.55 - 0.06 * step, 2.05 + 0.36 * step
        wall.slab(stuff["blocks"], (middle - wide, z), (middle + wide, z + 0.345), (0, far))
    wall.slab(stuff["soot"], (middle - 1.05, 0), (middle + 1.05, 1.7), (0.05, 0.08))
    for part in range(5):
        a, b = middle - 0.6 + 0.1 * part, middle + 0.5 + random.uniform(-0.2, 0.1)
        beam(stuff["wood"], wall.at(a, 0.12 + 0.09 * part, 0.3), wall.at(b, 0.1 + 0.1 * (4 - part), 0.36), 0.07)
    for _ in range(26):
        blob(
            stuff["ember"],
            wall.at(middle + random.uniform(-0.6, 0.6), random.uniform(0.05, 0.14), 0.33),
            (0.06, 0.05, 0.04),
        )
    for _ in range(34):
        u = random.gauss(0, 0.28)
        tall = 0.34 * math.exp(-((u / 0.4) ** 2)) * random.uniform(0.5, 1.2)
        blob(
            stuff["flame"],
            wall.at(middle + u, 0.4 + tall, 0.33 + random.gauss(0, 0.04)),
            (0.04, 0.03, 0.1 + 0.5 * tall),
        )
    lamp(wall.at(middle, 0.7, 0.75), 160, (1, 0.45, 0.15), 0.4)


def _floor(stuff: Stuff) -> None:
    """Pave the hall with flagstones and roll out a carpet to the throne."""
    stuff["mortar"].box((-HALF_M, ENDS_M[0], -0.1), (HALF_M, ENDS_M[1], -0.01))
    y = ENDS_M[0]
    while y < ENDS_M[1]:
        deep, x = random.uniform(0.5, 0.8), -HALF_M - random.uniform(0, 0.5)
        while x < HALF_M:
            wide = random.uniform(0.5, 1.1)
            low, high = (
                (x + 0.012, y + 0.012, -0.05),
                (x + wide - 0.012, y + deep - 0.012, random.uniform(-0.004, 0.004)),
            )
            stuff["flags"].box(low, high)
            x += wide
        y += deep
    stuff["carpet"].box((-0.75, -8.0, 0.004), (0.75, 7.2, 0.016))
    for side in (-1, 1):
        stuff["gold"].box((side * 0.68 - 0.03, -8.0, 0.01), (side * 0.68 + 0.03, 7.2, 0.019))


def castle() -> None:
    stuff = heaps()
    (start, end), long = ENDS_M, ENDS_M[1] - ENDS_M[0]
    left = Wall((-HALF_M, start), (0, 1), (1, 0))
    right = Wall((HALF_M, start), (0, 1), (-1, 0))
    front, back = Wall((-HALF_M, end), (1, 0), (0, -1)), Wall((-HALF_M, start), (1, 0), (0, 1))
    windows = {left: (2.6, 6.0, 12.0, 15.4), right: (2.6, 6.0, 15.4), front: (2.6, 7.8), back: (5.2,)}
    for wall, middles in windows.items():
        reach = long if wall in {left, right} else 2 * HALF_M
        masonry(stuff, wall, reach, [(m - 0.5, m + 0.5, 2.0, 4.95) for m in middles])
        for middle in middles:
            window(stuff, wall, middle)
    _fireplace(stuff, right, 11.6)
    tints = (("red", "yellow"), ("blue", "white"), ("green", "yellow"), ("white", "red"), ("yellow", "blue"))
    banners = (
        (left, 4.3),
        (left, 9.0),
        (left, 13.7),
        (right, 4.3),
        (right, 8.2),
        (front, 1.0),
        (front, 9.4),
        (back, 2.4),
        (back, 8.0),
    )
    for number, (wall, middle) in enumerate(banners):
        banner(stuff, wall, middle, tints[number % 5], number % 3)
    for wall, middle, z in (
        (left, 7.6, 2.6),
        (left, 10.4, 2.6),
        (right, 13.7, 2.9),
        (back, 3.8, 2.4),
        (back, 6.6, 2.4),
    ):
        shield(stuff, wall, middle, z, tints[round(middle) % 5])
    for sign in (-1, 1):
        _arches(stuff, sign)
        for y in BAYS_M:
            _pillar(stuff, (sign * PILLARS_M, y))
            torch(stuff, (sign * (PILLARS_M - 0.36), y, 2.1), (-sign, 0))
    for spot, away in (((-2.0, end), (0, -1)), ((2.0, end), (0, -1)), ((-3.4, start), (0, 1)), ((3.4, start), (0, 1))):
        torch(stuff, (*spot, 2.2), away)
    _beams(stuff)
    _floor(stuff)
    _throne(stuff, 7.6)
    _table(stuff, -2.6, (2.6, 6.9))
    _table(stuff, 2.6, (-7.2, -2.4))
    _table(stuff, -2.6, (-7.2, -2.4))
    for y, radius in ((4.6, 0.9), (-4.6, 0.9)):
        _chandelier(stuff, (0, y), 3.9, radius)
    for heap in stuff.values():
        heap.build()
    sky(38, 70, 0.12)
    clouds((16, 16, 16.5), 0.5, 0.75)
    sun(38, 70, 4.0, (1, 0.92, 0.8))
