"""Targets by the place of one output: class numbers, label names, index tuples, the top-1 class. Knows nothing of paths."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, ModelError
from whylight.targets.labels import Labels, class_of, name_of


def indices_in(spec: Any, scores: Tensor, labels: Labels) -> list[tuple[int, ...]]:
    """One index tuple per sample into the outputs (without the batch dimension)."""
    if isinstance(spec, list):
        if len(spec) != len(scores):
            raise InvalidValueError(
                f"target is a list of {len(spec)}, but there are {len(scores)} samples: give one target per sample."
            )
        return [_index(s, scores, labels, i) for i, s in enumerate(spec)]
    own = range(len(scores)) if spec is None else [0]
    return [_index(spec, scores, labels, i) for i in own] * (len(scores) // len(own))


def _index(spec: Any, scores: Tensor, labels: Labels, sample: int) -> tuple[int, ...]:
    if spec is None:
        return _default(scores, sample)
    shape = tuple(scores.shape)
    if isinstance(spec, str):
        spec = class_of(spec, labels)
    index = spec if isinstance(spec, tuple) else (spec,)
    if not all(_is_int(i) for i in index):
        raise InvalidTypeError(
            f"target must be a class index, a label, a list with one per sample, an index tuple, contrast(a, b) or a "
            f"callable; got {type(spec).__name__}."
        )
    index = tuple(int(i) for i in index)
    if len(shape) == 1 and index in ((0,), (-1,)):
        return ()
    if len(index) != len(shape) - 1:
        raise InvalidValueError(
            f"target {spec!r} does not pick one number per sample: the model's output has shape {shape}, so an index of "
            f"{len(shape) - 1} numbers is needed (or a callable outputs -> (N,))."
        )
    for i, size in zip(index, shape[1:], strict=True):
        if not -size <= i < size:
            raise InvalidValueError(
                f"target {spec!r} is out of range: the model's output has shape {shape}, so the index must lie in 0..{size - 1}, or "
                f"count back from -1 to {-size}."
            )
    return tuple(i % size for i, size in zip(index, shape[1:], strict=True))


def _dense(ndim: int) -> str:
    """The targets for outputs of so many axes."""
    if ndim > 3:
        return "say wl.targets.region(class) for a segmentation"
    return "say wl.targets.token(i, label), .box(i, class) or .at(step, feature) for outputs per token, box or step"


def _is_int(value: Any) -> bool:
    return not isinstance(value, bool) and hasattr(value, "__index__")


def _default(scores: Tensor, sample: int) -> tuple[int, ...]:
    if scores.ndim == 1:
        return ()
    if scores.ndim == 2:
        row = scores[sample]
        if not torch.isfinite(row).any():
            raise ModelError("The model's output is NaN or infinite at the input itself, so there is no top-1 class.")
        return (int(torch.nan_to_num(row, nan=-torch.inf).argmax()),)
    largest = np.unravel_index(int(scores[sample].argmax()), scores.shape[1:])
    raise InvalidValueError(
        f"The model's output has shape {tuple(scores.shape)}: more than one score per class. Name the one to explain with an "
        f"index tuple of {scores.ndim - 1} numbers (the largest is target={tuple(int(i) for i in largest)}), "
        f"{_dense(scores.ndim)}, or give a callable outputs -> (N,)."
    )


def named(indices: Sequence[tuple[int, ...]], scores: Tensor, labels: Labels) -> tuple[str, int | str | None]:
    """The label and the value of targets by their places."""
    if len(set(indices)) > 1:
        return "one target per sample", str(indices)
    index = indices[0]
    if not index:
        return "output", None
    if scores.ndim == 2 and scores.shape[1] == 1 and not labels:
        return "output", None
    if len(index) == 1:
        return name_of(index[0], labels), index[0]
    return f"output {index}", str(index)
