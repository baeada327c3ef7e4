"""A logistic regression as an ONNX file, written byte by byte: three messages of protocol buffers need no package.

Field numbers are those of the public format, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import struct

FLOAT = 1


def varint(value: int) -> bytes:
    rest, low = value >> 7, value & 127
    return bytes([low]) if not rest else bytes([low | 128]) + varint(rest)


def entry(number: int, value: int | str | bytes) -> bytes:
    """One field of a message: a number, a text, or a message of its own."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def node(kind: str, inputs: list[str], output: str) -> bytes:
    return b"".join(entry(1, name) for name in inputs) + entry(2, output) + entry(4, kind)


def constant(name: str, shape: tuple[int, ...], values: list[float]) -> bytes:
    dims = b"".join(entry(1, size) for size in shape)
    return dims + entry(2, FLOAT) + entry(8, name) + entry(9, struct.pack(f"<{len(values)}f", *values))


def tensor(name: str, batch: int | str, width: int) -> bytes:
    """What goes in or comes out, `(batch, width)`; a batch with a name may have any size."""
    first = entry(1, batch) if isinstance(batch, int) else entry(2, batch)
    shape = entry(1, first) + entry(1, entry(1, width))
    return entry(1, name) + entry(2, entry(1, entry(1, FLOAT) + entry(2, shape)))


def logistic(weights: list[float], bias: float, batch: int | str = "N") -> bytes:
    """p = sigmoid(x @ weights + bias), `(N, D)` to `(N, 1)`."""
    width = len(weights)
    nodes = [node("MatMul", ["x", "w"], "a"), node("Add", ["a", "b"], "z"), node("Sigmoid", ["z"], "p")]
    graph = b"".join(entry(1, one) for one in nodes) + entry(2, "logistic")
    graph += entry(5, constant("w", (width, 1), weights)) + entry(5, constant("b", (1,), [bias]))
    graph += entry(11, tensor("x", batch, width)) + entry(12, tensor("p", batch, 1))
    return entry(1, 8) + entry(7, graph) + entry(8, entry(2, 13))
