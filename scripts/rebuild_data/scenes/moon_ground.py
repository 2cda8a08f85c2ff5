"""The ground of the moon: craters, hills, rocks, prints. Called by ``moon.py``."""

from __future__ import annotations

import itertools
import math
import random

import bpy
import numpy as np

from .parts import Heap, Point, Spot

NEAR_M, FAR_M = 0.8, 820.0
RINGS, SPOKES = 1150, 1600
"""The ground is a net of rings, ever wider apart, and spokes."""
LANDER_M, ROVER_M, DISH_M, FLAG_M = (5.2, 15.0), (-10.5, 2.6), (4.6, -9.0), (-3.3, 9.6)


class Ground:
    """Heights on the net, and craters, prints and tracks pressed into it."""

    def __init__(self) -> None:
        self.step = math.log(FAR_M / NEAR_M) / (RINGS - 1)
        self.far = NEAR_M * np.exp(self.step * np.arange(RINGS))[:, None]
        turns = 2 * np.pi * np.arange(SPOKES)[None] / SPOKES
        self.x, self.y = self.far * np.cos(turns), self.far * np.sin(turns)
        self.table = np.array([random.random() for _ in range(64 * 64)]).reshape(64, 64)
        calm = np.minimum(1, self.far / 14)
        self.z = calm * 1.6 * self.noise(55) + np.minimum(1, self.far / 6) * 0.3 * self.noise(9)
        self.z += 0.055 * self.noise(1.7) + 0.013 * self.noise(0.45) + 0.005 * self.noise(0.13)
        rough = np.clip((self.far - 200) / 200, 0, 1)
        self.z += rough * (16 * self.noise(130) + 6 * self.noise(42) + 1.6 * self.noise(13)) - self.far**2 / 60000

    def noise(self, size: float) -> np.ndarray:
        """Smooth noise of about -0.5 to 0.5 with bumps of some size."""
        total = np.zeros_like(self.x)
        for octave, turn in enumerate((0.3, 1.4)):
            scale = 2.1**octave / size
            u = scale * (self.x * math.cos(turn) - self.y * math.sin(turn)) + 7.3
            v = scale * (self.x * math.sin(turn) + self.y * math.cos(turn)) + 3.1
            i, j = np.floor(u).astype(int), np.floor(v).astype(int)
            a, b = u - i, v - j
            a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
            near = [self.table[(i + di) % 64, (j + dj) % 64] for di, dj in ((0, 0), (1, 0), (0, 1), (1, 1))]
            total += (near[0] * (1 - a) * (1 - b) + near[1] * a * (1 - b) + near[2] * (1 - a) * b + near[3] * a * b) / (
                2**octave * 1.5
            )
        return total - 0.5

    def near(self, at: Spot, reach: float) -> tuple[np.ndarray, ...]:
        """Return rows and columns of the net within reach of a spot, and their places as seen from there."""
        far = max(math.hypot(*at), NEAR_M)
        low, high = (int(math.log(max(d, NEAR_M) / NEAR_M) / self.step) for d in (far - reach, far + reach))
        half = SPOKES // 2 if reach >= far else int(math.asin(reach / far) / (2 * math.pi) * SPOKES) + 1
        middle = round(math.atan2(at[1], at[0]) / (2 * math.pi) * SPOKES)
        rows = np.arange(low, min(high + 2, RINGS))[:, None]
        columns = np.unique(np.arange(middle - half, middle + half + 1) % SPOKES)[None]
        return rows, columns, self.x[rows, columns] - at[0], self.y[rows, columns] - at[1]

    def crater(self, at: Spot, radius: float, fresh: float) -> None:
        rows, columns, u, v = self.near(at, 3 * radius)
        q = np.hypot(u, v) / radius * (1 + 0.06 * np.sin(3 * np.arctan2(v, u) + radius * 50))
        bowl = fresh * radius * np.where(q < 1, 0.34 * q**2.4 - 0.26, 0.08 * np.exp(-2.6 * (q - 1)) * (q < 3))
        self.z[rows, columns] += bowl

    def hill(self, at: Spot, radius: float, tall: float) -> None:
        rows, columns, u, v = self.near(at, radius)
        q = np.minimum(1, np.hypot(u, v) / radius)
        self.z[rows, columns] += tall * (0.5 + 0.5 * np.cos(np.pi * q)) ** 1.25

    def print_(self, at: Spot, turn: float, half: Spot, deep: float, ribs: float) -> None:
        """Press a sole or a piece of wheel track into the ground, ribbed, with what it pushed up around it."""
        rows, columns, u, v = self.near(at, 1.7 * max(half))
        along, across = u * math.cos(turn) + v * math.sin(turn), v * math.cos(turn) - u * math.sin(turn)
        q = np.maximum(np.abs(along) / half[0], np.abs(across) / half[1]) if ribs < 0 else np.hypot(
            along / half[0], across / half[1] * (1 + 0.25 * along / half[0])
        )  # fmt: skip
        ribbed = 1 + 0.45 * np.sign(np.sin((along + abs(across) * (ribs < 0)) * abs(ribs)))
        shape = -deep * ribbed * np.clip((1.05 - q) / 0.18, 0, 1) + 0.4 * deep * np.exp(-(((q - 1.25) / 0.17) ** 2))
        self.z[rows, columns] += shape

    def height(self, x: float, y: float) -> float:
        row = min(RINGS - 1, max(0, round(math.log(max(math.hypot(x, y), NEAR_M) / NEAR_M) / self.step)))
        return float(self.z[row, round(math.atan2(y, x) / (2 * math.pi) * SPOKES) % SPOKES])

    def build(self, material: bpy.types.Material) -> None:
        mesh = bpy.data.meshes.new("ground")
        points = np.stack([np.broadcast_to(a, self.z.shape) for a in (self.x, self.y, self.z)], -1).reshape(-1, 3)
        i, j = np.meshgrid(np.arange(RINGS - 1), np.arange(SPOKES), indexing="ij")
        k = (j + 1) % SPOKES
        corners = np.stack([i * SPOKES + j, (i + 1) * SPOKES + j, (i + 1) * SPOKES + k, i * SPOKES + k], -1)
        count = (RINGS - 1) * SPOKES
        mesh.vertices.add(len(points))
        mesh.vertices.foreach_set("co", points.astype(np.float32).ravel())
        mesh.loops.add(4 * count)
        mesh.loops.foreach_set("vertex_index", corners.astype(np.int32).ravel())
        mesh.polygons.add(count)
        mesh.polygons.foreach_set("loop_start", np.arange(0, 4 * count, 4, dtype=np.int32))
        mesh.update(calc_edges=True)
        mesh.shade_smooth()
        mesh.materials.append(material)
        bpy.context.collection.objects.link(bpy.data.objects.new("ground", mesh))


