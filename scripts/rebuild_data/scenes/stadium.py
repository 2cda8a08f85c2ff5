"""A football stadium in the evening. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import itertools
import math
import random

import bpy
from mathutils import Matrix

from .parts import Point, Spot, clouds, haze
from .shapes import beam
from .stadium_stands import CAMERA_M, crowd, shelter
from .stadium_stuff import Stadium, band, ring

PITCH_M = (52.5, 34)


def _lines(here: Stadium) -> None:
    """Mow the grass in stripes and mark the pitch."""
    x1, y1 = PITCH_M
    here.track.box((-x1 - 8, -y1 - 8, -0.3), (x1 + 8, y1 + 8, -0.012))
    for strip in range(22):
        x = -57.75 + 5.25 * strip
        here.grass[strip % 2].box((x, -y1 - 3, -0.2), (x + 5.25, y1 + 3, 0))

    def line(a: Spot, b: Spot) -> None:
        low, high = (min(a[0], b[0]) - 0.06, min(a[1], b[1]) - 0.06), (max(a[0], b[0]) + 0.06, max(a[1], b[1]) + 0.06)
        here.paint.box((*low, -0.1), (*high, 0.006))

    def arc(middle: Spot, radius: float, start: float, end: float) -> None:
        steps = max(6, int(radius * abs(end - start) / 0.25))
        for step in range(steps):
            turns = [start + (end - start) * (step + part) / steps for part in (0, 1, 1, 0)]
            radii = (radius - 0.06, radius - 0.06, radius + 0.06, radius + 0.06)
            both = zip(radii, turns, strict=True)
            here.paint.face(*((middle[0] + r * math.cos(t), middle[1] + r * math.sin(t), 0.006) for r, t in both))

    line((0, -y1), (0, y1))
    arc((0, 0), 9.15, 0, 2 * math.pi)
    for sign in (-1, 1):
        line((-x1, sign * y1), (x1, sign * y1))
        line((sign * x1, -y1), (sign * x1, y1))
        for deep, half in ((16.5, 20.16), (5.5, 9.16)):
            line((sign * (x1 - deep), -half), (sign * (x1 - deep), half))
            for v in (-half, half):
                line((sign * (x1 - deep), v), (sign * x1, v))
        line((sign * (x1 - 11), 0), (sign * (x1 - 11), 0))
        arc((sign * (x1 - 11), 0), 9.15, math.pi * (sign > 0) - 0.93, math.pi * (sign > 0) + 0.93)
        for v in (-1, 1):
            here.post.tube((sign * x1, v * y1, 0), (0.025, 0.025), 1.5, 8)
            here.boards[2].box((sign * x1 - 0.4, v * y1 - 0.01, 1.15), (sign * x1, v * y1 + 0.01, 1.5))


def _goal(here: Stadium, sign: int) -> None:
    """Set up a goal: white posts, stays behind and a net that sags."""
    x, half, high = sign * PITCH_M[0], 3.72, 2.5
    for y in (-half, half):
        here.post.tube((x, y, 0), (0.06, 0.06), high, 12)
        here.post.box((x, y - 0.02, high - 0.06), (x + sign * 1.0, y + 0.02, high - 0.02)) if sign > 0 else None
    here.post.box((x - 0.06, -half - 0.06, high - 0.06), (x + 0.06, half + 0.06, high + 0.06))

    def at(across: float, down: float) -> Point:  # over the top, then down the back
        sag = 0.14 * math.sin(math.pi * (across / 7.44 + 0.5)) * math.sin(math.pi * min(1, down / 3.6))
        deep, z = (down, high - sag) if down < 1 else (1 + (down - 1) * 0.42 - sag, high - (down - 1) * 0.96)
        return x + sign * deep, across, max(0.01, z)

    for step in range(63):
        across = -half + 0.12 * step
        for a, b in itertools.pairwise(0.4 * part for part in range(10)):
            beam(here.net, at(across, a), at(across, b), 0.011, 4)
    for step in range(29):
        for a, b in itertools.pairwise(-half + 7.44 * part / 8 for part in range(9)):
            beam(here.net, at(a, 0.125 * step), at(b, 0.125 * step), 0.011, 4)
    for y in (-half, half):  # the sides
        for step in range(20):
            z = 0.125 * step
            deep = 1 + (high - z) / 0.96 * 0.42
            beam(here.net, (x, y, z), (x + sign * deep, y, z), 0.006, 4)
            u = x + sign * 0.12 * step
            z = high if 0.12 * step < 1 else high - (0.12 * step - 1) / 0.42 * 0.96
            beam(here.net, (u, y, 0), (u, y, z), 0.008, 4)


def _boards(here: Stadium) -> None:
    """Put boards of coloured shapes round the pitch, and a lit band before the upper tier."""
    width, lean, kind, (paper, ink) = 1.04, 0.3, 0, here.boards[:2]
    for number, (spot, out, _, _) in enumerate(ring(-3.2, 1.0)):
        if number % 7 == 0:
            paper, ink = random.sample(here.boards, 2)
            lean, kind = random.choice((-0.3, 0.3)), random.randrange(3)

        def at(u: float, z: float, lift: float, spot: Spot = spot, out: Spot = out) -> Point:
            across = u * width
            return spot[0] - across * out[1] - lift * out[0], spot[1] + across * out[0] - lift * out[1], z

        paper.face(at(-0.5, 0.06, 0), at(0.5, 0.06, 0), at(0.5, 0.95, 0), at(-0.5, 0.95, 0))
        if kind == 0 or (kind == 1 and number % 7 in {2, 3, 4}):
            a, b = random.uniform(-0.4, -0.1), random.uniform(0.1, 0.4)
            ink.face(at(a - lean, 0.1, 0.02), at(b - lean, 0.1, 0.02), at(b + lean, 0.9, 0.02), at(a + lean, 0.9, 0.02))
        elif number % 7 == 3:
            turns = [2 * math.pi * part / 20 for part in range(20)]
            ink.face(*(at(0.38 * math.cos(t), 0.5 + 0.38 * math.sin(t), 0.02) for t in turns))
    band(here.dark, (-3.1, 0), (-3.1, 1.0))
    for number, (spot, out, _, _) in enumerate(ring(13.1, 2.0)):
        heap = here.boards[(1, 5, 0, 3, 5)[number // 8 % 5]]
        x, y = spot
        heap.box((x - 0.04, y - 0.96, 9.2), (x + 0.04, y + 0.96, 10.1), math.atan2(out[1], out[0]))


def _benches(here: Stadium) -> None:
    """Put the benches of both teams at the near touchline, and a ball and some cones on the grass."""
    for x in (8, 26):
        here.dark.box((x - 5, -39.6, 0), (x + 5, -39.4, 2.1))
        here.steel.box((x - 5.1, -39.6, 2.1), (x + 5.1, -37.6, 2.2))
        for seat in range(12):
            u = x - 4.6 + 0.8 * seat
            here.seat.box((u - 0.25, -39.3, 0.4), (u + 0.25, -38.7, 0.5))
            here.seat.box((u - 0.25, -39.3, 0.5), (u + 0.25, -39.15, 1.1))
    for x, y in ((43.2, -7.6), (46.8, -11.6)):
        here.post.ball((x, y, 0.11), 0.11)
        for turn in range(5):
            here.dark.ball((x + 0.07 * math.cos(1.26 * turn), y + 0.07 * math.sin(1.26 * turn), 0.14), 0.045)


def stadium() -> None:
    here = Stadium()
    _lines(here)
    for _ in range(200000):  # blades of grass near by
        far, angle = 0.2 + 11 * random.random() ** 0.75, random.uniform(0, 2 * math.pi)
        x, y = CAMERA_M[0] + far * math.cos(angle), CAMERA_M[1] + far * math.sin(angle)
        a, b = random.gauss(0, 0.004), random.gauss(0, 0.004)
        tip = (x + random.gauss(0, 0.016), y + random.gauss(0, 0.016), random.uniform(0.012, 0.03))
        here.blades.face((x - a, y - b, 0), (x + a, y + b, 0), tip)
    _goal(here, 1)
    _goal(here, -1)
    _boards(here)
    crowd(here)
    shelter(here)
    _benches(here)
    here.build()
    move = Matrix.Translation((-CAMERA_M[0], -CAMERA_M[1], 0))
    for thing in bpy.context.collection.objects:
        thing.matrix_world = move @ thing.matrix_basis
    haze((0.17, 0.24, 0.44), (0.008, 0.035, 0.16), 1.5)
    clouds((0.07, 0.08, 0.16), 0.52, 0.85)
