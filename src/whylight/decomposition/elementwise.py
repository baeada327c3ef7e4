"""The two rules of elementwise functions, for torch's and for those of your own. Knows which function follows which of none."""

from typing import Any

import torch
from torch import nn

from whylight.decomposition.decomposed import CHOICES, Decomposed, missing
from whylight.decomposition.torch_functions import biased, paired


def rectifier(op: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """β' = f(β), γ' = f(β + γ) − f(β) for functions with f(0) = 0; two-way Shapley values with `relu="shapley"`."""
    if not isinstance(x, Decomposed):
        missing(op)
    if CHOICES.get().relu == "shapley":
        return activation(op, x, *args, **kwargs)
    return paired(op(x.total, *args, **kwargs), op(x.relevant, *args, **kwargs))


def activation(op: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """β' = ½ [f(β) − f(0) + f(β + γ) − f(γ)], and f(0) shared out as a bias."""
    if not isinstance(x, Decomposed):
        missing(op)
    f = lambda t: op(t, *args, **kwargs)
    at_zero = f(torch.zeros_like(x.total) if isinstance(op, nn.Module) or x.ndim == 0 else x.total.new_zeros(1))
    total = f(x.total)
    relevant = (f(x.relevant) - at_zero + total - f(x.irrelevant)) / 2
    return biased(total - at_zero, relevant, at_zero) if bool((at_zero != 0).any()) else paired(total, relevant)
