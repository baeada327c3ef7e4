"""Whether a model gives the same answer to the same input again: looked at once for a model as it stands.

The first sample goes through twice side by side, and once more so. Rows that differ tell of random numbers (dropout that is always on)
or of an axis of samples that the model takes for time; passes that differ tell of state kept between calls. No rule of quadrature
needs to come by the input for that. Knows nothing of methods.
"""

import weakref
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError
from whylight.explainer.notes import depends_on_batch
from whylight.model.outputs import output_tensor
from whylight.model.user_model import UserModel
from whylight.numbers import number
from whylight.problem.score import Answers, Score
from whylight.tensors import Tensors

ROUNDING = 1e-2, 1e-4  # of the largest number: in half precision, else
_SEEN: "weakref.WeakKeyDictionary[Any, tuple[int, str | None]]" = weakref.WeakKeyDictionary()


def repeatability_note(score: Score, sample: Tensors, structure: Hashable) -> str | None:
    """A sentence where the model does not give the same answer again to one sample, rows `(1, ...)`; else None.

    It is remembered for the model as it is made now, as its version says.
    """
    anchor, stamp = _anchor(score.model), hash((structure, score.batch_size.sizes))
    known = None if anchor is None else _SEEN.get(anchor)
    if known is not None and known[0] == stamp:
        return known[1]
    note = _look_twice(score, sample)
    if anchor is not None:
        _SEEN[anchor] = stamp, note
    return note


def _anchor(model: UserModel) -> Any:
    """What a finding is remembered by: the outermost module, the code of a function, or the predictor itself."""
    modules = model.original_roots
    anchor = modules[0] if modules else getattr(model.original, "__code__", model.original)
    try:
        weakref.ref(anchor)
        hash(anchor)
    except TypeError:
        return None
    return anchor


def _look_twice(score: Score, sample: Tensors) -> str | None:
    rows = torch.zeros(2, dtype=torch.long, device=sample[0].device)
    twice = tuple(torch.cat([x, x]) for x in sample)
    try:
        first, again = (score.answers(twice, rows) for _ in range(2))
    except Exception:  # noqa: BLE001  a model that cannot take these rows says so where it is asked for something
        return None
    beside = _most_different((numbers[0], numbers[1]) for numbers in _numbers(first))
    if beside is not None:
        return depends_on_batch(*beside) if len(first) == 1 else _keeps_state(*beside)
    after = _most_different((n[0], m[0]) for n, m in zip(_numbers(first), _numbers(again), strict=False))
    return None if after is None else _keeps_state(*after)


def _keeps_state(one: float, other: float) -> str:
    return (
        f"The model answers the same input differently each time it is called ({number(one)}, then {number(other)}): it keeps state between "
        "calls, or draws numbers at random, so the points of a path do not belong together. Let it start anew in every call."
    )


def _numbers(answers: Answers) -> Iterator[Tensor]:
    """The model's outputs at both rows, as far as they are tensors with a row each."""
    parts = [_tensors(outputs) for _, outputs in answers]
    for several in zip(*parts, strict=False):
        whole = torch.cat([t.reshape(len(t), -1) for t in several if t.ndim])
        if len(whole) == 2:
            yield whole.detach()


def _tensors(outputs: Any) -> list[Tensor]:
    try:
        return [output_tensor(outputs)]
    except InvalidTypeError:
        values = outputs.values() if isinstance(outputs, Mapping) else outputs
        return (
            []
            if not isinstance(values, Iterable)
            else [t for t in values if isinstance(t, Tensor) and t.is_floating_point()]
        )


def _most_different(pairs: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float] | None:
    """Two numbers at one place of a pair that differ most, if by more than rounding."""
    for one, other in pairs:
        if one.shape != other.shape or not one.numel():
            continue
        far, rounding = (one - other).abs().nan_to_num(), ROUNDING[one.dtype.itemsize > 2]
        i = int(far.argmax())
        if float(far[i]) > rounding * float(torch.maximum(one.abs(), other.abs()).nan_to_num().max()):
            return float(one[i]), float(other[i])
    return None
