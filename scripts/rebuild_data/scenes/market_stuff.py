"""What a street market is made of: plaster, cobbles, cloth, fruit. Called by ``market.py``."""

from __future__ import annotations

from .parts import Colour, Heap, Point, textured
from .shapes import varied

PLASTER: tuple[Colour, ...] = (
    *((0.66, 0.45, 0.22), (0.7, 0.58, 0.4), (0.6, 0.33, 0.22)),
    *((0.72, 0.6, 0.37), (0.64, 0.42, 0.34), (0.72, 0.66, 0.55)),
)
CLOTHS: tuple[Colour, ...] = (
    *((0.62, 0.05, 0.04), (0.04, 0.24, 0.13), (0.75, 0.5, 0.13)),
    *((0.05, 0.17, 0.4), (0.66, 0.26, 0.08), (0.8, 0.76, 0.66)),
)
PETALS: tuple[Colour, ...] = (
    *((0.7, 0.03, 0.05), (0.85, 0.5, 0.03), (0.8, 0.3, 0.42)),
    *((0.8, 0.78, 0.72), (0.3, 0.08, 0.45), (0.85, 0.6, 0.4)),
)
FRUIT: dict[str, tuple[tuple[Colour, ...], Point]] = {
    "oranges": (((0.75, 0.2, 0.012), (0.85, 0.3, 0.02)), (0.042, 0.042, 0.04)),
    "lemons": (((0.85, 0.6, 0.03), (0.8, 0.5, 0.02)), (0.045, 0.034, 0.033)),
    "red apples": (((0.42, 0.015, 0.015), (0.6, 0.09, 0.03), (0.5, 0.2, 0.05)), (0.04, 0.04, 0.036)),
    "green apples": (((0.32, 0.46, 0.05), (0.45, 0.5, 0.1)), (0.04, 0.04, 0.037)),
    "tomatoes": (((0.6, 0.02, 0.01), (0.68, 0.07, 0.02)), (0.04, 0.04, 0.032)),
    "aubergines": (((0.03, 0.008, 0.03), (0.06, 0.012, 0.05)), (0.1, 0.04, 0.04)),
    "cabbages": (((0.16, 0.34, 0.06), (0.36, 0.5, 0.2), (0.25, 0.42, 0.1)), (0.095, 0.095, 0.08)),
    "peppers": (((0.6, 0.03, 0.01), (0.75, 0.45, 0.02), (0.1, 0.3, 0.03)), (0.055, 0.042, 0.042)),
    "courgettes": (((0.03, 0.12, 0.015), (0.08, 0.2, 0.03)), (0.12, 0.025, 0.025)),
    "carrots": (((0.75, 0.2, 0.02), (0.8, 0.3, 0.04)), (0.12, 0.017, 0.017)),
    "potatoes": (((0.42, 0.29, 0.14), (0.5, 0.36, 0.19)), (0.05, 0.035, 0.032)),
    "salads": (((0.2, 0.42, 0.04), (0.4, 0.58, 0.12), (0.3, 0.06, 0.08)), (0.1, 0.1, 0.06)),
    "plums": (((0.1, 0.01, 0.06), (0.16, 0.04, 0.14)), (0.028, 0.024, 0.024)),
    "cauliflowers": (((0.75, 0.7, 0.55), (0.8, 0.78, 0.66)), (0.085, 0.085, 0.06)),
    "loaves": (((0.4, 0.18, 0.05), (0.58, 0.32, 0.11), (0.3, 0.12, 0.03)), (0.15, 0.075, 0.06)),
    "onions": (((0.5, 0.25, 0.08), (0.6, 0.36, 0.14), (0.32, 0.04, 0.1)), (0.038, 0.038, 0.034)),
}
"""Colours between which each piece has its own, and half its length, width and height in metres."""


def _streaked(heap: Heap) -> None:
    """Darken a textured wall by streaks, as rain leaves them."""
    tree = heap.material.node_tree
    colour = tree.nodes["Principled BSDF"].inputs["Base Color"]
    place, mapping, noise, ramp, mix = (
        tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "Mapping", "TexNoise", "ValToRGB", "MixRGB")
    )
    mapping.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = (1.1, 1.1, 0.16), 6
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.34, 0.56
    ramp.color_ramp.elements[0].color = (0.55, 0.52, 0.5, 1)
    mix.blend_type, mix.inputs[0].default_value = "MULTIPLY", 0.45
    for source, target in (
        (place.outputs["Object"], mapping.inputs["Vector"]),
        (mapping.outputs["Vector"], noise.inputs["Vector"]),
        (noise.outputs["Fac"], ramp.inputs["Fac"]),
        (colour.links[0].from_socket, mix.inputs[1]),
        (ramp.outputs["Color"], mix.inputs[2]),
        (mix.outputs[0], colour),
    ):
        tree.links.new(source, target)


