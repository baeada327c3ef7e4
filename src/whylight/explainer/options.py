"""The keyword options of the public functions, and the checks of those that are taken as they are.

Knows nothing of methods.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.inputs.prepared import Prepared


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
    kind: Any
    channel_names: Sequence[str] | None
    sample_rate: float | None
    times: Any
    spacing: Any
    forward_kwargs: Mapping[str, Any] | None
    internal_batch_size: int | None
    dtype: torch.dtype | None
    compile: bool
    device: Any


@dataclass(frozen=True)
class PassOptions:
    """How points go through a model: further inputs, how many at once, half precision, compiled."""

    forward_kwargs: Mapping[str, Any]
    size: int | None
    dtype: torch.dtype | None
    compile: bool

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> "PassOptions":
        """Those of the options, checked and taken out of them."""
        return cls(
            checked_kwargs(options.pop("forward_kwargs", None)),
            checked_size(options.pop("internal_batch_size", None)),
            checked_dtype(options.pop("dtype", None)),
            bool(options.pop("compile", False)),
        )

    def check(self, prepared: Prepared) -> None:
        """Raise where an input cannot go through the model so."""
        if self.compile and prepared.not_compiled:
            raise InvalidValueError(prepared.not_compiled)
        first = prepared.inputs[0].dtype
        if self.dtype is not None and any(t.dtype != torch.float32 for t in prepared.inputs):
            raise InvalidValueError(f"dtype={self.dtype} is for float32 models; the inputs are {first} already.")


def unknown_option(name: str) -> InvalidTypeError:
    """The error for a misspelt keyword."""
    return InvalidTypeError(str(unknown_name("option", name, Options.__annotations__)))


def checked_dtype(dtype: Any) -> torch.dtype | None:
    """`dtype=`: half precision, or None."""
    if dtype in (None, torch.bfloat16, torch.float16):
        return dtype
    raise InvalidValueError(
        f"dtype is the precision of the model's passes: torch.bfloat16 or torch.float16 (None: as the model is); got {dtype!r}."
    )


def checked_size(size: Any) -> int | None:
    """`internal_batch_size=`: a whole number, or None."""
    if size is None:
        return None
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise InvalidTypeError(f"internal_batch_size must be a whole number of at least 1, got {size!r}.")
    if size < 1:
        raise InvalidValueError(f"internal_batch_size must be at least 1, got {size!r}.")
    return int(size)


def checked_kwargs(given: Any) -> Mapping[str, Any]:
    """`forward_kwargs=`: a dictionary, empty by default."""
    if given is not None and not isinstance(given, Mapping):
        raise InvalidTypeError(
            f"forward_kwargs must be a dictionary of the model's further inputs; got {type(given).__name__}."
        )
    return given or {}


def check_labels(labels: Sequence[str] | None, outputs: Tensor | None) -> None:
    """`labels=`: as many names as classes."""
    if labels is None or outputs is None or outputs.ndim != 2 or outputs.shape[1] == 1:
        return
    if len(labels) != outputs.shape[1]:
        raise InvalidValueError(
            f"labels has {len(labels)} names, and the model's output {outputs.shape[1]} classes: give one name for each, or a "
            "dictionary {class: name}."
        )
