"""From `baseline=` to reference inputs: names, numbers, tensors, callables, lists. Knows nothing of how names are computed."""

import hashlib
import numbers
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.numbers import given
from whylight.problem.baselines import Named, constant
from whylight.records import record
from whylight.tensors import Tensors, all_finite, plain


@record
@dataclass(frozen=True)
class Baseline:
    """One reference input x' (shaped like the inputs): label for people, name for settings, key by content.

    `group` is what it is called together with the other rows of one named baseline, empty for one that stands alone.
    """

    tensors: Tensors
    label: str
    name: str
    key: str
    group: str = ""


def resolve(
    spec: Any,
    inputs: Tensors,
    known: Mapping[str, Named],
    default: str,
    read: Callable[[Any], Any] | None = None,
    *,
    missing: bool = False,
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
    missing
        Whether values may be missing (NaN), as in tables.

    Raises
    ------
    InvalidValueError
        Unknown name (with the near misses), or a tensor that does not fit; the message gives both shapes.

    Examples
    --------
    >>> import torch
    >>> from whylight.problem.baselines import noise
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
        if not all(all_finite(t) or (missing and not bool(t.isinf().any())) for t in baseline.tensors):
            raise InvalidValueError(f"The baseline {baseline.label!r} contains NaN or infinity.")
    return made


def title(made: Sequence[Baseline]) -> str:
    """What several baselines are called together."""
    groups = {b.group for b in made}
    if len(groups) == 1 and "" not in groups:
        return groups.pop()
    return " + ".join(b.label for b in made) if len(made) <= 3 else f"{made[0].label} and {len(made) - 1} more"


def names_of(made: Sequence[Baseline]) -> list[str]:
    """The names by which baselines are asked for again, each once: the rows of one share theirs."""
    return list(dict.fromkeys(b.name for b in made))


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
            if named.rows:
                return _rows_of(named, spec, label or named.label, self.inputs)
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


def _rows_of(named: Named, name: str, label: str, inputs: Tensors) -> list[Baseline]:
    """A baseline for each of the rows that a named one stands for."""
    tensors = named.make(inputs)
    parts = [tuple(t[i : i + 1] for t in tensors) for i in range(len(tensors[0]))]
    made = [_made(part, inputs, f"{label}, row {i}", name) for i, part in enumerate(parts, 1)]
    return [replace(baseline, group=label) for baseline in made]


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
        return _made(constant(float(spec))(inputs), inputs, label or given(float(spec)), repr(float(spec)))
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
        low, high = tensor.aminmax()
        part = low[None] if low == high else tensor  # one number everywhere says it all
        digest.update(bytes([part is tensor]))
        digest.update(part.contiguous().reshape(-1).view(torch.uint8).cpu().numpy().data)
    key = digest.hexdigest()
    return Baseline(tensors, label, name or f"{label} ({key[:6]})", key)


def _fit(given: tuple[Any, ...], inputs: Tensors) -> Tensors:
    """Each given baseline, broadcast to its input."""
    if len(given) != len(inputs):
        raise InvalidValueError(f"The model takes {len(inputs)} inputs, but the baseline has {len(given)} parts.")
    fitted = []
    for part, x in zip(given, inputs, strict=True):
        try:
            tensor = plain(torch.as_tensor(part, dtype=x.dtype, device=x.device).detach())
        except (TypeError, ValueError, RuntimeError):
            raise InvalidTypeError(
                f"A baseline must be made of tensors or numbers, shaped like the input {tuple(x.shape)}; got {type(part).__name__}."
            ) from None
        if not x.is_floating_point() and not torch.equal(
            tensor.double(), torch.as_tensor(part, device=x.device).double()
        ):
            raise InvalidValueError(
                f"The input is {x.dtype}, and the baseline has values that are none. Give whole numbers."
            )
        try:
            fitted.append(tensor.expand_as(x))
        except RuntimeError:
            raise InvalidValueError(
                f"The baseline has shape {tuple(tensor.shape)}, which does not fit the input's {tuple(x.shape)}; "
                f"expected the same shape, {(1, *x.shape[1:])} or {tuple(x.shape[1:])}."
            ) from None
    return tuple(fitted)
