"""Writes tiny ONNX models without the library: the few fields of the format that a graph of named nodes needs.

Source: onnx.proto of ONNX 1.17 (field numbers), read 2026-11-22.
"""

from collections.abc import Sequence

FLOAT, INT64 = 1, 7
Node = tuple[str, Sequence[str], str, int | None]
"""Operator, inputs, output, and the type that Cast casts to."""
Value = tuple[str, int, Sequence[int]]
"""Name, type of element, shape; 0 is any size."""


def model(nodes: Sequence[Node], inputs: Sequence[Value], outputs: Sequence[Value]) -> bytes:
    """Return the bytes of a model."""
    graph = b"".join(_field(1, _node(*node)) for node in nodes) + _text(2, "tiny")
    graph += b"".join(_field(11, _value(*one)) for one in inputs) + b"".join(
        _field(12, _value(*one)) for one in outputs
    )
    return _number(1, 8) + _field(7, graph) + _field(8, _number(2, 17))


def _node(operator: str, inputs: Sequence[str], output: str, to: int | None = None) -> bytes:
    cast = b"" if to is None else _field(5, _text(1, "to") + _number(3, to) + _number(20, 2))
    return b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, operator) + cast


def _value(name: str, kind: int, shape: Sequence[int]) -> bytes:
    dims = b"".join(_field(1, _number(1, size) if size else _text(2, f"any{at}")) for at, size in enumerate(shape))
    return _text(1, name) + _field(2, _field(1, _number(1, kind) + _field(2, dims)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _field(field, value.encode())


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
