"""The walls of a great hall: stones, windows, banners, shields, torches. Called by ``castle.py``."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from .parts import Colour, Heap, Point, Spot, lamp, textured
from .shapes import beam, blob, varied

HEIGHT_M = 6.4


STONE: tuple[Colour, ...] = (
    *((0.3, 0.26, 0.21), (0.36, 0.32, 0.26), (0.25, 0.225, 0.19)),
    *((0.4, 0.36, 0.29), (0.31, 0.29, 0.26), (0.22, 0.2, 0.175)),
)
Stuff = dict[str, Heap]


def heaps() -> Stuff:
    stuff = {
        "blocks": Heap(STONE[0], rough=0.95), "mortar": Heap((0.13, 0.115, 0.095), rough=1), 
        "flags": Heap(STONE[1], rough=0.75),
        "wood": Heap((0.16, 0.085, 0.04), rough=0.6), "iron": Heap((0.03, 0.03, 0.032), rough=0.5, metal=0.6),
        "gold": Heap((0.75, 0.48, 0.12), rough=0.25, metal=1), "wax": Heap((0.75, 0.68, 0.5), rough=0.6),
        "flame": Heap((1, 0.5, 0.13), glow=14), "ember": Heap((1, 0.22, 0.03), glow=3),
        "soot": Heap((0.03, 0.025, 0.022), rough=1),
        "carpet": Heap((0.35, 0.02, 0.03), rough=1), "red": Heap((0.42, 0.02, 0.025), rough=0.95),
        "blue": Heap((0.03, 0.07, 0.28), rough=0.95), "white": Heap((0.65, 0.6, 0.5), rough=0.95),
        "yellow": Heap((0.65, 0.4, 0.05), rough=0.95), "green": Heap((0.03, 0.17, 0.07), rough=0.95),
        "bread": Heap((0.45, 0.24, 0.08), rough=0.8), "fruit": Heap((0.5, 0.05, 0.03), rough=0.4),
        "lead": Heap((0.04, 0.04, 0.045)),
        "glass": Heap((0.5, 0.65, 0.8), glow=1.1, rough=0.2),
    }  # fmt: skip
    varied(stuff["blocks"], STONE)
    varied(stuff["flags"], ((0.2, 0.18, 0.15), (0.3, 0.27, 0.225), (0.25, 0.235, 0.21)))
    varied(stuff["fruit"], ((0.5, 0.04, 0.03), (0.3, 0.4, 0.05), (0.2, 0.03, 0.15)))
    textured(stuff["wood"], (0.09, 0.045, 0.02), (0.24, 0.135, 0.065), 2.5, 0.1, 4)
    textured(stuff["carpet"], (0.25, 0.012, 0.02), (0.42, 0.03, 0.04), 14, 0.1)
    panes = (
        (0.6, 0.72, 0.85),
        (0.75, 0.8, 0.8),
        (0.85, 0.3, 0.12),
        (0.25, 0.4, 0.85),
        (0.85, 0.7, 0.25),
        (0.7, 0.78, 0.85),
    )
    varied(stuff["glass"], panes, sharp=True)
    tree = stuff["glass"].material.node_tree
    colour = tree.nodes["Principled BSDF"].inputs["Base Color"].links[0].from_socket
    tree.links.new(colour, tree.nodes["Principled BSDF"].inputs["Emission Color"])
    return stuff


class Wall:
    """A wall: where its foot begins, which way it runs and which way is into the hall."""

    def __init__(self, start: Spot, along: Spot, out: Spot) -> None:
        self.start, self.along, self.out = start, along, out

    def at(self, right: float, up: float, before: float = 0.0) -> Point:
        x, y = (self.start[i] + right * self.along[i] + before * self.out[i] for i in (0, 1))
        return x, y, up

    def slab(self, heap: Heap, low: Spot, high: Spot, depth: Spot) -> None:
        """Add a box on the wall, from one corner to another, between two distances before it."""
        (x, y, z), (u, v, w) = self.at(*low, depth[0]), self.at(*high, depth[1])
        heap.box((min(x, u), min(y, v), z), (max(x, u), max(y, v), w))


def masonry(stuff: Stuff, wall: Wall, long: float, holes: list[tuple[float, float, float, float]]) -> None:
    """Lay rough blocks in courses, and leave out holes (left, right, foot, top)."""
    z = 0.0
    while z < HEIGHT_M:
        tall = random.uniform(0.24, 0.4)
        top, x = min(z + tall, HEIGHT_M), -random.uniform(0, 0.4)
        while x < long:
            left, right = max(x, 0.0), min(x + random.uniform(0.35, 0.85), long)
            x = right
            for low, high, foot, lintel in holes:
                if foot < (z + top) / 2 < lintel:
                    left, right = (left, min(right, low)) if left < low else (max(left, high), right)
            if right - left > 0.05:
                far = random.uniform(0.0, 0.05)
                wall.slab(stuff["blocks"], (left + 0.012, z + 0.012), (right - 0.012, top - 0.012), (-0.3, far))
                wall.slab(stuff["mortar"], (left, z), (right, top), (-0.3, -0.012))
        z = top


def window(stuff: Stuff, wall: Wall, middle: float) -> None:
    """Set a tall window with a pointed arch, leaded panes and a sloping sill."""
    half, foot, spring, top = 0.5, 2.0, 3.9, 4.9
    step = 0.2
    z = foot
    while z < top:
        for part in range(5):
            a = middle - half + step * part
            rise = spring + (top - spring) * (1 - abs(a + step / 2 - middle) / half) ** 0.6
            if z + step < rise + 0.12:
                corners = ((a, z), (a + step, z), (a + step, z + step), (a, z + step))
                stuff["glass"].face(*(wall.at(*corner, -0.25) for corner in corners))
        wall.slab(stuff["lead"], (middle - half, z - 0.012), (middle + half, z + 0.012), (-0.26, -0.22))
        z += step
    for part in range(6):
        a = middle - half + step * part
        wall.slab(stuff["lead"], (a - 0.012, foot), (a + 0.012, top), (-0.26, -0.22))
    for part in range(12):  # the pointed arch, of wedge stones that close the corners
        for sign in (-1, 1):
            a, b = half * (1 - part / 12), half * (1 - (part + 1) / 12)
            up = spring + (top - spring) * (1 - a / half) ** 0.6
            low, high = sorted((middle + sign * a, middle + sign * b))
            wall.slab(stuff["blocks"], (low, up), (high, top + 0.3), (-0.3, 0.06))
    for side in (-1, 1):
        z = foot
        while z < spring:
            tall = random.uniform(0.3, 0.45)
            low, high = sorted((middle + side * half, middle + side * (half + 0.2)))
            wall.slab(stuff["blocks"], (low, z), (high, min(z + tall, spring) - 0.01), (-0.3, 0.07))
            z += tall
    wall.slab(stuff["blocks"], (middle - 0.75, foot - 0.18), (middle + 0.75, foot), (-0.3, 0.14))


def banner(stuff: Stuff, wall: Wall, middle: float, tints: tuple[str, str], device: int) -> None:
    """Hang a banner in folds from a pole: two colours and a cross, a chevron or a pale."""
    half, top, foot = 0.42, 4.5, 2.3
    beam(stuff["wood"], wall.at(middle - 0.55, top, 0.16), wall.at(middle + 0.55, top, 0.16), 0.025)
    phase = random.uniform(0, 6)

    def on(u: float, z: float, lift: float) -> Point:
        return wall.at(middle + u, z, 0.14 + 0.03 * math.sin(9 * u + phase + 0.8 * z) + lift)

    def patch(heap: Heap, low: Spot, high: Spot, lift: float) -> None:
        steps = max(1, round((high[0] - low[0]) / 0.06))
        for part in range(steps):
            a, b = (low[0] + (high[0] - low[0]) * p / steps for p in (part, part + 1))
            tail = [0.3 * (1 - abs(u) / half) if low[1] <= foot else 0.0 for u in (a, b)]
            heap.face(
                on(a, low[1] + tail[0], lift), on(b, low[1] + tail[1], lift), on(b, high[1], lift), on(a, high[1], lift)
            )

    field, sign = stuff[tints[0]], stuff[tints[1]]
    patch(field, (-half, foot), (half, top), 0)
    if device == 0:
        patch(sign, (-0.07, foot + 0.5), (0.07, top - 0.2), 0.012)
        patch(sign, (-0.3, 3.65), (0.3, 3.8), 0.013)
    elif device == 1:
        for side in (-1, 1):
            ends = [(side * 0.3, 3.1), (side * 0.3, 3.3), (0.0, 3.85), (0.0, 3.65)]
            sign.face(*(on(u, z, 0.02) for u, z in ends))
    else:
        patch(sign, (0, foot), (half, top), 0.012)
        blob(stuff["gold"], on(0, 3.5, 0.03), (0.14, 0.14, 0.14))
    beam(stuff["gold"], wall.at(middle - half, top - 0.03, 0.2), wall.at(middle + half, top - 0.03, 0.2), 0.018)


def torch(stuff: Stuff, at: Point, away: Spot) -> None:
    """Put a burning torch on a bracket."""
    x, y, z = at
    tip = (x + 0.16 * away[0], y + 0.16 * away[1], z + 0.3)
    beam(stuff["wood"], (x + 0.06 * away[0], y + 0.06 * away[1], z - 0.25), tip, 0.03)
    beam(stuff["iron"], (x, y, z), (x + 0.12 * away[0], y + 0.12 * away[1], z + 0.05), 0.02)
    stuff["iron"].tube((tip[0], tip[1], z + 0.24), (0.04, 0.08), 0.1, 8)
    for _ in range(7):
        u, v, up = random.gauss(0, 0.025), random.gauss(0, 0.025), random.uniform(0.36, 0.52)
        size = 0.07 * (1.3 - 1.4 * (up - 0.3))
        blob(stuff["flame"], (tip[0] + u, tip[1] + v, z + up), (size * 0.7, size * 0.7, size * 1.6))
    lamp((tip[0] + 0.15 * away[0], tip[1] + 0.15 * away[1], z + 0.5), 70, (1, 0.52, 0.2), 0.12)


def shield(stuff: Stuff, wall: Wall, middle: float, z: float, tints: tuple[str, str]) -> None:
    """Hang a shield over two crossed swords."""
    for side in (-1, 1):
        low, high = wall.at(middle - side * 0.55, z - 0.5, 0.1), wall.at(middle + side * 0.5, z + 0.5, 0.1)
        beam(stuff["iron"], low, high, 0.02, 4)
        beam(
            stuff["gold"],
            wall.at(middle + side * 0.34, z + 0.5, 0.1),
            wall.at(middle + side * 0.52, z + 0.3, 0.1),
            0.02,
        )
    rim = [(0.3, 0.38), (0.3, 0.0), (0.22, -0.24), (0.0, -0.45)]
    for side, tint in ((1, tints[0]), (-1, tints[1])):
        stuff[tint].face(*(wall.at(middle + side * u, z + w, 0.16) for u, w in ((0, 0.38), *rim)))
        for (a, b), (c, d) in pairwise(rim):
            beam(stuff["gold"], wall.at(middle + side * a, z + b, 0.15), wall.at(middle + side * c, z + d, 0.15), 0.022)
