"""Shapes and colours that several places are made of: eggs, bars, and parts each of its own colour. Needs ``bpy``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .parts import Colour, Heap, Point


def varied(heap: Heap, colours: Sequence[Colour], *, sharp: bool = False) -> None:
    """Give each loose part of a heap its own colour between these, or, if sharp, one of these."""
    tree = heap.material.node_tree
    part, ramp = tree.nodes.new("ShaderNodeNewGeometry"), tree.nodes.new("ShaderNodeValToRGB")
    stops = ramp.color_ramp.elements
    ramp.color_ramp.interpolation = "CONSTANT" if sharp else "LINEAR"
    while len(stops) < len(colours):
        stops.new(1)
    for number, colour in enumerate(colours):
        stops[number].position = number / (len(colours) - (0 if sharp else 1))
        stops[number].color = (*colour, 1)
    tree.links.new(part.outputs["Random Per Island"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])


def blob(
    heap: Heap, at: Point, radii: Point, turn: float = 0.0, lift: float = 0.0, *, detail: tuple[int, int] = (5, 8)
) -> None:
    """Add an egg, turned about its upright axis, its long side lifted by so many radians."""
    cos, sin, up, level = math.cos(turn), math.sin(turn), math.sin(lift), math.cos(lift)
    (rows, columns), first = detail, len(heap.points)
    for i in range(rows + 1):
        for j in range(columns):
            a, b = math.pi * i / rows, 2 * math.pi * j / columns
            w, u = radii[0] * math.cos(a), radii[1] * math.sin(a) * math.cos(b)
            v = radii[2] * math.sin(a) * math.sin(b)
            long, high = w * level - v * up, w * up + v * level
            heap.points.append((at[0] + long * cos - u * sin, at[1] + long * sin + u * cos, at[2] + high))
    for i in range(rows):
        for j in range(columns):
            a, b = first + i * columns + j, first + i * columns + (j + 1) % columns
            heap.faces.append((a, b, b + columns, a + columns))


def beam(heap: Heap, a: Point, b: Point, half: float, sides: int = 8) -> None:
    """Add a round bar between two points."""
    along = np.subtract(b, a) / max(math.dist(a, b), 1e-6)
    side = np.cross(along, (0, 0, 1) if abs(along[2]) < 0.9 else (1, 0, 0))
    side /= np.linalg.norm(side)
    up = np.cross(side, along)
    rims: list[list[Point]] = []
    for end in (a, b):
        turns = [2 * math.pi * part / sides for part in range(sides)]
        rims.append([tuple(np.add(end, half * (math.cos(t) * side + math.sin(t) * up))) for t in turns])
    for i in range(sides):
        heap.face(rims[0][i], rims[0][(i + 1) % sides], rims[1][(i + 1) % sides], rims[1][i])
