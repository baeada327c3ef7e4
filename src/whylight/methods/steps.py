"""Path methods with a fixed number of steps: a quick look with an eighth of them, then all. Knows nothing of any path."""

from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from whylight.attribution import COVER, Attribution, as_tuple
from whylight.methods.outcome import outcome
from whylight.problem import Baseline, Problem

LOOK = 8
Walk = Callable[[int], tuple[tuple[Tensor, ...], dict[str, Any]]]


def look_then_walk(
    problem: Problem, walk: Walk, n_steps: int, baseline: Baseline | None = None, **facts: Any
) -> Iterator[Attribution]:
    """Yield what `walk(n)` finds with `n_steps` / 8 steps, then with all.

    `walk` returns maps and further fields of the answer. As for sums of first order, the error of the second map is taken to
    be a seventh of its distance to the first.
    """
    few = n_steps // LOOK
    first: tuple[Tensor, ...] | None = None
    if few >= 2:
        first, found = walk(few)
        errors = tuple(m.abs() for m in first)
        yield outcome(problem, first, baseline, errors=errors, n_evaluations=few, final=False, **{**facts, **found})
    maps, found = walk(n_steps)
    before = first or tuple(m * 0 for m in maps)
    errors = tuple(COVER * (m - b).abs() / (LOOK - 1) for m, b in zip(maps, before, strict=True))
    evaluations = n_steps + (few if first else 0)
    facts = {**facts, "provenance": {**facts.get("provenance", {}), **found.pop("provenance", {}), "n_steps": n_steps}}
    yield outcome(problem, as_tuple(maps), baseline, errors=errors, n_evaluations=evaluations, **{**facts, **found})
