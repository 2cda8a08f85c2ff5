"""What stands behind the character when no place is asked for: a flat colour, a studio wall, the reference's scene.

Called by the engine. Returns pictures as float32 [H, W, 3], 0–255, sRGB.
"""

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.frame import Frame
from castlist.engines.studio.layers import spread
from castlist.engines.studio.ops import Map
from castlist.engines.studio.reference import Prepared

FLAT: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "gray": (128, 128, 128),
    "green screen": (0, 177, 64),
}
"""Source of the green: chroma-key green #00B140, the colour studio paper and paint are sold as."""

WALLS: tuple[tuple[int, int, int], ...] = (
    (206, 203, 198),
    (198, 202, 206),
    (209, 201, 190),
    (190, 193, 194),
    (203, 198, 202),
    (181, 187, 178),
    (164, 173, 184),
    (174, 164, 154),
    (152, 152, 151),
    (127, 133, 140),
    (96, 98, 102),
)
"""Paper backdrops a portrait studio would have: warm grey, cool grey, oat, stone, dusk, sage, mist, taupe, mid grey,
slate and graphite."""


def flat(name: str, size: tuple[int, int]) -> Map:
    """Return a backdrop of one exact colour."""
    width, height = size
    return np.full((height, width, 3), FLAT[name], np.float32)


def light_side(seed: int) -> float:
    """Return the side the studio's light comes from in a shot: −1 left, 1 right."""
    return float(np.random.default_rng([seed, 5]).choice([-1.0, 1.0]))


def wall(alpha: Map, job_seed: int, seed: int, standing: bool) -> Map:
    """Return a studio wall lit softly behind the character, with the shadow the character throws on it.

    The paper is the same for all images of a job; how much light falls on it, and where, differs from image to image.

    Args:
        alpha: float32 [H, W], 0–1, of the character in this picture.
        standing: the character's feet are in the picture: paper runs on under them.
    """
    height, width = alpha.shape
    paper = np.array(WALLS[int(np.random.default_rng([job_seed, 2]).integers(len(WALLS)))], np.float32)
    chance = np.random.default_rng([seed, 2])
    side = light_side(seed)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * min(1.6, width / height)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    spot_x, spot_y = float(side * chance.uniform(0.1, 0.55)), float(chance.uniform(-0.5, 0.1))
    wide, depth = float(chance.uniform(0.45, 1.1)), float(chance.uniform(0.2, 0.42))
    fall = (x - spot_x) ** 2 * wide + (y - spot_y) ** 2
    shade = float(chance.uniform(0.96, 1.12)) - depth * (1 - np.exp(-0.75 * fall))
    if standing:
        shade = shade * (1 - 0.07 * ops.smoothstep((y - 0.45) / 0.4)) + 0.03 * ops.smoothstep((y - 0.55) / 0.4)
    shade = shade * (1 - 0.2 * _thrown(alpha, side))
    if standing:
        shade = shade * (1 - 0.5 * ground(alpha))
    noise = np.random.default_rng([seed, 3]).normal(0, 0.7, (height, width)).astype(np.float32)
    return np.clip(paper * shade[..., None] + noise[..., None], 0, 255).astype(np.float32)


def own_scene(prepared: Prepared, frame: Frame, size: tuple[int, int]) -> Map:
    """Return the reference's own surroundings as this framing sees them, moved and enlarged as little as it takes to
    fill the picture."""
    width, height = size
    x0, y0, x1, y1 = prepared.extent.inner
    scale = max(frame.scale, width / (x1 - x0), height / (y1 - y0))
    left = frame.anchor[0] - (frame.place[0]) / scale
    top = frame.anchor[1] - (frame.place[1]) / scale
    left = min(max(left, x0), x1 - width / scale)
    top = min(max(top, y0), y1 - height / scale)
    step = 8
    window = Frame(scale, (left - 0.5 + 0.5 / scale, top - 0.5 + 0.5 / scale), (0.0, 0.0))
    points = spread(window.points(width, height, step), width, height, step)
    return prepared.scene.sample(points, scale).astype(np.float32)


def _thrown(alpha: Map, side: float) -> Map:
    """Return the soft shadow on a wall some way behind, away from the light. float32 [H, W], 0–1"""
    height, width = alpha.shape
    small = ops.resize(alpha, max(8, width // 8), max(8, height // 8))
    rows = small.shape[0]
    moved = ops.shift(small, -side * 0.055 * rows, 0.03 * rows)
    return ops.resize(ops.blur(moved, 0.045 * rows), width, height)


def ground(alpha: Map) -> Map:
    """Return the contact shadow under a standing figure. float32 [H, W], 0–1"""
    height = alpha.shape[0]
    solid = alpha > 0.5
    rows = np.flatnonzero(solid.any(1))
    if not len(rows):
        return np.zeros_like(alpha)
    foot, tall = int(rows[-1]), int(rows[-1] - rows[0] + 1)
    soles = solid[max(0, foot - max(2, tall // 12)) : foot + 1]
    band = np.asarray(soles.max(0)[None, :], np.float32)
    spread_x = ops.blur(band, max(1.0, 0.02 * tall))
    y = np.arange(height, dtype=np.float32)
    near = np.exp(-(((y - foot) / (0.022 * tall + 1)) ** 2))
    wide = ops.blur(spread_x, max(1.0, 0.05 * tall))
    far = 0.5 * np.exp(-(((y - foot) / (0.06 * tall + 1)) ** 2))
    return np.clip(np.outer(near, spread_x) + np.outer(far, wide), 0, 1).astype(np.float32)
