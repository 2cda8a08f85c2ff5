"""The surface of the moon. Called by ``__main__.py``; metres, the camera at the origin."""

from __future__ import annotations

import math
import random

import bpy

from .moon_craft import camp, lander, rover
from .moon_ground import FLAG_M, LANDER_M, ROVER_M, Ground, relief, rock
from .parts import Colour, Heap, Point, textured, world

SUN_DEG = (-124, 17)
"""Azimuth to the right, and elevation."""
FOIL: Colour = (0.75, 0.42, 0.09)


def _earth(at: Point, radius: float) -> None:
    """Hang the earth in the sky: seas, land, whirls of cloud, and a blue rim."""
    heap = Heap((0.01, 0.03, 0.1), rough=0.6)
    tree = heap.material.node_tree
    shader, place = tree.nodes["Principled BSDF"], tree.nodes.new("ShaderNodeTexCoord")
    colour = None
    layers = ((1.6, 0.3, 0.52, 0.6, (0.035, 0.036, 0.016)), (2.0, 2.4, 0.49, 0.64, (0.2, 0.205, 0.21)))
    for scale, swirl, low, high, tint in (*layers, (6, 1.8, 0.53, 0.72, (0.2, 0.205, 0.21))):
        mapping, noise, ramp, mix = (
            tree.nodes.new(f"ShaderNode{kind}") for kind in ("Mapping", "TexNoise", "ValToRGB", "MixRGB")
        )
        mapping.inputs["Scale"].default_value = (scale / radius, scale / radius, 1.7 * scale / radius)
        noise.inputs["Detail"].default_value, noise.inputs["Distortion"].default_value = 9, swirl
        noise.inputs["Scale"].default_value = 1
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = low, high
        mix.inputs[1].default_value, mix.inputs[2].default_value = (0.005, 0.024, 0.09, 1), (*tint, 1)
        tree.links.new(place.outputs["Object"], mapping.inputs["Vector"])
        tree.links.new(mapping.outputs["Vector"], noise.inputs["Vector"])
        tree.links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
        tree.links.new(ramp.outputs["Color"], mix.inputs[0])
        if colour is not None:
            tree.links.new(colour, mix.inputs[1])
        colour = mix.outputs[0]
    edge, rim = tree.nodes.new("ShaderNodeLayerWeight"), tree.nodes.new("ShaderNodeMixRGB")
    edge.inputs["Blend"].default_value, rim.inputs[2].default_value = 0.18, (0.04, 0.1, 0.22, 1)
    tree.links.new(edge.outputs["Facing"], rim.inputs[0])
    tree.links.new(colour, rim.inputs[1])
    tree.links.new(rim.outputs[0], shader.inputs["Base Color"])
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=48, radius=radius, location=at)
    globe = bpy.context.object
    globe.data.shade_smooth()
    globe.data.materials.append(heap.material)


def _light(azimuth_deg: float, elevation_deg: float, strength: float, angle_deg: float, colour: Colour) -> None:
    light = bpy.data.lights.new("s", "SUN")
    light.energy, light.color, light.angle = strength, colour, math.radians(angle_deg)
    holder = bpy.data.objects.new("s", light)
    holder.rotation_euler = (math.radians(90 - elevation_deg), 0, math.radians(-azimuth_deg) + math.pi)
    bpy.context.collection.objects.link(holder)


def moon() -> None:
    soil, stones, star = (
        Heap((0.15, 0.145, 0.14), rough=1),
        Heap((0.2, 0.195, 0.19), rough=1),
        Heap((1, 1, 1), glow=0.8),
    )
    textured(soil, (0.12, 0.117, 0.112), (0.19, 0.185, 0.177), 1.3, 0.22)
    textured(stones, (0.11, 0.107, 0.103), (0.26, 0.25, 0.24), 5, 0.35)
    stuff = {
        "foil": Heap(FOIL, rough=0.38, metal=0.75), "grey": Heap((0.36, 0.36, 0.37), rough=0.45, metal=0.3),
        "dark": Heap((0.03, 0.03, 0.033), rough=0.5), "white": Heap((0.44, 0.435, 0.42), rough=0.6),
        "flag": Heap((0.65, 0.16, 0.03)), "panel": Heap((0.02, 0.03, 0.09), rough=0.2),
    }  # fmt: skip
    textured(stuff["foil"], (0.2, 0.08, 0.012), (0.75, 0.44, 0.12), 2.6, 1.0)
    textured(stuff["grey"], (0.26, 0.26, 0.27), (0.44, 0.44, 0.45), 2, 0.1)
    ground = Ground()
    relief(ground)
    for _ in range(3400):
        size = min(1.6, 0.022 * random.random() ** -0.62)
        far, angle = size * random.uniform(12, 260) ** 1.05 + 1.8, random.uniform(0, 2 * math.pi)
        x, y = far * math.cos(angle), far * math.sin(angle)
        free = min(math.dist((x, y), LANDER_M) - 4.5, math.dist((x, y), ROVER_M) - 2, math.dist((x, y), FLAG_M) - 0.5)
        if (free > size or size < 0.08) and (size < 0.2 or far > 4) and far < 300:
            rock(stones, (x, y, ground.height(x, y) + size * random.uniform(-0.1, 0.3)), size)
    boulders = (((-6.4, 12.2), 1.1), ((9.6, 9.4), 0.75), ((-8.6, 6.6), 0.5), ((8.4, -4.6), 1.3), ((-4.6, -9.2), 0.9))
    for at, size in boulders:
        rock(stones, (*at, ground.height(*at) + 0.15 * size), size)
    lander(stuff, ground.height(*LANDER_M) + 0.05)
    rover(stuff, ground.height(*ROVER_M))
    camp(stuff, ground)
    ground.build(soil.material)
    for _ in range(120):
        azimuth, lift = random.uniform(0, 2 * math.pi), math.asin(random.uniform(0.02, 1))
        at = [900 * math.cos(lift) * math.sin(azimuth), 900 * math.cos(lift) * math.cos(azimuth), 900 * math.sin(lift)]
        size = random.choice((0.7, 0.8, 1.0, 1.4))
        star.box(tuple(v - size for v in at), tuple(v + size for v in at))  # type: ignore[arg-type]
    for heap in (stones, star, *stuff.values()):
        heap.build()
    azimuth, lift = math.radians(-14), math.radians(17)
    flat = 800 * math.cos(lift)
    _earth((flat * math.sin(azimuth), flat * math.cos(azimuth), 800 * math.sin(lift)), 62)
    world((0.9, 0.95, 1), 0.0018)  # not quite black, lest the tone mapping take all else for lamps
    _light(*SUN_DEG, 9.0, 0.5, (1, 0.98, 0.94))
    _light(SUN_DEG[0] + 170, 55, 0.07, 70, (0.8, 0.88, 1))
