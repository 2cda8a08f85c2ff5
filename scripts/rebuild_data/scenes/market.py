"""A street market in an old town. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

from .market_houses import Front, house, tower
from .market_stuff import FRUIT, Market
from .parts import Point, Spot, clouds, sky, sun
from .shapes import blob

HALF_LANE_M = 7.3
"""How far the house fronts stand from the middle of the lane."""
TABLE_M = 2.4
"""How far from the middle the tables begin."""
ENDS_M = (-27, 30)


def _canopy(market: Market, side: int, y: float, long: float) -> None:
    """Spread a striped or plain awning over a stall: it sags, and its rim hangs in scallops."""
    market.canopies += 1
    first = market.cloths[market.canopies % 5]
    second = random.choice((first, market.cloths[5], market.cloths[5], market.cloths[(market.canopies + 2) % 5]))
    rise, tilt, reach = random.uniform(-0.12, 0.1), random.uniform(-0.1, 0.1), (TABLE_M - 0.55, TABLE_M + 2.1)
    count = round(long / random.choice((0.26, 0.34, 0.42)))
    for strip in range(count):
        heap = (first, second)[strip % 2]
        a, b = y - long / 2 + strip * long / count, y - long / 2 + (strip + 1) * long / count

        def up(share: float, v: float) -> float:
            across = (v - y) / long
            sag = 0.16 * share * (1 - share) + 0.12 * (0.25 - across * across) * (1 - share)
            return 2.32 + rise + 0.62 * share + tilt * across - sag

        for part in range(6):
            shares = (part / 6, (part + 1) / 6)
            corners = [(share, v) for share, v in zip((*shares, *reversed(shares)), (a, a, b, b), strict=True)]
            heap.face(*((side * (reach[0] + s * (reach[1] - reach[0])), v, up(s, v)) for s, v in corners))
        x, middle = side * (reach[0] - 0.01), (a + b) / 2
        rim = ((x, a, up(0, a)), (x, b, up(0, b)), (x, b, up(0, b) - 0.2), (x, middle, up(0, middle) - 0.27))
        heap.face(*rim, (x, a, up(0, a) - 0.2))
    for v in (y - long / 2 + 0.05, y + long / 2 - 0.05):
        for out, tall in ((reach[0] + 0.05, 2.2), (reach[1] - 0.05, 2.85)):
            market.wood.box((side * out - 0.025, v - 0.025, 0), (side * out + 0.025, v + 0.025, tall + rise - 0.06))
    for v in (y - long / 4, y + long / 4):
        x = side * (TABLE_M + 0.7)
        market.iron.box((x - 0.005, v - 0.005, 2.15), (x + 0.005, v + 0.005, 2.6))
        market.iron.tube((x, v, 2.05), (0.13, 0.03), 0.12)
        market.bulb.ball((x, v, 2.05), 0.05)


def _bunches(market: Market, side: int, y: float, long: float) -> None:
    """Hang bunches of garlic, onions and peppers, baskets and herbs under the front of an awning."""
    v = y - long / 2 + 0.3
    while v < y + long / 2 - 0.2:
        x, foot, kind = side * (TABLE_M + random.uniform(-0.1, 0.2)), random.uniform(1.55, 1.8), random.random()
        market.iron.box((x - 0.004, v - 0.004, foot + 0.1), (x + 0.004, v + 0.004, 2.4))
        if kind < 0.25:
            market.wood.tube((x, v, foot), (0.11, 0.16), 0.2, 10)
        for _ in range(0 if kind < 0.25 else 22):
            up, heap = random.uniform(0, 0.4), market.goods["onions" if kind < 0.5 else "peppers"]
            size = random.uniform(0.02, 0.032)
            at = (x + random.gauss(0, 0.03), v + random.gauss(0, 0.035), foot + up)
            if kind < 0.75:
                blob(heap if kind > 0.38 else market.goods["cauliflowers"], at, (size, size, size))
            else:
                lean = (random.uniform(0, 6), random.uniform(-1.6, -0.8))
                blob(random.choice(market.leaves), at, (0.09, 0.02, 0.008), *lean)
        v += random.choice((0.24, 0.3, 0.36, 0.9))


def _fill(market: Market, kind: str, low: Spot, high: Spot, floor: float) -> None:
    """Heap fruit of a kind in a crate: an even layer and a looser one on it."""
    radii, heap = FRUIT[kind][1], market.goods[kind]
    step, (x0, y0), (x1, y1) = 2 * radii[1], low, high
    for layer, inset in enumerate((0.0, 0.25, 0.55)):
        x = x0 + radii[1] + inset * 0.1
        while x < x1 - inset * 0.1:
            y = y0 + radii[0] * (1 + (layer == 1)) + inset * 0.2
            while y < y1 - radii[0] * 0.5 - inset * 0.2:
                if layer == 0 or random.random() < 0.8:
                    at = (x + random.gauss(0, 0.15 * radii[1]), y + random.gauss(0, 0.15 * radii[0]))
                    grown = random.uniform(0.86, 1.12)
                    size = (radii[0] * grown, radii[1] * grown, radii[2] * grown)
                    turn = math.pi / 2 + random.gauss(0, 0.15 if radii[0] > 0.09 else 2)
                    blob(heap, (*at, floor + radii[2] * (1 + 1.25 * layer)), size, turn, random.gauss(0, 0.1))
                y += 2 * radii[0]
            x += step


def _card(market: Market, side: int, x: float, y: float, z: float) -> None:
    """Stick a price card into the goods, with strokes on it that nobody can read."""
    turn = random.uniform(-0.3, 0.3)
    market.iron.box((x - 0.004, y - 0.004, z - 0.15), (x + 0.004, y + 0.004, z))
    market.card.box((x - 0.004, y - 0.075, z), (x + 0.004, y + 0.075, z + 0.11), turn)
    for v, high in ((0.075, 0.02), (0.035, 0.03)):
        half = random.uniform(0.025, 0.05)
        u = x - side * 0.006
        market.ink.box((u - 0.002, y - half, z + v - high / 2), (u + 0.002, y + half, z + v + high / 2), turn)


def _greengrocer(market: Market, side: int, y: float, long: float, kinds: Sequence[str]) -> None:
    """Lay out crates on three steps, and put boxes and baskets before and below them."""
    for tier in range(3):
        x, z = TABLE_M + 0.42 * tier, 0.55 + 0.17 * tier
        a, b = sorted((side * x, side * (x + 0.4)))
        market.wood.box((a, y - long / 2, z - 0.05), (b, y + long / 2, z))
        v, kind = y - long / 2 + 0.02, random.choice(kinds)
        while v < y + long / 2 - 0.5:
            wide = random.choice((0.42, 0.52, 0.52))
            for low, high in (((a, v), (a + 0.015, v + wide)), ((b - 0.015, v), (b, v + wide)),
                              ((a, v), (b, v + 0.015)), ((a, v + wide - 0.015), (b, v + wide))):  # fmt: skip
                market.crate.box((*low, z), (*high, z + 0.1))
            _fill(market, kind, (a + 0.01, v + 0.01), (b - 0.01, v + wide - 0.01), z + 0.03)
            if random.random() < 0.55:
                _card(market, side, side * (x + 0.3), v + wide / 2, z + 0.24)
            v += wide + random.uniform(0.005, 0.05)
            kind = kind if random.random() < 0.25 else random.choice(kinds)
    cloth, v, phase = random.choice(market.cloths), y - long / 2, random.uniform(0, 6)
    edge = [(v, side * (TABLE_M - 0.02))]
    while v < y + long / 2:  # a cloth in folds
        v += 0.03
        edge.append((v, side * (TABLE_M - 0.04 - 0.025 * math.sin(17 * v + phase + 2 * math.sin(3 * v)))))
    for (a, c), (b, d) in itertools.pairwise(edge):
        cloth.face((c, a, 0.07), (d, b, 0.07), (side * (TABLE_M - 0.02), b, 0.53), (side * (TABLE_M - 0.02), a, 0.53))


def _florist(market: Market, side: int, y: float, long: float) -> None:
    """Put buckets of flowers on steps."""
    for tier in range(3):
        x, z = TABLE_M + 0.05 + 0.45 * tier, 0.28 * tier
        if tier:
            a, b = sorted((side * (x - 0.2), side * (x + 0.25)))
            market.wood.box((a, y - long / 2, 0), (b, y + long / 2, z))
        v = y - long / 2 + 0.2
        while v < y + long / 2 - 0.15:
            bucket, at = random.choice((market.steel, market.iron, market.tiles, market.cloths[1])), side * x
            bucket.tube((at, v, z), (0.1, 0.14), 0.28)
            colours, tall = market.petals, random.uniform(0.25, 0.5)
            for _ in range(46):
                u, w = random.gauss(0, 0.1), random.gauss(0, 0.1)
                up = z + 0.3 + tall * random.uniform(0.5, 1) - 1.2 * math.hypot(u, w)
                size = random.uniform(0.025, 0.05)
                if random.random() < 0.55:
                    leaf = random.choice(market.leaves)
                    blob(
                        leaf,
                        (at + u, v + w, up - 0.08),
                        (0.1, 0.02, 0.006),
                        random.uniform(0, 6),
                        random.uniform(0, 1.5),
                    )
                else:
                    blob(colours, (at + u, v + w, up), (size, size, 0.7 * size))
            v += random.uniform(0.3, 0.38)


def _stall(market: Market, side: int, y: float, long: float, kind: int) -> None:
    _canopy(market, side, y, long + 0.3)
    names = list(FRUIT)
    if kind == 2:
        _florist(market, side, y, long)
    else:
        choice = ["loaves"] if kind == 3 else random.sample([name for name in names if name != "loaves"], 7)
        _greengrocer(market, side, y, long, choice)
        if kind < 2 and random.random() < 0.7:
            _bunches(market, side, y, long)
        for _ in range(random.randint(1, 3)):  # baskets before the table
            v, x = y + random.uniform(-0.45, 0.45) * long, side * (TABLE_M - 0.28)
            market.wood.tube((x, v, 0), (0.17, 0.23), 0.24, 12)
            name = random.choice(("onions", "potatoes", "oranges", "red apples", "lemons"))
            for _ in range(26):
                far, turn = 0.19 * math.sqrt(random.random()), random.uniform(0, 6.3)
                at = (x + far * math.cos(turn), v + far * math.sin(turn), 0.34 - 0.5 * far)
                blob(market.goods[name], at, FRUIT[name][1], random.uniform(0, 6))
    back = side * (TABLE_M + 1.95)
    for _ in range(5):  # crates in stacks behind
        v, top = y + random.uniform(-0.4, 0.4) * long, random.randint(1, 4)
        for level in range(top):
            shift = random.uniform(-0.04, 0.04)
            low = (back - 0.2, v - 0.28 + shift, 0.26 * level)
            market.crate.box(low, (back + 0.2, v + 0.28 + shift, 0.26 * level + 0.24), random.uniform(-0.1, 0.1))


def _bunting(market: Market, y: float, height: float) -> None:
    """Hang small flags on a rope across the lane."""
    slant, count = random.uniform(-2, 2), 56

    def at(share: float) -> Point:
        u = 2 * share - 1
        return u * HALF_LANE_M, y + slant * u, height - 0.9 * (1 - u * u)

    for step in range(count):
        a, b = at(step / count), at((step + 0.72) / count)
        drift = random.uniform(-0.08, 0.08)
        tip = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + drift, min(a[2], b[2]) - 0.3)
        random.choice(market.cloths).face(a, b, tip)
        c = at((step + 1) / count)
        market.iron.face(a, c, (c[0], c[1], c[2] + 0.012), (a[0], a[1], a[2] + 0.012))


def market() -> None:
    here = Market()
    here.pave.box((-60, -60, -0.2), (60, 90, 0))
    for side in (-1, 1):
        front = Front((side * HALF_LANE_M, 0), (0, 1), (-side, 0))
        y = ENDS_M[0] - 6.0
        while y < ENDS_M[1]:
            long = random.uniform(5, 8.5)
            house(
                here, front, (y, y + long), random.choice((9.6, 9.9, 12.4, 12.6) if side > 0 else (9.4, 9.6, 9.9, 12.4))
            )
            y += long
        y, kind = ENDS_M[0] + random.uniform(2, 3), random.randrange(4)
        while y < ENDS_M[1] - 3:
            long = random.uniform(2.8, 3.8)
            _stall(here, side, y + long / 2, long, kind % 4)
            y, kind = y + long + random.uniform(0.45, 0.9), kind + random.choice((1, 1, 3))
    house(here, Front((0, ENDS_M[0] - 4), (1, 0), (0, 1)), (-9, -2), 12.6)
    house(here, Front((0, ENDS_M[0] - 4), (1, 0), (0, 1)), (-2, 9), 9.9)
    house(here, Front((0, 52), (1, 0), (0, -1)), (-24, -10), 10.2)
    house(here, Front((0, 52), (1, 0), (0, -1)), (-10, 3), 12.9)
    house(here, Front((0, 52), (1, 0), (0, -1)), (9, 24), 9.9)
    tower(here, (5.6, 50), 21)
    for y in (-16, -9, 6.5, 13, 20):
        _bunting(here, y, random.uniform(5.6, 6.6))
    here.stone.tube((0, 26, 0), (1.6, 1.7), 0.6, 8)  # a well
    here.stone.tube((0, 26, 0.6), (0.3, 0.22), 1.9, 8)
    here.stone.ball((0, 26, 2.6), 0.3)
    here.build()
    sky(52, -150, 0.11)
    clouds((20, 20, 20.5), 0.5, 0.72)
    sun(52, -150, 7.0, (1, 0.93, 0.82))
