"""From `target=` to a `Target`, fixed at the model's answer to the unmodified inputs. Knows nothing of paths, gradients or methods."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.identity import Identity
from whylight.model.outputs import convert, output_tensor
from whylight.targets.about import About
from whylight.targets.dense import DenseTarget
from whylight.targets.indices import indices_in, named
from whylight.targets.masks import array_of, digest_of, indices_of, mask_of, summed
from whylight.targets.several import difference, each_its_own, rows_at, together
from whylight.targets.target import Contrast, Target


def resolve(spec: Any, outputs: Any, about: About) -> Target:
    """Turn a target specification into a `Target`, fixed at the outputs of the unmodified inputs.

    Parameters
    ----------
    spec
        None (the top-1 class, or the scalar itself), class index, label name, list with one per sample (for a single
        sample: any number of targets of any kind), index tuple into higher outputs, a one-hot vector or mask of the outputs
        (what it picks is added up), a target of `whylight.targets`, `contrast(a, b)`, or a callable `outputs -> (N,)`. Negative
        indices count from the end.
    outputs
        The model's outputs at the N unmodified inputs (not looked at for a callable).

    Raises
    ------
    InvalidValueError
        The target does not exist; the message names the output's shape.
    """
    if (array := array_of(spec)) is not None:
        scores = about.converted(about.scores(outputs))
        if (mask := mask_of(array, scores)) is not None:
            indices = indices_of(mask)
            if indices is None:
                return _sum_target(mask, about.output, about.output_kind)
            spec = indices if len(mask) > 1 else indices[0]
    if isinstance(spec, (Tensor, np.ndarray)):
        spec = spec.tolist()
    if isinstance(spec, list) and (made := _several(spec, outputs, about)):
        return made
    if isinstance(spec, Contrast):
        return difference(*(_simple(s, outputs, about) for s in (spec.a, spec.b)))
    if isinstance(spec, DenseTarget):
        return spec.fixed(outputs, about)
    if callable(spec):
        return _callable_target(spec, about.output, about.output_kind)
    return _index_target(spec, about.converted(about.scores(outputs)), about)


def _index_target(spec: Any, scores: Tensor, about: About) -> Target:
    indices = indices_in(spec, scores, about.labels)
    shared = indices[0] if len(set(indices)) == 1 else None
    table = None if shared is not None else torch.tensor(indices, device=scores.device)

    def select(outputs: Any, samples: Tensor) -> Tensor:
        chosen = about.converted(output_tensor(outputs))
        if table is None:
            return chosen[(slice(None), *shared)] if shared else chosen.reshape(len(chosen))
        return chosen[(torch.arange(len(chosen), device=chosen.device), *table[samples].T)]

    plain = about.output == about.output_kind == "logit" and (scores.ndim == 1 or scores.shape[1] == 1)
    label, value = named(indices, scores, about.labels)
    return Target(select, label, value, ("index", *indices), "output" if plain else about.output, linear=about.as_it_is)


def _several(specs: list[Any], outputs: Any, about: About) -> Target | None:
    """A list of targets of one input, or of one per sample; None where it is one of plain classes or places per sample."""
    if len(specs) > 1 and about.n_samples == 1:
        return together([_simple(s, outputs, about) for s in specs])
    return _each(specs, outputs, about) if any(isinstance(s, (DenseTarget, Contrast)) for s in specs) else None


def _each(specs: list[Any], outputs: Any, about: About) -> Target:
    """One target per sample, of any kind that a sample alone can have."""
    if len(specs) != about.n_samples:
        raise InvalidValueError(
            f"target is a list of {len(specs)}, but there are {about.n_samples} samples: give one target per sample."
        )
    if any(callable(s) for s in specs):
        raise InvalidTypeError("A callable target is one for all samples; it cannot stand in a list of one per sample.")
    own = [rows_at(outputs, torch.tensor([i])) for i in range(len(specs))]
    return each_its_own([_simple(s, rows, about.one()) for s, rows in zip(specs, own, strict=True)])


def _sum_target(mask: Tensor, output: str, output_kind: str) -> Target:
    def select(outputs: Any, samples: Tensor) -> Tensor:
        return summed(convert(output_tensor(outputs), output, output_kind), mask, samples)

    counts, digest = mask.flatten(1).sum(1).tolist(), digest_of(mask)
    label = f"sum of {counts[0] if len(set(counts)) == 1 else 'some'} outputs"
    return Target(select, label, f"{label} ({digest})", ("mask", digest), output, linear=output == output_kind)


def _simple(spec: Any, outputs: Any, about: About) -> Target:
    """A target that may stand inside another one."""
    made = resolve(spec, outputs, about)
    if made.parts:
        raise InvalidTypeError(
            f"Several targets of one input are a plain list of targets; {spec!r} cannot stand inside."
        )
    return made


def _callable_target(spec: Callable[[Any], Any], output: str, output_kind: str = "logit") -> Target:
    if output != output_kind:
        raise InvalidValueError(
            f"output={output!r} applies to class targets; a callable target returns the score it wants explained. "
            "Leave output= out and convert inside the callable."
        )
    name = getattr(spec, "__name__", type(spec).__name__)

    def select(outputs: Any, samples: Tensor) -> Tensor:
        value = spec(outputs)
        if not isinstance(value, Tensor) or value.shape != samples.shape:
            given = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise InvalidValueError(
                f"The target callable {name!r} must return one score per sample, a tensor of shape "
                f"({len(samples)},); it returned {given}."
            )
        return value

    shown = "custom score" if name == "<lambda>" else name.replace("_", " ")
    return Target(select, shown, f"{shown} ({id(spec):x})", ("callable", Identity(spec)), "score")
