"""Render the places that no free photograph at hand shows: a library, an office, a café and so on.

Called by ``plates.py`` as ``python -m scripts.rebuild_data.scenes NAME FILE.exr``. Own work: everything is modelled
here. The camera stands 1.6 m above the ground and looks along +y; a panorama's middle column is yaw 0.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable

import bpy

from .cafe import cafe
from .castle import castle
from .classroom import classroom
from .indoors import cabin, library
from .market import market
from .moon import moon
from .office import office
from .outdoors import beach, snow
from .stadium import stadium
from .street import night_city
from .train import train

WIDTH_PX, SAMPLES = 2048, 16
COARSE = {"snow"}
"""Rendered at half the width: nearer, their leaves are seen to be flat."""

SCENES: dict[str, Callable[[], None]] = {
    "library": library,
    "cabin": cabin,
    "office": office,
    "cafe": cafe,
    "classroom": classroom,
    "castle": castle,
    "train": train,
    "market": market,
    "stadium": stadium,
    "moon": moon,
    "snow": snow,
    "beach": beach,
    "night_city": night_city,
}


def render(name: str, path: str) -> None:
    """Render a scene as a panorama into an EXR file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    random.seed(name)
    SCENES[name]()
    scene = bpy.context.scene
    camera = bpy.data.cameras.new("c")
    camera.type, camera.panorama_type = "PANO", "EQUIRECTANGULAR"
    holder = bpy.data.objects.new("c", camera)
    holder.location, holder.rotation_euler = (0, 0, 1.6), (math.pi / 2, 0, 0)
    bpy.context.collection.objects.link(holder)
    scene.camera = holder
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", SAMPLES, True
    scene.cycles.max_bounces, scene.cycles.seed = 6, 1
    scene.cycles.sample_clamp_indirect = 8
    width = WIDTH_PX // 2 if name in COARSE else WIDTH_PX
    scene.render.resolution_x, scene.render.resolution_y = width, width // 2
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "16"
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    render(sys.argv[1], sys.argv[2])
