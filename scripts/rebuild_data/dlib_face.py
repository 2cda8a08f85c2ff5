"""Rebuild dlib's face recognition network from the weights that face-api publishes, as ONNX.

Called by ``models.py``. The layers follow dlib's ``dnn_face_recognition_ex.cpp`` (read 2026-11-22): 29 convolutions in
residual blocks, each with a scale and an offset per channel, which are folded into the stored weights here. Weights
stay the bytes that were published; every channel has its own factor.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE_PX = 150
# dlib subtracts these means and divides by 256 (``input_rgb_image_sized``).
MEANS, SPAN = (122.782, 117.001, 104.298), 256.0
_BLOCKS = (
    *("32_1", "32_2", "32_3"),
    *("64_down", "64_1", "64_2", "64_3"),
    *("128_down", "128_1", "128_2"),
    *("256_down", "256_1", "256_2", "256_down_out"),
)


@dataclass(frozen=True)
class _Stored:
    """A tensor as published: values = (codes - zero) * step."""

    codes: np.ndarray
    step: float
    zero: int

    @property
    def values(self) -> np.ndarray:
        return ((self.codes.astype(np.float64) - self.zero) * self.step).astype(np.float32)


@dataclass
class _Graph:
    tensors: dict[str, Any]
    nodes: list[Any] = field(default_factory=list)
    stored: list[Any] = field(default_factory=list)

    def add(self, kind: str, inputs: list[str], **settings: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **settings))
        return name

    def keep(self, values: np.ndarray, name: str) -> str:
        self.stored.append(numpy_helper.from_array(values, name))
        return name

    def convolve(self, source: str, name: str, *, down: bool, relu: bool) -> str:
        """One convolution with its scale and offset; `down` halves without a border, else the size stays."""
        filters = self.tensors[f"{name}/conv/filters"]
        gain, offset = self._values(f"{name}/scale/weights"), self._values(f"{name}/scale/biases")
        bias = self.keep(self._values(f"{name}/conv/bias") * gain + offset, f"{name}_bias")
        if isinstance(filters, _Stored):
            codes = self.keep(np.ascontiguousarray(filters.codes.transpose(3, 2, 0, 1)), f"{name}_codes")
            steps = self.keep((gain * filters.step).astype(np.float32), f"{name}_steps")
            zeros = self.keep(np.full(len(gain), filters.zero, np.uint8), f"{name}_zeros")
            weights = self.add("DequantizeLinear", [codes, steps, zeros], axis=0)
        else:
            weights = self.keep(filters.transpose(3, 2, 0, 1) * gain[:, None, None, None], f"{name}_weights")
        side = filters.codes.shape[0] if isinstance(filters, _Stored) else filters.shape[0]
        border = [0] * 4 if down else [side // 2] * 4
        out = self.add("Conv", [source, weights, bias], strides=[2, 2] if down else [1, 1], pads=border)
        return self.add("Relu", [out]) if relu else out

    def block(self, source: str, name: str, *, pad: bool) -> str:
        """One residual block; one that goes down halves the size and, but for the last, doubles the channels."""
        down = "down" in name
        out = self.convolve(source, f"conv{name}/conv1", down=down, relu=True)
        out = self.convolve(out, f"conv{name}/conv2", down=False, relu=False)
        if down:
            if pad:  # without a border the convolution comes out one smaller than the average
                out = self.add("Pad", [out, "one_more"])
            source = self.add("AveragePool", [source], kernel_shape=[2, 2], strides=[2, 2])
            if not name.endswith("out"):
                nothing = self.add("Mul", [source, "zero"])
                source = self.add("Concat", [source, nothing], axis=1)
        return self.add("Relu", [self.add("Add", [out, source])])

    def _values(self, name: str) -> np.ndarray:
        found = self.tensors[name]
        return found.values if isinstance(found, _Stored) else found


def convert(manifest: Path, weights: Path) -> onnx.ModelProto:
    """Return the network: faces, RGB 0-255 [N, 3, 150, 150], to descriptors [N, 128]."""
    graph = _Graph(_read(manifest, weights))
    graph.keep(np.array(MEANS, np.float32)[:, None, None], "means")
    graph.keep(np.float32(SPAN), "span")
    graph.keep(np.float32(0), "zero")
    graph.keep(np.array([0, 0, 0, 0, 0, 0, 1, 1], np.int64), "one_more")
    out = graph.add("Div", [graph.add("Sub", ["faces", "means"]), "span"])
    out = graph.convolve(out, "conv32_down", down=True, relu=True)
    out = graph.add("MaxPool", [out], kernel_shape=[3, 3], strides=[2, 2])
    for name in _BLOCKS:
        out = graph.block(out, name, pad=name.startswith("256"))
    out = graph.add("Flatten", [graph.add("GlobalAveragePool", [out])])
    last = graph.tensors["fc"]
    graph.keep(last.values if isinstance(last, _Stored) else last, "fc")
    graph.nodes.append(helper.make_node("MatMul", [out, "fc"], ["descriptors"]))
    made = helper.make_graph(
        graph.nodes,
        "dlib_face",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["count", 3, SIDE_PX, SIDE_PX])],
        [helper.make_tensor_value_info("descriptors", TensorProto.FLOAT, ["count", 128])],
        graph.stored,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def _read(manifest: Path, weights: Path) -> dict[str, Any]:
    """Take the published tensors apart: bytes with a step and a smallest value, or plain numbers."""
    data, at, found = weights.read_bytes(), 0, {}
    for entry in json.loads(manifest.read_text("utf-8"))[0]["weights"]:
        count, packed = int(np.prod(entry["shape"])), entry.get("quantization")
        kind = np.dtype(np.uint8 if packed else "<f4")
        values = np.frombuffer(data, kind, count, at).reshape(entry["shape"])
        at += count * kind.itemsize
        zero = round(-packed["min"] / packed["scale"]) if packed else 0
        # The step may stand for numbers that are all above zero; those are few and are kept as numbers.
        if packed and not 0 <= zero <= 255:
            values, packed = (values * packed["scale"] + packed["min"]).astype(np.float32), None
        found[entry["name"]] = _Stored(values, packed["scale"], zero) if packed else values
    if at != len(data):
        raise ValueError("the weights are longer than their manifest says")
    return found
