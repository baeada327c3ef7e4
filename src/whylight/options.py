"""The keyword options of the public functions, what can be asked again and again, and checks of plain values.

Knows nothing of models, inputs or methods.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name


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
    device: Any


@dataclass(frozen=True)
class Request:
    """What can be asked of a task again and again."""

    method: Any = "integrated_gradients"
    target: Any = None
    baseline: Any = None
    n_steps: int | None = None
    tol: float | None = None
    rule: str | None = None


def unknown_option(name: str) -> InvalidTypeError:
    """The error for a misspelt keyword."""
    return InvalidTypeError(str(unknown_name("option", name, Options.__annotations__)))


def half(dtype: Any) -> torch.dtype | None:
    """The dtype of the passes, if it is one of half precision."""
    if dtype in (None, torch.bfloat16, torch.float16):
        return dtype
    raise InvalidValueError(
        f"dtype is the precision of the model's passes: torch.bfloat16 or torch.float16 (None: as the model is); got {dtype!r}."
    )


def whole(size: Any) -> int | None:
    """A chunk size, if it is one."""
    if size is None:
        return None
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise InvalidTypeError(f"internal_batch_size must be a whole number of at least 1, got {size!r}.")
    if size < 1:
        raise InvalidValueError(f"internal_batch_size must be at least 1, got {size!r}.")
    return int(size)


def mapping(given: Any) -> Mapping[str, Any]:
    """Further inputs of the model."""
    if given is not None and not isinstance(given, Mapping):
        raise InvalidTypeError(
            f"forward_kwargs must be a dictionary of the model's further inputs; got {type(given).__name__}."
        )
    return given or {}
