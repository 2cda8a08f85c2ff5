"""Turn the two Real-ESRGAN networks from ncnn's param/bin pair into ONNX.

Called by ``models.py`` of this script. It knows only the layers that those files use and refuses every other one.
Weights stay in half precision in the file, as ncnn stores them, and are widened once when the model is loaded.
Source: ncnn's wiki pages "param and model file structure" and "operation param weight table".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
_HALF_TAG = 0x01306B47

_Options = dict[int, list[float]]


class _Weights:
    """Read ncnn's weight file in layer order."""

    def __init__(self, data: bytes) -> None:
        self.data, self.offset = data, 0

    def take(self, dtype: Any, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype, count, self.offset)
        self.offset += -(-values.nbytes // 4) * 4
        return values

    def tagged(self, count: int) -> np.ndarray:
        tag = int(self.take(np.uint32, 1)[0])
        if tag not in (0, _HALF_TAG):
            raise ValueError(f"weight tag {tag:#x} is not known")
        return self.take(np.float16 if tag else np.float32, count)


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def keep(self, values: np.ndarray) -> str:
        name = f"const_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        if values.dtype != np.float16:
            return name
        self.nodes.append(helper.make_node("Cast", [name], [name + "_f32"], to=TensorProto.FLOAT))
        return name + "_f32"

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))


def _parse(line: str) -> tuple[str, list[str], list[str], dict[int, list[float]]]:
    """Split one line of a param file into kind, inputs, outputs and options."""
    fields = line.split()
    kind, sources, targets = fields[0], int(fields[2]), int(fields[3])
    names = fields[4 : 4 + sources + targets]
    options: _Options = {}
    for field in fields[4 + sources + targets :]:
        key, value = field.split("=")
        numbers = [float(number) for number in value.split(",")]
        options[int(key)] = numbers if int(key) >= 0 else numbers[1:]
    return kind, names[:sources], names[sources:], options


def _convolve(graph: _Graph, weights: _Weights, inputs: list[str], output: str, options: _Options) -> None:
    filters, kernel, size = int(options[0][0]), int(options[1][0]), int(options[6][0])
    kernels = weights.tagged(size).reshape(filters, size // (filters * kernel * kernel), kernel, kernel)
    bias = weights.take(np.float32, filters)
    pad = int(options[4][0])
    leaky = int(options.get(9, [0])[0])
    if leaky not in (0, 2):
        raise ValueError(f"activation {leaky} is not known")
    first = output + "_raw" if leaky else output
    parts = [*inputs, graph.keep(kernels), graph.keep(bias)]
    graph.add("Conv", parts, first, kernel_shape=[kernel, kernel], pads=[pad] * 4)
    if leaky:
        graph.add("LeakyRelu", [first], output, alpha=options[-23310][0])


def _weighted_sum(graph: _Graph, inputs: list[str], output: str, options: _Options) -> None:
    parts = []
    for name, factor in zip(inputs, options[-23301], strict=True):
        if factor != 1:
            graph.add("Mul", [name, graph.keep(np.array(factor, np.float32))], f"{output}_{name}")
        parts.append(name if factor == 1 else f"{output}_{name}")
    graph.add("Add", parts, output)


def _layer(graph: _Graph, weights: _Weights, line: str) -> list[str]:
    kind, inputs, outputs, options = _parse(line)
    output = outputs[0]
    if kind == "Input":
        graph.add("Identity", ["image"], output)
    elif kind == "Split":
        for name in outputs:
            graph.add("Identity", inputs, name)
    elif kind == "Convolution":
        _convolve(graph, weights, inputs, output, options)
    elif kind == "PReLU":
        slopes = weights.take(np.float32, int(options[0][0])).reshape(-1, 1, 1)
        graph.add("PRelu", [*inputs, graph.keep(slopes)], output)
    elif kind == "PixelShuffle":
        graph.add("DepthToSpace", inputs, output, blocksize=int(options[0][0]), mode="CRD")
    elif kind == "Interp" and options[0] == [1]:
        scales = graph.keep(np.array([1, 1, options[1][0], options[2][0]], np.float32))
        nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        graph.add("Resize", [*inputs, "", scales], output, **nearest)
    elif kind == "Concat":
        graph.add("Concat", inputs, output, axis=1)
    elif kind == "BinaryOp" and options.get(0, [0]) == [0]:
        graph.add("Add", inputs, output)
    elif kind == "Eltwise" and options[0] == [1]:
        _weighted_sum(graph, inputs, output, options)
    else:
        raise ValueError(f"layer {kind} {options} is not known")
    return outputs


def convert(param: Path, weights: Path, *, factor: int) -> onnx.ModelProto:
    """Convert one network.

    Args:
        param: the layer list; ``weights``: its binary file, read to the last byte.
        factor: how many times larger the network's output is.

    Returns:
        A checked ONNX model from ``image`` float32 [1, 3, H, W] (RGB, 0-1) to ``enlarged`` [1, 3, H*factor, W*factor].

    Raises:
        ValueError: a layer is not known, or weights are left over.
    """
    graph, reader = _Graph(), _Weights(weights.read_bytes())
    last = ""
    for line in param.read_text().splitlines()[2:]:
        last = _layer(graph, reader, line)[0]
    if reader.offset != len(reader.data):
        raise ValueError(f"{len(reader.data) - reader.offset} bytes of weights were not used")
    graph.add("Identity", [last], "enlarged")
    source = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", "width"])
    target = helper.make_tensor_value_info("enlarged", TensorProto.FLOAT, [1, 3, f"height*{factor}", f"width*{factor}"])
    body = helper.make_graph(graph.nodes, param.stem.replace("-", "_"), [source], [target], graph.initializers)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return model
