"""Arrays and numbers as messages: bytes, little-endian and C-contiguous. Knows nothing of what they mean."""

import math
from typing import Any, Generic, Literal, TypeAlias, TypedDict, TypeVar

import numpy as np

VERSION = 1

Dtype: TypeAlias = Literal["float32", "float16", "uint8", "int32"]
M = TypeVar("M")  # what is said of the arrays
K = TypeVar("K")  # the name a streamed message goes by


class PackedArray(TypedDict):
    """An array with its bytes, little-endian and C-contiguous."""

    dtype: Dtype
    shape: list[int]
    data: bytes


PackedArrays: TypeAlias = dict[str, PackedArray]


class StreamedArray(TypedDict):
    """An array of a streamed message: its bytes are in that one of the message's buffers."""

    dtype: Dtype
    shape: list[int]
    buffer: int


class Message(TypedDict, Generic[M]):
    """Numbered arrays, and what is said of them."""

    v: int
    seq: int
    meta: M
    arrays: PackedArrays


class Streamed(TypedDict, Generic[K, M]):
    """A message on its way to the browser while a run goes on."""

    kind: K
    v: int
    seq: int
    meta: M
    arrays: dict[str, StreamedArray]


class Nothing(TypedDict):
    """`{}`: what a trait holds before there is anything to tell."""


class Missing(TypedDict):
    """Said in place of everything else, where there is nothing to show.

    Attributes
    ----------
    missing
        Why there is nothing.
    """

    missing: str
    notes: list[str]


def array(values: Any, dtype: Dtype = "float32") -> PackedArray:
    """One array with its bytes, little-endian and C-contiguous."""
    packed = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"dtype": dtype, "shape": list(packed.shape), "data": packed.tobytes()}


def number(value: Any) -> float | None:
    """A plain float, or None where it is not finite."""
    value = float(value)
    return value if math.isfinite(value) else None


def halved(values: np.ndarray) -> tuple[PackedArray, float | None]:
    """As float16, divided by the largest |value|; and that. Small values keep three digits, down to 6e-5 of the largest."""
    scale = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    return array(values / scale, "float16"), number(scale)


def streamed(message: Message[M], kind: K = "frame") -> tuple[Streamed[K, M], list[bytes]]:
    """A frame as a custom message: the bytes move to separate buffers, each array says which is its own."""
    arrays: dict[str, StreamedArray] = {
        name: {"dtype": a["dtype"], "shape": a["shape"], "buffer": i}
        for i, (name, a) in enumerate(message["arrays"].items())
    }
    content: Streamed[K, M] = {**message, "kind": kind, "arrays": arrays}
    return content, [a["data"] for a in message["arrays"].values()]
