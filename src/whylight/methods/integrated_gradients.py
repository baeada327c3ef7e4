r"""Integrated gradients (Sundararajan, Taly, Yan 2017, arXiv 1703.01365, eq. 1).

.. math:: a_i = (x_i - x'_i) \int_0^1 \frac{\partial F}{\partial x_i}\bigl(x' + \alpha (x - x')\bigr)\, d\alpha

The parts add up to F(x) - F(x') (completeness). With `rule="auto"` the integral is a trapezoid sum over nested nodes: no
gradient is computed twice, however long the refinement goes on, and the changes seen on the way say how large the error of
every single value still is. On smooth paths the nodes are halved evenly; on kinked ones they go where the gradient changes
(`panels`).
"""

import numbers
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight import quadrature
from whylight.attribution import COVER, Attribution, like, relative_error, sum_features
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.methods.method import Method
from whylight.methods.panels import Maps, Panels
from whylight.problem import Baseline, Chunk, Problem
from whylight.score import wide
from whylight.sums import Sums

DEFAULT_TOL = 0.01
LEAST = 9  # points before an estimate is trusted
STRAIN = 3  # a gap of more than so many of the standard deviations expected of it says that they are too small
MOST_POINTS = 2**quadrature.MAX_LEVEL + 1  # where a tolerance that is never met gives up


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """Integrated gradients along the straight line from the baseline to the input.

    Parameters
    ----------
    n_steps
        Number of path points. Exclusive with `tol`.
    tol
        Relative L2 error of the map to stop at, as estimated; 0.01 when neither is given.
    rule
        `"auto"` (nested, adaptive in order) or Captum's names, see `whylight.quadrature.rule`.
    multiply_by_inputs
        False leaves the factor (x - x') out: the average gradient.

    >>> import torch, whylight as wl
    >>> product = lambda x: x[:, 0] * x[:, 1]
    >>> wl.attribute(product, torch.tensor([[2.0, 3.0]])).attributions
    tensor([[3.0000, 3.0000]], dtype=torch.float64)
    """

    n_steps: int | None = None
    tol: float | None = None
    rule: str = "auto"
    multiply_by_inputs: bool = True

    name: ClassVar[str] = "integrated_gradients"
    label: ClassVar[str] = "Integrated gradients"
    hint: ClassVar[str] = "Shares of F(x) − F(x′), gathered on the way from the baseline to the input."
    needs_baseline: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.n_steps is not None and self.tol is not None:
            raise InvalidValueError(
                f"Give n_steps or tol, not both (n_steps={self.n_steps}, tol={self.tol}): "
                "n_steps fixes the number of path points, tol the accuracy to reach."
            )
        if self.n_steps is not None and (isinstance(self.n_steps, bool) or not hasattr(self.n_steps, "__index__")):
            raise InvalidTypeError(f"n_steps must be a whole number, got {self.n_steps!r}.")
        if self.tol is not None and not isinstance(self.tol, numbers.Real):
            raise InvalidTypeError(f"tol must be a number, got {self.tol!r}.")
        if self.tol is not None and not 0 < self.tol < 1:
            raise InvalidValueError(f"tol is a relative error between 0 and 1 (0.01 = 1 %), got {self.tol!r}.")
        quadrature.rule(self.rule, self.n_steps if self.n_steps is not None else 2)

    @property
    def starts_at_baseline(self) -> bool:
        """Whether x' is among the points."""
        return self.rule in ("auto", "riemann_left", "riemann_trapezoid")

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map round by round, after 5, 9, 17, ... points (or one per asked rule)."""
        lines = [_Line(problem, b, self.multiply_by_inputs) for b in problem.baselines]
        limit, tol = self.n_steps, self.tol if self.tol is not None else DEFAULT_TOL
        for last in self._nested(lines) if self.rule == "auto" else self._ruled(lines):
            maps, errors = _mean([line.maps for line in lines]), _mean([line.errors for line in lines])
            gap = self._gap(lines, maps)
            errors = _strained(lines, errors, gap)
            met = _accurate(lines, maps, errors, gap, tol)
            for line in lines:
                line.resting = met & (limit is None)
            done = last if limit is not None else bool(met.all())
            notes = () if done or not last else (_unmet(lines[0].size, maps, errors, gap, tol),)
            yield self._attribution(lines, maps, errors, gap=gap, final=done or last, notes=notes)
            if done or last:
                return

    def _gap(self, lines: list["_Line"], maps: Maps) -> Tensor:
        """Sum of the attributions minus F(x) - F(x'), `(N,)`."""
        rise = torch.stack([line.score - line.baseline_score for line in lines]).mean(0)
        if self.multiply_by_inputs:
            return sum_features(maps) - rise
        return torch.stack([line.total() for line in lines]).mean(0) - rise

    def _nested(self, lines: list["_Line"]) -> Iterator[bool]:
        """Refine the lines round by round; yield whether every one has all the points it may have."""
        limit = self.n_steps if self.n_steps is not None else MOST_POINTS
        left = True
        while left:
            left = any([line.grow(limit) for line in lines])  # noqa: C419  every line grows
            yield not left

    def _ruled(self, lines: list["_Line"]) -> Iterator[bool]:
        """Bring the lines to the asked rule; with a tolerance, to 8, 16, 32, ... points of it."""
        sizes = [self.n_steps] if self.n_steps is not None else [2**k for k in range(3, quadrature.MAX_LEVEL + 1)]
        for n in sizes:
            for line in lines:
                line.integrate(*quadrature.rule(self.rule, n))
            yield n == sizes[-1]

    def _attribution(
        self,
        lines: list["_Line"],
        maps: Maps,
        errors: Maps,
        *,
        gap: Tensor,
        final: bool,
        notes: tuple[str, ...],
    ) -> Attribution:
        single = len(maps) == 1
        spread = None
        if len(lines) > 1:
            stacked = (torch.stack(parts).std(0) for parts in zip(*(line.maps for line in lines), strict=True))
            spread = like(tuple(stacked), single)
        return Attribution(
            attributions=like(maps, single),
            convergence_delta=gap,
            error_estimate=like(errors, single),
            score=lines[0].score,
            baseline_score=torch.stack([line.baseline_score for line in lines]).mean(0),
            target=lines[0].problem.target.label,
            n_evaluations=sum(line.size for line in lines),
            method=self.name,
            baseline_spread=spread,
            provenance={"n_steps": max(line.size for line in lines), "rule": self.rule},
            notes=tuple(dict.fromkeys([*(note for line in lines for note in line.notes), *notes])),
            final=final,
        )


class _Line:
    """The path from one baseline: weighted sums of its gradients, the map they give with its error, F at both ends."""

    def __init__(self, problem: Problem, baseline: Baseline, multiply: bool) -> None:
        self.problem, self.baseline, self.multiply = problem, baseline, multiply
        self.maps: Maps = ()
        self.errors: Maps = ()
        self.notes: tuple[str, ...] = ()
        self.size = 0  # gradients it rests on, of the sample that needs most
        self.resting = torch.zeros(problem.n_samples, dtype=torch.bool)  # samples that need no more
        self.expected_gap = torch.full((problem.n_samples,), torch.inf)  # standard deviation, where it is noise
        self._mean: Maps = ()  # average gradient
        self._paths = [Panels(partial(self._map, sample=i), lambda: problem.kinked) for i in range(problem.n_samples)]
        self._ends: dict[float, Tensor] = {}

    def grow(self, limit: int) -> bool:
        """Do the next round of refinement, with at most `limit` points per sample; whether any sample has fewer."""
        growing = [i for i, p in enumerate(self._paths) if p.size < limit and not self.resting[i]]
        asked = [self._paths[i].ask(limit - self._paths[i].size) for i in growing]
        for i, sums in zip(growing, self._sums_of(growing, asked), strict=True):
            self._paths[i].tell(sums)
        self.size = max(p.size for p in self._paths)
        self._mean, self.maps, self.errors = (
            tuple(torch.cat(parts) for parts in zip(*(getattr(p, name) for p in self._paths), strict=True))
            for name in ("mean", "maps", "errors")
        )
        if self.multiply:
            self.expected_gap = torch.tensor([p.gap for p in self._paths])
        return any(p.size < limit for p in self._paths)

    def integrate(self, nodes: np.ndarray, weights: np.ndarray) -> None:
        """Use any rule; its distance to a coarser one on every second node estimates the error."""
        fine, coarse = self._sums(nodes, np.stack([weights, quadrature.embedded_weights(nodes)]))
        self.size, self._mean, self.maps = len(nodes), fine, self._map(fine)
        self.errors = tuple(COVER * (f - c).abs() for f, c in zip(self.maps, self._map(coarse), strict=True))

    def total(self) -> Tensor:
        """Sum of (x - x') times the newest average gradient, `(N,)`."""
        return sum_features(self._times_difference(self._mean))

    @property
    def score(self) -> Tensor:
        return self._end(1.0, None)

    @property
    def baseline_score(self) -> Tensor:
        return self._end(0.0, self.baseline)

    def _end(self, alpha: float, baseline: Baseline | None) -> Tensor:
        if alpha not in self._ends:
            self._ends[alpha] = self.problem.value(baseline)
        return self._ends[alpha]

    def _sums(self, nodes: np.ndarray, rows: np.ndarray) -> list[Maps]:
        """Sums of all samples' gradients at the nodes for every row of weights."""
        n = self.problem.n_samples
        own = self._sums_of(list(range(n)), [(nodes, rows)] * n)
        return [tuple(torch.cat(parts) for parts in zip(*maps, strict=True)) for maps in zip(*own, strict=True)]

    def _sums_of(self, samples: list[int], asked: list[tuple[np.ndarray, np.ndarray]]) -> list[list[Maps]]:
        """The same for some samples with nodes of their own, from common passes through the model."""
        sizes = [len(nodes) for nodes, _ in asked]
        owner, place = np.repeat(np.arange(len(samples)), sizes), np.concatenate([np.arange(n) for n in sizes])
        like = self.problem.sample(0)
        sums = [Sums(rows, like) for _, rows in asked]
        for chunk in self._chunks(np.concatenate([nodes for nodes, _ in asked]), np.repeat(samples, sizes)):
            whose = owner[chunk.points]
            starts = [0, *(np.flatnonzero(np.diff(whose)) + 1).tolist(), len(whose)]
            for lo, hi in pairwise(starts):
                sums[whose[lo]].add(place[chunk.points[lo:hi]], tuple(g[lo:hi] for g in chunk.grads))
        if not all(s.finite for s in sums):
            self.notes = ("Some gradients on the path were not finite (NaN or infinite); they count as zero.",)
        return [s.maps() for s in sums]

    def _chunks(self, nodes: np.ndarray, samples: np.ndarray) -> Iterator[Chunk]:
        """Gradients at the nodes of the samples; F at both ends of the path is noted in passing."""
        for chunk in self.problem.gradients(nodes, samples, self.baseline):
            for alpha in (0.0, 1.0):
                here = nodes[chunk.points] == alpha
                if here.any():
                    unknown = chunk.values.new_zeros(self.problem.n_samples, dtype=wide(self.problem.device))
                    end = self._ends.setdefault(alpha, unknown)
                    end[samples[chunk.points[here]]] = chunk.values[here].to(end.dtype)
            yield chunk

    def _times_difference(self, mean: Maps, sample: int | None = None) -> Maps:
        rows = slice(None) if sample is None else slice(sample, sample + 1)
        pairs = zip(mean, self.problem.inputs, self.baseline.tensors, strict=True)
        return tuple(m * (x[rows].to(m.dtype) - b[rows].to(m.dtype)) for m, x, b in pairs)

    def _map(self, mean: Maps, sample: int | None = None) -> Maps:
        """The map that an average gradient gives, of all samples or of one."""
        if self.multiply:
            return tuple(self.problem.reduce(m, "sum") for m in self._times_difference(mean, sample))
        return tuple(self.problem.reduce(m, "norm") for m in mean)


def _mean(parts: list[Maps]) -> Maps:
    """The average over baselines."""
    if len(parts) == 1:
        return parts[0]
    return tuple(torch.stack(maps).mean(0) for maps in zip(*parts, strict=True))


def _rounding(lines: list[_Line]) -> Tensor:
    """What rounding may add to a gap, `(N,)`."""
    scale = torch.stack([torch.maximum(line.score.abs(), line.baseline_score.abs()) for line in lines]).amax(0)
    return 100 * torch.finfo(lines[0].problem.inputs[0].dtype).eps * scale


def _strained(lines: list[_Line], errors: Maps, gap: Tensor) -> Maps:
    """The errors, larger where completeness is missed by more than they explain."""
    expected = torch.stack([line.expected_gap for line in lines]).mean(0).to(gap)
    beyond = (gap.abs() - _rounding(lines)).clamp(min=0)
    factor = torch.where(beyond > STRAIN * expected, beyond / (STRAIN * expected), 1.0).nan_to_num(posinf=1.0)
    return tuple(e * factor.reshape(-1, *[1] * (e.ndim - 1)) for e in errors)


def _accurate(lines: list[_Line], maps: Maps, errors: Maps, gap: Tensor, tol: float) -> Tensor:
    """For which samples the estimate meets `tol` and completeness does not contradict it, `(N,)`."""
    enough = min(line.size for line in lines) >= LEAST
    closed = gap.abs() <= tol * sum_features(tuple(m.abs() for m in maps)) + _rounding(lines)
    return enough & closed & (relative_error(errors, maps) <= COVER * tol)


def _unmet(n: int, maps: Maps, errors: Maps, gap: Tensor, tol: float) -> str:
    reached = float(relative_error(errors, maps).max()) / COVER
    if reached > tol:
        return f"Stopped after {n} points at an estimated map error of {reached:.2g}; {tol:g} was asked for."
    return (
        f"Stopped after {n} points: the map no longer changes, but the parts miss F(x) - F(x') by {float(gap.abs().max()):.2g}. "
        "The score jumps somewhere on the path, where no gradient can see it."
    )
