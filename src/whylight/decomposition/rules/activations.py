"""Elementwise functions: rectifiers, sigmoids and powers.

Functions that are zero below (nearly) and grow above follow the rule of ReLU, all others two-way Shapley values with
f(0) as a bias. Knows nothing of pooling or gates.
"""

from typing import Any

import torch

from whylight.decomposition.decomposed import Decomposed, missing, rule
from whylight.decomposition.elementwise import activation, rectifier
from whylight.decomposition.torch_functions import functions, named_functions, on_totals

RECTIFIERS = [
    "relu",
    "relu6",
    "leaky_relu",
    "prelu",
    "rrelu",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "mish",
    "hardswish",
    "threshold",
]
SIGMOIDS = [
    "sigmoid",
    "tanh",
    "hardsigmoid",
    "softsign",
    "softplus",
    "logsigmoid",
    "tanhshrink",
    "hardshrink",
    "softshrink",
    "erf",
    "exp",
    "expm1",
    "abs",
    "square",
    "sin",
    "cos",
    "arctan",
    "atan",
    "sinh",
    "asinh",
    "arcsinh",
    "log1p",
    "absolute",
    "clamp_max",
    "cosh",
    "tan",
    "erfc",
    "exp2",
    "sinc",
    "atanh",
    "arctanh",
    "asin",
    "arcsin",
    "acos",
    "arccos",
]
HELD = [
    "softmax",
    "log_softmax",
    "softmin",
    "var",
    "std",
    "norm",
    "rsqrt",
    "sqrt",
    "logsumexp",
    "linalg_vector_norm",
    "linalg_norm",
    "vector_norm",
    "var_mean",
    "std_mean",
]


named_functions(*RECTIFIERS)(rectifier)
named_functions(*SIGMOIDS)(activation)


@named_functions("hardtanh", "clamp", "clip")
def clipped(op: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """A rectifier where it cuts at zero (ReLU6), else as sigmoids."""
    low = args[0] if args else kwargs.get("min_val", kwargs.get("min", -1.0))
    return (rectifier if isinstance(low, (int, float)) and low == 0 else activation)(op, x, *args, **kwargs)


@named_functions("clamp_min")
def clipped_below(op: Any, x: Any, min: Any) -> Any:  # noqa: A002  torch's name
    """As `clipped`."""
    return clipped(torch.clamp, x, min)


@named_functions("pow")
def power(op: Any, x: Any, exponent: Any) -> Any:
    """Whole powers as sigmoids; roots and negative powers are held at their totals."""
    if not isinstance(x, Decomposed) or not isinstance(exponent, (int, float)):
        missing(op, "its exponent is no number")
    if exponent > 0 and exponent == int(exponent):
        return activation(op, x, exponent)
    return on_totals(op, x, exponent)


rule(*functions(*HELD))(on_totals)
rule(torch.linalg.norm, torch.linalg.vector_norm)(on_totals)
rule("transformers.activations.NewGELUActivation", "transformers.activations.FastGELUActivation")(rectifier)
rule("transformers.activations.QuickGELUActivation", "transformers.activations.AccurateGELUActivation")(rectifier)


@named_functions("glu")
def gated(op: Any, x: Any, dim: int = -1) -> Any:
    """A σ(b) of the two halves."""
    a, b = x.chunk(2, dim)
    return a * torch.sigmoid(b)
