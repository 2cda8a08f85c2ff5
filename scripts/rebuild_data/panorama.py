"""Turn high-dynamic-range panoramas into plates: repair, tone-map, enlarge, and measure their light.

Called by ``plates.py`` of this script.

Directions: x right, y up, z toward the viewer, for a camera at yaw 0 that looks at the middle column of the panorama;
yaw grows to the right. A column u and row v (0-1) of the panorama lie in direction (sin a cos b, sin b, -cos a cos b)
with a = 2 pi (u - 1/2) and b = pi (1/2 - v).
"""

from __future__ import annotations

import base64
import re
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def read(data: bytes) -> np.ndarray:
    """Read an EXR file, bare or as base64 inside a JavaScript module, to float32 [H, W, 3] linear RGB."""
    import OpenEXR

    found = re.search(rb"base64,([A-Za-z0-9+/=]+)", data[:4_000_000]) if not data.startswith(b"v/1\x01") else None
    with tempfile.NamedTemporaryFile(suffix=".exr") as file:
        Path(file.name).write_bytes(base64.b64decode(found.group(1)) if found else data)
        with OpenEXR.File(file.name) as opened:
            channels = opened.channels()
            if "RGB" in channels or "RGBA" in channels:
                return np.asarray(channels.get("RGB", channels.get("RGBA")).pixels[..., :3], np.float32)
            return np.dstack([channels[name].pixels for name in "RGB"]).astype(np.float32)


def repair(picture: np.ndarray) -> np.ndarray:
    """Whiten the rings that lossy EXR compression leaves around suns and lamps, and drop negative values."""
    fixed, hottest = picture.copy(), picture.max(2)
    median = max(float(np.median(hottest)), 1e-4)
    bright = hottest > 60 * median
    near = cv2.dilate(bright.astype(np.uint8), np.ones((3, 3)), iterations=2) > 0
    bad = ((picture.min(2) < -0.05 * median) & near) | (hottest > 800 * median)
    if picture.min() < -100 and bright.mean() < 0.002:
        bad |= bright
    bad = cv2.morphologyEx(bad.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3))) > 0
    peak = cv2.dilate(np.maximum(hottest, 0), np.ones((5, 5)))
    fixed[bad] = np.maximum(peak[bad], 60 * median)[:, None]
    fixed = np.maximum(fixed, 0)
    if picture.min() > -0.05:  # stored without loss
        return fixed
    # Lamps and windows of a lossy file stand in black outlines.
    calm = np.dstack([cv2.medianBlur(np.ascontiguousarray(channel), 5) for channel in np.moveaxis(fixed, 2, 0)])
    beside = cv2.dilate((fixed.max(2) > 8 * median).astype(np.uint8), np.ones((7, 7))) > 0
    outline = beside & ((fixed @ _LUMA < 0.6 * (calm @ _LUMA)) | (picture.min(2) < 0))
    fixed[outline] = np.maximum(calm[outline], fixed[outline])
    return fixed


