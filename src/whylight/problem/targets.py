"""What is explained: from `target=` to one differentiable scalar per sample.

A target is fixed once, at the unmodified input, and then reused along the whole path: it is never derived again
from the model's answer at another point. Knows nothing of paths, gradients or methods.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, ModelError, unknown_name
from whylight.identity import Identity
from whylight.model.outputs import convert, output_tensor, per_sample
from whylight.problem.target_masks import array_of, digest_of, indices_of, mask_of, summed

Labels = tuple[str, ...] | None


@dataclass(frozen=True)
class Contrast:
    """The difference of two targets, F_a - F_b. Made by `contrast`."""

    a: Any
    b: Any


def contrast(a: Any, b: Any) -> Contrast:
    """Explain why the answer is `a` rather than `b`: the difference of their scores.

    Examples
    --------
    >>> contrast("tabby cat", "tiger cat")
    Contrast(a='tabby cat', b='tiger cat')
    """
    return Contrast(a, b)


@dataclass(frozen=True)
class Target:
    """One scalar per sample of a model's outputs.

    `select(outputs, samples)` maps the outputs of M points to `(M,)`; `samples` says which of the N inputs
    each point belongs to, because each input may have a target of its own. `label` is for people, `value` for the
    settings of the widget, `key` tells targets apart in a cache,
    `unit` says what the scalar is: "logit", "probability", "log_probability", "output" or "score". `linear`: it is known
    to be a linear function of the outputs.
    """

    select: Callable[[Any, Tensor], Tensor]
    label: str
    value: int | str | None
    key: tuple[Any, ...]
    unit: str
    parts: tuple["Target", ...] = ()  # several targets of one input: the i-th sample is explained by the i-th of them
    linear: bool = False


def common(outputs: Tensor) -> int | None:
    """The class that all rows of a table are explained for: the second of two, else the one predicted most often.

    Examples
    --------
    >>> common(torch.tensor([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [3.0, 1.0, 2.0]]))
    2
    """
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        return None
    if outputs.shape[1] == 2:
        return 1
    return int(torch.nan_to_num(outputs, nan=-torch.inf).argmax(1).bincount(minlength=outputs.shape[1]).argmax())


def class_names(labels: Any) -> Labels:
    """Labels as a tuple of strings; a mapping from class index to name is put in order."""
    if labels is None:
        return None
    if isinstance(labels, Mapping):
        named = {int(index): str(label) for index, label in labels.items()}
        return tuple(named.get(index, f"class {index}") for index in range(max(named, default=-1) + 1))
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise InvalidTypeError(f"labels must be a list of class names or a mapping from index to name; got {labels!r}.")
    return tuple(str(label) for label in labels)


def resolve(
    spec: Any, outputs: Any, n_samples: int, *, labels: Labels = None, output: str = "logit", output_kind: str = "logit"
) -> Target:
    """Turn a target specification into a `Target`, fixed at the outputs of the unmodified inputs.

    Parameters
    ----------
    spec
        None (the top-1 class, or the scalar itself), class index, label name, list with one per sample (for a single
        sample: any number of targets of any kind), index tuple into higher outputs, a one-hot vector or mask of the outputs
        (what it picks is added up), `contrast(a, b)`, or a callable `outputs -> (N,)`. Negative indices count from the end.
    outputs
        The model's outputs at the N unmodified inputs (not looked at for a callable).
    n_samples
        N.
    labels
        Class names, in class order.
    output
        `"logit"` (the model's output as it is), `"probability"` or `"log_probability"`.
    output_kind
        What the outputs are: `"logit"` or `"probability"`.

    Raises
    ------
    InvalidValueError
        The target does not exist; the message names the output's shape.
    """
    if (array := array_of(spec)) is not None:
        scores = convert(per_sample(output_tensor(outputs), n_samples), output, output_kind)
        if (mask := mask_of(array, scores)) is not None:
            indices = indices_of(mask)
            if indices is None:
                return _sum_target(mask, output, output_kind)
            spec = indices if len(mask) > 1 else indices[0]
    if isinstance(spec, (Tensor, np.ndarray)):
        spec = spec.tolist()
    if isinstance(spec, list) and len(spec) > 1 and n_samples == 1:
        return _together([_simple(s, outputs, 1, labels=labels, output=output, output_kind=output_kind) for s in spec])
    if isinstance(spec, Contrast):
        a, b = (
            _simple(s, outputs, n_samples, labels=labels, output=output, output_kind=output_kind)
            for s in (spec.a, spec.b)
        )
        label, value = f"{a.label} − {b.label}", f"{a.value} − {b.value}"
        key, linear = ("contrast", a.key, b.key), a.linear and b.linear
        return Target(lambda o, s: a.select(o, s) - b.select(o, s), label, value, key, a.unit, linear=linear)
    if callable(spec):
        return _callable_target(spec, output, output_kind)
    scores = convert(per_sample(output_tensor(outputs), n_samples), output, output_kind)
    indices = _indices(spec, scores, labels)
    shared = indices[0] if len(set(indices)) == 1 else None
    table = None if shared is not None else torch.tensor(indices, device=scores.device)

    def select(outputs: Any, samples: Tensor) -> Tensor:
        chosen = convert(output_tensor(outputs), output, output_kind)
        if table is None:
            return chosen[(slice(None), *shared)] if shared else chosen.reshape(len(chosen))
        return chosen[(torch.arange(len(chosen), device=chosen.device), *table[samples].T)]

    unit = "output" if output == output_kind == "logit" and (scores.ndim == 1 or scores.shape[1] == 1) else output
    return Target(select, *_name(indices, scores, labels), ("index", *indices), unit, linear=output == output_kind)


def _sum_target(mask: Tensor, output: str, output_kind: str) -> Target:
    def select(outputs: Any, samples: Tensor) -> Tensor:
        return summed(convert(output_tensor(outputs), output, output_kind), mask, samples)

    counts, digest = mask.flatten(1).sum(1).tolist(), digest_of(mask)
    label = f"sum of {counts[0] if len(set(counts)) == 1 else 'some'} outputs"
    return Target(select, label, f"{label} ({digest})", ("mask", digest), output, linear=output == output_kind)


def _simple(spec: Any, *args: Any, **options: Any) -> Target:
    """A target that may stand inside another one."""
    made = resolve(spec, *args, **options)
    if made.parts:
        raise InvalidTypeError(
            f"Several targets of one input are a plain list of targets; {spec!r} cannot stand inside."
        )
    return made


def _together(parts: list[Target]) -> Target:
    """Several targets of one input as one: `samples` says by which of them each point is explained."""

    def select(outputs: Any, samples: Tensor) -> Tensor:
        here = torch.zeros_like(samples)  # there is one input
        asked = samples.unique().tolist()
        found = torch.stack([parts[i].select(outputs, here) for i in asked])
        return found[
            torch.searchsorted(torch.tensor(asked, device=samples.device), samples), torch.arange(len(samples))
        ]

    units = {part.unit for part in parts}
    return Target(
        select,
        ", ".join(part.label for part in parts),
        f"[{', '.join(str(part.value) for part in parts)}]",
        ("together", *(part.key for part in parts)),
        units.pop() if len(units) == 1 else "score",
        tuple(parts),
    )


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


def _indices(spec: Any, scores: Tensor, labels: Labels) -> list[tuple[int, ...]]:
    """One index tuple per sample into the outputs (without the batch dimension)."""
    if isinstance(spec, list):
        if len(spec) != len(scores):
            raise InvalidValueError(
                f"target is a list of {len(spec)}, but there are {len(scores)} samples: give one target per sample."
            )
        return [_index(s, scores, labels, i) for i, s in enumerate(spec)]
    own = range(len(scores)) if spec is None else [0]
    return [_index(spec, scores, labels, i) for i in own] * (len(scores) // len(own))


def _index(spec: Any, scores: Tensor, labels: Labels, sample: int) -> tuple[int, ...]:
    if spec is None:
        return _default(scores, sample)
    shape = tuple(scores.shape)
    if isinstance(spec, str):
        spec = _class_of(spec, labels)
    index = spec if isinstance(spec, tuple) else (spec,)
    if not all(_is_int(i) for i in index):
        raise InvalidTypeError(
            f"target must be a class index, a label, a list with one per sample, an index tuple, contrast(a, b) or a "
            f"callable; got {type(spec).__name__}."
        )
    index = tuple(int(i) for i in index)
    if len(shape) == 1 and index in ((0,), (-1,)):
        return ()
    if len(index) != len(shape) - 1:
        raise InvalidValueError(
            f"target {spec!r} does not pick one number per sample: the model's output has shape {shape}, so an index of "
            f"{len(shape) - 1} numbers is needed (or a callable outputs -> (N,))."
        )
    for i, size in zip(index, shape[1:], strict=True):
        if not -size <= i < size:
            raise InvalidValueError(
                f"target {spec!r} is out of range: the model's output has shape {shape}, so the index must lie in 0..{size - 1}, or "
                f"count back from -1 to {-size}."
            )
    return tuple(i % size for i, size in zip(index, shape[1:], strict=True))


def _is_int(value: Any) -> bool:
    return not isinstance(value, bool) and hasattr(value, "__index__")


def _default(scores: Tensor, sample: int) -> tuple[int, ...]:
    if scores.ndim == 1:
        return ()
    if scores.ndim == 2:
        row = scores[sample]
        if not torch.isfinite(row).any():
            raise ModelError("The model's output is NaN or infinite at the input itself, so there is no top-1 class.")
        return (int(torch.nan_to_num(row, nan=-torch.inf).argmax()),)
    largest = np.unravel_index(int(scores[sample].argmax()), scores.shape[1:])
    raise InvalidValueError(
        f"The model's output has shape {tuple(scores.shape)}: more than one score per class. Name the one to explain with an "
        f"index tuple of {scores.ndim - 1} numbers (the largest is target={tuple(int(i) for i in largest)}), or give a callable "
        "outputs -> (N,)."
    )


def _class_of(name: str, labels: Labels) -> int:
    if not labels:
        raise InvalidValueError(
            f"target {name!r} is a label name, but no labels= were given. Give labels, or a class index."
        )
    wanted = name.strip().lower()
    for index, label in enumerate(labels):
        if label.strip().lower() == wanted:
            return index
    raise unknown_name("target", name, labels)


def _name(indices: Sequence[tuple[int, ...]], scores: Tensor, labels: Labels) -> tuple[str, int | str | None]:
    if len(set(indices)) > 1:
        return "one target per sample", str(indices)
    index = indices[0]
    if not index:
        return "output", None
    if scores.ndim == 2 and scores.shape[1] == 1 and not labels:
        return "output", None
    if len(index) == 1:
        known = labels is not None and index[0] < len(labels)
        return (labels[index[0]] if known and labels else f"class {index[0]}"), index[0]
    return f"output {index}", str(index)
