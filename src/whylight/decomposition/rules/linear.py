"""Sums, products and affine maps: linear layers, convolutions, biases, operators.

A bias is shared out in proportion to the sizes of the two parts it joins. In a product of two activations only relevant
times relevant is relevant. Knows nothing of nonlinear functions.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from whylight.decomposition.decomposed import Decomposed, missing, rule, share
from whylight.decomposition.torch_functions import (
    biased,
    each,
    functions,
    named_functions,
    on_totals,
    paired,
    relevants,
    totals,
)

CONVOLUTIONS = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]
PRODUCTS = [
    "mul",
    "multiply",
    "matmul",
    "mm",
    "bmm",
    "mv",
    "dot",
    "outer",
    "ger",
    "inner",
    "vdot",
    "chain_matmul",
    "tensordot",
    "kron",
    "cross",
    "prod",
    "cumprod",
]


def affine(weigh: Callable[[Tensor], Tensor], x: Decomposed, bias: Any) -> Decomposed:
    """A linear map followed by a bias."""
    return biased(weigh(x.total), weigh(x.relevant), bias)


@named_functions("linear")
def linear(op: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    """β ← Wβ + r b with r the share of β in the output."""
    if not isinstance(x, Decomposed) or isinstance(weight, Decomposed) or isinstance(bias, Decomposed):
        missing(op, "its weights depend on the input")
    return affine(lambda t: op(t, weight), x, bias)


@named_functions(*CONVOLUTIONS)
def convolution(op: Any, x: Any, weight: Any, bias: Any = None, *args: Any, **kwargs: Any) -> Any:
    """As `linear`."""
    if not isinstance(x, Decomposed) or isinstance(weight, Decomposed):
        missing(op, "its weights depend on the input")
    spatial = [1] * (weight.ndim - 2)
    shaped = None if bias is None else bias.reshape(-1, *spatial)
    return affine(lambda t: op(t, weight, None, *args, **kwargs), x, shaped)


@named_functions("conv_tbc")
def convolution_of_time_first(op: Any, x: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """As `linear`."""
    if not isinstance(x, Decomposed) or isinstance(weight, Decomposed):
        missing(op, "its weights depend on the input")
    return affine(lambda t: op(t, weight, torch.zeros_like(bias), pad), x, bias)


@named_functions("bilinear")
def bilinear(op: Any, a: Any, b: Any, weight: Any, bias: Any = None) -> Any:
    """βₐ W βᵦ, or W on each part where only one of the two is an activation; then the bias."""
    if isinstance(weight, Decomposed) or isinstance(bias, Decomposed):
        missing(op, "its weights depend on the input")
    return biased(op(*totals((a, b)), weight), op(*relevants((a, b)), weight), bias)


@named_functions("addmm", "baddbmm", "addmv", "addr", "addbmm")
def added_product(op: Any, bias: Any, a: Any, b: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """Bias beta + alpha a b."""
    product = {"addmm": torch.mm, "baddbmm": torch.bmm, "addmv": torch.mv, "addr": torch.outer}.get(op.__name__)
    if product is None:
        missing(op)
    return torch.add(multiplied(product, a, b) * alpha, bias * beta)


@named_functions("add")
def added(op: Any, a: Any, b: Any, *, alpha: float = 1) -> Any:
    """The parts of two activations are added; a constant is a bias."""
    b = b if alpha == 1 else b * alpha
    if isinstance(a, Decomposed) and isinstance(b, Decomposed):
        return Decomposed.of(a.total + b.total, a.relevant + b.relevant)
    activation, constant = (a, b) if isinstance(a, Decomposed) else (b, a)
    return _plus(activation, constant)


def _plus(x: Decomposed, constant: Any) -> Decomposed:
    if not isinstance(constant, Tensor) and constant == 0:
        return x
    made = x.total + constant
    return Decomposed.of(made, (x.relevant + share(x.total, x.relevant) * constant).to(made.dtype))


rule(*functions("__radd__"))(lambda op, a, b: added(torch.add, a, b))


@named_functions("sub", "subtract")
def subtracted(op: Any, a: Any, b: Any, *, alpha: float = 1) -> Any:
    """A − alpha b."""
    return added(torch.add, a, -b if alpha == 1 else b * -alpha)


rule(*functions("__rsub__", "rsub"))(lambda op, a, b, alpha=1: subtracted(torch.sub, b, a, alpha=alpha))


@named_functions(*PRODUCTS)
def multiplied(op: Any, a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    """A constant factor scales both parts; of two activations relevant times relevant is relevant."""
    return each(op, a, b, *args, **kwargs)


rule(*functions("__rmul__", "__rmatmul__", "_grouped_mm"))(each)
rule(torch.linalg.cross, torch.linalg.matmul, torch.linalg.multi_dot, torch.linalg.vecdot)(each)


@rule(torch.einsum)
def einsum(op: Any, equation: str, *operands: Any) -> Any:
    """As products."""
    return each(op, equation, *operands)


@named_functions("div", "divide", "true_divide")
def divided(op: Any, a: Any, b: Any, *, rounding_mode: Any = None) -> Any:
    """A divisor is held at its total."""
    if rounding_mode is not None:
        missing(op, "it rounds")
    if not isinstance(a, Decomposed):
        return op(a, totals(b))
    return paired(op(a.total, totals(b)), op(a.relevant, totals(b)))


rule(*functions("__truediv__", "__itruediv__"))(lambda op, a, b: divided(torch.div, a, b))
rule(*functions("__rtruediv__", "__rdiv__", "reciprocal"))(on_totals)


@named_functions("addcmul")
def added_multiple(op: Any, x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """X + value a b."""
    return torch.add(x, torch.mul(tensor1, tensor2) * value)


@named_functions("addcdiv")
def added_quotient(op: Any, x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """X + value a / b."""
    return torch.add(x, torch.div(tensor1, tensor2) * value)


@named_functions("lerp")
def mixed(op: Any, x: Any, end: Any, weight: Any) -> Any:
    """X + weight (end − x)."""
    return torch.add(x, torch.mul(torch.sub(end, x), weight))
