"""Turn a small TensorFlow-Lite picture model into a plain ONNX graph.

Called by ``models.py`` of this script. It knows only the operators that the MediaPipe face-mesh, iris and
selfie-segmentation files use and refuses every other one. Inside the graph pictures are [1, C, H, W]; at its edges they
keep TensorFlow's [1, H, W, C].
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
_CODES = {value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}
_DTYPES = {0: np.float32, 1: np.float16, 2: np.int32}


class _Converter:
    def __init__(self, data: bytes) -> None:
        self.model = tflite.Model.GetRootAsModel(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.constants: dict[int, np.ndarray] = {}
        self.names: dict[int, str] = {}
        self.half: set[str] = set()

    def shape(self, index: int) -> list[int]:
        return [int(side) for side in self.graph.Tensors(index).ShapeAsNumpy()]

    def constant(self, index: int) -> np.ndarray | None:
        """Return a stored tensor's values, or None for a computed one."""
        if index in self.constants:
            return self.constants[index]
        tensor = self.graph.Tensors(index)
        buffer = self.model.Buffers(tensor.Buffer())
        if buffer.DataLength() == 0:
            return None
        values = np.frombuffer(buffer.DataAsNumpy().tobytes(), _DTYPES[tensor.Type()]).reshape(self.shape(index))
        self.constants[index] = values
        return values

    def weights(self, index: int) -> np.ndarray:
        values = self.constant(index)
        if values is None:
            raise ValueError(f"tensor {index} should be stored in the file")
        return values

    def value(self, index: int) -> str:
        """Name a tensor as a node input; four-dimensional constants are turned to channels-first."""
        if index in self.names:
            return self.names[index]
        values = self.constant(index)
        if values is None:
            raise ValueError(f"tensor {index} is used before it is computed")
        return self.keep(values.transpose(0, 3, 1, 2) if values.ndim == 4 else values)

    def keep(self, values: np.ndarray) -> str:
        """Store a constant; half-precision stays half in the file and is widened on load."""
        name = f"const_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        if values.dtype != np.float16:
            return name
        self.nodes.append(helper.make_node("Cast", [name], [name + "_f32"], to=TensorProto.FLOAT))
        return name + "_f32"

    def emit(self, kind: str, inputs: list[str], output: int, activation: int = 0, **attributes: Any) -> None:
        name = f"t{output}"
        first = name if activation == 0 else name + "_raw"
        self.nodes.append(helper.make_node(kind, inputs, [first], **attributes))
        if activation == 1:
            self.nodes.append(helper.make_node("Relu", [first], [name]))
        elif activation == 3:
            bounds = [self.keep(np.array(limit, np.float32)) for limit in (0, 6)]
            self.nodes.append(helper.make_node("Clip", [first, *bounds], [name]))
        elif activation != 0:
            raise ValueError(f"activation {activation} is not known")
        self.names[output] = name

    def pads(self, source: int, target: int, kernel: list[int], strides: list[int], padding: int) -> list[int]:
        """Return ONNX pads (top, left, bottom, right) for TensorFlow's SAME (0) or VALID (1)."""
        if padding == 1:
            return [0, 0, 0, 0]
        before, after = self.shape(source)[1:3], self.shape(target)[1:3]
        total = [max((after[i] - 1) * strides[i] + kernel[i] - before[i], 0) for i in (0, 1)]
        return [total[0] // 2, total[1] // 2, total[0] - total[0] // 2, total[1] - total[1] // 2]

    def convolve(self, inputs: list[int], output: int, table: Any, *, depthwise: bool) -> None:
        options = tflite.DepthwiseConv2DOptions() if depthwise else tflite.Conv2DOptions()
        options.Init(table.Bytes, table.Pos)
        weights = self.weights(inputs[1])
        kernel, strides = list(weights.shape[1:3]), [options.StrideH(), options.StrideW()]
        self.emit(
            "Conv",
            [
                self.value(inputs[0]),
                self.keep(weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))),
                self.keep(self.weights(inputs[2])),
            ],
            output,
            options.FusedActivationFunction(),
            kernel_shape=kernel,
            strides=strides,
            pads=self.pads(inputs[0], output, kernel, strides, options.Padding()),
            dilations=[options.DilationHFactor(), options.DilationWFactor()],
            group=self.shape(inputs[0])[3] if depthwise else 1,
        )

    def pool(self, kind: str, inputs: list[int], output: int, table: Any) -> None:
        options = tflite.Pool2DOptions()
        options.Init(table.Bytes, table.Pos)
        kernel, strides = [options.FilterHeight(), options.FilterWidth()], [options.StrideH(), options.StrideW()]
        pads = self.pads(inputs[0], output, kernel, strides, options.Padding())
        activation = options.FusedActivationFunction()
        self.emit(kind, [self.value(inputs[0])], output, activation, kernel_shape=kernel, strides=strides, pads=pads)

    def resize(self, inputs: list[int], output: int, table: Any) -> None:
        options = tflite.ResizeBilinearOptions()
        options.Init(table.Bytes, table.Pos)
        mode = "align_corners" if options.AlignCorners() else "asymmetric"
        mode = "half_pixel" if options.HalfPixelCenters() else mode
        height, width, channels = self.shape(output)[1:]
        sizes = self.keep(np.array([1, channels, height, width], np.int64))
        self.emit(
            "Resize",
            [self.value(inputs[0]), "", "", sizes],
            output,
            mode="linear",
            coordinate_transformation_mode=mode,
        )

    def transpose_convolve(self, inputs: list[int], output: int, options: bytes) -> None:
        """MediaPipe's own operator: transposed convolution plus bias. Options: padding, stride width, stride height."""
        padding, stride_w, stride_h = struct.unpack("<3i", options[:12])
        weights = self.weights(inputs[1])
        if (stride_h, stride_w) != weights.shape[1:3] or padding not in (0, 1, 2):
            raise ValueError("only transposed convolution without overlap is known")
        parts = [self.value(inputs[0]), self.keep(weights.transpose(3, 0, 1, 2)), self.keep(self.weights(inputs[2]))]
        self.emit("ConvTranspose", parts, output, kernel_shape=[stride_h, stride_w], strides=[stride_h, stride_w])

    def pad(self, inputs: list[int], output: int) -> None:
        amounts = self.weights(inputs[1])[[0, 3, 1, 2]]
        self.emit("Pad", [self.value(inputs[0]), self.keep(amounts.T.reshape(-1).astype(np.int64))], output)

    def reshape(self, inputs: list[int], output: int) -> None:
        """Only to a list of values, as the last step: rows, columns and channels are counted in TensorFlow's order."""
        if len(self.shape(output)) != 2:
            raise ValueError("only reshaping to a list is known")
        turned = f"t{output}_turned"
        self.nodes.append(helper.make_node("Transpose", [self.value(inputs[0])], [turned], perm=[0, 2, 3, 1]))
        self.emit("Reshape", [turned, self.keep(np.array(self.shape(output), np.int64))], output)

    def operator(self, operator: Any) -> None:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        kind = _CODES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [int(index) for index in operator.InputsAsNumpy()]
        output, table = int(operator.Outputs(0)), operator.BuiltinOptions()
        if kind == "DEQUANTIZE":
            self.constants[output] = self.weights(inputs[0])
        elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self.convolve(inputs, output, table, depthwise=kind != "CONV_2D")
        elif kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
            self.pool("MaxPool" if kind == "MAX_POOL_2D" else "AveragePool", inputs, output, table)
        elif kind in ("ADD", "MUL"):
            options = tflite.AddOptions() if kind == "ADD" else tflite.MulOptions()
            options.Init(table.Bytes, table.Pos)
            names = [self.value(index) for index in inputs]
            self.emit(kind.capitalize(), names, output, options.FusedActivationFunction())
        elif kind == "PRELU":
            slope = self.weights(inputs[1]).reshape(1, 1, -1).transpose(2, 0, 1)
            self.emit("PRelu", [self.value(inputs[0]), self.keep(slope)], output)
        elif kind in ("RELU", "HARD_SWISH", "LOGISTIC"):
            names = {"RELU": "Relu", "HARD_SWISH": "HardSwish", "LOGISTIC": "Sigmoid"}
            self.emit(names[kind], [self.value(inputs[0])], output)
        elif kind == "RESIZE_BILINEAR":
            self.resize(inputs, output, table)
        elif kind == "PAD":
            self.pad(inputs, output)
        elif kind == "RESHAPE":
            self.reshape(inputs, output)
        elif kind == "CUSTOM" and code.CustomCode() == b"Convolution2DTransposeBias":
            self.transpose_convolve(inputs, output, operator.CustomOptionsAsNumpy().tobytes())
        else:
            raise ValueError(f"operator {kind} is not known")


def convert(source: Path, outputs: list[str]) -> onnx.ModelProto:
    """Convert one file.

    Args:
        source: a ``.tflite`` file with one picture input [1, H, W, C].
        outputs: the names to give the outputs, in the file's order.

    Returns:
        A checked ONNX model with the input ``image`` and the named outputs, shapes as in the source.

    Raises:
        ValueError: the file uses an operator or option this converter does not know.
    """
    work = _Converter(source.read_bytes())
    first = int(work.graph.Inputs(0))
    work.nodes.append(helper.make_node("Transpose", ["image"], [f"t{first}"], perm=[0, 3, 1, 2]))
    work.names[first] = f"t{first}"
    for index in range(work.graph.OperatorsLength()):
        work.operator(work.graph.Operators(index))
    infos = []
    for position, name in enumerate(outputs):
        index = int(work.graph.Outputs(position))
        pictured = len(work.shape(index)) == 4
        last = helper.make_node("Transpose", [work.names[index]], [name], perm=[0, 2, 3, 1])
        work.nodes.append(last if pictured else helper.make_node("Identity", [work.names[index]], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, work.shape(index)))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, work.shape(first))
    graph = helper.make_graph(work.nodes, source.stem, [image], infos, work.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model
