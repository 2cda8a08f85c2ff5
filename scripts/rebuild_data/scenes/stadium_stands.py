"""The stands of a stadium: people, flags, roof and lamps. Called by ``stadium.py``."""

from __future__ import annotations

import itertools
import math
import random

import bpy
from mathutils import Vector

from .parts import Point, Spot, lamp
from .shapes import beam, blob
from .stadium_stuff import Stadium, band, ring

CAMERA_M = (41, -12)
TIERS = ((0, 1.3, 19, 0.36), (13.5, 10.4, 17, 0.52))
"""How far out each tier begins, how high, its rows, and how much each row rises."""
ROOF_M = (6, 31)


def crowd(here: Stadium) -> None:
    """Fill the tiers: steps, seats, people of whom most sit, and scarves and flags."""
    for start, foot, rows, rise in TIERS:
        for row in range(rows):
            out, z = start + 0.8 * row, foot + rise * row + 0.006 * row * row
            band(here.concrete, (out, z - rise - 0.3), (out, z))
            band(here.concrete, (out, z), (out + 0.82, z))
            for spot, away, side, aisle in ring(out + 0.4, 0.56):
                if aisle and random.random() < 0.85:
                    continue
                turn, fans = math.atan2(away[1], away[0]), 0.6 if side == 0 else 0.2
                x, y = spot[0] + random.gauss(0, 0.05), spot[1] + random.gauss(0, 0.05)
                if random.random() < 0.07:
                    here.seat.box((x - 0.04, y - 0.22, z + 0.2), (x + 0.04, y + 0.22, z + 0.75), turn)
                    continue
                heap = here.club if random.random() < fans else here.coats
                tall = random.choice((0.68, 0.72, 0.78, 1.1 if side == 0 else 0.72))
                near = math.hypot(x - CAMERA_M[0], y - CAMERA_M[1]) < 45
                if near:
                    blob(heap, (x, y, z + 0.28 + tall / 2), (0.62 * tall, 0.25, 0.25), 0, math.pi / 2, detail=(4, 6))
                    blob(here.skin, (x, y, z + 0.44 + tall), (0.15, 0.11, 0.11), 0, math.pi / 2, detail=(4, 6))
                else:
                    heap.box((x - 0.14, y - 0.22, z + 0.2), (x + 0.14, y + 0.22, z + 0.25 + tall), turn)
                    here.skin.box((x - 0.1, y - 0.1, z + 0.27 + tall), (x + 0.1, y + 0.1, z + 0.52 + tall), turn)
                if random.random() < 0.02:
                    here.club.box((x - 0.02, y - 0.5, z + tall + 0.6), (x + 0.02, y + 0.5, z + tall + 0.8), turn)
                if random.random() < (0.007 if side == 0 else 0.0005):
                    _flag(here, (x, y, z + 0.8), turn, random.uniform(1.0, 1.7))


