"""Baselines: the reference input x' that stands for "nothing to see here".

Functions from inputs to reference inputs, and the one place where `baseline=` is understood. What a name means for a
picture or a sentence is said by `inputs`. Knows nothing of models, targets or methods.
"""

import hashlib
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.problem import Baseline

Tensors = tuple[Tensor, ...]


@dataclass(frozen=True)
class Named:
    """A baseline that can be asked for by name."""

    label: str
    hint: str
    make: Callable[[Tensors], Tensors]


def constant(value: float) -> Callable[[Tensors], Tensors]:
    """The same number everywhere."""
    return lambda inputs: tuple(torch.full_like(x, value) for x in inputs)


def mean(inputs: Tensors) -> Tensors:
    """The mean colour of each sample, channel by channel (the mean over everything for flat inputs)."""
    return tuple(_over_picture(x).expand_as(x).clone() for x in inputs)


def _over_picture(x: Tensor) -> Tensor:
    dims = tuple(range(2, x.ndim)) if x.ndim > 2 else tuple(range(1, x.ndim))
    return x.mean(dims, keepdim=True) if dims else x


def noise(inputs: Tensors, *, low: Tensors | None = None, high: Tensors | None = None, seed: int = 0) -> Tensors:
    """Uniform noise between `low` and `high` (each sample's own range by default); the same for every sample and call."""
    lows = low or tuple(_per_sample(x, torch.amin) for x in inputs)
    highs = high or tuple(_per_sample(x, torch.amax) for x in inputs)
    generator = torch.Generator().manual_seed(seed)
    drawn = (torch.rand(x.shape[1:], generator=generator).to(x) for x in inputs)
    return tuple(a + (b - a) * u for a, b, u in zip(lows, highs, drawn, strict=True))


def _per_sample(x: Tensor, reduce: Callable[..., Tensor]) -> Tensor:
    return reduce(x.flatten(1), 1).reshape(-1, *[1] * (x.ndim - 1)) if x.ndim > 1 else x


def blur(inputs: Tensors, share: float = 0.08) -> Tensors:
    """Gaussian blur of pictures `(N, C, H, W)`; the standard deviation is a share of the longer side."""
    return tuple(gaussian_blur(x, share * max(x.shape[-2:])) for x in inputs)


def gaussian_blur(x: Tensor, sigma: float) -> Tensor:
    """Pictures `(N, C, H, W)` under a Gaussian of standard deviation `sigma` pixels; the border is repeated."""
    radius = max(1, round(3 * sigma))
    t = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-0.5 * (t / max(sigma, 1e-6)) ** 2)
    kernel = kernel / kernel.sum()
    flat = x.reshape(-1, 1, *x.shape[-2:])
    for shape, pad in (((1, 1, -1, 1), (0, 0, radius, radius)), ((1, 1, 1, -1), (radius, radius, 0, 0))):
        flat = torch.nn.functional.conv2d(torch.nn.functional.pad(flat, pad, mode="replicate"), kernel.reshape(shape))
    return flat.reshape(x.shape)


def resolve(spec: Any, inputs: Tensors, known: Mapping[str, Named], default: str) -> tuple[Baseline, ...]:
    """All baselines that `spec` asks for, each shaped like the inputs.

    Parameters
    ----------
    spec
        None (`default`), a number, a tensor, a name of `known`, a callable `inputs -> tensor(s)`,
        or a list of any of these (the attributions are averaged).

    Raises
    ------
    InvalidValueError
        Unknown name (with the near misses), or a tensor that does not fit; the message gives both shapes.
    """
    specs = spec if isinstance(spec, list) else [default if spec is None else spec]
    if not specs:
        raise InvalidValueError("baseline is an empty list; give at least one baseline, or leave it out.")
    made = tuple(_one(s, inputs, known) for s in specs)
    for baseline in made:
        if any(not torch.isfinite(t).all() for t in baseline.tensors):
            raise InvalidValueError(f"The baseline {baseline.label!r} contains NaN or infinity.")
    return made


def _one(spec: Any, inputs: Tensors, known: Mapping[str, Named]) -> Baseline:
    if isinstance(spec, str):
        if spec not in known:
            raise unknown_name("baseline", spec, known)
        return _made(known[spec].make(inputs), inputs, known[spec].label, spec)
    if isinstance(spec, numbers.Real) and not isinstance(spec, bool):
        return _made(constant(float(spec))(inputs), inputs, f"{float(spec):g}", repr(float(spec)))
    if isinstance(spec, (Tensor, np.ndarray, tuple)):
        return _made(spec, inputs, "custom")
    if callable(spec):
        name = getattr(spec, "__name__", "custom").replace("_", " ").replace("<lambda>", "custom")
        return _made(spec(*inputs), inputs, name)
    raise InvalidTypeError(
        "baseline must be a number, a tensor (one per input), a name, a callable or a list of these; got "
        f"{type(spec).__name__}. Names: {', '.join(known)}."
    )


def _made(given: Any, inputs: Tensors, label: str, name: str | None = None) -> Baseline:
    """The baseline, known by its content: equal tensors share their gradients, whatever they were called."""
    tensors = _fit(given if isinstance(given, tuple) else (given,), inputs)
    digest = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).cpu().numpy().tobytes())
    key = digest.hexdigest()
    return Baseline(tensors, label, name or f"{label} ({key[:6]})", key)


def _fit(given: tuple[Any, ...], inputs: Tensors) -> Tensors:
    """Each given baseline, broadcast to its input."""
    if len(given) != len(inputs):
        raise InvalidValueError(f"The model takes {len(inputs)} inputs, but the baseline has {len(given)} parts.")
    fitted = []
    for part, x in zip(given, inputs, strict=True):
        try:
            tensor = torch.as_tensor(part, dtype=x.dtype, device=x.device).detach()
        except (TypeError, ValueError, RuntimeError):
            raise InvalidTypeError(
                f"A baseline must be made of tensors or numbers, shaped like the input {tuple(x.shape)}; got {type(part).__name__}."
            ) from None
        try:
            fitted.append(tensor.expand_as(x))
        except RuntimeError:
            raise InvalidValueError(
                f"The baseline has shape {tuple(tensor.shape)}, which does not fit the input's {tuple(x.shape)}; "
                f"expected the same shape, {(1, *x.shape[1:])} or {tuple(x.shape[1:])}."
            ) from None
    return tuple(fitted)
