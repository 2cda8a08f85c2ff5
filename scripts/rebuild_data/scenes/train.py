"""The inside of a railway coach by day. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import bpy

from .parts import Heap, Spot, clouds, lamp, sky, sun, textured
from .shapes import beam, blob, varied

HALF_M, CEILING_M, ENDS_M = 1.62, 2.35, (-7.6, 7.6)
"""Half the width inside, the height, and where the end walls stand."""
WINDOW_M = (0.92, 1.86)
"""Foot and top of the windows."""
BAY_M = 1.9
"""From the middle of one window to the next; seats stand in the same measure."""
FREE_M = 2.6
"""So far from the camera along the aisle there are no seats: the place for prams and bicycles."""
PASSES_M = 0.6
"""How far the country moves from one frame to the next; the shutter is open for half of that."""
Stuff = dict[str, Heap]


def _stuff() -> Stuff:
    stuff = {
        "wall": Heap((0.62, 0.6, 0.55), rough=0.4), "ceiling": Heap((0.74, 0.74, 0.73), rough=0.5, glow=0.12),
        "floor": Heap((0.13, 0.14, 0.16), rough=0.6), "frame": Heap((0.06, 0.065, 0.07), rough=0.35),
        "steel": Heap((0.5, 0.51, 0.53), rough=0.25, metal=0.9), "pole": Heap((0.75, 0.5, 0.03), rough=0.35),
        "shell": Heap((0.11, 0.12, 0.14), rough=0.4), "blue": Heap((0.03, 0.09, 0.25), rough=0.95),
        "red": Heap((0.36, 0.03, 0.035), rough=0.95), "rest": Heap((0.55, 0.52, 0.46), rough=0.9),
        "wood": Heap((0.42, 0.27, 0.15), rough=0.4), "glass": Heap((0.12, 0.14, 0.16), rough=0.1),
        "paper": Heap((0.75, 0.73, 0.68)), "strip": Heap((1, 0.97, 0.92), glow=6),
        "screen": Heap((0.1, 0.3, 0.6), glow=1.2),
        "bags": Heap((0.3, 0.2, 0.1), rough=0.8), "cups": Heap((0.8, 0.75, 0.65)),
    }  # fmt: skip
    textured(stuff["blue"], (0.015, 0.05, 0.17), (0.06, 0.14, 0.32), 26, 0.2)
    textured(stuff["red"], (0.24, 0.015, 0.02), (0.45, 0.06, 0.05), 26, 0.2)
    textured(stuff["floor"], (0.09, 0.1, 0.115), (0.17, 0.18, 0.2), 30, 0.02)
    textured(stuff["wood"], (0.34, 0.21, 0.11), (0.5, 0.34, 0.2), 3, 0.02, 6)
    textured(stuff["wall"], (0.56, 0.54, 0.49), (0.65, 0.63, 0.58), 1.2)
    bags = (
        (0.3, 0.04, 0.03),
        (0.03, 0.08, 0.2),
        (0.05, 0.05, 0.055),
        (0.35, 0.22, 0.1),
        (0.06, 0.2, 0.12),
        (0.5, 0.3, 0.04),
    )
    varied(stuff["bags"], bags, sharp=True)
    varied(stuff["cups"], ((0.8, 0.76, 0.68), (0.5, 0.1, 0.06), (0.05, 0.25, 0.2)), sharp=True)
    return stuff


def _side(stuff: Stuff, sign: int) -> None:
    """Build one side of the coach: wall, windows with rounded corners, a heater, a rack with luggage, light above."""
    wall, frame, (foot, top) = stuff["wall"], stuff["frame"], WINDOW_M
    inner, outer = sorted((sign * HALF_M, sign * (HALF_M + 0.09)))

    def slab(heap: Heap, depth: Spot, low: Spot, high: Spot) -> None:
        a, b = sorted((sign * (HALF_M - depth[0]), sign * (HALF_M - depth[1])))
        heap.box((a, low[0], low[1]), (b, high[0], high[1]))

    start, end = ENDS_M
    wall.box((inner, start, 0), (outer, end, foot))
    wall.box((inner, start, top), (outer, end, CEILING_M))
    count = round((end - start) / BAY_M)
    step = (end - start) / count
    for bay in range(count + 1):
        y = start + bay * step
        wall.box((inner, y - 0.12, foot), (outer, y + 0.12, top))
        slab(stuff["rest"], (0, 0.012), (y - 0.1, foot), (y + 0.1, top))
        if bay == count:
            break
        left, right, round_m = y + 0.12, y + step - 0.12, 0.16
        for v, z, turn in ((left, foot, 180), (right, foot, 270), (right, top, 0), (left, top, 90)):
            a = v + math.copysign(round_m, (left + right) / 2 - v)
            b = z + math.copysign(round_m, (foot + top) / 2 - z)
            arc = [math.radians(turn + 90 * part / 6) for part in range(7)]
            rim = [(sign * (HALF_M + 0.01), a + round_m * math.cos(t), b + round_m * math.sin(t)) for t in arc]
            wall.face((sign * (HALF_M + 0.01), v, z), *rim)
            inset = [(x, a + 0.86 * (p - a), b + 0.86 * (q - b)) for x, p, q in rim]
            for i in range(6):
                frame.face(rim[i], rim[i + 1], inset[i + 1], inset[i])
        for low, high in (((left + round_m, foot), (right - round_m, foot + 0.022)),
                          ((left + round_m, top - 0.022), (right - round_m, top)),
                          ((left, foot + round_m), (left + 0.022, top - round_m)),
                          ((right - 0.022, foot + round_m), (right, top - round_m))):  # fmt: skip
            slab(frame, (-0.03, 0.008), low, high)
        if random.random() < 0.6:  # a blind, drawn down a little
            slab(stuff["rest"], (-0.02, 0.0), (left, top - random.uniform(0.06, 0.2)), (right, top))
        slab(stuff["steel"], (0, 0.05), (left, 0.08), (right, 0.2))
    slab(stuff["wood"], (0, 0.02), (start, foot - 0.05), (end, foot - 0.01))
    for z, far in ((1.93, 0.46), (1.99, 0.47)):
        beam(stuff["steel"], (sign * (HALF_M - far), start, z), (sign * (HALF_M - far), end, z), 0.014)
    slab(stuff["glass"], (0, 0.44), (start, 1.915), (end, 1.925))
    y = start + 0.4
    while y < end - 0.5:
        beam(stuff["steel"], (sign * HALF_M, y, 1.87), (sign * (HALF_M - 0.46), y, 1.92), 0.012)
        long, tall = random.uniform(0.35, 0.6), random.uniform(0.16, 0.27)
        if random.random() < 0.6:
            slab(stuff["bags"], (0.06, 0.06 + random.uniform(0.24, 0.34)), (y, 1.925), (y + long, 1.925 + tall))
        elif random.random() < 0.5:
            blob(stuff["bags"], (sign * (HALF_M - 0.22), y + long / 2, 2.05), (long / 2, 0.17, 0.14), math.pi / 2)
        y += long + random.uniform(0.05, 0.6)
    slab(stuff["strip"], (0.5, 0.58), (start + 0.3, CEILING_M - 0.03), (end - 0.3, CEILING_M - 0.015))
    slab(stuff["frame"], (0.49, 0.5), (start + 0.3, CEILING_M - 0.05), (end - 0.3, CEILING_M))
    slab(stuff["frame"], (0.58, 0.59), (start + 0.3, CEILING_M - 0.05), (end - 0.3, CEILING_M))
    for part in range(5):  # the ceiling bends down to the wall
        a, b = (math.radians(90 * p / 5) for p in (part, part + 1))
        (x, z), (u, w) = ((HALF_M - 0.3 * (1 - math.sin(t)), CEILING_M - 0.3 * (1 - math.cos(t))) for t in (a, b))
        stuff["ceiling"].face((sign * x, start, z), (sign * u, start, w), (sign * u, end, w), (sign * x, end, z))


def _seat(stuff: Stuff, spot: Spot, facing: int, cloth: str) -> None:
    """Put up a seat: cushion, back with a bulge, head rest with wings, arm rest, and a shell behind."""
    x, y = spot
    heap, shell, rest = stuff[cloth], stuff["shell"], stuff["rest"]
    blob(heap, (x, y, 0.45), (0.235, 0.25, 0.075))
    heap.box((x - 0.21, y - 0.22, 0.38), (x + 0.21, y + 0.22, 0.46))
    shell.box((x - 0.2, y - 0.18, 0.2), (x + 0.2, y + 0.18, 0.38))
    for part in range(6):
        z, lean = 0.48 + 0.12 * part, facing * (0.24 + 0.016 * part)
        half = (0.215, 0.22, 0.22, 0.215, 0.205, 0.19)[part]
        a, b = sorted((y - lean - facing * 0.05, y - lean + facing * 0.055))
        heap.box((x - half, a, z), (x + half, b, z + 0.122))
        a, b = sorted((y - lean - facing * 0.09, y - lean - facing * 0.05))
        shell.box((x - half - 0.015, a, z), (x + half + 0.015, b, z + 0.122))
    head = y - facing * 0.345
    blob(rest, (x, head + facing * 0.05, 1.17), (0.17, 0.06, 0.1))
    heap.box((x - 0.18, head - 0.04, 1.1), (x + 0.18, head + 0.04, 1.28))
    for u in (-0.235, 0.235):
        shell.box((x + u - 0.022, y - 0.2, 0.6), (x + u + 0.022, y + 0.16, 0.64))
        shell.box((x + u - 0.012, y - facing * 0.2 - 0.02, 0.4), (x + u + 0.012, y - facing * 0.2 + 0.02, 0.6))


def _pair(stuff: Stuff, y: float, sign: int, facing: int) -> None:
    """Put up two seats side by side, with a handle at the aisle."""
    cloth = random.choice(("blue", "blue", "red"))
    for x in (1.34, 0.84):
        _seat(stuff, (sign * x, y), facing, cloth)
    beam(stuff["pole"], (sign * 0.6, y - facing * 0.36, 1.02), (sign * 0.6, y - facing * 0.36, 1.24), 0.016)


def _table(stuff: Stuff, y: float, sign: int) -> None:
    low, high = sorted((sign * 0.72, sign * HALF_M))
    stuff["wood"].box((low, y - 0.3, 0.71), (high, y + 0.3, 0.74))
    stuff["steel"].box((sign * 1.1 - 0.03, y - 0.05, 0), (sign * 1.1 + 0.03, y + 0.05, 0.71))
    for _ in range(random.randint(1, 3)):
        u, v = sign * random.uniform(0.85, 1.4), y + random.uniform(-0.18, 0.18)
        kind = random.random()
        if kind < 0.45:
            stuff["cups"].tube((u, v, 0.74), (0.03, 0.042), 0.12, 12)
        elif kind < 0.75:
            stuff["paper"].box((u - 0.1, v - 0.14, 0.74), (u + 0.1, v + 0.14, 0.747), random.uniform(-0.4, 0.4))
        else:
            stuff["bags"].box((u - 0.08, v - 0.1, 0.74), (u + 0.08, v + 0.1, 0.78), random.uniform(-0.4, 0.4))


def _end(stuff: Stuff, y: float, sign: int) -> None:
    """Close an end of the coach: a glass door between panels, a screen above it, a fire extinguisher beside it."""
    wall, frame, inward = stuff["wall"], stuff["frame"], -sign

    def slab(heap: Heap, depth: Spot, low: Spot, high: Spot) -> None:
        a, b = sorted((y + inward * depth[0], y + inward * depth[1]))
        heap.box((low[0], a, low[1]), (high[0], b, high[1]))

    slab(wall, (-0.08, 0), (-HALF_M, 0), (-0.5, CEILING_M))
    slab(wall, (-0.08, 0), (0.5, 0), (HALF_M, CEILING_M))
    slab(wall, (-0.08, 0), (-0.5, 2.02), (0.5, CEILING_M))
    slab(stuff["rest"], (-0.035, -0.03), (-0.5, 1.32), (0.5, 1.38))  # a stripe on the clear glass of the door
    _vestibule(stuff, slab)
    for x in (-0.5, -0.02, 0.46):
        slab(frame, (-0.06, 0.02), (x, 0), (x + 0.04, 2.02))
    for z in (0.0, 0.95, 1.98):
        slab(frame, (-0.06, 0.02), (-0.5, z), (0.5, z + 0.05))
    for x in (-0.08, 0.06):
        beam(stuff["pole"], (x, y + inward * 0.06, 0.9), (x, y + inward * 0.06, 1.3), 0.014)
    slab(frame, (0, 0.06), (-0.42, 2.1), (0.42, 2.26))
    slab(stuff["screen"], (0.06, 0.064), (-0.39, 2.12), (0.39, 2.24))
    slab(stuff["red"], (0.02, 0.14), (0.72, 0.35), (0.86, 0.85))
    slab(stuff["paper"], (0, 0.01), (0.7, 1.3), (1.1, 1.85))
    slab(stuff["blue"], (0.01, 0.013), (0.73, 1.5), (1.07, 1.82))
    slab(stuff["paper"], (0, 0.01), (-1.2, 1.35), (-0.75, 1.75))
    slab(stuff["wood"], (0.01, 0.013), (-1.17, 1.45), (-0.78, 1.72))


def _vestibule(stuff: Stuff, slab: Callable[[Heap, Spot, Spot, Spot], None]) -> None:
    """Add the place behind the glass door: side windows, a lamp, notices, the next coach's door."""
    wall, far = stuff["wall"], -1.9
    slab(stuff["floor"], (far, -0.08), (-HALF_M, -0.1), (HALF_M, 0))
    slab(stuff["ceiling"], (far, -0.08), (-HALF_M, 2.2), (HALF_M, 2.3))
    slab(wall, (far - 0.1, far), (-HALF_M, 0), (HALF_M, 2.3))
    slab(stuff["shell"], (far, far + 0.03), (-0.45, 0), (0.45, 2.0))
    slab(stuff["glass"], (far + 0.03, far + 0.035), (-0.25, 1.0), (0.25, 1.85))
    slab(stuff["paper"], (far, far + 0.02), (0.6, 1.3), (0.95, 1.8))
    slab(stuff["red"], (far, far + 0.02), (-0.9, 1.35), (-0.62, 1.75))
    slab(stuff["strip"], (-1.4, -0.6), (-0.08, 2.18), (0.08, 2.2))
    for low, high in (((-HALF_M - 0.09, 0), (-HALF_M, 0.9)), ((HALF_M, 0), (HALF_M + 0.09, 0.9)),
                      ((-HALF_M - 0.09, 1.9), (-HALF_M, 2.3)), ((HALF_M, 1.9), (HALF_M + 0.09, 2.3))):  # fmt: skip
        slab(wall, (far, -0.08), low, high)


