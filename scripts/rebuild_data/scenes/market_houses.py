"""The houses round a street market. Called by ``market.py``."""

from __future__ import annotations

import random

from .market_stuff import Market
from .parts import Heap, Spot, plant
from .shapes import blob


class Front:
    """A line along which houses stand: where along, how far out of the wall, how high."""

    def __init__(self, corner: Spot, along: Spot, out: Spot) -> None:
        self.corner, self.along, self.out = corner, along, out

    def at(self, along: float, out: float) -> Spot:
        x, y = (self.corner[i] + along * self.along[i] + out * self.out[i] for i in (0, 1))
        return x, y

    def slab(self, heap: Heap, out: Spot, low: Spot, high: Spot) -> None:
        a, b = self.at(low[0], out[0]), self.at(high[0], out[1])
        heap.box((min(a[0], b[0]), min(a[1], b[1]), low[1]), (max(a[0], b[0]), max(a[1], b[1]), high[1]))


def _window(market: Market, front: Front, middle: float, foot: float, size: Spot) -> None:
    """Set a window into the wall: glass, bars, perhaps curtains, a sill, shutters, and perhaps flowers."""
    half, top = size[0] / 2, foot + size[1]
    front.slab(market.glass, (-0.2, -0.17), (middle - half, foot), (middle + half, top))
    for a in (-half, -0.03, half - 0.06):
        front.slab(market.frame, (-0.18, -0.12), (middle + a, foot), (middle + a + 0.06, top))
    for z in (foot, foot + 0.6 * size[1], top - 0.06):
        front.slab(market.frame, (-0.18, -0.13), (middle - half, z), (middle + half, z + 0.05))
    if random.random() < 0.6:
        for a, b in ((-half, -half * random.uniform(0.3, 0.8)), (half * random.uniform(0.3, 0.8), half)):
            front.slab(market.curtain, (-0.17, -0.165), (middle + a, foot), (middle + b, top))
    front.slab(market.stone, (-0.05, 0.1), (middle - half - 0.1, foot - 0.12), (middle + half + 0.1, foot))
    leaf = market.shutters[market.colour]
    if random.random() < 0.15:
        front.slab(leaf, (-0.1, -0.06), (middle - half, foot), (middle + half, top))
    else:
        for a in (-2 * half - 0.02, half + 0.02):
            front.slab(leaf, (0.02, 0.05), (middle + a, foot), (middle + a + half, top))
            z = foot + 0.08
            while z < top - 0.1:
                front.slab(leaf, (0.05, 0.07), (middle + a + 0.06, z), (middle + a + half - 0.06, z + 0.04))
                z += 0.085
    if random.random() < 0.4:
        front.slab(market.tiles, (0.08, 0.26), (middle - half, foot), (middle + half, foot + 0.16))
        for _ in range(40):
            x, y = front.at(middle + random.uniform(-half, half), random.uniform(0.08, 0.3))
            heap, size_m = random.choice((*market.leaves, market.petals)), random.uniform(0.03, 0.07)
            blob(heap, (x, y, foot + random.uniform(0.05, 0.36)), (size_m, size_m, size_m))


def _balcony(market: Market, front: Front, middle: float, foot: float) -> None:
    front.slab(market.stone, (0, 0.75), (middle - 1.1, foot - 0.14), (middle + 1.1, foot))
    for z in (foot + 0.06, foot + 0.92):
        front.slab(market.iron, (0.7, 0.73), (middle - 1.08, z), (middle + 1.08, z + 0.03))
        for a in (-1.08, 1.05):
            front.slab(market.iron, (0, 0.73), (middle + a, z), (middle + a + 0.03, z + 0.03))
    for step in range(19):
        a = middle - 1.07 + 0.118 * step
        front.slab(market.iron, (0.71, 0.725), (a, foot), (a + 0.014, foot + 0.92))
    for a in (-0.8, 0.75):
        plant(front.at(middle + a, 0.5), 0.5, market.tiles, market.leaves, foot)


def _door(market: Market, front: Front, middle: float, lintel: float) -> None:
    """Set a door or a shop window with its bars into the wall, framed with stone."""
    leaf = market.shutters[market.colour]
    heap = random.choice((leaf, market.wood, market.glass))
    front.slab(heap, (-0.16, -0.1), (middle - 0.65, 0), (middle + 0.65, 3.2))
    for a, b in ((-0.65, -0.56), (-0.04, 0.04), (0.56, 0.65)):
        front.slab(leaf, (-0.1, -0.05), (middle + a, 0), (middle + b, 3))
    for z in (0, 0.9, 2.1):
        front.slab(leaf, (-0.1, -0.06), (middle - 0.65, z), (middle + 0.65, z + 0.14))
    for a in (-0.82, 0.65):
        front.slab(market.stone, (-0.1, 0.06), (middle + a, 0), (middle + a + 0.17, lintel))
    front.slab(market.stone, (-0.1, 0.08), (middle - 0.86, lintel), (middle + 0.86, lintel + 0.25))


