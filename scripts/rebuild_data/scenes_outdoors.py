"""A snowy forest, a beach and a city street at night. Called by ``scenes.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random

from .scene_parts import Heap, Point, ground, lamp, sky, sun, textured, world


def _hill(x: float, y: float, reach: float) -> float:
    return reach * (math.sin(0.13 * x + 1) * math.cos(0.11 * y) + 0.5 * math.sin(0.31 * x) * math.sin(0.27 * y + 2))


def _branch(foot: Point, angle: float, long: float, greens: list[Heap], white: Heap) -> None:
    """Add a fir's branch that hangs, with twigs to its sides and mostly with snow on it."""
    heap, snowy = random.choice(greens), random.random() < 0.72
    out, side = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    for part in range(4):
        a, b = part / 4, (part + 1.25) / 4
        wide = 0.3 * long * (1 - 0.75 * a)
        for sign in (-1, 1):

            def at(share: float, across: float, lift: float, sign: int = sign) -> Point:
                reach = long * share
                return (
                    foot[0] + out[0] * reach + side[0] * across * sign,
                    foot[1] + out[1] * reach + side[1] * across * sign,
                    foot[2] - 0.42 * long * share**1.3 - 0.35 * across + lift,
                )

            heap.face(at(a, 0, 0), at(b, 0, 0), at(b, wide, 0))
            if snowy:
                white.face(at(a, 0, 0.05), at(b, 0, 0.05), at(0.9 * b, 0.8 * wide, 0.05))


def _ridges() -> None:
    """Add two mountain ridges all round the horizon."""
    for ridge, (far, high) in enumerate(((240, 34), (330, 70))):
        rock = Heap((0.5, 0.56, 0.66) if ridge else (0.34, 0.4, 0.46), rough=1)
        previous = None
        for step in range(181):
            angle = math.radians(2 * (step % 180))
            tall = high * (
                0.45 + 0.3 * math.sin(3 * angle + ridge) + 0.2 * math.sin(11 * angle) + 0.12 * math.sin(29 * angle)
            )
            here = (far * math.cos(angle), far * math.sin(angle))
            if previous:
                rock.face((*previous[0], -6), (*here, -6), (*here, max(3, tall)), (*previous[0], previous[1]))
            previous = (here, max(3, tall))
        rock.build()


def snow() -> None:
    white, trunk = Heap((0.86, 0.89, 0.94), rough=0.9), Heap((0.09, 0.06, 0.04))
    greens = [Heap(tint, rough=1) for tint in ((0.02, 0.045, 0.028), (0.028, 0.055, 0.032), (0.016, 0.036, 0.026))]
    ground(white, 150, 1.5, lambda x, y: _hill(x, y, 0.7) + 0.08 * math.sin(1.7 * x) * math.sin(1.3 * y))
    for _ in range(420):
        angle, far = random.uniform(0, 2 * math.pi), 9 + 90 * random.random() ** 1.3
        if abs(math.sin(angle * 2.5)) < 0.28 and far < 45:
            continue  # glades to look into
        x, y = far * math.cos(angle), far * math.sin(angle)
        tall, z = random.uniform(5, 13), _hill(x, y, 0.7) - 0.2
        trunk.box((x - 0.12, y - 0.12, z), (x + 0.12, y + 0.12, z + 1.5))
        tiers = 22 if far < 40 else 10
        for tier in range(tiers):
            share = 1 - tier / tiers
            foot = z + 0.7 + (tall - 0.9) * tier / tiers
            for _ in range(13 if far < 40 else 7):
                angle = random.uniform(0, 2 * math.pi)
                long = (0.21 * tall * share + 0.1) * random.uniform(0.7, 1.15)
                _branch((x, y, foot), angle, long, greens, white)
    _ridges()
    for heap in (white, trunk, *greens):
        heap.build()
    sky(22, 60, 0.09)
    sun(22, 60, 4.2, (1, 0.87, 0.7))


def _shore(x: float, y: float) -> float:
    """Return the height of the sand: falling to the water before the camera, dunes behind it."""
    ripple = 0.05 * math.sin(0.9 * x + 0.4 * y) + 0.04 * math.sin(0.35 * x - 0.6 * y)
    return ripple - 0.075 * max(0.0, y) + 0.1 * max(0.0, -y - 8)