def _prams(stuff: Stuff) -> None:
    """Furnish the free place beside the camera: folded seats, a rail, a leaning suitcase."""
    for sign in (-1, 1):
        beam(stuff["steel"], (sign * (HALF_M - 0.06), -1.6, 0.8), (sign * (HALF_M - 0.06), 1.6, 0.8), 0.018)
        for y in (-1.1, -0.55, 0.55, 1.1):
            heap = stuff["blue" if abs(y) > 1 else "red"]
            low, high = sorted((sign * (HALF_M - 0.14), sign * (HALF_M - 0.02)))
            heap.box((low, y - 0.22, 0.32), (high, y + 0.22, 0.74))
    for sign, y in ((1, 2.35), (-1, 2.3), (1, -2.35), (-1, -2.35)):  # where the seats begin: a screen and a pole
        low, high = sorted((sign * 0.62, sign * HALF_M))
        stuff["shell"].box((low, y - 0.015, 0.1), (high, y + 0.015, 0.62))
        beam(stuff["pole"], (sign * 0.62, y, 0), (sign * 0.62, y, CEILING_M), 0.018)
        for z in (0.0, CEILING_M - 0.03):
            stuff["steel"].tube((sign * 0.62, y, z), (0.05, 0.05), 0.03)


def _country(fields: list[Heap], leaves: Heap, trunk: Heap) -> None:
    """Lay fields and hills outside, with hedges, trees and farmhouses."""
    for sign in (-1, 1):
        for strip in range(9):
            near, far = 4 + 9.0 * strip + 3.2 * strip * strip, 4 + 9.0 * (strip + 1) + 3.2 * (strip + 1) ** 2
            y = -420.0
            while y < 420:
                long = random.uniform(30, 120)
                low, high = -2.2 + 0.006 * near * strip, -2.2 + 0.006 * far * (strip + 1)
                corners = ((near, y, low), (near, y + long, low), (far, y + long, high), (far, y, high))
                random.choice(fields).face(*((sign * u, v, w) for u, v, w in corners))
                y += long
        for _ in range(200):
            far, y = 14 + 240 * random.random() ** 2.2, random.uniform(-150, 150)
            strip = (-9 + math.sqrt(81 + 12.8 * (far - 4))) / 6.4
            foot, tall = -2.2 + 0.006 * far * strip, random.uniform(2.4, 8)
            trunk.tube((sign * far, y, foot - 0.5), (0.22, 0.12), tall * 0.55, 6)
            for _ in range(210):
                up = random.uniform(0.3, 1)
                wide = 0.36 * math.sqrt(max(0.03, 1 - ((up - 0.6) / 0.4) ** 2))  # an egg, widest low down
                a, out = random.uniform(0, 6.3), wide * tall * math.sqrt(random.random())
                size = tall * random.uniform(0.02, 0.048)
                at = (sign * far + out * math.cos(a), y + out * math.sin(a), foot + tall * up)
                blob(leaves, at, (size, size, 0.7 * size), a, up, detail=(4, 6))


