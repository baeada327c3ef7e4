"""Tuples of tensors, one per input of a model: sums and norms over features, wide dtypes. Knows nothing of models."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Tensors = tuple[Tensor, ...]
Maps = Tensor | Tensors
Points = NDArray[np.int64]  # numbers of points, samples or rows


def plain(tensor: Tensor) -> Tensor:
    """The tensor without a subclass of somebody's own (fastai's TensorImage), which would have a say in every operation."""
    return tensor if type(tensor) is Tensor else tensor.as_subclass(Tensor)


def as_tuple(maps: Maps) -> Tensors:
    """A tuple of maps, also for a single one."""
    return maps if isinstance(maps, tuple) else (maps,)


def doubles(maps: Maps) -> Any:
    """As float64 arrays of the CPU: one, or a tuple of several inputs'."""
    found = tuple(m.detach().cpu().double().numpy() for m in as_tuple(maps))
    return found if isinstance(maps, tuple) else found[0]


def joined(parts: Sequence[Tensor], dim: int = 0) -> Tensor:
    """One after the other; one alone as it is, without a copy."""
    return parts[0] if len(parts) == 1 else torch.cat(tuple(parts), dim)


def like(maps: Tensors, single: bool) -> Maps:
    """One map as itself, several as a tuple; in the plain layout."""
    maps = tuple(m.contiguous() for m in maps)
    return maps[0] if single else maps


def sum_features(maps: Tensors) -> Tensor:
    """Sum over everything but the samples, `(N,)`."""
    return torch.stack([m.sum(tuple(range(1, m.ndim))) if m.ndim > 1 else m for m in maps]).sum(0)


def norm(maps: Tensors, order: int = 2) -> Tensor:
    """L2 norm (or that of another order) over all features of each sample, `(N,)`."""
    size = torch.linalg.vector_norm
    sizes = [size(m, order, dim=tuple(range(1, m.ndim))) if m.ndim > 1 else m.abs() for m in maps]
    return size(torch.stack(sizes), order, dim=0)


def relative_error(errors: Tensors, maps: Tensors) -> Tensor:
    """norm(errors) / norm(maps) of each sample; 0 where both are zero."""
    error, size = norm(errors), norm(maps)
    return torch.where(error == 0, torch.zeros_like(error), error / size)


def to_ndim(values: Any, ndim: int) -> Any:
    """Values `(N, ...)`, a tensor or an array, with axes of one place at the end, so that they multiply `(N, ..., *more)`.

    There may be too many such axes: a row of one number `(N,)` has no place of its own.

    Examples
    --------
    >>> to_ndim(torch.zeros(5), 3).shape, to_ndim(torch.zeros(5, 1), 1).shape
    (torch.Size([5, 1, 1]), torch.Size([5]))
    """
    return values.reshape(*values.shape, *[1] * (ndim - values.ndim))[(..., *[0] * (values.ndim - ndim))]


def as_rows(x: Tensor) -> Tensor:
    """`(N, ...)` as rows of features `(N, D)`; `(N,)` are rows of one."""
    return x.reshape(len(x), -1)


def sum_finite(x: Tensor) -> bool:
    """Whether the values add up to a finite number: quick to look at, but sums may overflow."""
    return math.isfinite(x.detach().sum())


def all_finite(x: Tensor) -> bool:
    """Whether no value is NaN or infinite."""
    return sum_finite(x) or bool(x.isfinite().all())


def finite(grad: Tensor) -> Tensor:
    """A gradient whose NaN and infinite values count as zero."""
    return torch.nan_to_num(grad, nan=0.0, posinf=0.0, neginf=0.0)


def as_stored(x: Tensor, like: Tensor) -> Tensor:
    """Dimensions in the order they lie in the memory of `like`."""
    channels_last = (
        like.ndim == 4 and like.is_contiguous(memory_format=torch.channels_last) and not like.is_contiguous()
    )
    return x.movedim(1, -1) if channels_last else x


def shaped(rows: Tensor, like: Tensor) -> Tensor:
    """Rows `(N, D)` of values in the order they lie in the memory of `like`, in its shape."""
    stored = as_stored(like, like)
    found = rows.reshape(len(rows), *stored.shape[1:])
    return found if stored is like else found.movedim(-1, 1)


def rows_of(x: Tensor, samples: Points) -> Tensor:
    """The rows of these samples, laid out in memory as they are; of one sample alone its row, to be broadcast."""
    first = int(samples[0])
    if (samples == first).all():
        return x[first : first + 1]
    stored = as_stored(x, x)
    found = stored.index_select(0, torch.from_numpy(samples).to(x.device))  # six times as fast as by [...]
    return found if stored is x else found.movedim(-1, 1)


def wide(device: torch.device) -> torch.dtype:
    """The dtype sums are kept in: float64, or float32 where the device has none."""
    return torch.float32 if device.type == "mps" else torch.float64


def expand(kwargs: Mapping[str, Any], n_samples: int, samples: Tensor) -> dict[str, Any]:
    """Repeat every tensor that has one row per sample, so that there is one row per point."""

    def rows(value: Any) -> Any:
        if isinstance(value, Tensor) and value.ndim > 0 and len(value) == n_samples:
            return value[samples.to(value.device)]
        return value

    return {name: rows(value) for name, value in kwargs.items()}
