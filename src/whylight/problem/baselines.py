"""Baselines: the reference input x' that stands for "nothing to see here".

Functions from inputs to reference inputs, and the one place where `baseline=` is understood. What a name means for a
picture or a sentence is said by `inputs`. Kinds of baselines for pictures, and what each hides: Sturmfels, Lundberg, Lee 2020
(Distill, doi 10.23915/distill.00022). Knows nothing of models, targets or methods.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from whylight.tensors import Tensors, to_ndim, wide

BACKGROUND = "background"  # the name of the baseline that stands for the rows of a background


@dataclass(frozen=True)
class Named:
    """A baseline that can be asked for by name.

    Parameters
    ----------
    label, hint
        For people: its name, and one sentence.
    make
        From the inputs to the reference inputs; a random one takes `seed=` too.
    random
        Whether asking for it several times in a list gives several draws.
    text
        What stands for x' where no picture can: the token that replaces every word, the one number.
    rows
        Whether it stands for several reference inputs of one input: tensors `(M, ...)`.
    """

    label: str
    hint: str
    make: Callable[..., Tensors]
    random: bool = False
    text: str = ""
    rows: bool = False


def constant(value: float) -> Callable[[Tensors], Tensors]:
    """The same number everywhere."""
    return lambda inputs: tuple(torch.full_like(x, value, dtype=_dtype_for(x, value)) for x in inputs)


def _dtype_for(x: Tensor, value: float) -> torch.dtype:
    """The input's, if it holds the value."""
    return x.dtype if x.is_floating_point() or not value else torch.float64


def mean(inputs: Tensors) -> Tensors:
    """The mean colour of each sample, channel by channel (the mean over everything for flat inputs)."""
    return tuple(_over_picture(x).expand_as(x).clone() for x in inputs)


def _over_picture(x: Tensor) -> Tensor:
    dims = tuple(range(2, x.ndim)) if x.ndim > 2 else tuple(range(1, x.ndim))
    return x.mean(dims, keepdim=True) if dims else x


def noise(inputs: Tensors, *, low: Tensors | None = None, high: Tensors | None = None, seed: int = 0) -> Tensors:
    """Uniform noise between `low` and `high` (each sample's own range by default); the same for every sample and call.

    Examples
    --------
    >>> import torch
    >>> x = (torch.tensor([[0.0, 2.0]]),)
    >>> bool((noise(x)[0] <= 2).all()), bool((noise(x)[0] == noise(x)[0]).all())
    (True, True)
    """
    lows, highs = _range(inputs, low, high)
    drawn = (torch.rand(x.shape[1:], generator=g).to(x) for x, g in _seeded(inputs, seed))
    return tuple(a + (b - a) * u for a, b, u in zip(lows, highs, drawn, strict=True))


def gaussian_noise(
    inputs: Tensors, *, low: Tensors | None = None, high: Tensors | None = None, share: float = 0.5, seed: int = 0
) -> Tensors:
    """The input under Gaussian noise, cut to the valid range; the same noise for every sample and call.

    The standard deviation is a share of the range from `low` to `high` (each sample's own by default). The smaller it
    is, the more of the input is left in the baseline, and the less of it can get any attribution.

    Examples
    --------
    >>> import torch
    >>> x = (torch.tensor([[0.0, 2.0]]),)
    >>> bool(((gaussian_noise(x)[0] >= 0) & (gaussian_noise(x)[0] <= 2)).all())
    True
    """
    lows, highs = _range(inputs, low, high)
    drawn = (torch.randn(x.shape[1:], generator=g).to(x) for x, g in _seeded(inputs, seed))
    parts = zip(inputs, lows, highs, drawn, strict=True)
    return tuple((x + share * (b - a) * e).clamp(torch.minimum(a, b), torch.maximum(a, b)) for x, a, b, e in parts)


def max_distance(inputs: Tensors, *, low: Tensors | None = None, high: Tensors | None = None) -> Tensors:
    """Every value as far from the input's as is valid: `low` or `high`, whichever is farther (each sample's own range by default).

    No value of the input equals its baseline, so none is left without attribution for its colour alone.

    Examples
    --------
    >>> import torch
    >>> max_distance((torch.tensor([[0.0, 0.4, 1.0]]),))
    (tensor([[1., 1., 0.]]),)
    """
    lows, highs = _range(inputs, low, high)
    parts = zip(inputs, lows, highs, strict=True)
    return tuple(torch.where((x - a).abs() >= (b - x).abs(), a, b) for x, a, b in parts)


