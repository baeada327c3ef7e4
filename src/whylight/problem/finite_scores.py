"""Scores that are no numbers: at the ends of a path an error that says where, on the way a count. Knows nothing of methods.

Attributions explain F(x) - F(x'): where one of them is NaN or infinite there is nothing to explain, and gradients would only be zeros.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from whylight.errors import ModelError
from whylight.targets.target import Target
from whylight.tensors import Points, Tensors, as_rows, finite, sum_finite

CAUSES = "a division by zero, a logarithm or root of what is not positive, weights that are not finite, numbers too large for the dtype"


@dataclass
class Losses:
    """How many points were looked at, and at how many of them the score or its gradient was NaN or infinite."""

    points: int = 0
    lost: int = 0

    def usable(self, values: Tensor, grads: Tensors) -> Tensors:
        """Gradients at these points with zeros for what is not finite; the points are counted."""
        self.points += len(values)
        if all(map(sum_finite, (values, *grads))):
            return grads
        fine = torch.stack([as_rows(t).isfinite().all(1) for t in (values, *grads)]).all(0)
        self.lost += len(values) - int(fine.sum())
        return tuple(map(finite, grads))

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence where points were lost."""
        if not self.lost:
            return ()
        return (
            f"The score or its gradient was NaN or infinite at {self.lost} of {self.points} points; gradients count as zero there.",
        )


def require_numbers(values: Tensor, samples: Points, n: int, target: Target, start: str | None) -> None:
    """Raise about the first of these scores that is not finite: F of these samples of n, at the input or (if named) where the path starts."""
    if sum_finite(values):
        return
    wrong = ~values.isfinite()
    if not bool(wrong.any()):
        return
    at = int(wrong.to(torch.uint8).argmax())
    value, sample = float(values[at]), int(samples[at])
    found = "NaN" if math.isnan(value) else "infinite" if value > 0 else "minus infinite"
    if start is None:
        raise ModelError(
            f"F(x) is {found}{_whose(sample, n, target)}: the model's score of this input is no number, so there is nothing to explain. "
            f"Look at what the model returns for it ({CAUSES}), or explain another target.{remedy(target)}"
        )
    raise ModelError(
        f"F(x') is {found}{_whose(sample, n, target)}: the model's score at the baseline ({start}) is no number, so neither is "
        f"F(x) - F(x'). Give a baseline= that the model can take, or look at what it returns there ({CAUSES}).{remedy(target)}"
    )


def remedy(target: Target) -> str:
    """What to ask for instead, where a probability of 0 or 1 has no logarithm."""
    if target.unit not in ("logit", "log_probability"):
        return ""
    what = "log-odds" if target.unit == "logit" else "log-probability"
    return f" Where it is a probability of 0 or 1 its {what} is infinite: output='probability' is not."


def _whose(sample: int, n: int, target: Target) -> str:
    if target.parts:
        return f" for the target {target.parts[sample].label!r}"
    return f" for sample {sample + 1} of {n} (x[{sample}])" if n > 1 else ""
