"""Decides where the eyes look: which eyes may be moved at all, and how far. Called by `reference` and `shoot`.

Painting is `eyeball`'s. An eye that is closed, small, hidden, drawn, or that already looks far aside keeps its gaze.

Source: round figures of anatomy: an iris has a radius of 5.9 mm and lies 10.5 mm before the point the eye turns about.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from castlist.domain.poses import Pose
from castlist.engines.studio import eyeball, ops
from castlist.engines.studio.face import FaceShape
from castlist.engines.studio.layers import Layer
from castlist.engines.studio.ops import Pixels
from castlist.vision.iris import Eye

FACE_PX = 90
"""Smaller faces keep their gaze: their eyes are a few px wide."""
SURE = 0.88
"""Least confidence of the detector: faces that are drawn or an animal's score less."""
OPEN = 0.17
"""Least opening of the lids over the eye's width; what is less is closed, or screwed up against the light."""
WHITER = 1.2
"""Beside the iris something at least so many times brighter is seen on three of the four sides."""
UNLIKE, MIRROR = 2.0, 0.3
"""Most that the white of one eye is brighter than that of the other, and largest share of an iris that mirrors light:
else hair, a shadow or a lamp hides one."""
CLEAR_PX = 60
"""Eyes narrower than this are enlarged for the look whether they are clear."""
REFINED = 0.8, 1.45
"""Where an edge of the iris is looked for, in its radii: some irises are larger than the model makes them."""
EDGE, STEEP = 0.1, 0.4
"""Half the width over which an edge is looked for, in radii, and the least share of all contrast that makes one."""
TURNED_DEG = 32
"""Heads turned farther in the reference keep their gaze: one eye is foreshortened too much."""
ARM = 10.5 / 5.9
"""From the eyeball's centre to the iris, in radii of the iris."""
WIDEST = 0.17
"""Farthest that an iris is moved to the side, as a share of the eye's width."""
CORNER = 0.29
"""No iris is moved nearer to a corner than this, as a share of the eye's width."""
RAISED, LOWERED = 0.14, 0.12
"""Farthest that an iris is moved up and down, in its radii."""
GAIN = 0.9
"""Share of the head's turn that the eyes take back to look where they looked: a face that is turned draws the gaze."""
ASIDE_DEG = 14
"""How far the eyes look beyond the head."""
SEEN_PX = 11
"""Eyes narrower than this in the picture are left alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Eyes:
    """Both eyes of a face, fit to be moved, in picture px."""

    left: Eye
    right: Eye

    def moved(self, right: float, down: float) -> "Eyes":
        """Return the same eyes in a picture that was extended at the left and top by so many px."""
        return Eyes(self.left.moved(right, down), self.right.moved(right, down))


def of(picture: Pixels, eyes: tuple[Eye, Eye], shape: FaceShape, confidence: float) -> Eyes | None:
    """Return the eyes when both can be moved without harm, else None.

    Args:
        picture: uint8 [H, W, 3].
        shape: the face they are in. confidence: the detector's.
    """
    if shape.height_px < FACE_PX or confidence < SURE or abs(shape.yaw_deg) > TURNED_DEG:
        return None
    sizes = [eye.radius_px / eye.width_px for eye in eyes]
    if max(sizes) > 0.3 or min(sizes) < 0.15 or min(eye.opening for eye in eyes) < OPEN:
        return None
    closer = [_closer(picture, eye) for eye in eyes]
    seen = [eyeball.Patch.around(eye, layer).seen_clearly() for eye, layer in zip(eyes, closer, strict=True)]
    clear = [one for one in seen if one is not None]
    if len(clear) < 2 or sum(ratio >= WHITER for one in clear for ratio in (one.left, one.right)) < 3:
        return None
    whites = [one.white for one in clear]
    if max(whites) > UNLIKE * min(whites) or max(one.mirrored for one in clear) > MIRROR:
        return None
    return Eyes(*(_measured(eye, layer) for eye, layer in zip(eyes, closer, strict=True)))


def shift(eyes: Eyes, yaw_deg: float, pitch_deg: float) -> tuple[float, float]:
    """Return how far both irises move for a turn of the eyes in the head: to the right and down, in their radii.

    It is less than the turn asks for where the lids or corners of either eye would not allow it.
    """
    right, down = ARM * math.sin(math.radians(yaw_deg)), -ARM * math.sin(math.radians(pitch_deg))
    for eye in (eyes.left, eyes.right):
        x, _ = eyeball.frame(eye).of(eye.centre)
        radius = eye.radius_px / eye.width_px
        least = min(0.0, max(-WIDEST, CORNER - float(x))) / radius
        most = max(0.0, min(WIDEST, 1 - CORNER - float(x))) / radius
        right = min(max(right, least), most)
        down = min(max(down, -RAISED), _covered(eye))
    return right, down


def turned(pose: Pose, angles: tuple[float, float, float]) -> tuple[float, float]:
    """Return the yaw and pitch of the eyes in the head that a pose's gaze means, for a head turned by `angles`."""
    yaw, pitch, _ = angles
    if pose.gaze == "ahead":
        return 0.0, 0.0
    if pose.gaze == "aside":
        return math.copysign(ASIDE_DEG, yaw), 0.0
    return -GAIN * yaw, -GAIN * pitch


