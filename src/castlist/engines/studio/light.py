"""Lights the character as its surroundings would: spherical harmonics of a place on the normals of the character.

Called by `picture` and `plates`. Normals are those of a picture: x to the right, y down, z toward the viewer; the
harmonics have y up, as the light stored with the bundled plates.
Source: Ramamoorthi and Hanrahan, An Efficient Representation for Irradiance Environment Maps, 2001: nine coefficients,
Lambert weights 1, 2/3 and 1/4 for the bands 0, 1 and 2.
"""

from dataclasses import dataclass

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels

STRENGTH = 0.55
"""Exponent on the shading: the reference has its own light in it, so the new one is put on at about half."""
DARKEST, BRIGHTEST = 0.45, 1.7
TINT = 0.5
"""Share of the surroundings' colour of light that the character takes on."""

HOURS: dict[str, tuple[float, float, float]] = {
    "golden": (1.1, 0.82, 0.52),
    "dawn": (0.95, 0.82, 0.8),
    "blue hour": (0.3, 0.4, 0.66),
    "night": (0.13, 0.18, 0.32),
    "overcast": (0.72, 0.76, 0.8),
}
"""Factors, in linear light, that turn daylight into another hour's: "day for night", as cameramen grade it."""
DARK = {"blue hour", "night"}

