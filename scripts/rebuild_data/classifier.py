"""Make the safety classifier of ``castlist/data/models`` and compare it with TensorFlow.js, its own runtime.

Called by ``models.py``. Needs node and npm.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime

from . import tfjs_to_onnx
from .sources import Source, fetch_file

_NSFWJS = ("npm", "nsfwjs", "4.3.0")
_FOLDER = "package/dist/models/mobilenet_v2_mid"
MODEL = Source(
    *_NSFWJS,
    f"{_FOLDER}/model.min.js",
    "a7a9e701491e2449b221dab7c424957f853e700602b5575da33cfd745616f964",
    "MIT",
)
SHARDS = (
    Source(
        *_NSFWJS,
        f"{_FOLDER}/group1-shard1of2.min.js",
        "f2e79a209e44d668220ec5f1533a98f2be954e3953685bf074d201b82fefc29a",
        "MIT",
    ),
    Source(
        *_NSFWJS,
        f"{_FOLDER}/group1-shard2of2.min.js",
        "f291df992a0131741372506a6072fb9f1645bff7c973c983fd6276f5f9625d5e",
        "MIT",
    ),
)
RUNTIME = "@tensorflow/tfjs@4.22.0"
SIDE_PX = 224
_SCRIPT = Path(__file__).with_name("nsfwjs.mjs")


def make_classifier(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Five-class safety classifier, weights of one byte. Compared with TensorFlow.js."""
    work = cache / "tfjs"
    work.mkdir(exist_ok=True)
    files = [fetch_file(source, cache) for source in (MODEL, *SHARDS)]
    subprocess.run(["node", _SCRIPT, "unpack", work, *files], check=True)
    model = tfjs_to_onnx.convert((work / "model.json").read_text("utf-8"), (work / "weights.bin").read_bytes())
    path = target / "nsfw_mobilenet_v2.onnx"
    onnx.save(model, path)
    views = [portrait, portrait[40:200, 150:310], 255 - portrait]
    small = [cv2.resize(view, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA) for view in views]
    pictures = np.stack(small).astype(np.float32) / 255
    wanted = _asked(work, pictures)
    got = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"image": pictures})[0]
    return {
        "file": f"models/{path.name}",
        "registry": MODEL.registry,
        "package": MODEL.package,
        "version": MODEL.version,
        "member": SHARDS[0].member,
        "member_sha256": SHARDS[0].sha256,
        "licence": MODEL.licence,
        "notes": "NSFWJS MobileNetV2Mid; converted from TensorFlow.js; weights of one byte; image RGB 0-1 "
        "[N, 224, 224, 3] to classes [N, 5]: drawing, hentai, neutral, porn, sexy",
        "max_difference": float(f"{np.abs(wanted - got).max():.2g}"),
    }


def _asked(work: Path, pictures: np.ndarray) -> np.ndarray:
    """Return what the original says of the pictures."""
    if not (work / "node_modules").exists():
        subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", work, RUNTIME], check=True)
    asked = work / "pictures.bin"
    pictures.tofile(asked)
    command = ["node", _SCRIPT, "ask", work, asked, str(SIDE_PX)]
    answer = subprocess.run(command, cwd=work, check=True, stdout=subprocess.PIPE, text=True).stdout
    return np.array(json.loads(answer[answer.index("[[") :]), np.float32)
