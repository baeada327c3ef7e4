"""Batch, layer, group, instance, RMS and local response norm: statistics come from the total and are held; shifts are biases."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whylight.decomposition.decomposed import Decomposed, missing
from whylight.decomposition.torch_functions import biased, named_functions, paired, totals
from whylight.model.batch_norm import affine


@named_functions("batch_norm")
def batch_norm(
    op: Any, x: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5, *_: Any,
) -> Any:  # fmt: skip
    """Y = s x + o with the running statistics; o is a bias."""
    if training or running_mean is None:
        missing(op, "it uses the statistics of the batch, which mix the samples")
    shape = (1, -1, *[1] * (x.total.ndim - 2))
    scale, shift = affine(running_mean, running_var, weight, bias, eps)
    scale = scale.view(shape)
    return biased(x.total * scale, x.relevant * scale, shift.view(shape))


def _standardized(x: Decomposed, dims: tuple[int, ...], eps: float) -> tuple[Tensor, Tensor]:
    """Each part minus its own mean, over the total's standard deviation."""
    total, relevant = (t - t.mean(dims, keepdim=True) for t in (x.total, x.relevant))
    scale = (total.square().mean(dims, keepdim=True) + eps).rsqrt()
    return total * scale, relevant * scale


def _weighted(total: Tensor, relevant: Tensor, weight: Any, bias: Any) -> Decomposed:
    if weight is not None:
        total, relevant = total * weight, relevant * weight
    return biased(total, relevant, bias)


@named_functions("layer_norm", "native_layer_norm")
def layer_norm(
    op: Any, x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, *_: Any
) -> Any:
    """Over the last dimensions."""
    if op.__name__ == "native_layer_norm" or not isinstance(x, Decomposed):
        missing(op)
    dims = tuple(range(-len(tuple(normalized_shape)), 0))
    return _weighted(*_standardized(x, dims, eps), weight, bias)


@named_functions("group_norm")
def group_norm(
    op: Any, x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, *_: Any
) -> Any:
    """Over groups of channels."""
    grouped = x.reshape(len(x), num_groups, -1)
    parts = [t.reshape(x.shape) for t in _standardized(grouped, (-1,), eps)]
    shape = (1, -1, *[1] * (x.ndim - 2))
    weight, bias = (None if t is None else t.reshape(shape) for t in (weight, bias))
    return _weighted(parts[0], parts[1], weight, bias)


@named_functions("instance_norm")
def instance_norm(
    op: Any, x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5, *_: Any,
) -> Any:  # fmt: skip
    """As group norm with one channel per group, or as batch norm with running statistics."""
    if not use_input_stats:
        return batch_norm(op, x, running_mean, running_var, weight, bias, False, momentum, eps)
    return group_norm(op, x, x.shape[1], weight, bias, eps)


@named_functions("rms_norm")
def rms_norm(op: Any, x: Any, normalized_shape: Any, weight: Any = None, eps: Any = None) -> Any:
    """Each part over the total's root mean square."""
    dims = tuple(range(-len(tuple(normalized_shape)), 0))
    floor = torch.finfo(x.dtype).eps if eps is None else eps
    scale = (x.total.square().mean(dims, keepdim=True) + floor).rsqrt()
    scale = scale if weight is None else scale * weight
    return paired(x.total * scale, x.relevant * scale)


@named_functions("local_response_norm")
def local_response_norm(op: Any, x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Each part over (k + α mean of the total's squares in `size` channels)^β."""
    squares = functional.pad(x.total.square().flatten(2).unsqueeze(1), (0, 0, size // 2, (size - 1) // 2))
    mean = functional.avg_pool2d(squares, (size, 1), stride=1).view(x.shape)
    return paired(op(x.total, size, alpha, beta, k), x.relevant / (k + alpha * mean) ** beta)


@named_functions("cosine_similarity")
def cosine_similarity(op: Any, a: Any, b: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The product of both, each over its total's norm."""
    return (functional.normalize(a, 2.0, dim, eps) * functional.normalize(b, 2.0, dim, eps)).sum(dim)


@named_functions("normalize")
def normalize(op: Any, x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """Each part over the total's norm."""
    length = totals(x).norm(p, dim, keepdim=True).clamp_min(eps)
    return paired(x.total / length, x.relevant / length)
