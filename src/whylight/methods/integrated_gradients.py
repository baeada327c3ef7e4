r"""Integrated gradients (Sundararajan, Taly, Yan 2017, arXiv 1703.01365, eq. 1).

.. math:: a_i = (x_i - x'_i) \int_0^1 \frac{\partial F}{\partial x_i}\bigl(x' + \alpha (x - x')\bigr)\, d\alpha

The parts add up to F(x) - F(x') (completeness). With `rule="auto"` the integral is a trapezoid sum over nested nodes,
halved level by level: no gradient is computed twice, however long the refinement goes on, and the change from one level
to the next says how large the error of every single value still is.
"""

import numbers
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight import quadrature
from whylight.attribution import Attribution, like, relative_error, sum_features
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.methods.convergence import Maps, best, choose
from whylight.methods.method import Method
from whylight.problem import Baseline, Chunk, Problem, accumulate

FIRST_LEVEL = 5  # the first picture rests on this many points, evaluated in one go
DEFAULT_TOL = 0.01


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
    tensor([[3., 3.]], dtype=torch.float64)
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

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map after 5, 9, 17, ... points (or one per asked rule), each better than the last."""
        lines = [_Line(problem, b, self.multiply_by_inputs) for b in problem.baselines]
        limit, tol = self.n_steps, self.tol if self.tol is not None else DEFAULT_TOL
        for n in self._nested(lines) if self.rule == "auto" else self._ruled(lines):
            maps, errors = _mean([line.maps for line in lines]), _mean([line.errors for line in lines])
            gap = self._gap(lines, maps)
            done = n == limit if limit is not None else n >= 9 and _accurate(lines, maps, errors, gap, tol)
            last = done or (limit is None and n > 2 ** (quadrature.MAX_LEVEL - 1) + 1)
            notes = () if done or not last else (_unmet(n, maps, errors, gap, tol),)
            yield self._attribution(lines, n, maps, errors, gap=gap, final=last, notes=notes)
            if last:
                return

    def _gap(self, lines: list["_Line"], maps: Maps) -> Tensor:
        """Sum of the attributions minus F(x) - F(x'), `(N,)`."""
        rise = torch.stack([line.score - line.baseline_score for line in lines]).mean(0)
        if self.multiply_by_inputs:
            return sum_features(maps) - rise
        return torch.stack([line.total() for line in lines]).mean(0) - rise

    def _nested(self, lines: list["_Line"]) -> Iterator[int]:
        """Bring the lines to 5, 9, 17, ... points; a number of points between two levels comes last, if asked for."""
        limit = self.n_steps if self.n_steps is not None else 2**quadrature.MAX_LEVEL + 1
        sizes = quadrature.level_sizes(limit)
        partial = limit if limit not in sizes else None
        first = [s for s in sizes if s <= FIRST_LEVEL]
        for batch in [first, *([s] for s in sizes[len(first) :])]:
            if batch:
                for line in lines:
                    line.extend(batch, partial)
                yield batch[-1]
        if partial is not None:
            for line in lines:
                line.partial(partial)
            yield partial

    def _ruled(self, lines: list["_Line"]) -> Iterator[int]:
        """Bring the lines to the asked rule; with a tolerance, to 8, 16, 32, ... points of it."""
        sizes = [self.n_steps] if self.n_steps is not None else [2**k for k in range(3, quadrature.MAX_LEVEL + 1)]
        for n in sizes:
            for line in lines:
                line.integrate(*quadrature.rule(self.rule, n))
            yield n

    def _attribution(
        self,
        lines: list["_Line"],
        n: int,
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
            n_evaluations=n * len(lines),
            method=self.name,
            baseline_spread=spread,
            provenance={"n_steps": n, "rule": self.rule},
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
        self._mean: Maps = ()  # average gradient behind the newest level
        self._levels: list[Maps] = []  # maps of the newest complete levels
        self._size = 0  # points of the newest complete level
        self._smooth: Tensor | None = None
        self._between: Maps = problem.zeros()  # sum for a number of points between two levels
        self._ends: dict[float, Tensor] = {}

    def extend(self, sizes: Sequence[int], partial: int | None) -> None:
        """Reach the given levels, evaluating only the nodes that are new."""
        have, self._size = self._size, sizes[-1]
        nodes = quadrature.nested(self._size)[have:]
        rows = [_weights_within(nodes, size) if not have else np.full(len(nodes), 1.0 / len(nodes)) for size in sizes]
        sums = self._sums(nodes, rows if partial is None else [*rows, _weights_within(nodes, partial)])
        if partial is not None:
            self._between = tuple(b + s for b, s in zip(self._between, sums[-1], strict=True))
        for new in sums[: len(sizes)]:
            self._mean = tuple((m + s) / 2 for m, s in zip(self._mean, new, strict=True)) if have else new
            self._levels = [*self._levels, self._map(self._mean)][-4:]
        self.maps, self.errors, self._smooth = best(self._levels)

    def partial(self, n: int) -> None:
        """Reach `n` points between two levels, each node weighted by the part of the path nearest to it.

        On a smooth path the level below, sharpened, is better than any sum in between, and stays.
        """
        nodes = quadrature.nested(n)[self._size :]
        (sums,) = self._sums(nodes, [_weights_within(nodes, n)])
        self._mean = tuple(b + s for b, s in zip(self._between, sums, strict=True))
        between = self._map(self._mean)
        self.maps = between if self._smooth is None else choose(self._smooth, self.maps, between)
        self.errors = self.errors or tuple(m.abs() for m in between)

    def integrate(self, nodes: np.ndarray, weights: np.ndarray) -> None:
        """Use any rule; its distance to a coarser one on every second node estimates the error."""
        fine, coarse = self._sums(nodes, [weights, quadrature.embedded_weights(nodes)])
        self._mean, self.maps = fine, self._map(fine)
        self.errors = tuple((f - c).abs() for f, c in zip(self.maps, self._map(coarse), strict=True))

    def total(self) -> Tensor:
        """Sum of (x - x') times the newest average gradient, `(N,)`."""
        return sum_features(self._times_difference(self._mean))

    @property
    def score(self) -> Tensor:
        return self._end(1.0, self.problem.inputs)

    @property
    def baseline_score(self) -> Tensor:
        return self._end(0.0, self.baseline.tensors)

    def _end(self, alpha: float, point: Maps) -> Tensor:
        if alpha not in self._ends:
            samples = torch.arange(self.problem.n_samples, device=self.problem.device)
            self._ends[alpha] = self.problem.score.value(point, samples).to(self._between[0].dtype)
        return self._ends[alpha]

    def _sums(self, nodes: np.ndarray, rows: list[np.ndarray]) -> list[Maps]:
        """Sums of the gradients at the nodes for every row of weights."""
        totals = [self.problem.zeros() for _ in rows]
        dtype, device = totals[0][0].dtype, self.problem.device
        weights = torch.tensor(np.stack(rows), dtype=dtype, device=device)
        ends = {int(i): float(nodes[i]) for i in np.flatnonzero((nodes == 0) | (nodes == 1))}
        for chunk in map(self._finite, self.problem.gradients(nodes, self.baseline)):
            accumulate(totals, chunk, weights)
            for node, alpha in ends.items():
                here = chunk.nodes == node
                end = self._ends.setdefault(alpha, torch.zeros(self.problem.n_samples, dtype=dtype, device=device))
                end[chunk.samples[here]] = chunk.values[here].to(dtype)
        return totals

    def _finite(self, chunk: Chunk) -> Chunk:
        """The chunk with NaN and infinite gradients counted as zero, and said so."""
        if all(bool(g.sum().isfinite()) or bool(g.isfinite().all()) for g in chunk.grads):
            return chunk
        self.notes = ("Some gradients on the path were not finite (NaN or infinite); they count as zero.",)
        return replace(chunk, grads=tuple(g.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0) for g in chunk.grads))

    def _times_difference(self, mean: Maps) -> Maps:
        pairs = zip(mean, self.problem.inputs, self.baseline.tensors, strict=True)
        return tuple(m * (x.to(m.dtype) - b.to(m.dtype)) for m, x, b in pairs)

    def _map(self, mean: Maps) -> Maps:
        if self.multiply:
            return tuple(self.problem.reduce(m, "sum") for m in self._times_difference(mean))
        return tuple(self.problem.reduce(m, "norm") for m in mean)


def _weights_within(nodes: np.ndarray, size: int) -> np.ndarray:
    """Weights that the rule with the first `size` nested nodes gives to `nodes` (0 to nodes it lacks)."""
    known = np.sort(quadrature.nested(size))
    places = np.minimum(np.searchsorted(known, nodes), size - 1)
    weights = quadrature.voronoi_weights(known)[places]
    return np.where(known[places] == nodes, weights, 0.0)


def _mean(parts: list[Maps]) -> Maps:
    """The average over baselines."""
    if len(parts) == 1:
        return parts[0]
    return tuple(torch.stack(maps).mean(0) for maps in zip(*parts, strict=True))


def _accurate(lines: list[_Line], maps: Maps, errors: Maps, gap: Tensor, tol: float) -> bool:
    """Whether the estimate meets `tol` for every sample, and completeness does not contradict it."""
    scale = torch.stack([torch.maximum(line.score.abs(), line.baseline_score.abs()) for line in lines]).amax(0)
    rounding = 100 * torch.finfo(lines[0].problem.inputs[0].dtype).eps * scale
    size = sum_features(tuple(m.abs() for m in maps))
    met = (relative_error(errors, maps) <= tol) & (gap.abs() <= tol * size + rounding)
    return bool(met.all())


def _unmet(n: int, maps: Maps, errors: Maps, gap: Tensor, tol: float) -> str:
    reached = float(relative_error(errors, maps).max())
    if reached > tol:
        return f"Stopped after {n} points at an estimated map error of {reached:.2g}; {tol:g} was asked for."
    return (
        f"Stopped after {n} points: the map no longer changes, but the parts miss F(x) - F(x') by {float(gap.abs().max()):.2g}. "
        "The score jumps somewhere on the path, where no gradient can see it."
    )
