"""Maxima: windows, adaptive and global, sorting, running ones. The total chooses, and both parts are taken where it chose.

Pooling by powers lies between a mean and a maximum: the total weighs.
"""

import math
import re
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whylight.decomposition.decomposed import Decomposed, missing, rule
from whylight.decomposition.torch_functions import functions, named_functions, paired, totals

SIDES = [f"{n}d" for n in (1, 2, 3)]


@rule(
    *functions(
        *(f"{kind}_pool{n}{end}" for kind in ("max", "adaptive_max") for n in SIDES for end in ("", "_with_indices"))
    )
)
def max_pool(op: Any, x: Any, *args: Any, return_indices: bool = False, **kwargs: Any) -> Any:
    """Indices from the total, then gathered from each part."""
    name = op.__name__.removesuffix("_with_indices")
    n = int(re.findall(r"\d", name)[0])
    total, indices = getattr(functional, f"{name}_with_indices")(x.total, *args, **kwargs)
    made = paired(total, _taken(x.relevant, indices, n))
    return (made, indices) if return_indices or op.__name__.endswith("_with_indices") else made


def _taken(values: Tensor, indices: Tensor, n: int) -> Tensor:
    """Values at indices into their last n dimensions; where channels lie last, without bringing them to the front."""
    if values.ndim == n + 2 and not values.is_contiguous():
        flat, at = (t.movedim(1, -1).flatten(1, -2) for t in (values, indices))
        return flat.gather(1, at).unflatten(1, indices.shape[2:]).movedim(-1, 1)
    return values.flatten(-n).gather(-1, indices.flatten(-n)).view_as(indices)


@named_functions("lp_pool1d", "lp_pool2d", "lp_pool3d")
def power_pool(op: Any, x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """A p-norm of each window: a sum with weights like powers of p − 1, which come from the total and are held; p = ∞ is a maximum."""
    values, place = x.total, (kernel_size, stride, ceil_mode)
    if norm_type == math.inf:
        sizes = Decomposed.of(values.abs(), values.sign() * x.relevant)
        return getattr(functional, op.__name__.replace("lp", "max"))(sizes, kernel_size, stride, 0, 1, ceil_mode)
    if norm_type <= 0:
        missing(op, f"norm_type is {norm_type:g}")
    weight = torch.where(values == 0, float(norm_type == 1), values ** (norm_type - 1))
    total, sums, parts = op(values, norm_type, *place), *(op(weight * t, 1.0, *place) for t in (values, x.relevant))
    return paired(total, parts * torch.where(sums == 0, 0, total / sums) if norm_type != 1 else parts)


@named_functions("max", "min")
def extreme(op: Any, x: Any, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
    """Over a dimension or everything; of two tensors as `larger`."""
    if isinstance(dim, Tensor) or "other" in kwargs:
        return larger(getattr(torch, f"{op.__name__}imum"), x, kwargs.get("other", dim))
    if dim is None:
        return extreme(op, x.flatten(), 0)[0]
    total, indices = getattr(torch, op.__name__)(x.total, dim, keepdim=True)
    found = (paired(total, x.relevant.gather(dim, indices)), indices)
    kind = getattr(torch.return_types, op.__name__)
    return kind(found if keepdim else tuple(f.squeeze(dim) for f in found))


@named_functions("amax", "amin")
def extreme_value(op: Any, x: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """Over several dimensions, one after the other."""
    dims = [dim] if isinstance(dim, int) else list(dim) or list(range(x.ndim))
    for d in dims:
        x = extreme(torch.max if op.__name__ == "amax" else torch.min, x, d, True)[0]
    return x if keepdim else x.squeeze(tuple(dims))


@named_functions("aminmax")
def both_extremes(op: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest and the largest."""
    dims = () if dim is None else dim
    return torch.return_types.aminmax((torch.amin(x, dims, keepdim), torch.amax(x, dims, keepdim)))


@named_functions("cummax", "cummin")
def running_extreme(op: Any, x: Any, dim: int) -> Any:
    """Each place from where the total had its extreme so far."""
    total, indices = getattr(torch, op.__name__)(x.total, dim)
    return getattr(torch.return_types, op.__name__)((paired(total, x.relevant.gather(dim, indices)), indices))


@named_functions("maximum", "minimum", "fmax", "fmin")
def larger(op: Any, a: Any, b: Any) -> Any:
    """Each place from the tensor that is larger (smaller) there; a constant is irrelevant."""
    total = op(totals(a), totals(b))
    parts = [t.relevant if isinstance(t, Decomposed) else torch.zeros_like(t) for t in (a, b)]
    return paired(total, torch.where(totals(a) == total, *parts))


@named_functions("topk", "sort", "kthvalue", "median")
def ordered(op: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """Values and indices along a dimension (the last by default), taken where the total has them."""
    name = op.__name__
    at = 1 if name in ("topk", "kthvalue") else 0
    dim = kwargs.get("dim", args[at] if len(args) > at and not isinstance(args[at], bool) else -1)
    if name == "median" and not args and not kwargs:
        missing(op, "give it a dimension")
    total, indices = getattr(torch, name)(x.total, *args, **kwargs)
    reduced = indices.ndim < x.ndim
    taken = x.relevant.gather(dim, indices.unsqueeze(dim) if reduced else indices)
    return getattr(torch.return_types, name)((paired(total, taken.squeeze(dim) if reduced else taken), indices))