def repainted(layer: Layer, eyes: Eyes, by: tuple[float, float]) -> list[Layer]:
    """Return both eyes as small layers to lay over the one they are taken from.

    Args:
        layer: RGBA of the character.
        by: from `shift`.
    """
    return [eyeball.Patch.around(eye, layer).painted(by) for eye in (eyes.left, eyes.right)]


def _closer(picture: Pixels, eye: Eye) -> Layer:
    """Return an eye's surroundings, enlarged when they are small."""
    factor = max(1, math.ceil(CLEAR_PX / eye.width_px))
    low, high = eye.upper.min(0) - 0.5 * eye.width_px, eye.lower.max(0) + 0.5 * eye.width_px
    x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
    part = picture[y0 : max(y0 + 4, int(high[1])), x0 : max(x0 + 4, int(high[0]))]
    if not part.size:
        return Layer(picture, (0, 0), 1)
    return Layer(ops.resize(part, part.shape[1] * factor, part.shape[0] * factor, ops.CUBIC), (x0, y0), factor)


def _measured(eye: Eye, layer: Layer) -> Eye:
    """Return the eye with the middle and radius of its iris corrected by where the picture turns from dark to white."""
    row = np.linspace(-0.15, 0.35, 9, dtype=np.float32)[:, None]
    away = np.arange(REFINED[0] - EDGE, REFINED[1] + EDGE + 1e-3, 0.02, dtype=np.float32)[None, :]
    along = eyeball.frame(eye).along * np.float32(eye.radius_px)
    down = np.array([-along[1], along[0]], np.float32)
    lag = round(EDGE / 0.02)
    edges: list[float] = []
    for side in (-1, 1):
        reach = side * away * np.sqrt(1 - row**2)
        points = (eye.centre + reach[..., None] * along + row[..., None] * down).astype(np.float32)
        light = np.median(layer.sample(points, layer.scale).mean(-1), 0)
        rise = light[2 * lag :] - light[: -2 * lag]
        steep = int(np.argmax(rise))
        edges.append(float(away[0, steep + lag]) if rise[steep] > STEEP * max(float(np.ptp(light)), 1.0) else 1.0)
    return replace(
        eye, centre=eye.centre + along * np.float32((edges[1] - edges[0]) / 2), radius_px=eye.radius_px * sum(edges) / 2
    )


def _covered(eye: Eye) -> float:
    """Return how far the iris may sink, in its radii, before white shows above it."""
    frame = eyeball.frame(eye)
    x, y = frame.of(eye.centre)
    lid = float(eyeball.lid(frame, eye.upper, np.asarray([x], np.float32))[0])
    radius = eye.radius_px / eye.width_px
    return min(LOWERED, max(0.0, (lid - (float(y) - radius)) / radius - 0.06))