_TO_LINEAR = ((np.arange(256, dtype=np.float32) / 255) ** 2.2).astype(np.float32)
_TO_SRGB = (255 * (np.arange(4097, dtype=np.float32) / 4096) ** (1 / 2.2)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light of a place for a camera at yaw 0.

    coefficients: float32 [9, 3], linear RGB; what a surface receives is their sum weighted with `_functions` of its
    normal.
    """

    coefficients: Map
    strength: float = STRENGTH

    def on(self, normals: Map, yaw_deg: float = 0.0) -> Map:
        """Return the light on surfaces seen by a camera at some yaw: normals float32 [h, w, 3] to linear RGB."""
        cos, sin = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
        x, y, z = normals[..., 0], -normals[..., 1], normals[..., 2]
        turned = np.stack([x * cos - z * sin, y, x * sin + z * cos], -1).astype(np.float32)
        return np.maximum(_functions(turned) @ self.coefficients, 1e-3).astype(np.float32)


def of_panorama(panorama: Pixels) -> Light:
    """Measure the light of a panorama."""
    small = ops.resize(panorama, 64, 32)
    return _measure(_radiance(small), *_sphere())


def of_photograph(picture: Pixels) -> Light:
    """Guess the light around a photograph of a place: what it shows is behind the character, and before it alike."""
    small = ops.resize(picture, 32, 16)
    rays, area = _sphere()
    seen = ops.remap(_radiance(small), rays[..., 0] * np.float32(15.5) + 15.5, rays[..., 1] * np.float32(-7.5) + 7.5)
    return _measure(seen, rays, area)


def of_studio(side: float, above: float = 0.45, key: float = 0.5) -> Light:
    """Make the light of a studio: white, soft all round, with a key light from one side (−1 left, 1 right)."""
    coefficients = np.zeros((9, 3), np.float32)
    coefficients[0] = 1
    coefficients[1:4] = (key * np.array([above, 0.45, side * 0.8], np.float32))[:, None]
    return Light(coefficients, 0.5)


def relight(colour: Pixels, shade: Map, gain: float) -> Map:
    """Return the character's colours under a shading.

    Args:
        colour: uint8 [H, W, 3]. shade: float32 [H, W, 3], factors in linear light. gain: one more factor.

    Returns:
        float32 [H, W, 3], 0–255, sRGB.
    """
    linear = _TO_LINEAR[colour] * (shade * np.float32(gain))
    rolled = np.where(linear > 0.8, 0.8 + 0.2 * np.tanh((linear - 0.8) / 0.2), linear)
    return _TO_SRGB[(np.clip(rolled, 0, 1) * 4096).astype(np.int16)]


def at_hour(picture: Map, hour: str, share: float = 1.0) -> Map:
    """Return a daylight picture (float32 [H, W, 3], 0–255) as another hour would show it, put on by `share` 0–1."""
    factors = np.array(HOURS[hour], np.float32) ** np.float32(share)
    steep = 1 + 0.3 * share * (hour in DARK)
    linear = (np.clip(picture, 0, 255) / np.float32(255)) ** np.float32(2.2 * steep) * factors
    return (255 * np.clip(linear, 0, 1) ** np.float32(1 / 2.2)).astype(np.float32)


def shading(light: Light, yaw_deg: float, normals: Map, alpha: Map) -> Map:
    """Return factors by which a light changes the character, on average one in brightness. float32 [h, w, 3]

    Args:
        yaw_deg: where the camera looks.
        normals: float32 [h, w, 3], unit length.
        alpha: float32 [h, w], what of them counts for the average.
    """
    received = light.on(normals, yaw_deg)
    weight = alpha / max(1e-6, float(alpha.sum()))
    mean = np.einsum("hwc,hw->c", received, weight).astype(np.float32)
    brightness = float(mean @ np.array([0.2126, 0.7152, 0.0722], np.float32))
    grey = received @ np.array([0.2126, 0.7152, 0.0722], np.float32) / brightness
    relief = np.clip(grey, DARKEST, BRIGHTEST) ** light.strength
    tint = np.clip(received / np.maximum(received.mean(-1, keepdims=True), 1e-4), 0.6, 1.5) ** TINT
    return (relief[..., None] * tint).astype(np.float32)


def normals(height: Map, step: float) -> Map:
    """Return the normals of a relief. float32 [h, w] px to float32 [h, w, 3], unit length."""
    down, right = np.gradient(height, step)
    normal = np.stack([-right, -down, np.ones_like(height)], -1)
    return (normal / np.linalg.norm(normal, axis=-1, keepdims=True)).astype(np.float32)


def _radiance(picture: Pixels) -> Map:
    """Return linear light, with what a photograph clips (windows, lamps, suns) made brighter again."""
    linear = _TO_LINEAR[picture]
    peak = linear.max(-1, keepdims=True)
    return (linear * (1 + 5 * np.clip((peak - 0.6) / 0.4, 0, 1) ** 2)).astype(np.float32)


def _sphere() -> tuple[Map, Map]:
    """Return each pixel's direction in a 64 × 32 panorama (float32 [32, 64, 3], y up) and its share of the sphere."""
    angle = ((np.arange(64, dtype=np.float32) + 0.5) / 64 - 0.5) * 2 * np.pi
    height = (0.5 - (np.arange(32, dtype=np.float32) + 0.5) / 32) * np.pi
    a, h = np.meshgrid(angle, height)
    rays = np.stack([np.sin(a) * np.cos(h), np.sin(h), -np.cos(a) * np.cos(h)], -1)
    return rays.astype(np.float32), (np.cos(h) / np.cos(h).sum()).astype(np.float32)


def _measure(radiance: Map, rays: Map, area: Map) -> Light:
    """Project radiance on the harmonics and weigh the bands as a matt surface does."""
    means = np.einsum("hwk,hwc,hw->kc", _functions(rays), radiance, area)
    norm = np.array([1, 3, 3, 3, 15, 15, 5 / 4, 15, 15 / 4], np.float32)
    bands = np.array([1, *[2 / 3] * 3, *[1 / 4] * 5], np.float32)
    return Light((means * (norm * bands)[:, None]).astype(np.float32))


def _functions(rays: Map) -> Map:
    """Return the nine polynomials of a direction (y up) that the harmonics are made of: float32 [h, w, 9]."""
    x, y, z = rays[..., 0], rays[..., 1], rays[..., 2]
    functions = [np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    return np.stack(functions, -1).astype(np.float32)
