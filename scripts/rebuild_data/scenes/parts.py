"""What the rendered places are made of: boxes, cones and balls of one material, noise, sky and lamps.

Called by the scenes of each place. Needs ``bpy``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import bpy
from mathutils import Matrix

Colour = tuple[float, float, float]
Point = tuple[float, float, float]
Spot = tuple[float, float]


class Heap:
    """Boxes, quads and other faces of one material, gathered into one mesh."""

    def __init__(self, colour: Colour, *, glow: float = 0.0, rough: float = 0.8, metal: float = 0.0) -> None:
        self.points: list[Point] = []
        self.faces: list[tuple[int, ...]] = []
        self.material = bpy.data.materials.new("m")
        self.material.use_nodes = True
        shader = self.material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = (*colour, 1)
        shader.inputs["Roughness"].default_value = rough
        shader.inputs["Metallic"].default_value = metal
        if glow:
            shader.inputs["Emission Color"].default_value = (*colour, 1)
            shader.inputs["Emission Strength"].default_value = glow

    def face(self, *corners: Point) -> None:
        first = len(self.points)
        self.points += corners
        self.faces.append(tuple(range(first, first + len(corners))))

    def box(self, low: Point, high: Point, turn: float = 0.0) -> None:
        """Add a box between two corners, turned about its own upright axis by so many radians."""
        middle_x, middle_y = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
        cos, sin = math.cos(turn), math.sin(turn)
        corners = []
        for z in (low[2], high[2]):
            for x, y in ((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])):
                u, v = x - middle_x, y - middle_y
                corners.append((middle_x + u * cos - v * sin, middle_y + u * sin + v * cos, z))
        first = len(self.points)
        self.points += corners
        for face in ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)):
            self.faces.append(tuple(first + corner for corner in face))

    def cone(self, foot: Point, radius: float, height: float, sides: int = 14, ragged: float = 0.0) -> None:
        tip = (foot[0], foot[1], foot[2] + height)
        rim = [
            (
                foot[0] + radius * (1 + ragged * random.uniform(-1, 1)) * math.cos(2 * math.pi * i / sides),
                foot[1] + radius * (1 + ragged * random.uniform(-1, 1)) * math.sin(2 * math.pi * i / sides),
                foot[2] + ragged * radius * random.uniform(-0.5, 0.3),
            )
            for i in range(sides)
        ]
        for i in range(sides):
            self.face(rim[i], rim[(i + 1) % sides], tip)

    def tube(self, foot: Point, radii: tuple[float, float], height: float, sides: int = 16) -> None:
        """Add an upright tube from one radius at its foot to another at its top, closed above."""
        turns = [2 * math.pi * side / sides for side in range(sides)]
        low, high = (
            [(foot[0] + r * math.cos(a), foot[1] + r * math.sin(a), foot[2] + rise) for a in turns]
            for r, rise in ((radii[0], 0), (radii[1], height))
        )
        for side in range(sides):
            self.face(low[side], low[(side + 1) % sides], high[(side + 1) % sides], high[side])
        self.face(*high)

    def ball(self, centre: Point, radius: float) -> None:
        rows, columns = 6, 10

        def at(i: int, j: int) -> Point:
            a, b = math.pi * i / rows, 2 * math.pi * j / columns
            x, y, z = math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a)
            return centre[0] + radius * x, centre[1] + radius * y, centre[2] + radius * z

        for i in range(rows):
            for j in range(columns):
                self.face(at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1))

    def build(self) -> None:
        mesh = bpy.data.meshes.new("h")
        mesh.from_pydata(self.points, [], self.faces)
        mesh.materials.append(self.material)
        bpy.context.collection.objects.link(bpy.data.objects.new("h", mesh))


def textured(  # noqa: PLR0917 (a material in one line)
    heap: Heap, dark: Colour, light: Colour, scale: float, bump: float = 0.0, stretch: float = 1.0
) -> None:
    """Give a heap's material a noise between two colours, stretched along y, and a bump."""
    tree = heap.material.node_tree
    shader = tree.nodes["Principled BSDF"]
    place, mapping = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (scale, scale / stretch, scale)
    noise, ramp = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeValToRGB")
    noise.inputs["Detail"].default_value = 8
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.32, 0.68
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*dark, 1), (*light, 1)
    tree.links.new(place.outputs["Object"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    if bump:
        raise_ = tree.nodes.new("ShaderNodeBump")
        raise_.inputs["Strength"].default_value = bump
        tree.links.new(noise.outputs["Fac"], raise_.inputs["Height"])
        tree.links.new(raise_.outputs["Normal"], shader.inputs["Normal"])


def graded(heap: Heap, stops: Sequence[tuple[float, Colour]], bump: float) -> None:
    """Colour a heap by how far ahead it lies, in metres, and give it ripples."""
    tree = heap.material.node_tree
    shader = tree.nodes["Principled BSDF"]
    place, parts = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    share, ramp = tree.nodes.new("ShaderNodeMath"), tree.nodes.new("ShaderNodeValToRGB")
    share.operation, share.inputs[1].default_value = "DIVIDE", stops[-1][0]
    points = ramp.color_ramp.elements
    while len(points) < len(stops):
        points.new(1)
    for point, (metres, colour) in zip(points, stops, strict=True):
        point.position, point.color = metres / stops[-1][0], (*colour, 1)
    tree.links.new(place.outputs["Object"], parts.inputs["Vector"])
    tree.links.new(parts.outputs["Y"], share.inputs[0])
    tree.links.new(share.outputs[0], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    mapping, rough = tree.nodes.new("ShaderNodeMapping"), tree.nodes.new("ShaderNodeTexNoise")
    mapping.inputs["Scale"].default_value = (0.8, 2.4, 1)
    rough.inputs["Detail"].default_value = 6
    raised = tree.nodes.new("ShaderNodeBump")
    raised.inputs["Strength"].default_value = bump
    tree.links.new(place.outputs["Object"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], rough.inputs["Vector"])
    tree.links.new(rough.outputs["Fac"], raised.inputs["Height"])
    tree.links.new(raised.outputs["Normal"], shader.inputs["Normal"])


def clouds(colour: Colour, thin: float = 0.53, thick: float = 0.75) -> None:
    """Draw fair-weather clouds over the sky, on a plane above: from `thin` to `thick` of a noise they fill out."""
    tree = bpy.context.scene.world.node_tree
    behind = tree.nodes["Background"].inputs["Color"].links[0].from_socket
    place, parts = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(place.outputs["Generated"], parts.inputs["Vector"])
    height = tree.nodes.new("ShaderNodeMath")
    height.operation, height.inputs[1].default_value = "ADD", 0.12
    tree.links.new(parts.outputs["Z"], height.inputs[0])
    flat = tree.nodes.new("ShaderNodeCombineXYZ")
    for axis in ("X", "Y"):
        over = tree.nodes.new("ShaderNodeMath")
        over.operation = "DIVIDE"
        tree.links.new(parts.outputs[axis], over.inputs[0])
        tree.links.new(height.outputs[0], over.inputs[1])
        tree.links.new(over.outputs[0], flat.inputs[axis])
    shape, ramp = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeValToRGB")
    shape.inputs["Scale"].default_value, shape.inputs["Detail"].default_value = 0.9, 12
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = thin, thick
    tree.links.new(flat.outputs["Vector"], shape.inputs["Vector"])
    tree.links.new(shape.outputs["Fac"], ramp.inputs["Fac"])
    mix = tree.nodes.new("ShaderNodeMixRGB")
    mix.inputs[2].default_value = (*colour, 1)
    tree.links.new(ramp.outputs["Color"], mix.inputs[0])
    tree.links.new(behind, mix.inputs[1])
    tree.links.new(mix.outputs[0], tree.nodes["Background"].inputs["Color"])


def lived_in(heap: Heap, dim: Colour, bright: Colour, scale: float) -> None:
    """Let a heap's glow vary between two colours, as rooms behind windows do, with shelves and curtains."""
    tree = heap.material.node_tree
    shader = tree.nodes["Principled BSDF"]
    place, mapping = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (scale, scale, 0.6 * scale)
    noise, ramp = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeValToRGB")
    noise.inputs["Detail"].default_value = 5
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.36, 0.66
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*dim, 1), (*bright, 1)
    tree.links.new(place.outputs["Object"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], shader.inputs["Emission Color"])


def haze(low: Colour, high: Colour, strength: float) -> None:
    """Give the sky the glow of a town: one colour at the horizon, another from 35 degrees up."""
    world((0, 0, 0), strength)
    tree = bpy.context.scene.world.node_tree
    place, parts = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.interpolation = "EASE"
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.0, 0.57
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*low, 1), (*high, 1)
    tree.links.new(place.outputs["Generated"], parts.inputs["Vector"])
    tree.links.new(parts.outputs["Z"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], tree.nodes["Background"].inputs["Color"])


def world(colour: Colour, strength: float) -> None:
    here = bpy.context.scene.world or bpy.data.worlds.new("w")
    bpy.context.scene.world = here
    here.use_nodes = True
    here.node_tree.nodes["Background"].inputs[0].default_value = (*colour, 1)
    here.node_tree.nodes["Background"].inputs[1].default_value = strength


def sky(elevation_deg: float, turn_deg: float, strength: float) -> None:
    world((1, 1, 1), strength)
    tree = bpy.context.scene.world.node_tree
    dome = tree.nodes.new("ShaderNodeTexSky")
    dome.sky_type = "MULTIPLE_SCATTERING"
    dome.sun_elevation, dome.sun_rotation = math.radians(elevation_deg), math.radians(turn_deg)
    dome.sun_disc = False
    tree.links.new(dome.outputs["Color"], tree.nodes["Background"].inputs["Color"])


def sun(elevation_deg: float, turn_deg: float, strength: float, colour: Colour) -> None:
    light = bpy.data.lights.new("s", "SUN")
    light.energy, light.color, light.angle = strength, colour, math.radians(2)
    holder = bpy.data.objects.new("s", light)
    holder.rotation_euler = (math.radians(90 - elevation_deg), 0, math.radians(-turn_deg) + math.pi)
    bpy.context.collection.objects.link(holder)


def lamp(at: Point, power: float, colour: Colour, size: float = 0.3) -> None:
    light = bpy.data.lights.new("l", "POINT")
    light.energy, light.color, light.shadow_soft_size = power, colour, size
    holder = bpy.data.objects.new("l", light)
    holder.location = at
    bpy.context.collection.objects.link(holder)


def stand(right: float, turn_deg: float) -> None:
    """Move everything that was built to the right, and then turn it about the camera, to the left."""
    turn = Matrix.Rotation(math.radians(turn_deg), 4, "Z") @ Matrix.Translation((right, 0, 0))
    for thing in bpy.context.collection.objects:
        thing.matrix_world = turn @ thing.matrix_basis


def room(half: tuple[float, float], height: float, wall: Heap, floor: Heap, ceiling: Heap) -> None:
    half_x, half_y = half
    floor.box((-half_x, -half_y, -0.1), (half_x, half_y, 0))
    ceiling.box((-half_x, -half_y, height), (half_x, half_y, height + 0.1))
    for sign in (-1, 1):
        wall.box((sign * half_x - 0.05, -half_y, 0), (sign * half_x + 0.05, half_y, height))
        wall.box((-half_x, sign * half_y - 0.05, 0), (half_x, sign * half_y + 0.05, height))


def ground(heap: Heap, size: float, step: float, height: Callable[[float, float], float]) -> None:
    count = int(2 * size / step)
    first = len(heap.points)
    for j in range(count + 1):
        for i in range(count + 1):
            x, y = -size + i * step, -size + j * step
            heap.points.append((x, y, height(x, y) * min(1, math.hypot(x, y) / 12)))
    for j in range(count):
        for i in range(count):
            a = first + j * (count + 1) + i
            heap.faces.append((a, a + 1, a + count + 2, a + count + 1))


def plant(spot: Spot, tall: float, pot: Heap, leaves: list[Heap], floor: float = 0.0) -> None:
    """Add a plant in a pot: long leaves that bend outward."""
    x, y = spot
    pot.tube((x, y, floor), (0.1 + 0.05 * tall, 0.13 + 0.07 * tall), 0.32 * tall)
    for _ in range(int(60 * tall)):
        heap, angle, lift = random.choice(leaves), random.uniform(0, 2 * math.pi), random.uniform(0.3, 1)
        out, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        reach, wide = tall * random.uniform(0.2, 0.5), random.uniform(0.02, 0.05) * (0.5 + tall)
        before = None
        for part in range(5):
            share = part / 4
            far, up = reach * share, floor + tall * (0.3 + lift * (share - 0.45 * share * share))
            half = wide * math.sin(math.pi * min(1, 0.1 + 0.9 * share))
            here = [
                (x + out[0] * far + s * across[0] * half, y + out[1] * far + s * across[1] * half, up) for s in (-1, 1)
            ]
            if before:
                heap.face(before[0], before[1], here[1], here[0])
            before = here
