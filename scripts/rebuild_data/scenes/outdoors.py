"""A snowy forest and a beach. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random

from mathutils import Vector, noise

from .parts import Heap, Point, clouds, graded, ground, sky, sun, textured


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


SEA_M = -0.35


def _shore(x: float, y: float) -> float:
    """Return the height of the sand: falling to the water of a bay before the camera, dunes behind it."""
    ripple = 0.05 * math.sin(0.9 * x + 0.4 * y) + 0.04 * math.sin(0.35 * x - 0.6 * y)
    hollows = 0.035 * noise.noise(Vector((0.9 * x, 0.9 * y, 3))) + 0.02 * noise.noise(Vector((2.3 * x, 2.3 * y, 7)))
    arms = 0.09 * min(32.0, max(0.0, abs(x + 4) - 17))
    return ripple + hollows + arms - 0.075 * max(0.0, y) + 0.1 * max(0.0, -y - 8)


def _swell(x: float, y: float) -> float:
    """Return how high the sea stands at a place, 0-1 of a wave: narrow crests that come in from ahead."""
    bend = 1.6 * noise.noise(Vector((0.05 * x, 0.03 * y, 1))) + 0.7 * noise.noise(Vector((0.16 * x, 0.1 * y, 5)))
    phase = 2 * math.pi * (y + 1.8 * bend) / (4.6 + 0.05 * y)
    strength = 0.55 + 0.6 * noise.noise(Vector((0.08 * x, 0.14 * y, 9)))
    return max(0.0, strength) * (0.5 + 0.5 * math.sin(phase)) ** 3


def _sea(sea: Heap, foam: Heap) -> None:
    """Add the sea: waves near the shore with foam on their crests and at their end, flat toward the horizon."""
    step_x, step_y = 0.3, 0.16
    columns, rows = range(-230, 231), range(190)

    def at(column: int, row: int) -> Point:
        x, y = step_x * column * (1 + abs(column) / 300), 2.5 + step_y * row * (1 + row / 80)
        fade = max(0.0, 1 - row / 190)
        chop = 0.02 * noise.noise(Vector((1.5 * x, 1.5 * y, 2)))
        return x, y, SEA_M + fade * (0.2 * _swell(x, y) + chop)

    first = len(sea.points)
    places = [[at(column, row) for column in columns] for row in rows]
    sea.points += [place for row in places for place in row]
    for row in range(len(rows) - 1):
        for column in range(len(columns) - 1):
            a = first + row * len(columns) + column
            sea.faces.append((a, a + 1, a + len(columns) + 1, a + len(columns)))
            x, y, _ = places[row][column]
            lace = noise.noise(Vector((1.1 * x, 1.6 * y, 4))) + 0.6 * noise.noise(Vector((3.1 * x, 4 * y, 8)))
            depth = SEA_M - _shore(x, y)
            broken = _swell(x, y) > 0.62 + 0.02 * y - 0.25 * lace and y < 26
            if -0.03 < depth < max(0.03, 0.1 + 0.12 * lace) or broken:
                corners = (
                    places[row][column],
                    places[row][column + 1],
                    places[row + 1][column + 1],
                    places[row + 1][column],
                )
                foam.face(*((px, py, max(pz, _shore(px, py)) + 0.012) for px, py, pz in corners))
    far = places[-1][0][1]
    sea.face((-3000, far, SEA_M), (3000, far, SEA_M), (3000, 5000, SEA_M), (-3000, 5000, SEA_M))
    for sign in (-1, 1):
        edge = places[0][0 if sign < 0 else -1][0]
        sea.face((edge, 2.5, SEA_M), (sign * 3000, 2.5, SEA_M), (sign * 3000, far, SEA_M), (edge, far, SEA_M))


def _wet_sand(wet: Heap) -> None:
    """Add the strip that the last waves have reached."""
    for column in range(-260, 260):
        x = 0.4 * column
        reach = 1.1 + 0.9 * noise.noise(Vector((0.12 * x, 0, 6))) + 0.3 * noise.noise(Vector((0.5 * x, 0, 6)))
        for row in range(12):
            y = 6.5 - 0.35 * row
            if SEA_M - 0.15 < _shore(x, y) < SEA_M + 0.09 * reach:
                corners = ((x, y), (x + 0.4, y), (x + 0.4, y + 0.35), (x, y + 0.35))
                wet.face(*((px, py, _shore(px, py) + 0.004) for px, py in corners))


def _palm(foot: Point, tall: float, lean: float, trunk: Heap, leaf: list[Heap]) -> None:
    """Add a palm tree that leans to the right by so many metres at its top."""
    x, y, z = foot

    def ring(share: float) -> list[Point]:
        radius = (0.17 - 0.07 * share) * (1.12 if round(share * 24) % 2 else 1)
        middle = x + lean * share * share
        turns = [2 * math.pi * part / 8 for part in range(8)]
        return [(middle + radius * math.cos(a), y + radius * math.sin(a), z + tall * share) for a in turns]

    for part in range(24):
        low, high = ring(part / 24), ring((part + 1) / 24)
        for side in range(8):
            trunk.face(low[side], low[(side + 1) % 8], high[(side + 1) % 8], high[side])
    for frond in range(19):
        angle, long = 2 * math.pi * frond / 19 + random.uniform(-0.2, 0.2), random.uniform(2.0, 3.0)
        drop, heap = random.uniform(0.2, 2.2), random.choice(leaf)
        out, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))

        def rib(t: float, angle: tuple[float, float] = out, long: float = long, drop: float = drop) -> Point:
            rise = 0.8 * math.sin(2.2 * t) - drop * t * t
            return x + lean + long * t * angle[0], y + long * t * angle[1], z + tall + rise

        for cut in range(26):
            t = 0.1 + 0.9 * cut / 26
            root, wide = rib(t), 0.62 * math.sin(math.pi * min(1, 0.15 + 0.8 * t)) ** 0.7
            for sign in (-1, 1):
                sag = 0.45 * wide * random.uniform(0.7, 1.3)
                tip = tuple(
                    root[axis] + sign * wide * (*across, 0)[axis] + 0.4 * wide * (*out, 0)[axis] for axis in range(3)
                )
                end = rib(t + 0.035)
                heap.face(root, end, (tip[0], tip[1], tip[2] - sag))


def beach() -> None:
    sand, wet = Heap((0.72, 0.58, 0.4), rough=1), Heap((0.36, 0.27, 0.17), rough=0.25)
    textured(sand, (0.64, 0.48, 0.31), (0.8, 0.64, 0.45), 3.5, 0.25)
    sea, foam = Heap((0.03, 0.22, 0.28), rough=0.1), Heap((0.93, 0.96, 0.97), rough=1)
    graded(sea, ((3, (0.2, 0.5, 0.46)), (9, (0.05, 0.36, 0.4)), (40, (0.015, 0.2, 0.3)), (400, (0.01, 0.1, 0.2))), 0.2)
    ground(sand, 120, 0.8, _shore)
    _sea(sea, foam)
    _wet_sand(wet)
    trunk, leaf = Heap((0.24, 0.17, 0.11)), [Heap(c, rough=0.45) for c in ((0.05, 0.15, 0.03), (0.1, 0.22, 0.04))]
    leaf.append(Heap((0.16, 0.22, 0.05), rough=0.5))
    arms = [(side * (20 + 24 * random.random()), random.uniform(-6, 1)) for side in (-1, 1) for _ in range(12)]
    spots = [(x, y + 0.9 * max(0, abs(x + 4) - 22)) for x, y in arms]
    spots += [(random.uniform(-60, 60), random.uniform(-45, -9)) for _ in range(20)]
    spots += [(random.uniform(-60, 60), random.uniform(-9, 1)) for _ in range(6)]
    for x, y in spots:
        if abs(x) < 6 and y > -9:
            continue
        z, tall, lean = (
            _shore(x, y) * min(1, math.hypot(x, y) / 12) - 0.2,
            random.uniform(5, 9.5),
            random.uniform(-1.8, 1.8),
        )
        _palm((x, y, z), tall, lean, trunk, leaf)
    for heap in (sand, wet, sea, foam, trunk, *leaf):
        heap.build()
    sky(38, -130, 0.09)
    clouds((24, 24, 24.5))
    sun(38, -130, 8.0, (1, 0.91, 0.78))
