"""Integrated gradients with the important direction only, IDGI (Yang, Wang, Bilgic 2023, arXiv 2303.14242, Algorithm 1).

Between two points of the path the score rises by dⱼ = F(xⱼ₊₁) − F(xⱼ). Along the gradient
gⱼ = ∇F(xⱼ) alone it would have to go dⱼ / |gⱼ| for that; the rest of the step only adds noise. So

    a = Σⱼ (gⱼ ⊙ gⱼ) / (gⱼ · gⱼ) dⱼ

Knows nothing of models.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch

from whylight.methods.coarse_to_fine import from_baselines
from whylight.methods.method import Method
from whylight.methods.reporting import gap, shown, zeros
from whylight.parameters import parameter
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.quadrature.path_integral import values_on_line
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, sum_features, to_ndim


@dataclass(frozen=True)
class IDGI(Method):
    """Integrated gradients that share out every rise of the score by the squared gradient.

    The parts add up to F(x) - F(x') at every number of steps, except for the rises at whose first point the gradient is zero: where
    nothing slopes there is nothing to share by, and `convergence_delta` says how much was left out. Neither dummy features
    nor linear models get what integrated gradients give: the share rests on the slope, not on how far a feature moves.

    Parameters
    ----------
    n_steps
        Steps along the straight line.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> linear = lambda x: 3 * x[:, 0] + x[:, 1]
    >>> wl.attribute(linear, torch.tensor([[1.0, 1.0]]), method="idgi").attributions
    tensor([[3.6000, 0.4000]], dtype=torch.float64)
    """

    n_steps: int = parameter(64, least=1, unit="steps")

    name: ClassVar[str] = "idgi"
    label: ClassVar[str] = "IDGI"
    hint: ClassVar[str] = "Every rise of the score on the way to the input, shared out by the squared gradient."

    @property
    def needs_baseline(self) -> bool:
        """The line starts at x'."""
        return True

    @property
    def n_gradients(self) -> int:
        """One per step, and those of the first look."""
        return self.n_steps + self.n_steps // 8

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map of few steps, then of all."""
        return from_baselines(problem, partial(self._walk, problem), self.n_steps, self.name)

    def _walk(self, problem: Problem, baseline: Baseline, n: int) -> tuple[Tensors, dict[str, Any]]:
        alphas = np.linspace(0, 1, n + 1)
        values = values_on_line(problem, baseline, alphas)
        rises = values.diff(dim=1)
        total, rows = zeros(problem), problem.n_samples
        nodes, steps = np.tile(alphas[:-1], rows), np.tile(np.arange(n), rows)
        samples = np.repeat(np.arange(rows), n)
        for chunk in problem.gradients(nodes, samples, baseline):
            who = torch.from_numpy(samples[chunk.points]).to(problem.device)
            usable = problem.losses.usable(chunk.values, chunk.grads)
            squares = tuple(g.to(t).square() for g, t in zip(usable, total, strict=True))
            share = rises[who, torch.from_numpy(steps[chunk.points])] / sum_features(squares)
            share = torch.nan_to_num(share, nan=0.0, posinf=0.0, neginf=0.0)
            for sums, square in zip(total, squares, strict=True):
                sums.index_add_(0, who, square * to_ndim(share, square.ndim))
        maps = shown(problem, total)
        return maps, {"convergence_delta": gap(maps, values[:, -1] - values[:, 0])}
