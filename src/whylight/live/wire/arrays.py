"""Arrays and numbers as messages: bytes, little-endian and C-contiguous. Knows nothing of what they mean."""

import math
from typing import Any

import numpy as np

VERSION = 1

Message = dict[str, Any]


def array(values: Any, dtype: str = "float32") -> Message:
    """One array with its bytes, little-endian and C-contiguous."""
    packed = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"dtype": dtype, "shape": list(packed.shape), "data": packed.tobytes()}


def number(value: Any) -> float | None:
    """A plain float, or None where it is not finite."""
    value = float(value)
    return value if math.isfinite(value) else None


def streamed(message: Message, kind: str = "frame") -> tuple[Message, list[bytes]]:
    """A frame as a custom message: the bytes move to separate buffers, each array says which is its own."""
    arrays = {
        name: {k: v for k, v in a.items() if k != "data"} | {"buffer": i}
        for i, (name, a) in enumerate(message["arrays"].items())
    }
    return {**message, "kind": kind, "arrays": arrays}, [a["data"] for a in message["arrays"].values()]
