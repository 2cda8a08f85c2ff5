"""A library and a log cabin with a fireplace. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import random

from .parts import Heap, lamp, room, textured, world

Stuff = tuple[Heap, Heap, list[Heap]]
"""Wood, gold and books of several colours."""


def _case(stuff: Stuff, origin: tuple[float, float], along: tuple[float, float], length: float) -> None:
    """Fill a bookcase that runs along a wall, its front 0.35 m before it."""
    wood, gold, books = stuff
    into = (-along[1], along[0])

    def put(heap: Heap, a: float, b: float, z: float, c: float, d: float, top: float) -> None:  # noqa: PLR0917 (a box)
        xs = sorted((origin[0] + along[0] * a + into[0] * b, origin[0] + along[0] * c + into[0] * d))
        ys = sorted((origin[1] + along[1] * a + into[1] * b, origin[1] + along[1] * c + into[1] * d))
        heap.box((xs[0], ys[0], z), (xs[1], ys[1], top))

    for level in range(9):
        put(wood, 0, 0, 0.08 + 0.37 * level, length, 0.35, 0.11 + 0.37 * level)
    steps = round(length / 1.1)
    for step in range(steps + 1):
        a = step * length / steps
        put(wood, a - 0.02, 0, 0, a + 0.02, 0.37, 3.1)
    for level in range(8):
        a = 0.04
        while a < length - 0.06:
            thick, tall, deep = random.uniform(0.018, 0.05), random.uniform(0.2, 0.31), random.uniform(0.2, 0.28)
            if random.random() < 0.035:
                a += random.uniform(0.06, 0.22)
                continue
            z = 0.11 + 0.37 * level
            put(random.choice(books), a, 0.02, z, a + thick * 0.94, 0.02 + deep, z + tall)
            if random.random() < 0.3:
                put(gold, a, 0.021 + deep, z + tall * 0.7, a + thick * 0.94, 0.022 + deep, z + tall * 0.74)
            a += thick


def _desks(stuff: Stuff, shade: Heap) -> None:
    """Set up tables, each with a lamp and piles of books."""
    wood, gold, books = stuff
    for x, y in ((2.6, 3), (-2.6, 3), (2.6, -3), (-2.4, -0.6)):
        wood.box((x - 0.7, y - 0.4, 0.7), (x + 0.7, y + 0.4, 0.75))
        for u in (-0.62, 0.58):
            wood.box((x + u, y - 0.35, 0), (x + u + 0.05, y + 0.35, 0.7))
        gold.box((x - 0.02, y - 0.02, 0.75), (x + 0.02, y + 0.02, 1.1))
        shade.cone((x, y, 1.05), 0.17, 0.22)
        lamp((x, y, 1.35), 22, (1, 0.72, 0.42))
        for _ in range(3):
            u, v = random.uniform(-0.55, 0.4), random.uniform(-0.25, 0.15)
            for pile in range(random.randint(1, 4)):
                z = 0.75 + 0.04 * pile
                random.choice(books).box(
                    (x + u, y + v, z), (x + u + 0.2, y + v + 0.15, z + 0.038), random.uniform(-0.3, 0.3)
                )


def library() -> None:
    wood, floor = Heap((0.16, 0.08, 0.04), rough=0.45), Heap((0.2, 0.1, 0.05), rough=0.35)
    wall, ceiling = Heap((0.45, 0.38, 0.3)), Heap((0.7, 0.66, 0.58))
    textured(floor, (0.12, 0.055, 0.025), (0.26, 0.14, 0.07), 3, 0.05, 6)
    textured(wood, (0.1, 0.05, 0.022), (0.2, 0.1, 0.05), 2, 0.05, 5)
    room((5, 6), 3.6, wall, floor, ceiling)
    tints = [
        (0.32, 0.06, 0.05),
        (0.07, 0.13, 0.09),
        (0.06, 0.08, 0.19),
        (0.36, 0.25, 0.13),
        (0.5, 0.44, 0.34),
        (0.19, 0.09, 0.04),
        (0.09, 0.09, 0.1),
        (0.28, 0.16, 0.08),
        (0.42, 0.33, 0.2),
    ]
    books = [Heap(tint, rough=0.6) for tint in tints]
    gold = Heap((0.6, 0.42, 0.15), rough=0.3, metal=0.8)

    _case((wood, gold, books), (5, 5.95), (-1, 0), 10)
    _case((wood, gold, books), (-5, -5.95), (1, 0), 10)
    _case((wood, gold, books), (-4.95, 6), (0, -1), 7.2)
    _case((wood, gold, books), (4.95, -6), (0, 1), 12)
    glass = Heap((0.75, 0.87, 1.0), glow=5)
    for y in (-2.6, -4.4):
        glass.face((-4.93, y - 0.6, 0.9), (-4.93, y + 0.6, 0.9), (-4.93, y + 0.6, 3), (-4.93, y - 0.6, 3))
        for z in (0.9, 1.6, 2.3, 3.0):
            wood.box((-4.95, y - 0.64, z - 0.025), (-4.88, y + 0.64, z + 0.025))
        for shift in (-0.62, 0, 0.62):
            wood.box((-4.95, y + shift - 0.025, 0.88), (-4.88, y + shift + 0.025, 3.02))
    shade = Heap((1.0, 0.72, 0.4), glow=9)
    _desks((wood, gold, books), shade)
    for y in (-3, 0.2, 3.2):
        shade.ball((0, y, 3.1), 0.16)
        lamp((0, y, 2.85), 130, (1, 0.78, 0.52), 0.4)
    for heap in (wood, floor, wall, ceiling, glass, shade, gold, *books):
        heap.build()
    world((0.5, 0.45, 0.4), 0.12)


def _hearth(plank: list[Heap]) -> list[Heap]:
    """Wall up a fireplace and light it; returns what it is made of."""
    stones = [
        Heap(tint, rough=0.9) for tint in ((0.28, 0.26, 0.24), (0.2, 0.19, 0.18), (0.33, 0.29, 0.25), (0.24, 0.2, 0.17))
    ]
    for heap in stones:
        textured(heap, (0.13, 0.12, 0.11), (0.36, 0.33, 0.29), 6, 0.4)
    z = 0.0
    while z < 2.75:
        tall, x = random.uniform(0.12, 0.22), -1.25
        while x < 1.25:
            wide = random.uniform(0.16, 0.42)
            if not (-0.62 < x + wide / 2 < 0.62 and 0.18 < z + tall / 2 < 1.12):
                front = 2.78 - random.uniform(0, 0.06)
                random.choice(stones).box((x, front, z), (min(1.3, x + wide - 0.012), 3.5, z + tall - 0.012))
            x += wide
        z += tall
    soot = Heap((0.02, 0.018, 0.016))
    soot.box((-0.8, 3.3, 0), (0.8, 3.5, 1.3))
    plank[1].box((-1.5, 2.55, 1.3), (1.5, 3.4, 1.42))
    flame, ember = Heap((1.0, 0.36, 0.06), glow=22), Heap((1.0, 0.13, 0.02), glow=7)
    core = Heap((1.0, 0.66, 0.22), glow=55)
    log = Heap((0.07, 0.04, 0.025))
    for _ in range(16):
        x = random.uniform(-0.36, 0.36)
        tall = random.uniform(0.18, 0.52) * (1.15 - abs(x))
        flame.cone((x, random.uniform(3.0, 3.15), 0.22), random.uniform(0.04, 0.1), tall, 7, 0.4)
        core.cone((x, random.uniform(2.98, 3.05), 0.22), 0.035, 0.5 * tall, 6, 0.4)
    for _ in range(8):
        x = random.uniform(-0.4, 0.15)
        log.box((x, 2.95, 0.18), (x + 0.35, 3.05, 0.27), random.uniform(-0.5, 0.5))
        ember.box((x, 2.93, 0.14), (x + 0.25, 3.1, 0.18), random.uniform(-0.5, 0.5))
    lamp((0, 2.55, 0.6), 90, (1, 0.42, 0.12), 0.25)
    return [soot, flame, ember, core, log, *stones]


def _furniture(plank: list[Heap]) -> list[Heap]:
    """Add a rug, sofas, lamps and a shelf of books; returns what they are made of."""
    cloth = [Heap(tint, rough=1) for tint in ((0.24, 0.06, 0.05), (0.5, 0.43, 0.33), (0.12, 0.17, 0.13))]
    cloth[0].box((-1.6, 0.7, 0), (1.6, 2.5, 0.02))
    for sign in (-1, 1):
        cloth[2].box((sign * 2.5 - 0.5, -0.9, 0.1), (sign * 2.5 + 0.5, 1.1, 0.45))
        cloth[2].box((sign * 2.9 - 0.14, -0.9, 0.1), (sign * 2.9 + 0.14, 1.1, 0.95))
        for y in (-0.6, 0.1, 0.7):
            random.choice(cloth[:2]).box(
                (sign * 2.7 - 0.1, y - 0.2, 0.45), (sign * 2.7 + 0.1, y + 0.2, 0.85), random.uniform(-0.4, 0.4)
            )
    shade = Heap((1, 0.68, 0.36), glow=12)
    for x, y in ((-2.9, 2.6), (2.9, 2.6), (2.9, -2.8), (-2.9, -2.8), (0, -3)):
        plank[0].box((x - 0.25, y - 0.25, 0), (x + 0.25, y + 0.25, 0.6))
        shade.cone((x, y, 0.75), 0.2, 0.32)
        lamp((x, y, 1.15), 26, (1, 0.68, 0.38))
    books = [Heap(tint) for tint in ((0.3, 0.07, 0.05), (0.06, 0.1, 0.2), (0.4, 0.3, 0.18), (0.1, 0.16, 0.1))]
    for z in (1.0, 1.4, 1.8):
        plank[2].box((-2.4, -3.5, z - 0.03), (2.4, -3.2, z))
        x = -2.35
        while x < 2.3:
            wide = random.uniform(0.025, 0.06)
            if random.random() < 0.75:
                random.choice(books).box((x, -3.48, z), (x + wide * 0.93, -3.28, z + random.uniform(0.2, 0.3)))
            x += wide
    return [shade, *cloth, *books]


def cabin() -> None:
    plank = [Heap((0.3, 0.16, 0.07), rough=0.6) for _ in range(4)]
    for index, heap in enumerate(plank):
        share = 0.75 + 0.15 * index
        textured(
            heap, (0.16 * share, 0.08 * share, 0.035 * share), (0.34 * share, 0.19 * share, 0.09 * share), 1.5, 0.1, 7
        )
    floor = Heap((0.2, 0.11, 0.05), rough=0.4)
    textured(floor, (0.12, 0.06, 0.03), (0.25, 0.14, 0.07), 3, 0.05, 6)
    for sign in (-1, 1):
        for level in range(14):
            z = 0.2 * level
            random.choice(plank).box(
                (sign * 3.6 - 0.1, -3.6, z), (sign * 3.6 + 0.1 + 0.04 * random.random(), 3.6, z + 0.19)
            )
            random.choice(plank).box(
                (-3.6, sign * 3.6 - 0.1, z), (3.6, sign * 3.6 + 0.1 + 0.04 * random.random(), z + 0.19)
            )
    floor.box((-3.6, -3.6, -0.1), (3.6, 3.6, 0))
    for step in range(18):
        random.choice(plank).box((-3.6 + 0.4 * step, -3.6, 2.75), (-3.21 + 0.4 * step, 3.6, 2.8))
    for y in (-2.4, 0, 2.4):
        plank[0].box((-3.6, y - 0.12, 2.5), (3.6, y + 0.12, 2.75))
    hearth = _hearth(plank)
    glass = Heap((0.22, 0.38, 0.75), glow=1.6)
    for x in (-3.47, 3.47):
        for y in (-1.2, 1.2):
            glass.face((x, y - 0.5, 0.9), (x, y + 0.5, 0.9), (x, y + 0.5, 2.1), (x, y - 0.5, 2.1))
            for at in (0.88, 1.5, 2.1):
                plank[0].box((x - 0.05, y - 0.56, at - 0.04), (x + 0.05, y + 0.56, at + 0.04))
            for at in (-0.53, 0, 0.53):
                plank[0].box((x - 0.05, y + at - 0.035, 0.88), (x + 0.05, y + at + 0.035, 2.1))
    furniture = _furniture(plank)
    for heap in (floor, glass, *plank, *hearth, *furniture):
        heap.build()
    world((0.2, 0.25, 0.4), 0.06)
