"""Path methods with a fixed number of steps: a quick look with an eighth of them, then all. Knows nothing of any path."""

from collections.abc import Callable, Iterator
from typing import Any

from whylight.methods.reporting import attribution_of, over_baselines, require_ends, unknown
from whylight.methods.running_moments import bounds
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors

LOOK = 8
NEARER = LOOK ** (2 / 3) - 1
Found = tuple[Tensors, dict[str, Any]]
Steps = Callable[[int], Found]


def coarse_then_full(
    problem: Problem, steps: Steps, n_steps: int, baseline: Baseline | None = None, **facts: Any
) -> Iterator[Attribution]:
    """Yield what `steps(n)` finds with `n_steps` / 8 steps, then with all.

    `steps` returns maps and further fields of the answer. The error of the second map is taken to be a third of its distance
    to the first, as where errors fall with the power 2/3 of the number of steps: kinked models do little better.
    """
    few = n_steps // LOOK
    first: Tensors | None = None
    if few >= 2:
        first, found = steps(few)
        yield attribution_of(problem, first, baseline, n_evaluations=few, final=False, **{**facts, **found})
    maps, found = steps(n_steps)
    evaluations = n_steps + (few if first else 0)
    facts = {**facts, "provenance": {**facts.get("provenance", {}), **found.pop("provenance", {}), "n_steps": n_steps}}
    errors = _errors(maps, first)
    yield attribution_of(problem, maps, baseline, errors=errors, n_evaluations=evaluations, **{**facts, **found})


def from_baselines(
    problem: Problem, steps: Callable[[Baseline, int], Found], n_steps: int, method: str
) -> Iterator[Attribution]:
    """`coarse_then_full` from every baseline, averaged; `steps(baseline, n)`. F at the ends comes first: it may be no number."""
    require_ends(problem)
    return over_baselines(
        problem, lambda b: coarse_then_full(problem, lambda n: steps(b, n), n_steps, b, method=method)
    )


def _errors(maps: Tensors, before: Tensors | None) -> Tensors:
    """`COVER` standard deviations of every value, sample by sample; unknown where there is nothing to compare."""
    if before is None:
        return unknown(maps)
    return bounds(tuple(((m - b) / NEARER).square() for m, b in zip(maps, before, strict=True)), 1)
