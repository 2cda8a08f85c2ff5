"""A classroom by day. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from .classroom_walls import BRIGHT, Paint, Wall, blackboard, clock, disc, pictures, world_map
from .parts import Heap, Point, Spot, clouds, lamp, plant, sky, sun, textured

LEFT, RIGHT, FRONT, BACK, HEIGHT = -4.4, 4.4, 5.0, -6.6, 3.3


def _books(paint: Paint, low: Point, along: tuple[int, int], length: float) -> None:
    """Stand books in a row along x or y; some lean, and some places are empty."""
    done = 0.0
    while done < length:
        thick, tall = random.uniform(0.018, 0.05), random.uniform(0.19, 0.28)
        if random.random() < 0.08:
            done += random.uniform(0.05, 0.2)
            continue
        x, y = low[0] + along[0] * done, low[1] + along[1] * done
        paint[random.choice((*BRIGHT, "paper", "dark"))].box(
            (x, y, low[2]),
            (x + (thick if along[0] else 0.17), y + (thick if along[1] else 0.17), low[2] + tall),
            random.uniform(-0.02, 0.02),
        )
        done += thick + 0.003


def _shelves(paint: Paint, corner: Spot, length: float, along: tuple[int, int], boards: int) -> None:
    """Set up low shelves with books, and boxes and a plant's pot on top; 0.32 m deep."""
    wood = paint["wood"]
    x, y = corner
    end_x, end_y = x + (length if along[0] else 0.32), y + (length if along[1] else 0.32)
    for level in range(boards + 1):
        wood.box((x, y, 0.08 + 0.36 * level), (end_x, end_y, 0.1 + 0.36 * level))
        if level < boards:
            inset = 0.06 if random.random() < 0.9 else 0.4
            low = (x + (inset if along[0] else 0.1), y + (inset if along[1] else 0.1), 0.1 + 0.36 * level)
            _books(paint, low, along, length - 0.1 - inset)
    for part in range(int(length) + 1):
        u = min(part, length - 0.02)
        wood.box((x + along[0] * u, y + along[1] * u, 0),
                 (x + along[0] * u + (0.02 if along[0] else 0.32), y + along[1] * u + (0.02 if along[1] else 0.32),
                  0.1 + 0.36 * boards))  # fmt: skip
    top, u = 0.1 + 0.36 * boards, 0.1
    while u < length - 0.4:
        wide, tall = random.uniform(0.2, 0.36), random.uniform(0.1, 0.24)
        a, b = x + along[0] * u + 0.04, y + along[1] * u + 0.04
        paint[random.choice(list(BRIGHT))].box(
            (a, b, top), (a + (wide if along[0] else 0.24), b + (wide if along[1] else 0.24), top + tall),
            random.uniform(-0.1, 0.1),
        )  # fmt: skip
        u += wide + random.uniform(0.05, 0.5)


def _chair(paint: Paint, spot: Spot, tint: str, facing: int) -> None:
    x, y = spot
    seat, steel, turn = paint[tint], paint["steel"], random.uniform(-0.25, 0.25)
    seat.box((x - 0.19, y - 0.19, 0.43), (x + 0.19, y + 0.19, 0.45), turn)
    rear = y - facing * 0.2
    seat.box((x - 0.18, rear - 0.012, 0.62), (x + 0.18, rear + 0.012, 0.82), turn)
    for u in (-0.17, 0.17):
        steel.box((x + u - 0.01, rear - 0.01, 0), (x + u + 0.01, rear + 0.01, 0.8))
        steel.box((x + u - 0.01, y + facing * 0.17 - 0.01, 0), (x + u + 0.01, y + facing * 0.17 + 0.01, 0.43))


def _desk(paint: Paint, spot: Spot) -> None:
    """Put up a pupils' desk for two, with what lies on it, two chairs and a bag."""
    x, y = spot
    paint["top"].box((x - 0.65, y - 0.26, 0.7), (x + 0.65, y + 0.26, 0.725))
    paint["steel"].box((x - 0.6, y - 0.2, 0.58), (x + 0.6, y + 0.2, 0.59))
    for u in (-0.6, 0.6):
        for v in (-0.22, 0.22):
            paint["steel"].box((x + u - 0.014, y + v - 0.014, 0), (x + u + 0.014, y + v + 0.014, 0.7))
    for u in (-0.33, 0.33):
        _chair(paint, (x + u, y - random.uniform(0.34, 0.5)), random.choice(("blue", "blue", "red", "green")), 1)
        for _ in range(random.randint(0, 3)):
            a, b, turn = x + u + random.uniform(-0.2, 0.1), y + random.uniform(-0.2, 0.0), random.uniform(-0.5, 0.5)
            size = random.choice(((0.15, 0.2, 0.012), (0.2, 0.2, 0.004), (0.2, 0.06, 0.045), (0.15, 0.21, 0.03)))
            paint[random.choice((*BRIGHT, "paper", "paper"))].box(
                (a, b, 0.726), (a + size[0], b + size[1], 0.726 + size[2]), turn
            )
    if random.random() < 0.7:
        _bag(paint, (x + random.choice((-0.84, 0.84)), y - 0.05))


