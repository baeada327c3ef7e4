"""ONNX Runtime sessions as functions of rows. Known by what they can do: the package itself is never imported.

Knows nothing of columns, targets or methods.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidTypeError

DTYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}


def is_session(model: Any) -> bool:
    """Whether a model runs like an `onnxruntime.InferenceSession`."""
    return all(callable(getattr(model, name, None)) for name in ("run", "get_inputs", "get_outputs"))


class Session:
    """A session as a function of rows `(M, D)`: its one input, and the first of its outputs that holds real numbers.

    A session made for batches of one size gets batches of that size.

    Raises
    ------
    InvalidTypeError
        There is no such input or output; the message lists those there are.
    """

    def __init__(self, session: Any) -> None:
        inputs, outputs = session.get_inputs(), session.get_outputs()
        real = [output.name for output in outputs if output.type in DTYPES]
        if len(inputs) != 1 or inputs[0].type not in DTYPES or not real:
            raise InvalidTypeError(
                "An ONNX session must turn one tensor of real numbers into another; this one takes "
                f"{_listed(inputs)} and gives {_listed(outputs)}. Wrap it in a function of rows (N, D) that returns scores; "
                "a classifier that gives dictionaries was exported with zipmap: export it without."
            )
        self.run, self.output = session.run, real[0]
        self.input, self.dtype, self.shape = inputs[0].name, DTYPES[inputs[0].type], inputs[0].shape

    def __call__(self, rows: Any) -> NDArray[Any]:
        """The scores of rows `(M, D)`."""
        rows = np.asarray(rows).astype(self.dtype)
        size = self.shape[0] if self.shape and isinstance(self.shape[0], int) else len(rows)
        missing = -len(rows) % size
        whole = np.concatenate([rows, rows[-1:].repeat(missing, 0)]) if missing else rows
        parts = [self.run([self.output], {self.input: part})[0] for part in np.split(whole, len(whole) // size)]
        return np.concatenate(parts)[: len(rows)]


def _listed(ends: Any) -> str:
    return ", ".join(f"{end.name} ({end.type})" for end in ends) or "nothing"
