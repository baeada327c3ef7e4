"""Which further inputs all samples share, although they have as many rows as there are samples: the model is asked.

A tensor of N rows may be one row per sample, to be repeated along the path, or one thing for all, a matrix say. Knows nothing of
targets or methods.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from whylight.explainer.mixed_samples import rows_alone
from whylight.model.outputs import rows_of
from whylight.problem.score import Score
from whylight.tensors import Tensors

FEW = 4  # names of which every selection is tried


def held_by(forward: Callable[..., Any], kwargs: Mapping[str, Any]) -> Callable[..., Any]:
    """The model with these inputs the same for all samples."""
    return partial(forward, **kwargs) if kwargs else forward


def shared_names(score: Score, inputs: Tensors, given: Mapping[str, Any]) -> frozenset[str]:
    """The names of the given inputs that all samples share; none where the model does not tell.

    The last sample goes through alone, its further inputs by row or whole. What fails, or answers with another number of
    rows, is wrong; where two ways differ, the samples together, as the person would call the model, say which is right.
    """
    n = score.n_samples
    unsure = [name for name, value in given.items() if isinstance(value, Tensor) and value.ndim and len(value) == n]
    if not unsure:
        return frozenset()
    count = rows_alone(n, inputs[0].device) if n > 1 else _other_than(*inputs, *(given[name] for name in unsure))
    last = torch.full((count,), n - 1, device=inputs[0].device)
    own = _answer(score, inputs, last, ())
    if own is not None and n == 1:
        return frozenset()
    others = ((names, _answer(score, inputs, last, names)) for names in _selections(unsure, few=own is not None))
    found = [(names, rows) for names, rows in (((), own), *others) if rows is not None]
    alike = all(_equal(rows, found[0][1]) for _, rows in found)
    if not found or alike:
        return frozenset(found[0][0] if found else ())
    together = _answer(score, inputs, torch.arange(n, device=inputs[0].device), unsure)
    right = [names for names, rows in found if together is not None and _equal(rows, together)]
    return frozenset(right[0] if right else ())


def _other_than(*tensors: Tensor) -> int:
    """A number of rows that no dimension has, so that none is mistaken for them."""
    sizes = {size for tensor in tensors for size in tensor.shape}
    return next(size for size in range(2, len(sizes) + 3) if size not in sizes)


def _selections(names: list[str], *, few: bool) -> Iterator[tuple[str, ...]]:
    """Which names may be shared: each alone and all together, others too where no `few` are asked for."""
    for size in range(1, len(names) + 1):
        if size in (1, len(names)) or (len(names) <= FEW and not few):
            yield from combinations(names, size)


def _answer(score: Score, inputs: Tensors, samples: Tensor, names: tuple[str, ...] | list[str]) -> list[Tensor] | None:
    """What the model gives for the last of these samples, in one pass with some inputs whole; None where it cannot."""
    whole = {name: score.forward_kwargs[name] for name in names}
    rest = {name: value for name, value in score.forward_kwargs.items() if name not in whole}
    size = replace(score.batch_size, sizes=(len(samples),), seconds={})
    asked = replace(score, forward=held_by(score.forward, whole), forward_kwargs=rest, batch_size=size)
    try:
        [(_, outputs)] = asked.answers(tuple(x[samples] for x in inputs), samples)
    except Exception:  # noqa: BLE001  the model's own, of any kind: it cannot be called so
        return None
    rows = rows_of(outputs, len(samples))
    return None if rows is None else [row[-1:] for row in rows]


def _equal(some: list[Tensor], others: list[Tensor]) -> bool:
    """Whether two answers are the same but for rounding."""
    return len(some) == len(others) and all(
        a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=float(torch.finfo(a.dtype).eps ** 0.5 * b.abs().max()))
        for a, b in zip(some, others, strict=True)
    )
