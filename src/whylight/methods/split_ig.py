"""Integrated gradients split where the score saturates (Miglani, Kokhlikyan, Alsallakh, Martin, Reblitz-Richardson 2020, arXiv 2010.12697).

Much of the straight line lies where the score hardly changes any more, and gradients gathered there are mostly noise. The line
is cut at the first point α* where F has risen by a share φ of F(x) - F(x'):

    aᵢ = (xᵢ − x′ᵢ) ∫ ∂F/∂xᵢ dα,  from 0 to α* (left) or from α* to 1 (right).

Knows nothing of models.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.methods.coarse_to_fine import from_baselines
from whylight.methods.method import Method
from whylight.methods.reporting import difference, gap, shown, zeros
from whylight.parameters import parameter
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.quadrature.path_integral import values_on_line
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, to_ndim


@dataclass(frozen=True)
class SplitIG(Method):
    """Integrated gradients of the line before the score saturates ("left"), or after ("right").

    Left and right add up to integrated gradients by the trapezoid rule. `convergence_delta` is measured against the rise of
    the part: F(x*) - F(x') for the left one, F(x) - F(x*) for the right one, where x* is the point of the cut.

    Parameters
    ----------
    n_steps
        Intervals of the line.
    part
        Which part of the line is gathered: `"left"` or `"right"` of the cut.
    share
        φ: the share of F(x) - F(x') that has to be reached.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> saturating = lambda x: 1 - (1 - x[:, 0]).relu() + 0 * x[:, 1]
    >>> found = wl.attribute(saturating, torch.tensor([[2.0, 1.0]]), method=wl.methods.SplitIG(share=0.5))
    >>> found.attributions, found.provenance["split"]
    (tensor([[0.5000, 0.0000]], dtype=torch.float64), [0.25])
    """

    n_steps: int = parameter(64, least=1, unit="intervals")
    part: str = parameter("left", choices=("left", "right"))
    share: float = parameter(0.9, least=0, most=1, unit="share of F(x) − F(x′)")

    name: ClassVar[str] = "split_ig"
    label: ClassVar[str] = "Left IG"
    hint: ClassVar[str] = "Integrated gradients of the line up to where the score has risen to nine tenths."

    @property
    def title(self) -> str:
        """Left or right."""
        return f"{self.part.capitalize()} IG"

    @property
    def needs_baseline(self) -> bool:
        """The line starts at x'."""
        return True

    @property
    def multiplies_by_inputs(self) -> bool:
        """As integrated gradients do."""
        return True

    @property
    def n_gradients(self) -> int:
        """At most one per point, and those of the first look."""
        return self.n_steps + 1 + self.n_steps // 8

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map of few steps, then of all."""
        return from_baselines(problem, partial(self._walk, problem), self.n_steps, self.name)

    def _walk(self, problem: Problem, baseline: Baseline, n: int) -> tuple[Tensors, dict[str, Any]]:
        alphas, rows = np.linspace(0, 1, n + 1), np.arange(problem.n_samples)
        values = values_on_line(problem, baseline, alphas)
        cut = self._cut(values)
        weights = self._weights(cut.cpu().numpy(), n)  # (N, n + 1)
        samples, steps = np.nonzero(weights)
        total = zeros(problem)
        for chunk in problem.gradients(alphas[steps], samples, baseline):
            who = torch.from_numpy(samples[chunk.points]).to(problem.device)
            weight = torch.from_numpy(weights[samples, steps][chunk.points]).to(total[0])
            for sums, g in zip(total, problem.losses.usable(chunk.values, chunk.grads), strict=True):
                sums.index_add_(0, who, g.to(sums) * to_ndim(weight, g.ndim))
        maps = shown(problem, tuple(t * d for t, d in zip(total, difference(problem, baseline), strict=True)))
        ends = torch.stack([values[:, 0], values[rows, cut], values[:, -1]])
        rise = ends[1] - ends[0] if self.part == "left" else ends[2] - ends[1]
        return maps, {"convergence_delta": gap(maps, rise), "provenance": {"split": [k / n for k in cut.tolist()]}}

    def _cut(self, values: Tensor) -> Tensor:
        """The first point where the share is reached, `(N,)`."""
        risen = values - values[:, :1]
        reached = risen * risen[:, -1:].sign() >= self.share * risen[:, -1:].abs()
        return reached.to(torch.uint8).argmax(1)

    def _weights(self, cut: np.ndarray, n: int) -> np.ndarray:
        """Trapezoid weights of the part, `(N, n + 1)`."""
        intervals = np.arange(n)[None]
        inside = intervals < cut[:, None] if self.part == "left" else intervals >= cut[:, None]
        weights = np.zeros((len(cut), n + 1))
        weights[:, :-1] += inside / (2 * n)
        weights[:, 1:] += inside / (2 * n)
        return weights
