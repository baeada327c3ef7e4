"""Baselines: the reference input x' that stands for "nothing to see here".

Functions from inputs to reference inputs, and the one place where `baseline=` is understood. What a name means for a
picture or a sentence is said by `inputs`. Kinds of baselines for pictures, and what each hides: Sturmfels, Lundberg, Lee 2020
(Distill, doi 10.23915/distill.00022). Knows nothing of models, targets or methods.
"""

import hashlib
import numbers
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.problem import Baseline

Tensors = tuple[Tensor, ...]


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
    """

    label: str
    hint: str
    make: Callable[..., Tensors]
    random: bool = False
    text: str = ""


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


def resolve(
    spec: Any, inputs: Tensors, known: Mapping[str, Named], default: str, read: Callable[[Any], Any] | None = None
) -> tuple[Baseline, ...]:
    """All baselines that `spec` asks for, each shaped like the inputs.

    Parameters
    ----------
    spec
        None (`default`), a number, a tensor, a name of `known`, a callable `inputs -> tensor(s)`, a natural input that
        `read` knows; for one input also a tensor `(M, ...)` of M samples. A list of any of these, or a dictionary that
        gives them labels, stands for all of them (the attributions are averaged); a random one named k times in it is
        drawn k times.
    read
        From a natural input, a picture say, to its tensor; None for what it does not know.

    Raises
    ------
    InvalidValueError
        Unknown name (with the near misses), or a tensor that does not fit; the message gives both shapes.

    Examples
    --------
    >>> import torch
    >>> known = {"noise": Named("Noise", "Uniform noise.", noise, random=True)}
    >>> [b.label for b in resolve(["noise", "noise", 0.5], (torch.ones(1, 2),), known, "noise")]
    ['Noise', 'Noise 2', '0.5']
    """
    specs: list[tuple[str | None, Any]]
    if isinstance(spec, Mapping) and spec:
        specs = [(str(label), s) for label, s in spec.items()]
    else:
        specs = [(None, s) for s in (spec if isinstance(spec, list) else [default if spec is None else spec])]
    if not specs:
        raise InvalidValueError("baseline is an empty list; give at least one baseline, or leave it out.")
    given = _Given(inputs, known, read)
    made = tuple(baseline for label, s in specs for baseline in given.all(s, label))
    for baseline in made:
        if any(not torch.isfinite(t).all() for t in baseline.tensors):
            raise InvalidValueError(f"The baseline {baseline.label!r} contains NaN or infinity.")
    return made


def title(made: Sequence[Baseline]) -> str:
    """What several baselines are called together."""
    return " + ".join(b.label for b in made) if len(made) <= 3 else f"{made[0].label} and {len(made) - 1} more"


@dataclass
class _Given:
    """What the parts of a specification are read with; counts the draws of every random one."""

    inputs: Tensors
    known: Mapping[str, Named]
    read: Callable[[Any], Any] | None
    drawn: Counter[str] = field(default_factory=Counter)

    def all(self, spec: Any, label: str | None) -> list[Baseline]:
        """The one baseline, or the samples, that one part stands for."""
        if isinstance(spec, str) and spec in self.known:
            named, draw = self.known[spec], self.drawn[spec]
            self.drawn[spec] += named.random
            number = f" {draw + 1}" if draw else ""
            tensors = named.make(self.inputs, seed=draw) if named.random else named.make(self.inputs)
            return [_made(tensors, self.inputs, label or named.label + number, spec + number)]
        natural = self.read(spec) if self.read is not None else None
        if natural is not None:
            return [_made(natural, self.inputs, label or "picture")]
        samples = _samples(spec, self.inputs)
        if samples:
            return [_made(s, self.inputs, f"{label or 'sample'} {i}") for i, s in enumerate(samples, 1)]
        return [_one(spec, label, self.inputs, self.known)]


def _samples(spec: Any, inputs: Tensors) -> list[Any]:
    """The M > 1 samples of a tensor `(M, ...)` given for a single input `(1, ...)`."""
    if not isinstance(spec, (Tensor, np.ndarray)) or len(inputs) != 1 or spec.ndim != inputs[0].ndim:
        return []
    one = len(inputs[0]) == 1 and len(spec) > 1 and tuple(spec.shape[1:]) == tuple(inputs[0].shape[1:])
    return [spec[i : i + 1] for i in range(len(spec))] if one else []


def _one(spec: Any, label: str | None, inputs: Tensors, known: Mapping[str, Named]) -> Baseline:
    if isinstance(spec, str):
        raise unknown_name("baseline", spec, known)
    if isinstance(spec, numbers.Real) and not isinstance(spec, bool):
        return _made(constant(float(spec))(inputs), inputs, label or f"{float(spec):g}", repr(float(spec)))
    if isinstance(spec, (Tensor, np.ndarray, tuple)):
        return _made(spec, inputs, label or "custom")
    if callable(spec):
        name = getattr(spec, "__name__", "custom").replace("_", " ").replace("<lambda>", "custom")
        return _made(spec(*inputs), inputs, label or name)
    raise InvalidTypeError(
        "baseline must be a number, a tensor (one per input), a name, a callable, or a list or dictionary of these; got "
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
