"""What was left on the moon: a lander, a rover, a dish and a flag. Called by ``moon.py``."""

from __future__ import annotations

import itertools
import math

import numpy as np

from .moon_ground import DISH_M, FLAG_M, LANDER_M, ROVER_M, Ground
from .parts import Heap, Point, Spot
from .shapes import beam


def _disc(heap: Heap, middle: Point, toward: Point, radius: float, deep: float) -> None:
    """Add a dish that opens toward a point."""
    along = np.subtract(toward, middle) / math.dist(toward, middle)
    side = np.cross(along, (0, 0, 1))
    side /= np.linalg.norm(side)
    up = np.cross(side, along)

    def at(share: float, turn: float) -> Point:
        r = radius * share
        return tuple(np.add(middle, deep * share * share * along + r * (math.cos(turn) * side + math.sin(turn) * up)))

    for i in range(5):
        for j in range(20):
            a, b = 2 * math.pi * j / 20, 2 * math.pi * (j + 1) / 20
            heap.face(at(i / 5, a), at((i + 1) / 5, a), at((i + 1) / 5, b), at(i / 5, b))


def _prism(heap: Heap, at: Point, half: Spot, tall: float, turn: float) -> None:
    """Add an eight-sided block, narrower above: half its width below and above."""
    rims = []
    for wide, z in ((half[0], at[2]), (half[1], at[2] + tall)):
        rims.append([])
        for part in range(8):
            angle = turn + math.pi / 4 * (part // 2) * 2 + (-0.32 if part % 2 == 0 else 0.32)
            rims[-1].append((at[0] + wide * math.cos(angle), at[1] + wide * math.sin(angle), z))
    for i in range(8):
        heap.face(rims[0][i], rims[0][(i + 1) % 8], rims[1][(i + 1) % 8], rims[1][i])
    heap.face(*rims[1])
    heap.face(*reversed(rims[0]))


def lander(stuff: dict[str, Heap], foot: float) -> None:
    """Stand the lander on four legs: a foil-clad stage, an engine, a grey cabin, dishes and a ladder."""
    (x, y), turn = LANDER_M, 0.42
    foil, grey, dark = stuff["foil"], stuff["grey"], stuff["dark"]
    _prism(foil, (x, y, foot + 1.5), (2.25, 2.2), 1.5, turn)
    _prism(dark, (x, y, foot + 3.0), (2.05, 2.0), 0.12, turn)
    dark.tube((x, y, foot + 0.5), (0.75, 0.35), 1.0, 20)
    _prism(grey, (x, y, foot + 3.12), (1.35, 1.6), 0.7, turn)
    _prism(grey, (x, y, foot + 3.82), (1.6, 1.25), 1.15, turn)
    _prism(dark, (x, y, foot + 4.97), (0.7, 0.5), 0.3, turn)
    for leg in range(4):
        angle = turn + math.pi / 4 + leg * math.pi / 2
        c, s = math.cos(angle), math.sin(angle)
        pad = (x + 3.9 * c, y + 3.9 * s, foot + 0.12)
        stuff["foil"].tube((pad[0], pad[1], foot - 0.03), (0.46, 0.5), 0.14, 18)
        beam(foil, (x + 2.0 * c, y + 2.0 * s, foot + 2.9), pad, 0.085)
        beam(dark, (x + 2.9 * c, y + 2.9 * s, foot + 1.6), pad, 0.11)
        for lean in (-0.45, 0.45):
            u, v = x + 1.95 * math.cos(angle + lean), y + 1.95 * math.sin(angle + lean)
            beam(grey, (u, v, foot + 1.6), (x + 3.1 * c, y + 3.1 * s, foot + 1.25), 0.05)
            beam(grey, (u, v, foot + 2.8), (x + 2.6 * c, y + 2.6 * s, foot + 2.0), 0.04)
        hub = (x + 1.75 * c, y + 1.75 * s, foot + 4.2)
        for z in (-0.22, 0.22):
            beam(dark, hub, (hub[0], hub[1], hub[2] + z), 0.07)
        beam(grey, (x + 1.2 * c, y + 1.2 * s, foot + 4.1), hub, 0.04)
        side = turn + leg * math.pi / 2  # panels and tanks between the legs
        u, v = x + 2.13 * math.cos(side), y + 2.13 * math.sin(side)
        for a, wide, heap in ((-0.42, 0.34, dark), (0.36, 0.4, grey)):
            b, d = u - a * math.sin(side), v + a * math.cos(side)
            low, high = (
                (b - 0.03, d - wide, foot + 1.7 + 0.2 * wide),
                (b + 0.03, d + wide, foot + 2.9 - 0.5 * (leg % 2)),
            )
            heap.box(low, high, side)
        (foil if leg % 2 else grey).ball((x + 1.35 * math.cos(side), y + 1.35 * math.sin(side), foot + 3.65), 0.5)
    face = turn + math.pi * 1.25
    c, s = math.cos(face), math.sin(face)
    for step in range(9):
        share = step / 9
        u, v, z = x + (2.25 + 1.4 * share) * c, y + (2.25 + 1.4 * share) * s, foot + 3.0 - 2.5 * share
        beam(grey, (u + 0.22 * s, v - 0.22 * c, z), (u - 0.22 * s, v + 0.22 * c, z), 0.022)
    for side in (-0.22, 0.22):
        a, b = (x + 2.2 * c + side * s, y + 2.2 * s - side * c), (x + 3.6 * c + side * s, y + 3.6 * s - side * c)
        beam(grey, (*a, foot + 3.05), (*b, foot + 0.6), 0.025)
    for side in (-0.5, 0.5):  # windows and a hatch
        u, v = x + 1.5 * c + side * s, y + 1.5 * s - side * c
        dark.box((u - 0.16, v - 0.16, foot + 4.15), (u + 0.16, v + 0.16, foot + 4.5), face)
    u, v = x + 1.4 * c, y + 1.4 * s
    dark.box((u - 0.14, v - 0.4, foot + 3.2), (u + 0.14, v + 0.4, foot + 3.85), face)
    beam(grey, (x - 0.9, y, foot + 4.9), (x - 1.3, y - 0.3, foot + 5.9), 0.03)
    _disc(stuff["white"], (x - 1.3, y - 0.3, foot + 5.9), (x - 6, y - 6, foot + 9), 0.5, 0.14)
    beam(grey, (x + 0.7, y, foot + 4.9), (x + 0.7, y, foot + 6.6), 0.015)


def _wheel(stuff: dict[str, Heap], at: Point, turn: float) -> None:
    c, s = math.cos(turn), math.sin(turn)
    for part in range(24):
        for r, deep, heap in ((0.4, 0.11, "grey"), (0.2, 0.12, "dark")):
            a, b = 2 * math.pi * part / 24, 2 * math.pi * (part + 1) / 24
            rim: list[Point] = []
            for t, w in ((a, -deep), (b, -deep), (b, deep), (a, deep)):
                u = r * math.cos(t)
                rim.append((at[0] + u * c - w * s, at[1] + u * s + w * c, at[2] + r * math.sin(t)))
            stuff[heap].face(*rim)
            for w in (0, 3):
                stuff[heap].face(rim[0 if w == 0 else 3], rim[1 if w == 0 else 2], at)
    for w in (-0.35, 0.35):
        tip = (at[0] + 0.45 * w * c, at[1] + 0.45 * w * s, at[2] + 0.45)
        low, high = [tuple(tip[i] + sign * (0.16, 0.14, 0.015)[i] for i in range(3)) for sign in (-1, 1)]
        stuff["foil"].box(low, high, turn)  # type: ignore[arg-type]


def rover(stuff: dict[str, Heap], foot: float) -> None:
    """Park an open rover: a frame, four wheels, two seats, boxes, and a dish on a mast."""
    (x, y), turn = ROVER_M, 0.3
    c, s = math.cos(turn), math.sin(turn)

    def at(u: float, v: float, z: float) -> Point:
        return x + u * c - v * s, y + u * s + v * c, foot + z

    def block(heap: str, low: Point, high: Point) -> None:
        a, b, _ = at((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0)
        wide, deep = (high[0] - low[0]) / 2, (high[1] - low[1]) / 2
        stuff[heap].box((a - wide, b - deep, foot + low[2]), (a + wide, b + deep, foot + high[2]), turn)

    for u, v in itertools.product((-1.1, 1.1), (-0.8, 0.8)):
        _wheel(stuff, at(u, v, 0.38), turn)
        beam(stuff["grey"], at(u, 0.3 * v, 0.5), at(u, v, 0.4), 0.04)
    block("grey", (-1.5, -0.55, 0.5), (1.5, 0.55, 0.58))
    block("foil", (0.95, -0.5, 0.58), (1.5, 0.5, 0.85))
    block("foil", (-1.5, -0.5, 0.58), (-0.9, 0.5, 1.05))
    block("white", (-1.45, 0.02, 1.05), (-1.0, 0.45, 1.3))
    for v in (-0.45, 0.08):
        block("white", (-0.45, v, 0.75), (0.02, v + 0.4, 0.8))
        block("white", (-0.5, v, 0.8), (-0.45, v + 0.4, 1.25))
        block("dark", (-0.42, v + 0.05, 0.58), (0, v + 0.35, 0.75))
    beam(stuff["grey"], at(0.6, 0, 0.58), at(0.45, 0, 1.1), 0.03)
    block("dark", (0.4, -0.2, 1.05), (0.55, 0.2, 1.2))
    beam(stuff["grey"], at(1.35, 0.3, 0.6), at(1.35, 0.3, 2.1), 0.025)
    _disc(stuff["foil"], at(1.35, 0.3, 2.1), at(5, -2, 6), 0.48, 0.16)
    beam(stuff["grey"], at(1.35, -0.35, 0.6), at(1.35, -0.35, 1.5), 0.02)
    block("white", (1.25, -0.45, 1.5), (1.5, -0.25, 1.65))


def camp(stuff: dict[str, Heap], ground: Ground) -> None:
    """Set up a flag of no country, a dish on a tripod, and boxes with panels."""
    x, y = FLAG_M
    foot = ground.height(x, y)
    beam(stuff["grey"], (x, y, foot - 0.1), (x, y, foot + 2.25), 0.016)
    beam(stuff["grey"], (x, y, foot + 2.22), (x + 1.25, y - 0.2, foot + 2.22), 0.01)
    for i, j in itertools.product(range(14), range(8)):
        corners = []
        for u, v in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)):
            wave = 0.035 * math.sin(0.9 * u + 0.35 * v) * (0.4 + v / 8)
            corners.append((x + 1.22 * u / 14 - 0.5 * wave, y - 0.2 * u / 14 + wave, foot + 2.2 - 0.76 * v / 8))
        stuff["flag" if i in {4, 5, 6} else "white"].face(*corners)
    x, y = DISH_M
    foot = ground.height(x, y)
    for leg in range(3):
        a = 2.1 * leg + 0.4
        u, v = x + 0.8 * math.cos(a), y + 0.8 * math.sin(a)
        beam(stuff["grey"], (u, v, ground.height(u, v)), (x, y, foot + 1.5), 0.03)
    hub, aim = np.array((x, y, foot + 1.7)), np.array((-0.55, 0.45, 0.6))
    _disc(stuff["white"], tuple(hub), tuple(hub + 4 * aim), 1.15, 0.36)
    for leg in range(3):
        a = 2.1 * leg
        rim = (
            hub + 0.36 * aim / np.linalg.norm(aim) + np.array((1.0 * math.cos(a), 1.0 * math.sin(a), 0.4 * math.cos(a)))
        )
        beam(stuff["grey"], tuple(rim), tuple(hub + 1.05 * aim), 0.014)
    stuff["dark"].ball(tuple(hub + 1.05 * aim), 0.08)
    for u, v, tall in ((-2.1, -0.5, 0.4), (1.7, 0.7, 0.3), (-0.6, -2.2, 0.45), (2.3, -1.6, 0.35)):
        z = ground.height(x + u, y + v)
        stuff["foil"].box((x + u - 0.3, y + v - 0.25, z - 0.05), (x + u + 0.3, y + v + 0.25, z + tall), 0.4 * u)
        low, high = z + tall - 0.02, z + tall + 0.5
        for side in (-1, 1):
            near = (x + u + 0.1 * side, y + v - 0.4)
            far = (near[0] + 0.5 * side, near[1])
            stuff["panel"].face((*near, low), (near[0], near[1] + 0.8, low), (far[0], far[1] + 0.8, high), (*far, high))
