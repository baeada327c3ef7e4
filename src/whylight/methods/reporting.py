"""How a method reports what it found: maps in the shape shown to the user, averaged over baselines.

Knows nothing of how the maps were obtained.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Maps, Tensors, as_tuple, like, sum_features, wide


def attribution_of(
    problem: Problem,
    maps: Tensors,
    baseline: Baseline | None = None,
    *,
    errors: Tensors | None = None,
    exact: bool = False,
    **facts: Any,
) -> Attribution:
    """An attribution from maps in the shape shown; `facts` are its further fields.

    Unless they say otherwise it claims nothing: no completeness, and an error that nobody knows (NaN). That of an `exact` map is 0
    once it is final.
    """
    single = len(maps) == 1
    errors = errors or (exactly(maps) if exact and facts.get("final", True) else unknown(maps))
    if baseline is not None:
        facts = {"baseline_score": problem.value(baseline), **facts}
    if "score" not in facts:
        facts["score"] = problem.value()
    facts = {"convergence_delta": None, "baseline_score": None, "target": problem.target.label, **facts}
    return Attribution(attributions=like(maps, single), error_estimate=like(errors, single), **facts)


def unknown(maps: Tensors) -> Tensors:
    """Errors of which nothing is known."""
    return tuple(torch.full_like(m, torch.nan) for m in maps)


def exactly(maps: Tensors) -> Tensors:
    """Errors of maps that have none."""
    return tuple(torch.zeros_like(m) for m in maps)


def require_ends(problem: Problem) -> None:
    """Raise where F at an end of a path is no number, before there is any work."""
    for end in (None, *problem.baselines):
        problem.value(end)


def zeros(problem: Problem) -> Tensors:
    """A sum to start with, shaped like the inputs."""
    return tuple(torch.zeros_like(x, dtype=wide(x.device)) for x in problem.inputs)


def shown(problem: Problem, maps: Tensors, how: str = "sum") -> Tensors:
    """Maps of the inputs in the shape shown to the user."""
    return tuple(problem.reduce(m, how) for m in maps)


def difference(problem: Problem, baseline: Baseline) -> Tensors:
    """How far the inputs are from the baseline, wide."""
    return tuple(
        x.to(wide(x.device)) - b.to(wide(x.device)) for x, b in zip(problem.inputs, baseline.tensors, strict=True)
    )


def gap(maps: Tensors, rise: Tensor) -> Tensor:
    """Sum of the maps minus what they should add up to, `(N,)`."""
    return sum_features(maps) - rise


def over_baselines(problem: Problem, run: Callable[[Baseline], Iterator[Attribution]]) -> Iterator[Attribution]:
    """Refine for every baseline in step, and yield the averages."""
    runs = [run(baseline) for baseline in problem.baselines]
    if len(runs) == 1:
        yield from runs[0]
        return
    newest = [next(r) for r in runs]
    while True:
        done = all(a.final for a in newest)
        yield replace(_average(newest), final=done)
        if done:
            return
        newest = [next(r, a) for r, a in zip(runs, newest, strict=True)]


def _average(found: list[Attribution]) -> Attribution:
    scores = [a.baseline_score for a in found if a.baseline_score is not None]
    gaps = [a.convergence_delta for a in found if a.convergence_delta is not None]
    return replace(
        found[0],
        attributions=_each([a.attributions for a in found], torch.mean),
        error_estimate=_each([a.error_estimate for a in found], torch.mean),
        baseline_spread=_each([a.attributions for a in found], torch.std),
        baseline_score=torch.stack(scores).mean(0) if scores else None,
        convergence_delta=torch.stack(gaps).mean(0) if gaps else None,
        n_evaluations=sum(a.n_evaluations for a in found),
        notes=tuple(dict.fromkeys(note for a in found for note in a.notes)),
    )


def _each(maps: list[Maps], reduce: Callable[[Tensor, int], Tensor]) -> Maps:
    return like(reduced([as_tuple(m) for m in maps], reduce), not isinstance(maps[0], tuple))


def reduced(parts: Sequence[Tensors], reduce: Callable[[Tensor, int], Tensor]) -> Tensors:
    """Maps from several baselines, input by input, as their mean or standard deviation."""
    return tuple(reduce(torch.stack(same), 0) for same in zip(*parts, strict=True))