def _palm(foot: Point, tall: float, lean: float, trunk: Heap, leaf: list[Heap]) -> None:
    """Add a palm tree that leans to the right by so many metres at its top."""
    x, y, z = foot
    for part in range(12):
        low = part / 12
        bend = lean * low * low
        trunk.box((x + bend - 0.13, y - 0.13, z + tall * low), (x + bend + 0.13, y + 0.13, z + tall * (low + 0.09)))
    for frond in range(15):
        angle, long = 2 * math.pi * frond / 15 + random.uniform(-0.2, 0.2), random.uniform(1.9, 2.9)
        drop = random.uniform(0.3, 1.5)
        side = (-math.sin(angle) * 0.3, math.cos(angle) * 0.3)
        heap = random.choice(leaf)
        for cut in range(6):
            a, b = cut / 6, (cut + 0.94) / 6
            edge = []
            for t, sign in ((a, 1), (b, 1), (b, -1), (a, -1)):
                slim = math.sin(math.pi * min(1, 0.12 + t * 0.88)) * sign
                edge.append(
                    (
                        x + lean + long * t * math.cos(angle) + side[0] * slim,
                        y + long * t * math.sin(angle) + side[1] * slim,
                        z + tall + 0.55 * math.sin(2.2 * t) - drop * t * t,
                    )
                )
            heap.face(*edge)


def beach() -> None:
    sand, sea = Heap((0.72, 0.58, 0.4), rough=1), Heap((0.03, 0.22, 0.28), rough=0.12)
    textured(sand, (0.6, 0.43, 0.25), (0.86, 0.66, 0.42), 1.2, 0.3)
    textured(sea, (0.02, 0.16, 0.25), (0.05, 0.36, 0.4), 0.35, 0.3, 0.25)
    ground(sand, 120, 1.2, _shore)
    sea.face((-2500, 2, -0.35), (2500, 2, -0.35), (2500, 4000, -0.35), (-2500, 4000, -0.35))
    foam = Heap((0.92, 0.95, 0.95), rough=1)
    for row, y in enumerate((5.6, 7.2, 10, 15, 24)):
        for step in range(170):
            x = -127 + 1.5 * step
            if random.random() < 0.8 - 0.1 * row:
                wave = y + 0.8 * math.sin(0.21 * x + row) + random.uniform(-0.2, 0.2)
                broad = random.uniform(0.15, 0.6)
                foam.box((x, wave, -0.36), (x + 1.7, wave + broad, -0.33 + 0.02 * row), random.uniform(-0.15, 0.15))
    trunk, leaf = Heap((0.2, 0.13, 0.08)), [Heap((0.05, 0.16, 0.03), rough=0.5), Heap((0.09, 0.22, 0.04), rough=0.5)]
    for _ in range(46):
        x, y = random.uniform(-60, 60), random.uniform(-45, -9) if random.random() < 0.85 else random.uniform(-9, 1)
        if abs(x) < 6 and y > -9:
            continue
        z, tall, lean = (
            _shore(x, y) * min(1, math.hypot(x, y) / 12) - 0.2,
            random.uniform(5, 9.5),
            random.uniform(-1.8, 1.8),
        )
        _palm((x, y, z), tall, lean, trunk, leaf)
    for heap in (sand, sea, foam, trunk, *leaf):
        heap.build()
    sky(38, -130, 0.09)
    sun(38, -130, 8.0, (1, 0.91, 0.78))


