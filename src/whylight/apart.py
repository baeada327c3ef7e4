"""Whether a model answers for each sample on its own, the same every time: asked where parts do not add up.

Every method runs many points through the model at once. Batch statistics, random numbers in eval mode, or an axis of samples
that the model takes for time make its answer at one point depend on the others. Knows nothing of methods.
"""

import torch

from whylight.attribution import Attribution, as_tuple, sum_features
from whylight.baselines import Baseline
from whylight.problem import Problem

MISSED = 0.01  # of the sum of magnitudes: parts that miss F(x) - F(x') by more ask for a reason
LEAST = 9  # evaluations; fewer miss it anyway


def remarks(attribution: Attribution, problem: Problem) -> tuple[str, ...]:
    """A sentence where parts miss their sum because the model's answer to a sample depends on what is beside it.

    A rule that was asked for by name, or very few points, miss it by themselves and are not looked into.
    """
    gap, maps = attribution.convergence_delta, attribution.attributions
    coarse = attribution.provenance.get("rule", "auto") != "auto" or attribution.n_evaluations < LEAST
    if gap is None or coarse or not attribution.final or not problem.baselines:
        return ()
    size = sum_features(tuple(m.abs() for m in as_tuple(maps)))
    found = _found(problem, problem.baselines[0]) if bool((gap.abs() > MISSED * size).any()) else None
    return () if found is None else (found,)


def _found(problem: Problem, baseline: Baseline) -> str | None:
    """What two passes tell: the first sample beside itself, and beside its baseline."""
    x, other = problem.sample(0), tuple(t[:1] for t in baseline.tensors)
    answers = [*_values(problem, x, x), _values(problem, x, other)[0]]
    low, high = min(answers), max(answers)
    if not high - low > torch.finfo(x[0].dtype).eps ** 0.5 * max(abs(low), abs(high)):
        return None
    return (
        f"The model's answer depends on what else is in the batch ({low:.3g} or {high:.3g} for the same input): it uses statistics "
        "of the batch, random numbers, or the first axis as time (batch_first). internal_batch_size=1 keeps points apart."
    )


def _values(problem: Problem, *rows: tuple[torch.Tensor, ...]) -> list[float]:
    """F at rows of the first sample's kind, from one pass."""
    joined = tuple(torch.cat(parts) for parts in zip(*rows, strict=True))
    return problem.values_at(lambda lo, hi: tuple(t[lo:hi].clone() for t in joined), [0] * len(rows)).tolist()
