"""Geometrically guided integrated gradients (Rahman, Lewis, Plis 2022, arXiv 2206.05903; the reductions follow the authors' code).

From every point zₖ = x′ + k/m (x − x′) of the straight line the score is climbed, T - 1 plain steps z ← z + η ∇F(z) far. Of
the T gradients met on each climb one reduction takes what is kept of the point, another what is kept of the line:

    Aᵢ = maxₖ max_{t < T} ∂F/∂xᵢ (zₖ⁽ᵗ⁾)

The gradients of the points before they move are those of integrated gradients, and are shared with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.methods.method import Method
from whylight.methods.reporting import Tensors, attribution_of, difference, over_baselines, shown
from whylight.parameters import parameter
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Chunk, Problem
from whylight.results.attribution import Attribution
from whylight.tensors import wide

SIGNS, REDUCTIONS = ("signed", "abs", "absmax"), ("max", "mean")


@dataclass(frozen=True)
class GGIG(Method):
    """The largest slopes met while climbing the score from every point between the baseline and the input.

    The unit is output per unit of input (times the input with `multiply_by_inputs`). No completeness: the parts do not add
    up to F(x) - F(x'), and a maximum over thousands of gradients grows with `n_iter`. With `sign="signed"` a feature whose
    slope is negative everywhere on the line and zero somewhere gets zero, not its negative influence.

    Parameters
    ----------
    n_steps
        m, intervals of the line: m + 1 points.
    n_iter
        T, gradients per point: the point itself and T - 1 ascent steps.
    step_size
        η, the step, in units of input squared per unit of output.
    sign
        What counts as largest: `"signed"`, signed values; `"absmax"`, values of the largest magnitude, with their sign;
        `"abs"`, signed values over the steps, then magnitudes over the path.
    step_reduce
        What is kept of the steps of a point: `"max"`, or `"mean"`, their average.
    path_reduce
        What is kept of the points of the line: `"max"`, or `"mean"`, the trapezoid mean.
    multiply_by_inputs
        Multiply by (x - x').
    include_baseline
        Whether the climb also starts at x' itself.

    Notes
    -----
    The names of the authors' plots, and how to get them:

    | plot | how |
    |---|---|
    | GGIG | the defaults |
    | GGIG_IG | `path_reduce="mean"` |
    | IG | `n_iter=1, path_reduce="mean"` (times the input, with `multiply_by_inputs=True`) |
    | IG_Max | `n_iter=1` |
    | GDA | `n_steps=1, include_baseline=False`: climb from the input only; `step_reduce="max"` or `"mean"` |
    | GRAD | `n_steps=1, n_iter=1, include_baseline=False`: the input gradient |

    Examples
    --------
    >>> import torch, whylight as wl
    >>> product = lambda x: x[:, 0] * x[:, 1]
    >>> wl.attribute(product, torch.tensor([[1.0, 2.0]]), method=wl.methods.GGIG(n_iter=1)).attributions
    tensor([[2., 1.]], dtype=torch.float64)
    """

    n_steps: int = parameter(50, least=1, unit="intervals")
    n_iter: int = parameter(100, least=1, unit="gradients")
    step_size: float = parameter(1e-4, least=0, unit="input² per output")
    sign: str = parameter("signed", choices=SIGNS)
    step_reduce: str = parameter("max", choices=REDUCTIONS)
    path_reduce: str = parameter("max", choices=REDUCTIONS)
    multiply_by_inputs: bool = parameter(False)
    include_baseline: bool = parameter(True)

    name: ClassVar[str] = "ggig"
    label: ClassVar[str] = "Guided ascent (GGIG)"
    hint: ClassVar[str] = (
        "The steepest slopes met while climbing the score from every point between baseline and input."
    )

    @property
    def needs_baseline(self) -> bool:
        """The line starts at x'."""
        return True

    @property
    def starts_at_baseline(self) -> bool:
        """Whether x' is among the points."""
        return self.include_baseline

    @property
    def n_gradients(self) -> int:
        """T for every point."""
        return (self.n_steps + self.include_baseline) * self.n_iter

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map after every step of the climb."""
        return over_baselines(problem, lambda baseline: self._climb(problem, baseline))

    def _climb(self, problem: Problem, baseline: Baseline) -> Iterator[Attribution]:
        climb = _Climb(self, problem, baseline)
        for done in range(1, self.n_iter + 1):
            climb.step(last=done == self.n_iter)
            final = done == self.n_iter
            yield attribution_of(
                problem,
                climb.maps(),
                baseline,
                n_evaluations=len(climb.alphas) * done,
                exact=True,
                method=self.name,
                provenance={"iterations": done, **({"n_steps": self.n_steps} if final else {})},
                final=final,
            )

    def larger(self, a: Tensor, b: Tensor) -> Tensor:
        """The larger of two slopes, elementwise."""
        return torch.where(b.abs() > a.abs(), b, a) if self.sign == "absmax" else torch.maximum(a, b)

    def over_path(self, kept: Tensor) -> Tensor:
        """What is kept of the line `(N, ...)` of what is kept of its points `(N, m + 1, ...)`."""
        points = [p.abs() if self.sign == "abs" else p for p in kept.unbind(1)]
        if self.path_reduce == "max":
            return reduce(self.larger, points).to(wide(kept.device))
        weights = np.ones(len(points))
        if len(points) > 1:
            weights[[0, -1]] = 0.5
        total = torch.zeros_like(points[0], dtype=wide(kept.device))
        for weight, point in zip(weights / weights.sum(), points, strict=True):
            total.add_(point, alpha=weight)
        return total


class _Climb:
    """All points of the lines from one baseline, where they are by now, and what is kept of their gradients."""

    def __init__(self, method: GGIG, problem: Problem, baseline: Baseline) -> None:
        self.method, self.problem, self.baseline = method, problem, baseline
        self.alphas = np.linspace(0, 1, method.n_steps + 1)[0 if method.include_baseline else 1 :]
        self._nodes = np.tile(self.alphas, problem.n_samples)
        self._samples = np.repeat(np.arange(problem.n_samples), len(self.alphas))
        self._points = problem.path(self._nodes, self._samples, baseline)(0, len(self._nodes))
        self._kept = tuple(torch.empty_like(p) for p in self._points)
        self._done = 0

    def step(self, *, last: bool) -> None:
        """Take in the gradients where the points are, and move these up, unless it was the last time."""
        for chunk in self._gradients():
            at = torch.from_numpy(chunk.points).to(self.problem.device)
            usable = self.problem.losses.usable(chunk.values, chunk.grads)
            for points, kept, grads in zip(self._points, self._kept, usable, strict=True):
                kept[at] = self._merged(kept[at], grads) if self._done else grads
                if not last:
                    points[at] += self.method.step_size * grads
        self._done += 1

    def _gradients(self) -> Iterator[Chunk]:
        if not self._done:
            return self.problem.gradients(self._nodes, self._samples, self.baseline)
        return self.problem.gradients_at(lambda lo, hi: tuple(p[lo:hi].clone() for p in self._points), self._samples)

    def _merged(self, kept: Tensor, new: Tensor) -> Tensor:
        if self.method.step_reduce == "mean":
            return kept + (new - kept) / (self._done + 1)
        return self.method.larger(kept, new)

    def maps(self) -> Tensors:
        """The map as it stands."""
        found = tuple(self.method.over_path(k.unflatten(0, (-1, len(self.alphas)))) for k in self._kept)
        if not self.method.multiply_by_inputs:
            return shown(self.problem, found, "norm")
        pairs = zip(found, difference(self.problem, self.baseline), strict=True)
        return shown(self.problem, tuple(f * d for f, d in pairs))