def close(picture: np.ndarray) -> np.ndarray:
    """Even out the step that a denoiser leaves where the two ends of a rendered panorama meet."""
    floor = 0.02 * max(float(np.median(picture)), 1e-4)
    log = np.log2(np.maximum(picture, 0) + floor)
    height, width = log.shape[:2]
    step = cv2.GaussianBlur(log[:, :1] - log[:, -1:], (1, 63), height / 128).reshape(height, 1, 3)
    fade = np.linspace(0.5, 0, width // 24, dtype=np.float32)[None, :, None]
    log[:, : width // 24] -= step * fade
    log[:, -(width // 24) :] += step * fade[:, ::-1]
    return np.maximum(np.exp2(log) - floor, 0)


def _flatten(picture: np.ndarray, keep: float) -> np.ndarray:
    """Compress large-scale contrast to a share, details untouched (guided filter on log luminance, He et al. 2010)."""
    width = picture.shape[1]
    light = np.maximum(picture @ _LUMA, 0)
    median = max(float(np.median(light)), 1e-4)
    log = np.log2(np.minimum(light, median * 400) + median * 0.02)
    rim = width // 8
    wide = np.concatenate([log[:, -rim:], log, log[:, :rim]], 1)

    def mean(values: np.ndarray) -> np.ndarray:
        side = 2 * (width // 40) + 1
        return cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT)

    middle = mean(wide)
    spread = mean(wide * wide) - middle * middle
    slope = spread / (spread + 0.6)
    base = (mean(slope) * wide + mean(middle - slope * middle))[:, rim:-rim]
    return picture * np.exp2((keep - 1) * (base - float(np.median(base))))[..., None]


def _spread(picture: np.ndarray, share: float) -> np.ndarray:
    """Spread a share of the light, half of it near and half of it wide, as a lens does around lamps at night."""
    rim = picture.shape[1] // 8
    wide = np.concatenate([picture[:, -rim:], picture, picture[:, :rim]], 1)
    halos = [cv2.GaussianBlur(wide, (0, 0), picture.shape[1] * part)[:, rim:-rim] for part in (0.002, 0.012)]
    return picture * (1 - share) + share * (halos[0] + halos[1]) / 2


def tone_map(
    picture: np.ndarray,
    *,
    target: float = 0.42,
    keep: float = 0.72,
    saturation: float = 1.05,
    balance: tuple[float, float, float] = (1, 1, 1),
    bloom: float = 0.0,
) -> np.ndarray:
    """Map linear light to sRGB 0-1.

    Args:
        picture: float32 [H, W, 3], linear.
        target: the encoded grey that the middle of the picture's horizon band gets.
        keep: the share of large-scale contrast (in stops) that stays.
        saturation: 1 leaves colours as they are.
        balance: factors on red, green and blue.
        bloom: the share of light that a lens spreads around lamps.
    """
    if bloom:
        picture = _spread(picture, bloom)
    even = _flatten(repair(picture) * np.asarray(balance, np.float32), keep)
    height = even.shape[0]
    band = slice(int(height * (0.5 - 40 / 180)), int(height * (0.5 + 18 / 180)))
    gain = target**2.2 / max(float(np.median((even @ _LUMA)[band])), 1e-6)
    scaled = even * gain * (1 + target**2.2)
    light = scaled @ _LUMA
    white = max(float(np.percentile(light[band], 99.8)), 1.2)

    def curve(values: np.ndarray) -> np.ndarray:  # Reinhard et al. 2002, with a white point
        return values * (1 + values / white**2) / (1 + values)

    by_light = scaled * (curve(light) / np.maximum(light, 1e-6))[..., None]
    mixed = 0.4 * by_light + 0.6 * curve(scaled)
    grey = (mixed @ _LUMA)[..., None]
    mixed = np.clip(grey + (mixed - grey) * saturation, 0, 1)
    return np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055).astype(np.float32)


def enlarge(picture: np.ndarray, network: onnxruntime.InferenceSession, *, reach: float = 60) -> np.ndarray:
    """Enlarge a panorama four times; beyond some degrees of elevation, which no window shows, by plain bicubic.

    Args:
        picture: float32 [H, W, 3], 0-1.
        network: from ``image`` to four times its size.
        reach: degrees.
    """
    height, width = picture.shape[:2]
    plain = cv2.resize(picture, (width * 4, height * 4), interpolation=cv2.INTER_CUBIC)
    rim, tile = 10, 128
    top = round(height * (0.5 - reach / 180))
    wide = np.pad(picture, ((rim, rim), (0, 0), (0, 0)), mode="edge")
    wide = np.concatenate([wide[:, -rim:], wide, wide[:, :rim]], 1)
    detailed = plain.copy()
    for y in range(top, height - top, tile):
        for x in range(0, width, tile):
            bottom, right = min(y + tile, height - top), min(x + tile, width)
            part = wide[y : bottom + 2 * rim, x : right + 2 * rim].transpose(2, 0, 1)
            large = network.run(None, {"image": np.ascontiguousarray(part[None])})[0][0].transpose(1, 2, 0)
            inner = large[4 * rim : 4 * (rim + bottom - y), 4 * rim : 4 * (rim + right - x)]
            detailed[4 * y : 4 * bottom, 4 * x : 4 * right] = inner
    share = np.zeros((height * 4, 1), np.float32)
    share[4 * top : 4 * (height - top)] = 1
    share = np.clip(cv2.GaussianBlur(share, (1, 129), 24) * 2 - 1, 0, 1)[..., None]
    return np.clip(detailed * share + plain * (1 - share), 0, 1)


def _directions(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    around = 2 * np.pi * ((np.arange(width) + 0.5) / width - 0.5)
    above = np.pi * (0.5 - (np.arange(height) + 0.5) / height)
    across, up = np.meshgrid(around, above)
    places = np.stack([np.sin(across) * np.cos(up), np.sin(up), -np.cos(across) * np.cos(up)], -1)
    return places, np.cos(up) / np.cos(up).sum()


def measure_light(picture: np.ndarray) -> dict[str, Any]:
    """Describe the light of a panorama.

    Args:
        picture: float32 [H, W, 3], linear.

    Returns:
        ``sh``: nine rows of RGB; irradiance over pi for a unit normal is their sum with (1, y, z, x, xy, yz, 3z^2 - 1,
        xz, x^2 - y^2), Lambert weights 1, 2/3, 1/4 and basis constants included, scaled to a mean luminance of 1.
        ``direction``: where most light comes from; ``yaw`` and ``elevation`` of it in degrees; ``strength`` 0-1, how
        one-sided it is; ``kelvin`` of the whole. ``sun``: the brightest spot, which ``sh`` clips lest it burn
        out skin: its yaw, elevation, and share of all light, 0-1.

    Source: Ramamoorthi and Hanrahan 2001; McCamy 1992 for the colour temperature.
    """
    clean = repair(picture)
    small = cv2.resize(clean, (256, 128), interpolation=cv2.INTER_AREA).astype(np.float64)
    light = small @ _LUMA
    limit = 1.5 * np.percentile(light, 98)
    small *= np.minimum(1, limit / np.maximum(light, 1e-9))[..., None]
    places, weights = _directions(128, 256)
    x, y, z = np.moveaxis(places, -1, 0)
    basis = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], -1)
    constants = np.array([0.282095, *[0.488603] * 3, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274])
    lambert = np.array([1, *[2 / 3] * 3, *[1 / 4] * 5])
    projected = 4 * np.pi * np.einsum("hwk,hwc,hw->kc", basis * constants, small, weights)
    spread = projected * (lambert * constants)[:, None]
    spread /= spread[0] @ _LUMA
    lean = np.array([spread[3] @ _LUMA, spread[1] @ _LUMA, spread[2] @ _LUMA])
    force = float(np.linalg.norm(lean))
    direction = lean / max(force, 1e-9)
    colour = np.einsum("hwc,hw->c", small, weights)
    return {
        "sh": np.round(spread, 4).tolist(),
        "direction": np.round(direction, 3).tolist(),
        "yaw": round(float(np.degrees(np.arctan2(direction[0], -direction[2]))), 1),
        "elevation": round(float(np.degrees(np.arcsin(direction[1]))), 1),
        "strength": round(min(force, 1.0), 3),
        "kelvin": _kelvin(colour),
        "sun": _sun(clean, places, weights),
    }


def _sun(picture: np.ndarray, places: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Find the brightest spot: what is brighter than the clip of ``measure_light`` within 30 degrees of its middle."""
    small = cv2.resize(picture, (256, 128), interpolation=cv2.INTER_AREA).astype(np.float64)
    power = (small @ _LUMA) * weights
    excess = np.where(small @ _LUMA > 1.5 * np.percentile(small @ _LUMA, 98), power, 0)
    if not excess.any():
        excess = np.where(power >= np.percentile(power, 99), power, 0)
    top = places[np.unravel_index(np.argmax(cv2.GaussianBlur(excess, (0, 0), 3)), excess.shape)]
    spot = excess * (places @ top > np.cos(np.radians(30)))
    middle = np.einsum("hwk,hw->k", places, spot)
    middle /= np.linalg.norm(middle)
    return {
        "yaw": round(float(np.degrees(np.arctan2(middle[0], -middle[2]))), 1),
        "elevation": round(float(np.degrees(np.arcsin(middle[1]))), 1),
        "share": round(float(spot.sum() / power.sum()), 3),
    }


def _kelvin(colour: np.ndarray) -> int:
    """Correlated colour temperature of a linear RGB colour, rounded to 50 K and kept within 2000-12000."""
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    big_x, big_y, big_z = matrix @ colour
    total = big_x + big_y + big_z
    n = (big_x / total - 0.3320) / (0.1858 - big_y / total)
    kelvin = 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33
    return int(np.clip(round(kelvin / 50) * 50, 2000, 12000))
