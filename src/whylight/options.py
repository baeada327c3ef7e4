"""The keyword options of the public functions.

Knows nothing of models, inputs or methods.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, unknown_name


class Options(TypedDict, total=False):
    """The keyword options of `explain`, `attribute` and `refine`; see `explain`."""

    target: Any
    method: Any
    baseline: Any
    n_steps: int | None
    tol: float | None
    rule: str | None
    output: str
    preprocess: Callable[[Any], Tensor] | None
    labels: Sequence[str] | Mapping[int, str] | None
    tokenizer: Any
    embedding: Any
    feature_names: Sequence[str] | None
    background: Any
    forward_kwargs: Mapping[str, Any] | None
    internal_batch_size: int | None
    dtype: torch.dtype | None
    compile: bool
    device: Any


def unknown_option(name: str) -> InvalidTypeError:
    """The error for a misspelt keyword."""
    return InvalidTypeError(str(unknown_name("option", name, Options.__annotations__)))
