"""A modern office over a city. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random

from .parts import Heap, Spot, clouds, lived_in, plant, sky, sun, textured


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
        plant(spot, random.uniform(0.9, 1.6), pot, leaves)
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
