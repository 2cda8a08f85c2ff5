"""Turn TensorFlow.js's graph model of a MobileNetV2 classifier into ONNX.

Called by ``classifier.py``. It knows only the operators that nsfwjs's model uses and refuses every other one. Weights
stay the bytes that TensorFlow.js stores, and are widened once when the model is loaded. Inside the graph pictures are
[N, C, H, W]; at its edge they keep TensorFlow's [N, H, W, C].
Source: the TensorFlow.js converter's README, "Weights manifest" and "Quantization" (read 2026-11-22).
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
PREFIX = "weights/"


class _Converter:
    def __init__(self, topology: dict[str, Any], manifest: list[dict[str, Any]], stored: bytes) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.sides: dict[str, int] = {}
        self.weights = _weights(manifest, stored)
        self.graph = topology["node"]

    def keep(self, name: str, axes: tuple[int, ...] | None = None) -> str:
        """Store a weight as its bytes with the two numbers that widen it, its axes turned to ONNX's order."""
        codes, scale, least = self.weights[name]
        codes = np.ascontiguousarray(codes if axes is None else codes.transpose(axes))
        parts = {"q": codes, "s": np.array(scale, np.float32), "m": np.array(least, np.float32)}
        stem = f"{PREFIX}{len(self.initializers) // 3}"
        self.initializers += [numpy_helper.from_array(values, f"{stem}/{part}") for part, values in parts.items()]
        self.add("Cast", [f"{stem}/q"], f"{stem}/f", to=TensorProto.FLOAT)
        self.add("Mul", [f"{stem}/f", f"{stem}/s"], f"{stem}/x")
        self.add("Add", [f"{stem}/x", f"{stem}/m"], f"{stem}")
        return stem

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def convolve(self, node: dict[str, Any], side: int) -> int:
        """Add a convolution with bias, and its ReLU6 where it has one; returns the side of what it makes."""
        depthwise = node["op"] == "FusedDepthwiseConv2dNative"
        codes = self.weights[node["input"][1]][0]
        kernel, stride = codes.shape[0], int(_integers(node, "strides")[1])
        if _text(node, "padding") != "SAME" or set(_integers(node, "dilations")) != {"1"}:
            raise ValueError(f"{node['name']}: only SAME padding without dilation is known")
        after = -(-side // stride)
        total = max((after - 1) * stride + kernel - side, 0)
        weights = self.keep(node["input"][1], (2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        fused = [base64.b64decode(one).decode() for one in node["attr"]["fused_ops"]["list"]["s"]]
        if fused not in (["BiasAdd"], ["BiasAdd", "Relu6"]):
            raise ValueError(f"{node['name']}: {fused} is not known")
        plain = node["name"] if len(fused) == 1 else node["name"] + "/plain"
        self.add(
            "Conv",
            [node["input"][0], weights, self.keep(node["input"][2])],
            plain,
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[total // 2, total // 2, total - total // 2, total - total // 2],
            group=codes.shape[2] if depthwise else 1,
        )
        if len(fused) == 2:
            self.add("Clip", [plain, "zero", "six"], node["name"])
        return after

    def operator(self, node: dict[str, Any]) -> None:
        kind, name, inputs = node["op"], node["name"], node.get("input", [])
        side = next((self.sides[one] for one in inputs if one in self.sides), 0)
        if kind == "Const":
            return
        if kind == "Placeholder":
            side = int(node["attr"]["shape"]["shape"]["dim"][1]["size"])
            self.add("Transpose", ["image"], name, perm=[0, 3, 1, 2])
        elif kind in ("Mul", "Sub", "AddV2"):
            names = [self.keep(one) if one in self.weights else one for one in inputs]
            self.add({"AddV2": "Add"}.get(kind, kind), names, name)
        elif kind in ("_FusedConv2D", "FusedDepthwiseConv2dNative"):
            side = self.convolve(node, side)
        elif kind == "AvgPool":
            if _integers(node, "ksize") != ["1", str(side), str(side), "1"]:
                raise ValueError(f"{name}: only pooling of the whole picture is known")
            self.add("GlobalAveragePool", inputs, name)
        elif kind == "Squeeze":
            self.add("Flatten", inputs, name)
        elif kind == "_FusedMatMul":
            self.add("Gemm", [inputs[0], self.keep(inputs[1]), self.keep(inputs[2])], name)
        elif kind in ("Softmax", "Identity"):
            self.add(kind, inputs, name)
        else:
            raise ValueError(f"operator {kind} is not known")
        self.sides[name] = side


def _weights(manifest: list[dict[str, Any]], stored: bytes) -> dict[str, tuple[np.ndarray, float, float]]:
    found: dict[str, tuple[np.ndarray, float, float]] = {}
    offset = 0
    for entry in (one for group in manifest for one in group["weights"]):
        quantization = entry["quantization"]
        if quantization["dtype"] != "uint8":
            raise ValueError(f"{entry['name']}: only weights of one byte are known")
        count = int(np.prod(entry["shape"]))
        codes = np.frombuffer(stored, np.uint8, count, offset).reshape(entry["shape"])
        found[entry["name"]] = codes, quantization["scale"], quantization["min"]
        offset += count
    if offset != len(stored):
        raise ValueError(f"{len(stored) - offset} bytes of weights are left over")
    return found


def _integers(node: dict[str, Any], name: str) -> list[str]:
    return node["attr"][name]["list"]["i"]


def _text(node: dict[str, Any], name: str) -> str:
    return base64.b64decode(node["attr"][name]["s"]).decode()


def convert(model: str, stored: bytes) -> onnx.ModelProto:
    """Convert one model.

    Args:
        model: ``model.json`` of a TensorFlow.js graph model with one picture input [N, H, H, 3].
        stored: its weights, all shards in order.

    Returns:
        A checked ONNX model from ``image`` float32 [N, H, H, 3] to ``classes`` float32 [N, K].

    Raises:
        ValueError: it uses an operator or option that this converter does not know.
    """
    described = json.loads(model)
    work = _Converter(described["modelTopology"], described["weightsManifest"], stored)
    for node in work.graph:
        work.operator(node)
    work.initializers += [numpy_helper.from_array(np.array(v, np.float32), n) for n, v in (("zero", 0), ("six", 6))]
    work.add("Identity", [work.graph[-1]["name"]], "classes")
    side = next(work.sides[node["name"]] for node in work.graph if node["op"] == "Placeholder")
    classes = len(work.weights[next(n["input"][2] for n in work.graph if n["op"] == "_FusedMatMul")][0])
    graph = helper.make_graph(
        work.nodes,
        "classifier",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["count", side, side, 3])],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["count", classes])],
        work.initializers,
    )
    converted = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(converted, full_check=True)
    return converted
