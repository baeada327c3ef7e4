"""Whether rows are samples to the model: nodes of a graph, or a series without an axis for samples, are not.

Every method takes the rows of a tensor for samples of their own, with points of the path beside them. Knows nothing of methods.
"""

from dataclasses import replace

import torch

from whylight.numbers import number
from whylight.problem.problem import Problem, tick_nothing
from whylight.results.attribution import Attribution


def rows_alone(n: int, device: torch.device) -> int:
    """How many rows of one sample ask for it alone: one; n where an index out of range (a graph's) stops the device for good."""
    return 1 if device.type == "cpu" else n


def mixing_note(attribution: Attribution, problem: Problem) -> str | None:
    """A sentence where the model's answer to one of several samples depends on the others.

    The last one is asked for alone, one small pass (`rows_alone`). Where it is another there, or fails, the samples together and copies of it
    in their places tell: answers that differ for the same rows are random, and speak of nothing else.
    """
    last = problem.n_samples - 1
    if last < 1 or problem.shared or problem.stands_for is not None or not attribution.final:
        return None
    score = attribution.score
    eps = torch.finfo(problem.score.dtype or problem.inputs[0].dtype).eps ** 0.5
    close = eps * float(score.abs().max())
    try:
        alone = _values(problem, [last] * rows_alone(problem.n_samples, problem.device))[-1]
    except Exception:  # noqa: BLE001  the model's own: a graph has no node on its own
        alone = float("nan")
    if abs(alone - float(score[-1])) <= close:
        return None
    rows = list(range(last + 1))
    first, again, copies = (_values(problem, asked)[-1] for asked in (rows, rows, [last] * len(rows)))
    if first != again or abs(first - copies) <= close:
        return None
    return (
        f"The model's answer to a row depends on what else is in the batch ({number(first)} or {number(copies)} for the same row), so these "
        "numbers mix the rows. Nodes of a graph, or a series without an axis for samples, are one sample: give x[None] and "
        "lambda xs: torch.stack([model(x) for x in xs]). internal_batch_size=1 explains each row alone."
    )


def _values(problem: Problem, samples: list[int]) -> list[float]:
    """F at these samples."""
    made = lambda lo, hi: tuple(x[samples[lo:hi]].clone() for x in problem.inputs)
    return replace(problem, tick=tick_nothing).values_at(made, samples).tolist()