def _bag(paint: Paint, spot: Spot) -> None:
    """Lean a school bag against a desk: a soft body, a pocket, a lid and a loop."""
    names = random.sample(list(BRIGHT), 2)
    x, y = spot
    body, trim = paint[names[0]], paint[names[1]]
    for part in range(5):  # rounded above
        inset = (0, 0, 0.012, 0.035, 0.07)[part]
        low, high = 0.31 * part / 5, 0.31 * (part + 1) / 5 + 0.02
        body.box((x - 0.09 + inset / 2, y - 0.15 + inset, low), (x + 0.09 - inset / 2, y + 0.15 - inset, high))
    trim.box((x - 0.125, y - 0.11, 0.03), (x - 0.08, y + 0.11, 0.17))
    trim.box((x + 0.08, y - 0.11, 0.03), (x + 0.125, y + 0.11, 0.17))
    paint["dark"].box((x - 0.012, y - 0.04, 0.31), (x + 0.012, y + 0.04, 0.37))


def _teachers_desk(paint: Paint) -> None:
    wood = paint["wood"]
    wood.box((1.55, 3.2, 0.72), (3.35, 3.95, 0.76))
    wood.box((1.62, 3.26, 0.15), (3.28, 3.29, 0.72))
    for x in (1.6, 2.85):
        wood.box((x, 3.28, 0.0), (x + 0.45, 3.9, 0.72))
    z = 0.76
    for tint, wide in (("red", 0.3), ("blue", 0.28), ("green", 0.31), ("brown", 0.26)):
        paint[tint].box((1.7, 3.4, z), (1.7 + wide, 3.62, z + 0.035), random.uniform(-0.15, 0.15))
        z += 0.036
    paint["red"].ball((1.84, 3.5, z + 0.04), 0.042)
    paint["dark"].tube((3.0, 3.6, 0.76), (0.12, 0.1), 0.03)
    paint["steel"].tube((3.0, 3.6, 0.79), (0.015, 0.015), 0.08)
    paint["globe"].ball((3.0, 3.6, 1.04), 0.17)
    for sheet in range(5):
        paint["paper"].box(
            (2.2, 3.35, 0.762 + 0.003 * sheet), (2.42, 3.65, 0.764 + 0.003 * sheet), random.uniform(-0.3, 0.3)
        )
    paint["teal"].tube((2.6, 3.5, 0.76), (0.045, 0.045), 0.1)
    for part in range(6):
        a = part * 1.1
        paint[random.choice(list(BRIGHT))].tube(
            (2.6 + 0.02 * math.cos(a), 3.5 + 0.02 * math.sin(a), 0.8), (0.005, 0.005), 0.15
        )
    _chair(paint, (2.4, 4.3), "brown", -1)


def _window_wall(paint: Paint) -> None:
    """Build the wall to the left: windows above a sill, and curtains."""
    wall, frame = paint["wall"], paint["white"]
    wall.box((LEFT - 0.2, BACK, 0), (LEFT, FRONT, 0.85))
    wall.box((LEFT - 0.2, BACK, 2.85), (LEFT, FRONT, HEIGHT))
    frame.box((LEFT - 0.25, BACK, 0.85), (LEFT + 0.22, FRONT, 0.89))
    bays = 6
    for bay in range(bays + 1):
        y = BACK + bay * (FRONT - BACK) / bays
        wall.box((LEFT - 0.2, y - 0.17, 0.85), (LEFT, y + 0.17, 2.85))
        if bay == bays:
            break
        end = BACK + (bay + 1) * (FRONT - BACK) / bays
        for v in (y + 0.17, (y + end) / 2, end - 0.17):
            frame.box((LEFT - 0.16, v - 0.035, 0.89), (LEFT - 0.08, v + 0.035, 2.85))
        for z in (0.92, 2.25, 2.82):
            frame.box((LEFT - 0.155, y + 0.17, z - 0.03), (LEFT - 0.085, end - 0.17, z + 0.03))
        frame.box((LEFT + 0.03, y + 0.3, 0.2), (LEFT + 0.12, end - 0.3, 0.75))  # radiator
        for v, sign in ((y + 0.1, 1), (end - 0.1, -1)):
            a, b = sorted((v, v + sign * 0.33))  # a cloth behind the folds, so that no light falls between them
            paint["curtain"].box((LEFT + 0.03, a, 0.95), (LEFT + 0.045, b, 2.95))
            for fold in range(5):
                a = v + sign * fold * 0.07
                paint["curtain"].box((LEFT + 0.05, min(a, a + sign * 0.05), 0.95), (LEFT + 0.1 + 0.02 * (fold % 2),
                                     max(a, a + sign * 0.05), 2.95))  # fmt: skip


