"""A café. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import random

from .parts import Heap, Spot, lamp, lived_in, plant, room, textured, world


def _bricks(reach: tuple[float, float], y: float, tall: float, heaps: list[Heap]) -> None:
    z, row = 0.0, 0
    while z < tall:
        x = reach[0] - (0.12 if row % 2 else 0)
        while x < reach[1]:
            random.choice(heaps).box(
                (x, y - random.uniform(0, 0.012), z), (min(reach[1], x + 0.235), y + 0.1, z + 0.072)
            )
            x += 0.247
        z, row = z + 0.083, row + 1


def _pendant(spot: Spot, height: float, black: Heap, bulb: Heap, power: float) -> None:
    x, y = spot
    black.tube((x, y, height), (0.2, 0.05), 0.2)
    black.box((x - 0.006, y - 0.006, height + 0.2), (x + 0.006, y + 0.006, 3.4))
    bulb.ball((x, y, height + 0.02), 0.06)
    lamp((x, y, height - 0.1), power, (1, 0.72, 0.42), 0.1)


def _table(spot: Spot, stuff: dict[str, Heap]) -> None:
    """Set up a round table with cups and, mostly, two chairs."""
    x, y = spot
    wood, black, cup = stuff["wood"], stuff["black"], stuff["cup"]
    wood.tube((x, y, 0.71), (0.36, 0.36), 0.035)
    black.tube((x, y, 0.02), (0.03, 0.03), 0.7)
    black.tube((x, y, 0), (0.24, 0.2), 0.03)
    for _ in range(2):
        u, v = random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.2)
        cup.tube((x + u, y + v, 0.745), (0.07, 0.08), 0.012)
        cup.tube((x + u, y + v, 0.755), (0.03, 0.042), 0.065)
    for sign in (-1, 1):
        a, v = random.uniform(-0.3, 0.3), y + sign * random.uniform(0.5, 0.62)
        stuff["leather"].box((x - 0.2, v - 0.2, 0.43), (x + 0.2, v + 0.2, 0.48), a)
        rear = v + sign * 0.2
        wood.box((x - 0.2, rear - 0.015, 0.66), (x + 0.2, rear + 0.015, 0.86), a)
        for u in (-0.18, 0.18):
            black.box((x + u - 0.013, rear - 0.013, 0), (x + u + 0.013, rear + 0.013, 0.86))
            black.box((x + u - 0.013, v - sign * 0.18 - 0.013, 0), (x + u + 0.013, v - sign * 0.18 + 0.013, 0.43))


def _counter(stuff: dict[str, Heap], goods: list[Heap], shine: Heap) -> None:
    """Build the bar before the brick wall: machine, cakes under glass, shelves, boards."""
    wood, black, steel, cup = stuff["wood"], stuff["black"], stuff["steel"], stuff["cup"]
    for step in range(38):
        stuff["front"].box((-3 + 0.16 * step, 3.0, 0), (-2.86 + 0.16 * step, 3.1, 1.02))
    stuff["stone"].box((-3.1, 2.92, 1.02), (3.2, 3.65, 1.08))
    steel.box((-2.1, 3.15, 1.08), (-1.1, 3.6, 1.5))  # espresso machine
    black.box((-2.05, 3.1, 1.2), (-1.15, 3.16, 1.42))
    for x in (-1.9, -1.6, -1.3):
        steel.tube((x, 3.08, 1.14), (0.04, 0.04), 0.07)
    for x in range(12):
        cup.tube((-2.05 + 0.08 * x, 3.35, 1.5), (0.03, 0.04), 0.07)
    for z in (1.1, 1.32):  # cakes
        steel.box((0.3, 3.1, z - 0.02), (2.2, 3.5, z))
        for number in range(13):
            random.choice(goods).tube((0.4 + 0.14 * number, 3.25, z), (0.05, 0.04), random.uniform(0.05, 0.1))
    shine.box((0.3, 3.48, 1.5), (2.2, 3.5, 1.53))
    black.box((0.28, 3.08, 1.53), (2.22, 3.52, 1.56))
    for level, z in enumerate((1.55, 1.95, 2.35)):
        wood.box((-3.2, 4.62, z - 0.04), (0.1, 4.9, z))
        shine.box((-3.2, 4.86, z - 0.06), (0.1, 4.88, z - 0.045))
        x = -3.1
        while x < 0:
            kind = random.random()
            if kind < 0.45:
                random.choice(goods).tube((x, 4.75, z), (0.04, 0.035), random.uniform(0.18, 0.26), 10)
                x += 0.11
            elif kind < 0.85:
                cup.tube((x, 4.75, z), (0.035, 0.045), 0.08 + 0.02 * level, 10)
                x += 0.12
            else:
                x += 0.15
    for x in (0.5, 1.6, 2.7):
        black.box((x, 4.84, 1.75), (x + 0.95, 4.9, 2.75))
        for line in range(9):
            long = random.uniform(0.3, 0.75)
            stuff["chalk"].box((x + 0.1, 4.835, 2.6 - 0.09 * line), (x + 0.1 + long, 4.845, 2.625 - 0.09 * line))


def _street(glass: Heap, black: Heap) -> None:
    """Add windows to the street on both sides."""
    for y in (-3.6, -1.4, 0.8):
        for x in (-4.43, 4.43):
            glass.face((x, y - 0.85, 0.7), (x, y + 0.85, 0.7), (x, y + 0.85, 2.8), (x, y - 0.85, 2.8))
            for z in (0.68, 2.1, 2.8):
                black.box((x - 0.05, y - 0.88, z - 0.03), (x + 0.05, y + 0.88, z + 0.03))
            for v in (-0.87, 0, 0.87):
                black.box((x - 0.05, y + v - 0.025, 0.68), (x + 0.05, y + v + 0.025, 2.82))


def cafe() -> None:
    stuff = {
        "wood": Heap((0.3, 0.17, 0.08), rough=0.45), "black": Heap((0.02, 0.02, 0.022), rough=0.4),
        "cup": Heap((0.82, 0.8, 0.76), rough=0.25), "leather": Heap((0.2, 0.09, 0.04), rough=0.5),
        "steel": Heap((0.6, 0.6, 0.6), rough=0.22, metal=1), "stone": Heap((0.5, 0.48, 0.45), rough=0.25),
        "chalk": Heap((0.75, 0.75, 0.7)),
        "front": Heap((0.045, 0.085, 0.075), rough=0.4),
    }  # fmt: skip
    textured(stuff["wood"], (0.2, 0.1, 0.045), (0.38, 0.22, 0.11), 3, 0.04, 6)
    floor, wall, ceiling = (
        Heap((0.25, 0.15, 0.08), rough=0.4),
        Heap((0.2, 0.27, 0.25), rough=0.9),
        Heap((0.5, 0.46, 0.4)),
    )
    textured(floor, (0.15, 0.08, 0.04), (0.3, 0.18, 0.1), 3, 0.05, 7)
    room((4.5, 5), 3.4, wall, floor, ceiling)
    tints = ((0.3, 0.11, 0.07), (0.24, 0.09, 0.06), (0.36, 0.16, 0.1), (0.28, 0.14, 0.1))
    bricks = [Heap(tint, rough=0.95) for tint in tints]
    _bricks((-4.4, 4.4), 4.9, 3.4, bricks)
    tints = ((0.35, 0.12, 0.05), (0.08, 0.16, 0.07), (0.5, 0.33, 0.12), (0.25, 0.1, 0.04), (0.6, 0.5, 0.35))
    goods = [Heap(tint, rough=0.3) for tint in tints]
    shine, bulb, glass = Heap((1, 0.75, 0.45), glow=7), Heap((1, 0.7, 0.36), glow=80), Heap((0.85, 0.92, 1), glow=3.2)
    lived_in(glass, (0.25, 0.3, 0.32), (0.95, 0.97, 1), 0.8)
    _counter(stuff, goods, shine)
    _street(glass, stuff["black"])
    for spot in (
        (-3.5, 0.8),
        (-3.5, -1.4),
        (-3.5, -3.6),
        (3.5, 0.8),
        (3.5, -1.4),
        (3.5, -3.6),
        (-1.3, -3),
        (1.3, -3),
        (1.9, 1.6),
        (-1.9, 1.7),
    ):
        _table(spot, stuff)
    for x in (-2.4, -0.8, 0.8, 2.4):
        _pendant((x, 3.2), 2.2, stuff["black"], bulb, 45)
    for spot in ((-3.5, 0.8), (-3.5, -1.4), (3.5, 0.8), (3.5, -1.4), (-1.3, -3), (1.3, -3), (-3.5, -3.6), (3.5, -3.6)):
        _pendant(spot, 2.1, stuff["black"], bulb, 32)
    lamp((0, 0, 3.1), 90, (1, 0.8, 0.6), 0.6)
    for y in (-3.6, -1.8, 0, 1.8, 3.6):  # beams
        stuff["wood"].box((-4.5, y - 0.1, 3.18), (4.5, y + 0.1, 3.4))
    for number, (side, y) in enumerate(((-1, 2.6), (-1, 3.5), (1, 2.6), (1, 3.5), (1, 4.3))):
        x = side * 4.42
        stuff["black"].box((min(x, x - side * 0.03), y - 0.3, 1.5), (max(x, x - side * 0.03), y + 0.3, 2.3))
        goods[number].box((min(x, x - side * 0.05), y - 0.24, 1.56), (max(x, x - side * 0.05), y + 0.24, 2.24))
    for x in (-4.2, 4.2):
        for y in (-2.5, -0.3):
            lamp((x * 0.97, y, 1.9), 60, (0.9, 0.95, 1), 0.7)
    leaves = [Heap(tint, rough=0.5) for tint in ((0.04, 0.12, 0.03), (0.07, 0.18, 0.05))]
    for spot, floor_m in (
        ((-4.1, 2.1), 0),
        ((4.1, 2.1), 0),
        ((-4.1, -4.6), 0),
        ((2.9, 3.3), 1.08),
        ((-2.7, 3.3), 1.08),
    ):
        plant(spot, 0.5 if floor_m else 1.3, stuff["leather"], leaves, floor_m)
    for heap in (*stuff.values(), floor, wall, ceiling, shine, bulb, glass, *bricks, *goods, *leaves):
        heap.build()
    world((0.5, 0.45, 0.4), 0.1)