def _flag(here: Stadium, foot: Point, turn: float, size: float) -> None:
    """Raise a flag of one colour, or chequered, in waves."""
    x, y, z = foot
    top, phase = z + 2.4 * size, random.uniform(0, 6)
    here.steel.box((x - 0.02, y - 0.02, z), (x + 0.02, y + 0.02, top))
    along, colours = (-math.sin(turn), math.cos(turn)), random.choice(((0, 0), (1, 1), (0, 1), (0, 2), (1, 2)))
    for part in range(8):
        corners: list[Point] = []
        for share in (part / 8, (part + 1) / 8):
            wave, a = 0.12 * size * math.sin(5 * share + phase), 1.5 * size * share
            corners.append((x + a * along[0] + wave * math.cos(turn), y + a * along[1] + wave * math.sin(turn), wave))
        (a, b, rise), (c, d, fall) = corners
        for half in range(4):
            high, low = top - 0.25 * size * half, top - 0.25 * size * (half + 1)
            heap = here.flags[colours[(half + part // 2) % 2]]
            heap.face((a, b, low + rise), (c, d, low + fall), (c, d, high + fall), (a, b, high + rise))


def _spot(at: Point, toward: Point) -> None:
    """Hang a floodlight."""
    light = bpy.data.lights.new("f", "SPOT")
    light.energy, light.color, light.shadow_soft_size = 60000, (1, 0.97, 0.92), 0.5
    light.spot_size, light.spot_blend = math.radians(84), 0.7
    holder = bpy.data.objects.new("f", light)
    holder.location = at
    holder.rotation_euler = (Vector(toward) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(holder)


def shelter(here: Stadium) -> None:
    """Cover the stands: a roof on trusses, lamps along its rim, masts, screens, and the wall behind."""
    near, far = ROOF_M
    for lift in (0.0, 0.5):
        band(here.roof, (near, 22.4 + lift), (far, 25.4 + lift))
    band(here.steel, (near, 22.2), (near, 23.1))
    band(here.concrete, (far - 0.5, 0), (far - 0.5, 25.4))
    band(here.dark, (13.3, 6.2), (13.3, 9.2))
    band(here.concrete, (13.1, 9.1), (13.1, 10.4))
    band(here.concrete, (13.1, 9.1), (27.5, 9.1))
    for spot, away, _, _ in ring(near, 8.5):
        x, y = spot

        def at(out: float, up: float, x: float = x, y: float = y, away: Spot = away) -> Point:
            return x + out * away[0], y + out * away[1], up

        beam(here.steel, at(0, 21.0), at(24, 20.2), 0.12, 4)
        for step in range(8):
            beam(here.steel, at(3 * step, 21 - 0.1 * step), at(3 * step + 1.5, 22.6 + 0.36 * step), 0.07, 4)
            beam(here.steel, at(3 * step + 1.5, 22.6 + 0.36 * step), at(3 * step + 3, 20.9 - 0.1 * step), 0.07, 4)
    for number, (spot, away, _, _) in enumerate(ring(near - 0.3, 1.6)):
        x, y = spot
        if number % 5 < 3:
            here.lamps.box((x - 0.15, y - 0.36, 21.55), (x + 0.15, y + 0.36, 22.0), math.atan2(away[1], away[0]))
        if number % 14 == 0:
            lamp((x - 1.2 * away[0], y - 1.2 * away[1], 21), 9000, (1, 0.96, 0.9), 0.7)
            _spot((x - 1.2 * away[0], y - 1.2 * away[1], 21.4), (0.4 * x, 0.3 * y, 0))
    for x, y in itertools.product((-86, 86), (-66, 66)):
        beam(here.steel, (x, y, 0), (x, y, 44), 0.6, 4)
        turn = math.atan2(y, x)
        here.steel.box((x - 0.3, y - 4.6, 42.6), (x + 0.3, y + 4.6, 49.4), turn)
        for row, column in itertools.product(range(6), range(9)):
            along = column - 4
            u, v = x - along * math.sin(turn) - 0.6 * math.cos(turn), y + along * math.cos(turn) - 0.6 * math.sin(turn)
            here.lamps.ball((u, v, 43.4 + 1.05 * row), 0.27)
    for x, y, turn in ((-57, 33, 2.5), (-57, -33, -2.5), (40, 40, 1.57)):
        here.dark.box((x - 0.4, y - 8.4, 14.6), (x + 0.4, y + 8.4, 24), turn)
        shift = 0.45
        u, v = x - shift * math.cos(turn), y - shift * math.sin(turn)
        here.screen.box((u - 0.1, v - 8, 15), (u + 0.1, v + 8, 23.6), turn)
        for part in range(34):  # what it shows: players on grass, two lines, and a strip below
            b, low, size = (
                random.uniform(-7.3, 7.3),
                random.uniform(16.4, 21.5),
                (random.choice((0.16, 0.22, 0.3)), 1.1),
            )
            if part < 3:
                b, low, size = ((0, 15, (8, 1.1)), (0, 20.6, (8, 0.12)), (-2, 16.4, (0.1, 4.2)))[part]
            w = (u - 0.14 * math.cos(turn) - b * math.sin(turn), v - 0.14 * math.sin(turn) + b * math.cos(turn))
            heap = here.boards[(5, 3, 3)[part] if part < 3 else random.choice((0, 3, 5))]
            low_high = (w[0] - 0.05, w[1] - size[0], low), (w[0] + 0.05, w[1] + size[0], low + size[1])
            heap.box(*low_high, turn)
    for spot, away, side, _ in ring(near + 1, 17):
        _flag(here, (*spot, 22.8), math.atan2(away[1], away[0]) + 0.4 * side, 1.6)
