"""Sentences a reader should see with an answer: numbers that are not finite, parts that miss their sum, baselines not neutral.

Every method runs many points through the model at once. Batch statistics, random numbers in eval mode, or an axis of samples
that the model takes for time make its answer at one point depend on the others. Knows nothing of methods or of how to draw.
"""

import torch
from torch import Tensor

from whylight.numbers import number, percent
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, norm

MISSED = 0.01  # of the sum of magnitudes: parts that miss F(x) - F(x') by more ask for a reason
LEAST = 9  # evaluations; fewer miss it anyway
NEUTRAL = 0.5  # F(x') is small up to this share of F(x)
EVEN = 0.2  # a chance of two classes is neutral within so much of one half


def batch_notes(attribution: Attribution, problem: Problem) -> tuple[str, ...]:
    """A sentence where parts miss their sum because the model's answer to a sample depends on what is beside it.

    A rule that was asked for by name, or very few points, miss it by themselves and are not looked into.
    """
    gap = attribution.convergence_delta
    coarse = attribution.provenance.get("rule", "auto") != "auto" or attribution.n_evaluations < LEAST
    if gap is None or coarse or not attribution.final or not problem.baselines:
        return ()
    size = norm(attribution.known, 1)
    found = _batch_dependence(problem, problem.baselines[0]) if bool((gap.abs() > MISSED * size).any()) else None
    return () if found is None else (found,)


def _batch_dependence(problem: Problem, baseline: Baseline) -> str | None:
    """What two passes tell: the first sample beside itself, and beside its baseline."""
    x, other = problem.sample(0), tuple(t[:1] for t in baseline.tensors)
    answers = [*_values(problem, x, x), _values(problem, x, other)[0]]
    low, high = min(answers), max(answers)
    if not high - low > torch.finfo(x[0].dtype).eps ** 0.5 * max(abs(low), abs(high)):
        return None
    return depends_on_batch(low, high)


def depends_on_batch(low: float, high: float) -> str:
    """The sentence about a model that gives one input both numbers, by what is beside it."""
    return (
        f"The model's answer depends on what else is in the batch ({number(low)} or {number(high)} for the same input): it uses statistics "
        "of the batch, random numbers, or the first axis as time (batch_first). internal_batch_size=1 keeps points apart."
    )


def _values(problem: Problem, *rows: Tensors) -> list[float]:
    """F at rows of the first sample's kind, from one pass."""
    joined = tuple(torch.cat(parts) for parts in zip(*rows, strict=True))
    return problem.values_at(lambda lo, hi: tuple(t[lo:hi].clone() for t in joined), [0] * len(rows)).tolist()


def neutrality_note(
    score: Tensor, baseline_score: Tensor, unit: str = "output", chance: Tensor | None = None
) -> str | None:
    """One sentence where a baseline is no neutral reference, else None.

    Attributions explain F(x) - F(x'), so x' should say nothing about the target: F(x') small beside F(x), or a chance of
    one half from a model of two classes (Sundararajan, Taly, Yan 2017, section 6). The zero of a logit is arbitrary: a
    negative one at the baseline only says that the class is not seen there.

    Parameters
    ----------
    score, baseline_score
        F(x) and F(x'), `(N,)`.
    unit
        "logit", "probability", "log_probability" or any other.
    chance
        For a model of two classes the probability of the target at the baseline, `(N,)`.

    Examples
    --------
    >>> import torch
    >>> print(neutrality_note(torch.tensor([8.0]), torch.tensor([0.5])))
    None
    >>> neutrality_note(torch.tensor([8.0]), torch.tensor([6.0]))
    'The baseline is not neutral: F(x′) is 6.00 beside F(x) of 8.00. The parts explain only the difference; compare other baselines.'
    """
    if chance is not None:
        far = (chance - 0.5).abs()
        i = int(far.nan_to_num().argmax())
        return (
            _sentence(f"there the model gives the target {percent(float(chance[i]))}, not about 50 %")
            if far[i] > EVEN
            else None
        )
    share = _share(score, baseline_score, unit)
    i = int(share.nan_to_num().argmax())
    if not bool(share[i] > NEUTRAL):
        return None
    return _sentence(f"F(x′) is {number(float(baseline_score[i]))} beside F(x) of {number(float(score[i]))}")


def _share(score: Tensor, baseline_score: Tensor, unit: str) -> Tensor:
    if unit == "log_probability":
        return (baseline_score - score).exp()
    return baseline_score.clamp(min=0) / score.abs() if unit == "logit" else baseline_score.abs() / score.abs()


def _sentence(found: str) -> str:
    return f"The baseline is not neutral: {found}. The parts explain only the difference; compare other baselines."


def number_notes(attribution: Attribution) -> tuple[str, ...]:
    """Notes about the numbers themselves."""
    if not bool(attribution.total.isfinite().all()):
        return ("Some attributions are not finite: the score or its gradient is NaN or infinite somewhere.",)
    if attribution.is_zero:
        return (
            "Every attribution is zero: the score does not react to the input here. It may be saturated, or the input equals the baseline.",
        )
    return ()