def _tower(
    sign: int, y: float, size: tuple[float, float], walls: list[Heap], lights: tuple[list[Heap], list[Heap]]
) -> None:
    """Build a house on the left (-1) or right (1) of the street, with lit windows, a shop and neon signs."""
    (deep, tall), (warm, neon) = size, lights
    near, far = sign * 13, sign * (13 + 22)
    random.choice(walls).box((min(near, far), y, 0), (max(near, far), y + deep - 0.6, tall))
    glowing = random.uniform(0.22, 0.6)
    for level in range(1, int(tall / 3.2)):
        for bay in range(int(deep / 2.2)):
            if random.random() < glowing:
                v, z, x = y + 0.5 + 2.2 * bay, 1.2 + 3.2 * level, near - sign * 0.04
                random.choice(warm).face((x, v, z), (x, v + 1.35, z), (x, v + 1.35, z + 1.7), (x, v, z + 1.7))
    x = near - sign * 0.06
    shop = random.choice(warm)
    shop.face((x, y + 0.8, 0.4), (x, y + deep - 1.4, 0.4), (x, y + deep - 1.4, 2.8), (x, y + 0.8, 2.8))
    sign_heap = random.choice(neon)
    length = random.uniform(0.3, 0.7) * deep
    sign_heap.box((x - 0.05, y + 1, 3.1), (x + 0.05, y + 1 + length, 3.5))
    if random.random() < 0.5:
        high = random.uniform(4, 8)
        random.choice(neon).box(
            (min(x, x - sign * 0.9), y + deep / 2, high),
            (max(x, x - sign * 0.9), y + deep / 2 + 0.12, high + random.uniform(1, 3)),
        )


def _cars(white: Heap, red: Heap, post: Heap) -> None:
    """Put cars on the street, with white lights toward the camera or red ones away from it."""
    for _ in range(34):
        y, lane = random.choice((-1, 1)) * random.uniform(14, 160), random.choice((-5.5, -2.2, 2.2, 5.5))
        away = (lane > 0) == (y > 0)
        nose = y - math.copysign(2.2, y)
        post.box((lane - 0.9, min(y, nose), 0.3), (lane + 0.9, max(y, nose), 1.4))
        for side in (-0.65, 0.65):
            (red if away else white).ball((lane + side, nose, 0.75), 0.1)


def night_city() -> None:
    road, walk = Heap((0.035, 0.036, 0.04), rough=0.18), Heap((0.12, 0.12, 0.125), rough=0.6)
    textured(road, (0.02, 0.02, 0.024), (0.05, 0.05, 0.055), 1.5, 0.04)
    road.box((-9, -300, -0.2), (9, 300, 0))
    road.box((-300, 26, -0.2), (300, 40, -0.01))
    warm = [Heap(c, glow=g) for c, g in (((1, 0.75, 0.42), 3.2), ((1, 0.86, 0.62), 2.2), ((0.72, 0.84, 1), 1.8))]
    neon = [Heap(c, glow=9) for c in ((1, 0.1, 0.4), (0.1, 0.7, 1), (1, 0.55, 0.08), (0.3, 1, 0.5), (0.65, 0.2, 1))]
    walls = [Heap(c, rough=0.7) for c in ((0.06, 0.06, 0.07), (0.09, 0.075, 0.065), (0.05, 0.06, 0.075))]
    white, red, post = Heap((1, 0.95, 0.85), glow=60), Heap((1, 0.05, 0.03), glow=22), Heap((0.05, 0.05, 0.055))
    lantern = Heap((1, 0.72, 0.36), glow=70)
    for sign in (-1, 1):
        walk.box((min(sign * 9, sign * 13), -300, -0.2), (max(sign * 9, sign * 13), 300, 0.14))
        y = -260.0
        while y < 260:
            deep, tall = random.uniform(10, 22), random.choice((14, 18, 24, 30, 45, 60, 80))
            if 24 < y + deep / 2 < 42:
                y += deep
                continue
            _tower(sign, y, (deep, tall), walls, (warm, neon))
            y += deep
        for step in range(-12, 13):
            v = 18 * step + 9 * (sign > 0)
            post.box((sign * 9.6 - 0.05, v - 0.05, 0), (sign * 9.6 + 0.05, v + 0.05, 5.4))
            lantern.ball((sign * 9.2, v, 5.5), 0.2)
            if abs(v) < 60:
                lamp((sign * 9.2, v, 5.1), 260, (1, 0.7, 0.36), 0.25)
    _cars(white, red, post)
    for heap in (road, walk, white, red, post, lantern, *warm, *neon, *walls):
        heap.build()
    world((0.02, 0.035, 0.09), 0.6)
