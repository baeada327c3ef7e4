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

from whylight.methods.method import Method, Question
from whylight.methods.reporting import Tensors, attribution_of, difference, exactly, over_baselines, shown
from whylight.methods.running_moments import bounds
from whylight.numbers import percent
from whylight.parameters import parameter
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Chunk, Problem
from whylight.results.attribution import Attribution
from whylight.tensors import as_rows, norm, wide

SIGNS, REDUCTIONS = ("signed", "abs", "absmax"), ("max", "mean")
TWINS = 10  # of so many climbs one is done twice
APART = 8  # roundings: more than one, as all climbs are rounded and only some done twice
ROUNDED = 0.03  # of the largest value: what rounding may change without a word


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
    Where the slope changes by much within a step, or at kinks, climbs that begin a rounding apart part. So one in ten is done a second
    time, from a point that is a rounding away; the error estimate is how far both are apart, and a note tells of more than 3 %.

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
    asks: ClassVar[Question] = "change"
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
        """T for every point, one less for every climb that is done twice."""
        return (self.n_steps + self.include_baseline) * self.n_iter + self.n_twins * (self.n_iter - 1)

    @property
    def n_twins(self) -> int:
        """Climbs of a line that are done twice."""
        return -(-(self.n_steps + self.include_baseline) // TWINS)

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
                n_evaluations=len(climb.alphas) * done + self.n_twins * (done - 1),
                errors=climb.errors() if final else None,
                method=self.name,
                provenance={"iterations": done, **({"n_steps": self.n_steps} if final else {})},
                notes=climb.notes() if final else (),
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
        self._dtype = problem.score.dtype or problem.inputs[0].dtype
        self._doubled = np.empty(0, dtype=np.int64)  # points whose climbs are done twice
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
        if self._done == 1 and not last:
            self._add_twins()

    def _add_twins(self) -> None:
        """Do the climbs from the steepest places twice from here on, the second time from a point that is a rounding away."""
        slopes = norm(self._kept).reshape(-1, len(self.alphas))
        steepest = slopes.topk(self.method.n_twins, 1).indices.cpu().numpy()
        self._doubled = (steepest + len(self.alphas) * np.arange(len(slopes))[:, None]).ravel()
        doubled = torch.from_numpy(self._doubled).to(self.problem.device)
        generator, eps = torch.Generator().manual_seed(0), APART * torch.finfo(self._dtype).eps
        signs = (torch.randn(p.shape[1:], generator=generator).sign().to(p) for p in self._points)
        twins = (p[doubled] * (1 + eps * s) for p, s in zip(self._points, signs, strict=True))
        self._points = tuple(torch.cat(pair) for pair in zip(self._points, twins, strict=True))
        self._kept = tuple(torch.cat([k, k[doubled]]) for k in self._kept)
        self._samples = np.concatenate([self._samples, self._samples[self._doubled]])

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
        lines = (k[: len(self._nodes)].unflatten(0, (-1, len(self.alphas))) for k in self._kept)
        return self._shown(tuple(map(self.method.over_path, lines)))

    def errors(self) -> Tensors:
        """What rounding may change in every value, as climbs done twice tell."""
        first = tuple(k[torch.from_numpy(self._doubled).to(k.device)] for k in self._kept)
        again = tuple(k[len(self._nodes) :] for k in self._kept)
        if not len(again[0]):
            return exactly(self.maps())
        apart = tuple(a.to(wide(a.device)) - f.to(wide(f.device)) for a, f in zip(again, first, strict=True))
        squares = tuple(a.unflatten(0, (-1, self.method.n_twins)).square().mean(1) for a in apart)
        return tuple(e.abs() for e in self._shown(bounds(squares, self.method.n_twins)))

    def notes(self) -> tuple[str, ...]:
        """A sentence where rounding changes the map by much."""
        largest = lambda maps: torch.stack([as_rows(m).abs().amax(1) for m in maps]).amax(0)
        off = float((largest(self.errors()) / largest(self.maps())).nan_to_num(0.0).max())
        if off <= ROUNDED:
            return ()
        name = str(self._dtype).removeprefix("torch.")
        wider = "" if self._dtype == torch.float64 else "float64 (model.double() and x.double()), "
        note = (
            f"Climbs of the score part here by rounding alone: in {name} values of this map may be off by about {percent(off)} of the "
            f"largest. Take {wider}a smaller step_size= or a smaller n_iter=."
        )
        return (note,)

    def _shown(self, found: Tensors) -> Tensors:
        if not self.method.multiply_by_inputs:
            return shown(self.problem, found, "norm")
        pairs = zip(found, difference(self.problem, self.baseline), strict=True)
        return shown(self.problem, tuple(f * d for f, d in pairs))