def _outside(paint: Paint, leaves: Sequence[Heap]) -> None:
    """Plant trees before the windows, on a lawn with a house behind."""
    paint["lawn"].box((-60, -60, -1.2), (LEFT - 0.3, 60, -1.0))
    for _ in range(26):
        x, y, tall = random.uniform(-26, -11), random.uniform(-26, 26), random.uniform(4, 7)
        paint["brown"].tube((x, y, -1), (0.18, 0.1), tall * 0.6)
        for _ in range(90):
            out, a, up = random.uniform(0, 1.9), random.uniform(0, 6.3), random.uniform(0.35, 1)
            out *= math.sqrt(max(0.03, 1 - ((up - 0.6) / 0.42) ** 2))  # a crown is narrow above
            random.choice(leaves).ball(
                (x + out * math.cos(a), y + out * math.sin(a), -1 + tall * up), random.uniform(0.16, 0.42)
            )
    for number, y in enumerate((-20, -2, 17)):
        paint[("facade", "curtain", "facade")[number]].box((-42, y - 6, -1), (-36, y + 6, 5.5))
        paint["brown"].box((-42.4, y - 6.4, 5.5), (-35.6, y + 6.4, 6.4))
        for u in range(-5, 6, 2):
            for z in (0.6, 3.4):
                paint["dark"].box((-36, y + u - 0.5, z), (-35.95, y + u + 0.5, z + 1.4))


def _door(paint: Paint) -> None:
    paint["wood"].box((RIGHT - 0.07, 2.95, 0), (RIGHT, 3.95, 2.12))
    paint["white"].box((RIGHT - 0.05, 2.86, 0), (RIGHT, 2.95, 2.12))
    paint["white"].box((RIGHT - 0.05, 3.95, 0), (RIGHT, 4.04, 2.12))
    paint["white"].box((RIGHT - 0.05, 2.86, 2.12), (RIGHT, 4.04, 2.2))
    paint["dark"].box((RIGHT - 0.09, 3.2, 1.35), (RIGHT - 0.06, 3.7, 1.95))
    paint["steel"].box((RIGHT - 0.13, 3.04, 1.0), (RIGHT - 0.07, 3.16, 1.03))


def _paints() -> Paint:
    paint = {name: Heap(colour, rough=0.6) for name, colour in BRIGHT.items()} | {
        "wood": Heap((0.4, 0.24, 0.11), rough=0.45), "top": Heap((0.6, 0.42, 0.24), rough=0.4),
        "steel": Heap((0.3, 0.31, 0.33), rough=0.35, metal=0.6), "dark": Heap((0.03, 0.03, 0.035), rough=0.3),
        "paper": Heap((0.8, 0.78, 0.72)), "white": Heap((0.75, 0.74, 0.7), rough=0.5),
        "wall": Heap((0.72, 0.66, 0.52)), "dado": Heap((0.36, 0.45, 0.38), rough=0.5),
        "floor": Heap((0.3, 0.2, 0.12), rough=0.35), "curtain": Heap((0.7, 0.42, 0.12)),
        "ceiling": Heap((0.85, 0.84, 0.81), glow=0.16), "board": Heap((0.03, 0.08, 0.05), rough=0.65),
        "chalk": Heap((0.6, 0.6, 0.57)), "pink": Heap((0.65, 0.3, 0.35)), "ocean": Heap((0.1, 0.3, 0.5)),
        "globe": Heap((0.05, 0.25, 0.5), rough=0.25), "cork": Heap((0.45, 0.28, 0.14)),
        "lawn": Heap((0.1, 0.2, 0.05)), "facade": Heap((0.5, 0.4, 0.32)), "tube": Heap((1, 0.97, 0.9), glow=5),
    }  # fmt: skip
    textured(paint["wood"], (0.33, 0.18, 0.075), (0.43, 0.26, 0.12), 1.4, 0.01, 0.3)
    textured(paint["top"], (0.5, 0.33, 0.17), (0.64, 0.46, 0.27), 3, 0.02, 6)
    textured(paint["floor"], (0.22, 0.14, 0.08), (0.36, 0.25, 0.15), 1.6, 0.03, 8)
    textured(paint["board"], (0.012, 0.045, 0.03), (0.05, 0.1, 0.075), 0.9, 0.0, 1)
    textured(paint["cork"], (0.34, 0.2, 0.09), (0.52, 0.34, 0.18), 30, 0.1)
    textured(paint["globe"], (0.03, 0.18, 0.45), (0.25, 0.4, 0.12), 9)
    textured(paint["lawn"], (0.06, 0.14, 0.03), (0.14, 0.25, 0.06), 0.6)
    return paint


