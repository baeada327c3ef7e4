"""A model's passes through `torch.compile`. Knows nothing of scores or paths."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from whylight.errors import ModelError


class Compiled:
    """`forward` with the same weights, compiled for any number of rows; without gradients it runs as it is.

    So does the first pass with gradients, whose graph tells whether the score has kinks (a compiled graph tells nothing),
    and a single row, which would be compiled for itself. PyTorch remembers what it compiled for a model.
    """

    def __init__(self, forward: Callable[..., Any]) -> None:
        self._plain, self._fast = forward, torch.compile(forward, dynamic=True)
        self._first = True

    def __call__(self, *points: Tensor, **kwargs: Any) -> Any:
        """What the model returns."""
        if not torch.is_grad_enabled() or self._first or len(points[0]) == 1:
            self._first = self._first and not torch.is_grad_enabled()
            return self._plain(*points, **kwargs)
        from torch._dynamo.exc import TorchDynamoException

        try:
            return self._fast(*points, **kwargs)
        except TorchDynamoException as error:
            raise ModelError(
                f"torch.compile cannot compile this model here: {str(error).strip().splitlines()[0]} On a CPU it needs a C++ "
                "compiler (g++), on a GPU Triton. Leave compile=True out."
            ) from error