def _range(inputs: Tensors, low: Tensors | None, high: Tensors | None) -> tuple[Tensors, Tensors]:
    lows = low or tuple(_per_sample(x, torch.amin) for x in inputs)
    highs = high or tuple(_per_sample(x, torch.amax) for x in inputs)
    return lows, highs


def _seeded(inputs: Tensors, seed: int) -> list[tuple[Tensor, torch.Generator]]:
    generator = torch.Generator().manual_seed(seed)
    return [(x, generator) for x in inputs]


def _per_sample(x: Tensor, reduce: Callable[..., Tensor]) -> Tensor:
    return to_ndim(reduce(x.flatten(1), 1), x.ndim) if x.ndim > 1 else x


def blur(inputs: Tensors, share: float = 0.08) -> Tensors:
    """Gaussian blur of pictures `(N, C, H, W)`; the standard deviation is a share of the longer side."""
    return tuple(gaussian_blur(x, share * max(x.shape[-2:])) for x in inputs)


def blur_volume(inputs: Tensors, share: float = 0.08) -> Tensors:
    """Gaussian blur of volumes `(N, ..., D, H, W)` along all three axes; the standard deviation is a share of the longest side.

    Examples
    --------
    >>> import torch
    >>> x = torch.zeros(1, 1, 9, 9, 9)
    >>> x[..., 4, 4, 4] = 1
    >>> found = blur_volume((x,))[0]
    >>> bool(found[..., 2, 4, 4].isclose(found[..., 4, 4, 2])), round(float(found.sum()), 2)
    (True, 1.0)
    """
    made = []
    for x in inputs:
        sigma = share * max(x.shape[-3:])
        along_depth = gaussian_blur(gaussian_blur(x, sigma).transpose(-3, -1), sigma, axes=1).transpose(-3, -1)
        made.append(along_depth.contiguous())
    return tuple(made)


def gaussian_blur(x: Tensor, sigma: float, axes: int = 2) -> Tensor:
    """Pictures `(N, C, H, W)` under a Gaussian of standard deviation `sigma` pixels; the border is repeated. Along rows only with one of the `axes`."""
    radius = max(1, round(3 * sigma))
    t = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-0.5 * (t / max(sigma, 1e-6)) ** 2)
    kernel = kernel / kernel.sum()
    flat = x.reshape(-1, 1, *x.shape[-2:])
    directions = (((1, 1, -1, 1), (0, 0, radius, radius)), ((1, 1, 1, -1), (radius, radius, 0, 0)))
    for shape, pad in directions[-axes:]:
        flat = torch.nn.functional.conv2d(torch.nn.functional.pad(flat, pad, mode="replicate"), kernel.reshape(shape))
    return flat.reshape(x.shape)


def mean_along(inputs: Tensors, dim: int) -> Tensors:
    """The mean along one axis: every channel of a signal at its mean over time."""
    return tuple(x.mean(dim, keepdim=True).expand_as(x).clone() for x in inputs)


def smooth_along(inputs: Tensors, dim: int, share: float = 0.08) -> Tensors:
    """Gaussian smoothing along one axis; the standard deviation is a share of its length, the ends are repeated.

    Examples
    --------
    >>> import torch
    >>> (found,) = smooth_along((torch.tensor([[0.0, 0, 8, 0, 0]]),), 1, share=0.1)
    >>> round(found.sum().item(), 3), bool(found.max() < 7)
    (8.0, True)
    """
    return tuple(_smoothed(x, dim, share) for x in inputs)


def _smoothed(x: Tensor, dim: int, share: float) -> Tensor:
    """By way of frequencies: the kernel is as long as the signal."""
    length = x.shape[dim]
    sigma = share * length
    flat = x.movedim(dim, -1).to(wide(x.device))
    radius = max(1, round(4 * sigma))
    ends = (flat[..., :1].expand(*flat.shape[:-1], radius), flat[..., -1:].expand(*flat.shape[:-1], radius))
    padded = torch.cat((ends[0], flat, ends[1]), -1)
    offsets = torch.arange(-radius, radius + 1, dtype=flat.dtype, device=x.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    size = padded.shape[-1] + len(kernel) - 1
    spectrum = torch.fft.rfft(padded, size) * torch.fft.rfft(kernel / kernel.sum(), size)
    found = torch.fft.irfft(spectrum, size)[..., 2 * radius : 2 * radius + length]
    return found.movedim(-1, dim).to(x.dtype).contiguous()
