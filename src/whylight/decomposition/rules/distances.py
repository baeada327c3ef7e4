"""Distances of activations from each other and from constants, prototypes say.

A p-norm is Σᵢ wᵢ dᵢ with weights wᵢ = ∂‖d‖ / ∂dᵢ (Euler); these come from the total and are held, as those of attention are.
Knows nothing of where the norm is only a divisor.
"""

import math
from typing import Any

import torch

from whylight.decomposition.decomposed import missing
from whylight.decomposition.torch_functions import named_functions, paired, totals


@named_functions("cdist")
def distances(op: Any, a: Any, b: Any, p: float = 2.0, *args: Any, **kwargs: Any) -> Any:
    """Of every row of one to every row of the other."""
    apart = torch.sub(a.unsqueeze(-2), b.unsqueeze(-3))
    return _norm(op, op(totals(a), totals(b), p, *args, **kwargs), apart, p)


@named_functions("pairwise_distance")
def distance_of_rows(op: Any, a: Any, b: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """Of row by row."""
    found = _norm(op, op(totals(a), totals(b), p, eps), torch.add(torch.sub(a, b), eps), p)
    return found.unsqueeze(-1) if keepdim else found


@named_functions("dist")
def distance(op: Any, a: Any, b: Any, p: float = 2.0) -> Any:
    """Of two whole tensors."""
    return _norm(op, op(totals(a), totals(b), p), torch.sub(a, b).flatten(), p)


def _norm(op: Any, length: torch.Tensor, apart: Any, p: float) -> Any:
    """The decomposed p-norm over the last dimension; what has no length has no parts."""
    if p <= 0:
        missing(op, f"p is {p:g}")
    size = apart.total.abs()
    largest = size.amax(-1, keepdim=True)
    if math.isinf(p):
        weight = (size == largest).to(size.dtype)
        weight = weight / weight.sum(-1, keepdim=True)
    else:
        share = size / torch.where(largest > 0, largest, 1)  # so that no power overflows
        weight = share ** (p - 1) * (size > 0)
        weight = weight * (length.unsqueeze(-1) / (weight * size).sum(-1, keepdim=True)).nan_to_num(0.0)
    return paired(length, (weight * apart.total.sign() * apart.relevant).sum(-1))