def house(market: Market, front: Front, reach: Spot, tall: float) -> None:
    """Build a house: plaster with windows in it, a ground floor with doors, a cornice and a tiled roof."""
    start, end = reach
    wall, market.colour = random.choice(market.plaster), random.randrange(len(market.shutters))
    front.slab(wall, (-6, -0.2), (start, 0), (end, tall))
    bays, floors = max(2, round((end - start) / 2.5)), int((tall - 3.4) / 2.9)
    bay, size = (end - start) / bays, (random.uniform(0.95, 1.1), random.uniform(1.5, 1.75))
    rooms = [(3.4 + 0.7 + 2.9 * level, size) for level in range(floors)]
    rooms = [(0.3, (1.3, random.uniform(2.1, 2.4))), *rooms]
    lintel = 0.3 + rooms[0][1][1]
    for index in range(bays):
        left = start + index * bay
        middle = left + bay / 2
        for side in (-1, 1):
            edge = middle + side * 0.5 * bay
            inner = middle + side * size[0] / 2
            front.slab(wall, (-0.2, 0), (min(edge, inner), 3.2), (max(edge, inner), tall))
            inner = middle + side * 0.65
            front.slab(wall, (-0.2, 0), (min(edge, inner), 0), (max(edge, inner), 3.2))
        below = 0.0
        for foot, (wide, high) in rooms:
            half = max(wide, 1.3 if below < 3.2 else 0) / 2
            front.slab(wall, (-0.2, 0), (middle - half, below), (middle + half, foot))
            below = foot + high
            if foot > 2:
                _window(market, front, middle, foot, (wide, high))
        front.slab(wall, (-0.2, 0), (middle - size[0] / 2, below), (middle + size[0] / 2, tall))
        _door(market, front, middle, lintel)
    if random.random() < 0.6:
        _balcony(market, front, start + (random.randrange(bays) + 0.5) * bay, 4.05)
    front.slab(market.stone, (0, 0.05), (start, 0), (start + 0.01, 0.6))
    front.slab(market.stone, (0, 0.1), (start, 3.42), (end, 3.6))
    front.slab(market.stone, (0, 0.25), (start, tall - 0.25), (end, tall))
    front.slab(market.iron, (0.02, 0.12), (end - 0.1, 0), (end, tall - 0.2))  # a rain pipe
    at = start
    while at < end:  # the ends of the tiles, and the roof behind them
        front.slab(market.tiles, (-3, 0.45), (at, tall), (min(at + 0.2, end), tall + random.uniform(0.1, 0.14)))
        a, b = front.at(at, 0.4), front.at(min(at + 0.19, end), 0.4)
        c, d = front.at(min(at + 0.19, end), -4), front.at(at, -4)
        market.tiles.face((*a, tall + 0.14), (*b, tall + 0.14), (*c, tall + 1.9), (*d, tall + 1.9))
        at += 0.22
    for a in (start + 0.02, (start + end) / 2):  # lanterns on brackets
        front.slab(market.iron, (0, 0.7), (a, 3.32), (a + 0.03, 3.35))
        front.slab(market.iron, (0.5, 0.76), (a - 0.12, 3.26), (a + 0.15, 3.31))
        front.slab(market.curtain, (0.53, 0.73), (a - 0.09, 2.95), (a + 0.12, 3.26))
        for b in (-0.1, 0.11):
            for u in (0.52, 0.72):
                front.slab(market.iron, (u, u + 0.02), (a + b, 2.92), (a + b + 0.02, 3.26))
    if random.random() < 0.6:
        front.slab(wall, (-2.6, -1.8), (start + 1, tall), (start + 1.7, tall + 2.4))


def tower(market: Market, spot: Spot, tall: float) -> None:
    """Build a bell tower beyond the lane."""
    x, y = spot
    market.plaster[1].box((x - 2.4, y - 2.4, 0), (x + 2.4, y + 2.4, tall))
    for z in (7.5, 12, tall - 5, tall):
        market.stone.box((x - 2.6, y - 2.6, z), (x + 2.6, y + 2.6, z + 0.4))
    for u in (-1, 1):
        market.glass.box((x + u - 0.55, y - 2.45, tall - 4), (x + u + 0.55, y + 2.45, tall - 1.2))
        market.glass.box((x - 2.45, y + u - 0.55, tall - 4), (x + 2.45, y + u + 0.55, tall - 1.2))
    market.glass.box((x - 0.4, y - 2.45, 13.4), (x + 0.4, y - 2.3, 15.2))
    market.tiles.cone((x, y, tall + 0.4), 3.4, 3.2, 4)