def classroom() -> None:
    paint = _paints()
    leaves = [Heap(tint, rough=0.6) for tint in ((0.05, 0.13, 0.03), (0.09, 0.2, 0.04), (0.14, 0.27, 0.07))]
    paint["floor"].box((LEFT, BACK, -0.1), (RIGHT, FRONT, 0))
    paint["ceiling"].box((LEFT, BACK, HEIGHT), (RIGHT, FRONT, HEIGHT + 0.1))
    for low, high in (
        ((LEFT, FRONT), (RIGHT, FRONT + 0.1)),
        ((LEFT, BACK - 0.1), (RIGHT, BACK)),
        ((RIGHT, BACK), (RIGHT + 0.1, FRONT)),
    ):
        paint["wall"].box((*low, 1.2), (*high, HEIGHT))
        paint["dado"].box((*low, 0), (*high, 1.2))
    paint["wood"].box((RIGHT - 0.02, BACK, 1.18), (RIGHT, 2.86, 1.23))
    _window_wall(paint)
    _outside(paint, leaves)
    front = Wall((0, FRONT), (1, 0), (0, -1))
    right = Wall((RIGHT, 0), (0, -1), (-1, 0))
    blackboard(paint, front)
    _teachers_desk(paint)
    _door(paint)
    world_map(paint, right, (-1.2, 1.95), 2.4)
    clock(paint, front, (3.1, 2.6))
    for number in range(12):  # a row of cards above the board
        corner = -2.9 + 0.42 * number
        paint[list(BRIGHT)[number % 8]].box(*front.board((corner, 2.5), (0.27, 0.27), 0.03))
        disc(paint["paper"], front, (corner + 0.135, 2.635), 0.04 + 0.01 * (number % 5), 0.04)
    paint["cork"].box((-3.4, BACK, 1.35), (1.2, BACK + 0.03, 2.6))
    spots = [(-1.1 + 0.42 * u + random.uniform(-0.02, 0.04), 1.42 + 0.4 * w) for u in range(10) for w in range(3)]
    pictures(paint, Wall((0, BACK), (-1, 0), (0, 1)), spots)
    pictures(paint, right, ((0.95 + 0.45 * u, 1.35 + 0.42 * w) for u in range(9) for w in range(3)))
    _shelves(paint, (-3.4, BACK + 0.04), 4.6, (1, 0), 3)
    _shelves(paint, (1.7, BACK + 0.04), 2.4, (1, 0), 5)
    _shelves(paint, (RIGHT - 0.36, -5.0), 6.8, (0, 1), 3)
    for row, y in enumerate((-2.5, -3.7, -4.9)):
        for x in (-3.1, -1.15, 1.15, 3.0) if row else (-3.1, -1.25, 1.25, 3.0):
            _desk(paint, (x + random.uniform(-0.06, 0.06), y + random.uniform(-0.06, 0.06)))
    for x, y in ((-3.0, 1.9), (-3.0, 3.2)):
        _desk(paint, (x, y))
    for y in (4.2, 1.2, -1.6, -4.2):
        plant((LEFT + 0.12, y), 0.5, paint["orange"], leaves, 0.89)
    plant((3.9, 4.5), 1.4, paint["white"], leaves)
    for x in (-2.2, 1.2):
        for y in (-4.6, -1.6, 1.6, 3.9):
            paint["tube"].box((x - 0.1, y - 0.7, HEIGHT - 0.3), (x + 0.1, y + 0.7, HEIGHT - 0.27))
            paint["white"].box((x - 0.13, y - 0.75, HEIGHT - 0.27), (x + 0.13, y + 0.75, HEIGHT - 0.2))
    lamp((2.5, -1, 2.6), 70, (1, 0.96, 0.9), 0.8)
    lamp((0, 2.5, 2.6), 70, (1, 0.96, 0.9), 0.8)
    for heap in (*paint.values(), *leaves):
        heap.build()
    sky(42, -70, 0.12)
    clouds((20, 20, 20.5), 0.5, 0.75)
    sun(42, -70, 6.5, (1, 0.92, 0.8))