def _cobbles(heap: Heap) -> None:
    """Pave a heap with round stones in mortar, each of its own grey."""
    tree = heap.material.node_tree
    shader = tree.nodes["Principled BSDF"]
    place, edge, cell = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "TexVoronoi", "TexVoronoi"))
    mapping, ramp, mix = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("Mapping", "ValToRGB", "MixRGB"))
    mapping.inputs["Scale"].default_value = (9.5, 11.5, 1)
    edge.feature = "DISTANCE_TO_EDGE"
    for stones in (edge, cell):
        stones.inputs["Scale"].default_value, stones.inputs["Randomness"].default_value = 1, 0.5
        tree.links.new(mapping.outputs["Vector"], stones.inputs["Vector"])
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.01, 0.16
    tint, raised = tree.nodes.new("ShaderNodeValToRGB"), tree.nodes.new("ShaderNodeBump")
    tint.color_ramp.elements[0].color, tint.color_ramp.elements[1].color = (0.16, 0.145, 0.125, 1), (0.33, 0.3, 0.26, 1)
    mix.inputs[1].default_value = (0.075, 0.065, 0.05, 1)
    raised.inputs["Strength"].default_value, raised.inputs["Distance"].default_value = 0.7, 0.03
    for source, target in (
        (place.outputs["Object"], mapping.inputs["Vector"]),
        (edge.outputs["Distance"], ramp.inputs["Fac"]),
        (cell.outputs["Color"], tint.inputs["Fac"]),
        (ramp.outputs["Color"], mix.inputs[0]),
        (tint.outputs["Color"], mix.inputs[2]),
        (mix.outputs[0], shader.inputs["Base Color"]),
        (ramp.outputs["Color"], raised.inputs["Height"]),
        (raised.outputs["Normal"], shader.inputs["Normal"]),
    ):
        tree.links.new(source, target)


def _cloth(colour: Colour) -> Heap:
    """Return a heap of cloth that sunlight shines through."""
    heap = Heap(colour, rough=0.9)
    tree = heap.material.node_tree
    through, mix = tree.nodes.new("ShaderNodeBsdfTranslucent"), tree.nodes.new("ShaderNodeMixShader")
    through.inputs["Color"].default_value, mix.inputs[0].default_value = (*colour, 1), 0.4
    tree.links.new(tree.nodes["Principled BSDF"].outputs[0], mix.inputs[1])
    tree.links.new(through.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    return heap


class Market:
    """The materials of the market, each a heap."""

    def __init__(self) -> None:
        self.plaster = [Heap(tint, rough=0.95) for tint in PLASTER]
        for heap, (r, g, b) in zip(self.plaster, PLASTER, strict=True):
            textured(heap, (0.66 * r, 0.62 * g, 0.57 * b), (r, g, b), 0.9, 0.12)
            _streaked(heap)
        self.stone, self.pave, self.tiles = Heap((0.5, 0.45, 0.37)), Heap((0.3, 0.28, 0.25)), Heap((0.4, 0.16, 0.08))
        textured(self.stone, (0.36, 0.31, 0.25), (0.56, 0.51, 0.43), 2.2, 0.15)
        _cobbles(self.pave)
        varied(self.tiles, ((0.3, 0.11, 0.05), (0.45, 0.2, 0.1), (0.5, 0.28, 0.16)))
        self.glass, self.iron = Heap((0.03, 0.04, 0.05), rough=0.08), Heap((0.03, 0.03, 0.032), rough=0.5)
        self.frame, self.curtain = Heap((0.7, 0.68, 0.62), rough=0.5), Heap((0.72, 0.7, 0.65))
        shutters = ((0.05, 0.14, 0.09), (0.12, 0.2, 0.24), (0.2, 0.09, 0.04), (0.3, 0.38, 0.36))
        self.shutters = [Heap(colour, rough=0.6) for colour in shutters]
        self.wood, self.crate = Heap((0.3, 0.18, 0.09), rough=0.7), Heap((0.5, 0.35, 0.2))
        textured(self.wood, (0.2, 0.11, 0.05), (0.36, 0.23, 0.12), 3, 0.05, 5)
        varied(self.crate, ((0.42, 0.28, 0.14), (0.6, 0.44, 0.26), (0.5, 0.36, 0.22), (0.1, 0.2, 0.13)))
        self.card, self.ink = Heap((0.85, 0.83, 0.74)), Heap((0.03, 0.03, 0.03))
        self.steel = Heap((0.5, 0.5, 0.5), rough=0.3, metal=1)
        self.cloths = [_cloth(colour) for colour in CLOTHS]
        self.goods = {name: Heap(tints[0], rough=0.4) for name, (tints, _) in FRUIT.items()}
        for name, heap in self.goods.items():
            varied(heap, FRUIT[name][0])
        self.petals = Heap(PETALS[0])
        varied(self.petals, PETALS, sharp=True)
        self.leaves = [Heap(tint, rough=0.5) for tint in ((0.05, 0.15, 0.03), (0.09, 0.22, 0.05), (0.14, 0.28, 0.08))]
        self.bulb = Heap((1, 0.85, 0.6), glow=4)
        self.colour = self.canopies = 0  # the shutters of the house at work, the awnings so far

    def build(self) -> None:
        single = (self.stone, self.pave, self.tiles, self.glass, self.iron, self.frame, self.curtain, self.wood)
        more = (self.crate, self.card, self.ink, self.steel, self.bulb, self.petals)
        for heap in (*single, *more, *self.plaster, *self.shutters, *self.cloths, *self.leaves, *self.goods.values()):
            heap.build()
