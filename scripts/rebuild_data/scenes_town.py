"""A modern office and a café. Called by ``scenes.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random

from .scene_parts import Heap, clouds, lamp, lived_in, room, sky, sun, textured, world

Spot = tuple[float, float]


def _plant(spot: Spot, tall: float, pot: Heap, leaves: list[Heap], floor: float = 0.0) -> None:
    """Add a plant in a pot: long leaves that bend outward."""
    x, y = spot
    pot.tube((x, y, floor), (0.1 + 0.05 * tall, 0.13 + 0.07 * tall), 0.32 * tall)
    for _ in range(int(60 * tall)):
        heap, angle, lift = random.choice(leaves), random.uniform(0, 2 * math.pi), random.uniform(0.3, 1)
        out, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        reach, wide = tall * random.uniform(0.2, 0.5), random.uniform(0.02, 0.05) * (0.5 + tall)
        before = None
        for part in range(5):
            share = part / 4
            far, up = reach * share, floor + tall * (0.3 + lift * (share - 0.45 * share * share))
            half = wide * math.sin(math.pi * min(1, 0.1 + 0.9 * share))
            here = [
                (x + out[0] * far + s * across[0] * half, y + out[1] * far + s * across[1] * half, up) for s in (-1, 1)
            ]
            if before:
                heap.face(before[0], before[1], here[1], here[0])
            before = here


def _desk(spot: Spot, facing: int, stuff: dict[str, Heap], screens: list[Heap]) -> None:
    """Set up a desk with a screen that faces along y, things on it and a chair before it."""
    x, y = spot
    top, steel, dark = stuff["top"], stuff["steel"], stuff["dark"]
    top.box((x - 0.8, y - 0.38, 0.71), (x + 0.8, y + 0.38, 0.74))
    for u in (-0.74, 0.7):
        steel.box((x + u, y - 0.34, 0), (x + u + 0.04, y + 0.34, 0.71))
    for u in (-0.32, 0.32):
        z = 0.9
        dark.box((x + u - 0.29, y - 0.02, z), (x + u + 0.29, y + 0.02, z + 0.36))
        steel.box((x + u - 0.03, y - 0.03, 0.74), (x + u + 0.03, y + 0.03, z))
        front = y + facing * 0.024
        random.choice(screens).face(
            (x + u - 0.27, front, z + 0.02), (x + u + 0.27, front, z + 0.02),
            (x + u + 0.27, front, z + 0.34), (x + u - 0.27, front, z + 0.34),
        )  # fmt: skip
    dark.box((x - 0.22, y + facing * 0.2 - 0.07, 0.74), (x + 0.22, y + facing * 0.2 + 0.07, 0.76))
    stuff["mug"].tube((x + random.uniform(-0.7, 0.7), y + facing * 0.25, 0.74), (0.04, 0.04), 0.1)
    for sheet in range(random.randint(0, 3)):
        u = random.uniform(-0.6, 0.5)
        stuff["paper"].box(
            (x + u, y + facing * 0.05, 0.745 + 0.004 * sheet),
            (x + u + 0.2, y + facing * 0.33, 0.748 + 0.004 * sheet),
            random.uniform(-0.4, 0.4),
        )
    v, turn = y + facing * random.uniform(0.6, 0.85), random.uniform(-0.5, 0.5)
    seat = stuff["seat"]
    seat.box((x - 0.25, v - 0.24, 0.44), (x + 0.25, v + 0.24, 0.52), turn)
    back = v + facing * 0.27
    seat.box((x - 0.23, back - 0.03, 0.6), (x + 0.23, back + 0.03, 1.1), turn)
    steel.box((x - 0.03, v - 0.03, 0.1), (x + 0.03, v + 0.03, 0.44))
    for spoke in range(5):
        angle = 2 * math.pi * spoke / 5
        dark.ball((x + 0.28 * math.cos(angle), v + 0.28 * math.sin(angle), 0.05), 0.05)


def _skyline(walls: list[Heap], glass: Heap) -> None:
    """Put houses outside, seen from a sixth floor."""
    for _ in range(260):
        angle, far = random.uniform(0, 2 * math.pi), random.uniform(80, 420)
        x, y, wide, tall = (
            far * math.cos(angle),
            far * math.sin(angle),
            random.uniform(14, 30),
            random.choice((-10, -6, -2, 4, 10, 26)) * random.uniform(0.6, 1.6),
        )
        random.choice(walls).box((x - wide / 2, y - wide / 2, -30), (x + wide / 2, y + wide / 2, tall))
        for z in range(-28, int(tall) - 2, 4):
            glass.box((x - wide / 2 - 0.1, y - wide / 2 - 0.1, z), (x + wide / 2 + 0.1, y + wide / 2 + 0.1, z + 1.9))


def _windows(frame: Heap) -> None:
    """Frame the windows to the left and ahead, from the floor to the ceiling."""
    for line, length in (((-7, 1), 18), ((9, 0), 14)):  # windows to the left and ahead
        at, axis = line
        steps = round(length / 1.6)
        for step in range(steps + 1):
            v = -length / 2 + step * length / steps
            low, high = (
                ((at - 0.06, v - 0.04), (at + 0.06, v + 0.04))
                if axis
                else ((v - 0.04, at - 0.06), (v + 0.04, at + 0.06))
            )
            frame.box((*low, 0), (*high, 3.3))
        for z, thick in ((0.0, 0.35), (2.5, 0.05), (3.1, 0.2)):
            low, high = (
                ((at - 0.06, -length / 2), (at + 0.06, length / 2))
                if axis
                else ((-length / 2, at - 0.06), (length / 2, at + 0.06))
            )
            frame.box((*low, z), (*high, z + thick))


def _strips(light: Heap, frame: Heap) -> None:
    """Hang strips of light from the ceiling."""
    for x in (-4.2, 0, 3.6):
        for y in (-6.5, -3, 0.5, 4, 7.4):
            light.box((x - 0.06, y - 1.1, 2.92), (x + 0.06, y + 1.1, 2.96))
            frame.box((x - 0.08, y - 1.12, 2.96), (x + 0.08, y + 1.12, 3.0))
            for v in (-1, 1):
                frame.box((x - 0.005, y + v - 0.005, 3), (x + 0.005, y + v + 0.005, 3.3))


def office() -> None:
    stuff = {
        "top": Heap((0.55, 0.42, 0.29), rough=0.4), "steel": Heap((0.45, 0.46, 0.48), rough=0.3, metal=0.7),
        "dark": Heap((0.03, 0.03, 0.034), rough=0.4), "mug": Heap((0.75, 0.75, 0.72), rough=0.3),
        "paper": Heap((0.85, 0.85, 0.83)), "seat": Heap((0.06, 0.1, 0.15), rough=0.9),
    }  # fmt: skip
    textured(stuff["top"], (0.42, 0.29, 0.18), (0.62, 0.47, 0.32), 2.5, 0.02, 6)
    floor, wall, ceiling = (
        Heap((0.2, 0.22, 0.24), rough=0.95),
        Heap((0.78, 0.78, 0.76)),
        Heap((0.86, 0.86, 0.85), glow=0.22),
    )
    textured(floor, (0.15, 0.165, 0.18), (0.24, 0.255, 0.27), 9, 0.1)
    slats, frame = Heap((0.36, 0.22, 0.12), rough=0.5), Heap((0.07, 0.07, 0.075), rough=0.4)
    textured(slats, (0.28, 0.16, 0.08), (0.44, 0.28, 0.16), 3, 0.03, 5)
    floor.box((-7, -9, -0.1), (7, 9, 0))
    ceiling.box((-7, -9, 3.3), (7, 9, 3.4))
    wall.box((-7, -9.1, 0), (7, -9, 3.3))
    wall.box((7, -9, 0), (7.1, 9, 3.3))
    for step in range(70):  # wooden slats on a part of the wall, art on the rest
        slats.box((6.93, -2 + 0.09 * step, 0), (7, -1.95 + 0.09 * step, 3.3))
    tints = ((0.55, 0.2, 0.1), (0.1, 0.25, 0.4), (0.5, 0.45, 0.2), (0.12, 0.3, 0.22))
    art = [Heap(tint, rough=0.7) for tint in tints]
    for number, y in enumerate((-7.6, -5.8, -4, 5.4, 7.2)):
        frame.box((6.94, y - 0.55, 1.1), (7, y + 0.55, 2.3))
        art[number % 4].box((6.92, y - 0.5, 1.15), (6.95, y + 0.5, 2.25))
        art[(number + 1) % 4].box((6.91, y - 0.3, 1.3), (6.93, y + random.uniform(0, 0.4), random.uniform(1.6, 2.1)))
    _windows(frame)
    screens = [Heap((0.4, 0.6, 1), glow=g) for g in (1.6, 1.1, 0.8)]
    for heap, tint in zip(screens, ((0.5, 0.7, 1), (0.8, 0.85, 0.9), (0.3, 0.45, 0.6)), strict=True):
        lived_in(heap, (0.05, 0.08, 0.12), tint, 9)
    for x in (-5.2, -3.2, 2.6, 4.6):
        for row in range(-3, 4):
            y = 2.5 * row + 0.3
            if math.hypot(x, y) > 2.4:
                _desk((x, y), -1 if row % 2 else 1, stuff, screens)
    light = Heap((1, 0.97, 0.92), glow=14)
    _strips(light, frame)
    for x, y in ((-1.2, -5), (1.2, 4.6)):
        wall.box((x - 0.22, y - 0.22, 0), (x + 0.22, y + 0.22, 3.3))
    pot = Heap((0.7, 0.69, 0.66), rough=0.6)
    leaves = [Heap(tint, rough=0.5) for tint in ((0.04, 0.14, 0.03), (0.07, 0.2, 0.05), (0.1, 0.24, 0.08))]
    for spot in ((-6.3, 8.2), (-6.3, 1.6), (-1.4, 6.6), (1.2, 7.9), (6.2, 8.2), (6.3, -3), (-6.3, -4.6), (1.4, -6.8)):
        _plant(spot, random.uniform(0.9, 1.6), pot, leaves)
    walls = [Heap(tint, rough=0.8) for tint in ((0.42, 0.39, 0.36), (0.36, 0.29, 0.25), (0.34, 0.36, 0.38))]
    glass = Heap((0.2, 0.24, 0.28), rough=0.2)
    _skyline(walls, glass)
    for heap in (
        *stuff.values(),
        floor,
        wall,
        ceiling,
        slats,
        frame,
        light,
        pot,
        glass,
        *art,
        *screens,
        *leaves,
        *walls,
    ):
        heap.build()
    sky(34, 70, 0.12)
    clouds((20, 20, 20.5), 0.47, 0.7)
    sun(34, 70, 5.0, (1, 0.93, 0.83))


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
        _plant(spot, 0.5 if floor_m else 1.3, stuff["leather"], leaves, floor_m)
    for heap in (*stuff.values(), floor, wall, ceiling, shine, bulb, glass, *bricks, *goods, *leaves):
        heap.build()
    world((0.5, 0.45, 0.4), 0.1)
