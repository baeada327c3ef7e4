"""Batch norm of fixed statistics as what it is, one multiplication and one addition per channel.

PyTorch keeps its input for the backward pass, and on a CPU sums over it what only the gradients of weights need; nobody asks
for those here, and without them a net full of batch norms keeps up to 40 % less. A convolution or linear layer before it can
take it up in its weights, and then it costs nothing. Knows nothing of models.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from whylight.tensors import to_ndim

WORTHWHILE = 2**16  # values; of fewer, torch's own is as fast


class Norm(NamedTuple):
    """The arguments of `functional.batch_norm`, under its names."""

    input: Tensor
    running_mean: Tensor | None
    running_var: Tensor | None
    weight: Tensor | None = None
    bias: Tensor | None = None
    training: bool = False
    momentum: float = 0.1
    eps: float = 1e-5

    def held(self) -> list[Tensor]:
        """What it multiplies and adds."""
        found = (self.running_mean, self.running_var, self.weight, self.bias)
        return [t for t in found if t is not None]

    def fixed(self, dtype: torch.dtype) -> bool:
        """Whether it is the same affine map for every sample, in this dtype."""
        known = self.running_mean is not None and self.running_var is not None and not self.training
        return known and all(t.dtype == dtype for t in self.held())

    def same(self, other: "Norm") -> bool:
        """Whether both are the same map of whatever input."""
        return all(a is b for a, b in zip(self[1:5], other[1:5], strict=True)) and self[5::2] == other[5::2]

    def folded(self, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """Weight and bias of the layer that does what a layer with these and then this does."""
        assert self.running_mean is not None
        assert self.running_var is not None
        scale, shift = affine(self.running_mean, self.running_var, self.weight, self.bias, self.eps)
        moved = shift if bias is None else torch.addcmul(shift, bias, scale)
        return weight * to_ndim(scale, weight.ndim), moved

    def written(self) -> Tensor:
        """Its output as PyTorch computes it."""
        return functional.batch_norm(**self._asdict())

    def lean(self) -> Tensor:
        """Its output; where it is large and only its input needs a gradient, no activation is kept for that."""
        x = self.input
        frozen = self.fixed(x.dtype) and not any(t.requires_grad for t in self.held())
        if not frozen or not x.requires_grad or x.numel() < WORTHWHILE:
            return self.written()
        return _Affine.apply(x, self.running_mean, self.running_var, self.weight, self.bias, self.eps)


def affine(mean: Tensor, var: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> tuple[Tensor, Tensor]:
    """What a batch norm of running statistics multiplies each channel with, and what it adds."""
    scale = _scale(var, weight, eps)
    return scale, -mean * scale if bias is None else torch.addcmul(bias, mean, scale, value=-1)


def _scale(var: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    scale = (var + eps).rsqrt()
    return scale if weight is None else scale * weight


class _Affine(torch.autograd.Function):
    """Batch norm of running statistics, keeping its weights and no activation."""

    generate_vmap_rule = True  # models may use torch.func

    @staticmethod
    def forward(x: Tensor, *held: Any) -> Tensor:
        *tensors, eps = held
        return functional.batch_norm(x, *tensors, eps=eps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        _, _, var, weight, _, ctx.eps = inputs
        ctx.save_for_backward(var, weight)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        var, weight = ctx.saved_tensors
        scale = _scale(var, weight, ctx.eps)
        return grads[0] * to_ndim(scale, grads[0].ndim - 1), *[None] * 5