def _pass(first: int) -> None:
    """Let all that was built from this object on pass by, as long as a shutter is open: things near by are smeared."""
    for thing in list(bpy.context.collection.objects)[first:]:
        for frame, y in ((0, -PASSES_M), (2, PASSES_M)):
            thing.location[1] = y
            thing.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(1)
    bpy.context.scene.render.use_motion_blur = True


def train() -> None:
    stuff = _stuff()
    start, end = ENDS_M
    stuff["floor"].box((-HALF_M, start, -0.1), (HALF_M, end, 0))
    stuff["ceiling"].box((-HALF_M + 0.25, start, CEILING_M), (HALF_M - 0.25, end, CEILING_M + 0.1))
    stuff["wall"].box((-0.3, start, CEILING_M - 0.02), (0.3, end, CEILING_M))
    for sign in (-1, 1):
        _side(stuff, sign)
        for turn in (-1, 1):
            y, facing = FREE_M + 0.3, random.choice((-1, 1))
            while y < end - 0.4:
                _pair(stuff, turn * y, sign, facing)
                if facing * turn > 0 and y + 1.3 < end - 0.4:
                    _table(stuff, turn * (y + 0.72), sign)
                    y, facing = y + 1.44, -facing
                else:
                    y, facing = y + 0.92, random.choice((facing, turn))
    for turn in (-1, 1):
        _end(stuff, turn * end, turn)
    _prams(stuff)
    tints = ((0.1, 0.22, 0.04), (0.16, 0.26, 0.06), (0.32, 0.3, 0.09), (0.2, 0.28, 0.08), (0.26, 0.2, 0.1))
    fields = [Heap(tint, rough=1) for tint in tints]
    for heap, (r, g, b) in zip(fields, tints, strict=True):
        textured(heap, (0.7 * r, 0.72 * g, 0.7 * b), (1.15 * r, 1.1 * g, 1.1 * b), 0.25, 0.0, 12)
    leaves, trunk = Heap((0.06, 0.15, 0.03)), Heap((0.1, 0.07, 0.04))
    varied(leaves, ((0.03, 0.09, 0.02), (0.07, 0.16, 0.035), (0.12, 0.2, 0.05)))
    _country(fields, leaves, trunk)
    for heap in stuff.values():
        heap.build()
    inside = len(bpy.context.collection.objects)
    for heap in (*fields, leaves, trunk):
        heap.build()
    _pass(inside)
    for y in (-5, -2, 1, 4, 7):
        lamp((0, y, 2.1), 14, (1, 0.96, 0.9), 0.5)
    sky(34, 55, 0.13)
    clouds((18, 18, 18.5), 0.5, 0.74)
    sun(34, 55, 5.0, (1, 0.93, 0.83))
