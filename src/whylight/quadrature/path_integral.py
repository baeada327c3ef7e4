"""The straight line from one baseline to the inputs, followed point by point. Knows nothing of tolerances."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from whylight.model.batch_size import small
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Chunk, Problem
from whylight.quadrature import rules
from whylight.quadrature.adaptive import BATCH, FIRST, OPEN, AdaptiveQuadrature
from whylight.quadrature.weighted_sums import GradientSums
from whylight.results.attribution import COVER
from whylight.tensors import Tensors, norm, sum_features, wide


@dataclass(frozen=True)
class _Shown:
    """The map that an average gradient gives, of all samples or of one. Panels hold it, so it holds no panels."""

    problem: Problem
    baseline: Baseline
    multiply: bool

    def __call__(self, mean: Tensors, sample: int | None = None) -> Tensors:
        """Shaped as the user sees it."""
        if self.multiply:
            return tuple(self.problem.reduce(m, "sum") for m in self.times_difference(mean, sample))
        return tuple(self.problem.reduce(m, "norm") for m in mean)

    def times_difference(self, mean: Tensors, sample: int | None = None) -> Tensors:
        """The average gradient times (x - x')."""
        rows = slice(None) if sample is None else slice(sample, sample + 1)
        return tuple(m * d[rows] for m, d in zip(mean, self._difference, strict=True))

    @cached_property
    def _difference(self) -> Tensors:
        """Of the inputs from the baseline, x - x', laid out as gradients come."""
        dtype, in_layout = wide(self.problem.device), self.problem.score.batch_size.in_layout
        pairs = zip(in_layout(self.problem.inputs), in_layout(self.baseline.tensors), strict=True)
        return tuple(x.to(dtype) - b.to(dtype) for x, b in pairs)


class PathIntegral:
    """The path from one baseline: weighted sums of its gradients, the map they give with its error, F at both ends.

    Parameters
    ----------
    multiply
        Whether the map is the average gradient times (x - x'), or the average gradient itself.

    Attributes
    ----------
    maps, spread
        The map of every sample and the standard deviation of its L2 norm, `(N,)`.
    size
        Gradients it rests on, of the sample that needs most.
    resting
        Samples that need no more, `(N,)`.
    expected_gap
        Standard deviation of the sum of every sample's map, `(N,)`; infinite where it is not known.
    notes
        What a reader should know.
    """

    def __init__(self, problem: Problem, baseline: Baseline, multiply: bool) -> None:
        self.problem, self.baseline, self.multiply = problem, baseline, multiply
        self.maps: Tensors = ()
        self.spread = torch.full((problem.n_samples,), torch.inf)
        self.notes: tuple[str, ...] = ()
        self.size = 0
        self.resting = torch.zeros(problem.n_samples, dtype=torch.bool)
        self.expected_gap = torch.full((problem.n_samples,), torch.inf)
        self._mean: Tensors = ()  # average gradient
        self._coarse: Tensors = ()  # errors of a rule
        self._shown = _Shown(problem, baseline, multiply)
        first, self._together = _rounds(problem)
        shows = (partial(self._shown, sample=i) for i in range(problem.n_samples))
        self._paths = [AdaptiveQuadrature(show, lambda: problem.kinked, first) for show in shows]
        self._ends: dict[float, Tensor] = {}

    def grow(self, limit: int) -> bool:
        """Do the next round of refinement, with at most `limit` points per sample; whether any sample has fewer."""
        growing = [i for i, p in enumerate(self._paths) if p.size < limit and not self.resting[i]]
        if not growing:  # the others of several baselines go on
            return False
        asked = [self._paths[i].ask(limit - self._paths[i].size) for i in growing]
        for i, sums in zip(growing, self._sums_of(growing, asked, self._together), strict=True):
            self._paths[i].tell(sums)
        self.size = max(p.size for p in self._paths)
        self._mean, self.maps = self._all("mean"), self._all("maps")
        self.spread = torch.tensor([p.spread for p in self._paths])
        if self.multiply:
            self.expected_gap = torch.tensor([p.gap for p in self._paths])
        return any(p.size < limit for p in self._paths)

    def _all(self, name: str) -> Tensors:
        """An attribute of all samples' paths together."""
        found = [getattr(p, name) for p in self._paths]
        return found[0] if len(found) == 1 else tuple(torch.cat(parts) for parts in zip(*found, strict=True))

    @property
    def errors(self) -> Tensors:
        """`COVER` standard deviations of every value."""
        return self._coarse or self._all("errors")

    def integrate(self, nodes: np.ndarray, weights: np.ndarray) -> None:
        """Use any rule; its distance to a coarser one on every second node estimates the error."""
        fine, coarse = self._sums(nodes, np.stack([weights, rules.embedded_weights(nodes)]))
        self.size, self._mean, self.maps = len(nodes), fine, self._shown(fine)
        self._coarse = tuple(COVER * (f - c).abs() for f, c in zip(self.maps, self._shown(coarse), strict=True))
        self.spread = norm(self._coarse) / COVER

    def total(self) -> Tensor:
        """Sum of (x - x') times the newest average gradient, `(N,)`."""
        return sum_features(self._shown.times_difference(self._mean))

    @property
    def score(self) -> Tensor:
        """F(x), `(N,)`."""
        return self._end(1.0, None)

    @property
    def baseline_score(self) -> Tensor:
        """F(x'), `(N,)`."""
        return self._end(0.0, self.baseline)

    def _end(self, alpha: float, baseline: Baseline | None) -> Tensor:
        if alpha not in self._ends:
            self._ends[alpha] = self.problem.value(baseline)
        return self._ends[alpha]

    def _sums(self, nodes: np.ndarray, rows: np.ndarray) -> list[Tensors]:
        """Sums of all samples' gradients at the nodes for every row of weights."""
        n = self.problem.n_samples
        own = self._sums_of(list(range(n)), [(nodes, rows)] * n)
        return [tuple(torch.cat(parts) for parts in zip(*maps, strict=True)) for maps in zip(*own, strict=True)]

    def _sums_of(
        self, samples: list[int], asked: list[tuple[np.ndarray, np.ndarray]], together: int | None = None
    ) -> list[list[Tensors]]:
        """The same for some samples with nodes of their own, from common passes of at most so many points."""
        sizes = [len(nodes) for nodes, _ in asked]
        owner, place = np.repeat(np.arange(len(samples)), sizes), np.concatenate([np.arange(n) for n in sizes])
        like = self.problem.sample(0)
        sums = [GradientSums(rows, like) for _, rows in asked]
        for chunk in self._chunks(np.concatenate([nodes for nodes, _ in asked]), np.repeat(samples, sizes), together):
            whose = owner[chunk.points]
            starts = [0, *(np.flatnonzero(np.diff(whose)) + 1).tolist(), len(whose)]
            for lo, hi in pairwise(starts):
                sums[whose[lo]].add(place[chunk.points[lo:hi]], tuple(g[lo:hi] for g in chunk.grads))
        if not all(s.finite for s in sums):
            self.notes = ("Some gradients on the path were not finite (NaN or infinite); they count as zero.",)
        return [s.maps() for s in sums]

    def _chunks(self, nodes: np.ndarray, samples: np.ndarray, together: int | None) -> Iterator[Chunk]:
        """Gradients at the nodes of the samples; F at both ends of the path is noted in passing."""
        for chunk in self.problem.gradients(nodes, samples, self.baseline, together=together):
            for alpha in (0.0, 1.0):
                here = nodes[chunk.points] == alpha
                if here.any():
                    unknown = chunk.values.new_zeros(self.problem.n_samples, dtype=wide(self.problem.device))
                    end = self._ends.setdefault(alpha, unknown)
                    end[samples[chunk.points[here]]] = chunk.values[here].to(end.dtype)
            yield chunk


def _rounds(problem: Problem) -> tuple[int, int | None]:
    """Points of the first round, and of a pass at most: of one sample rounds grow, and memory shall not."""
    first, together = (OPEN, 2 * BATCH) if small(problem.inputs) else (FIRST, BATCH)
    free = problem.n_samples > 1 or problem.device.type != "cpu" or problem.score.batch_size.only is not None
    return first, None if free else together


def values_on_line(problem: Problem, baseline: Baseline, alphas: np.ndarray) -> Tensor:
    """F at the same points of every sample's line, `(N, len(alphas))`."""
    rows = np.arange(problem.n_samples)
    nodes, samples = np.tile(alphas, len(rows)), np.repeat(rows, len(alphas))
    return problem.values_at(problem.path(nodes, samples, baseline), samples).reshape(len(rows), -1)