def relief(ground: Ground) -> None:
    """Raise the mountains, strike craters of many sizes, and leave the prints of boots and wheels."""
    for _ in range(46):
        angle, far, radius = random.uniform(0, 2 * math.pi), random.uniform(430, 640), random.uniform(80, 190)
        ground.hill((far * math.cos(angle), far * math.sin(angle)), radius, radius * random.uniform(0.12, 0.3))
    for number in range(1500):
        radius = 0.12 * (1 - number / 1500 * 0.9995) ** -0.62
        far, angle = max(2.4 * radius + 1.2, radius * random.uniform(5, 90)), random.uniform(0, 2 * math.pi)
        if far < FAR_M / 2:
            at = (far * math.cos(angle), far * math.sin(angle))
            free = min(math.dist(at, spot) for spot in (LANDER_M, ROVER_M, DISH_M, FLAG_M))
            if free > 2 * radius + 1.5 or radius < 0.3:
                ground.crater(at, radius, random.uniform(0.15, 1) ** 1.3)
    for at, radius in (((-7.5, 22), 4.2), ((17, 31), 6.5), ((13, -9), 3.0), ((-22, -11), 7.0), ((-9, -19), 4.6)):
        ground.crater(at, radius, 0.85)
    walks = (((-0.7, 2.7), (1.2, 6.5), (3.9, 12.4)), ((-3.0, 9.2), (-0.6, 8.4), (2.2, 11.6)),
             ((0.9, 2.4), (3.4, 0.6), (4.9, -2.4), (4.4, -8.2)), ((-1.6, 2.2), (-5, 2.6), (-9, 2.2)),
             ((1.0, -2.2), (-0.8, -4.6), (-3.5, -7.8)))  # fmt: skip
    for walk in walks:
        foot = 1
        for a, b in itertools.pairwise(walk):
            turn, steps = math.atan2(b[1] - a[1], b[0] - a[0]), int(math.dist(a, b) / 0.48)
            for step in range(steps):
                foot, share = -foot, step / steps
                x = a[0] + share * (b[0] - a[0]) - foot * 0.14 * math.sin(turn) + random.gauss(0, 0.04)
                y = a[1] + share * (b[1] - a[1]) + foot * 0.14 * math.cos(turn) + random.gauss(0, 0.04)
                ground.print_((x, y), turn + random.gauss(0, 0.15), (0.17, 0.075), 0.026, 95)
    for side in (-0.8, 0.8):  # the rover came past the lander
        for part in range(420):
            share = part / 420
            x, y = ROVER_M[0] + 1.3 + 46 * share, ROVER_M[1] + 0.5 + 4.6 * math.sin(2.6 * share) + 10 * share * share
            turn = math.atan2(0.26 * math.cos(2.6 * share) + 0.43 * share, 1)
            spot = (x - side * math.sin(turn), y + side * math.cos(turn))
            if math.hypot(*spot) > 2:
                ground.print_(spot, turn, (0.075, 0.115), 0.02, -42)


def rock(heap: Heap, at: Point, size: float) -> None:
    """Add a rock: a ball cut by planes, flat below."""
    rows, columns, first = 7, 11, len(heap.points)
    cuts = []
    for _ in range(9):
        cut = np.array([random.gauss(0, 1), random.gauss(0, 1), random.gauss(0.2, 0.8)])
        cuts.append((cut / np.linalg.norm(cut), random.uniform(0.55, 0.85)))
    wide = (random.uniform(0.8, 1.3), random.uniform(0.8, 1.3), random.uniform(0.55, 0.95))
    for i in range(rows + 1):
        for j in range(columns):
            a, b = math.pi * i / rows, 2 * math.pi * j / columns
            ray = np.array([math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a)])
            r = min([1.0, *(d / max(float(ray @ cut), 0.05) for cut, d in cuts)]) * random.uniform(0.96, 1.04)
            heap.points.append(tuple(at[k] + size * r * wide[k] * float(ray[k]) for k in range(3)))  # type: ignore[arg-type]
    for i in range(rows):
        for j in range(columns):
            a, b = first + i * columns + j, first + i * columns + (j + 1) % columns
            heap.faces.append((a, a + columns, b + columns, b))
