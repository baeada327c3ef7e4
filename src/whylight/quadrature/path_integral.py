"""The straight lines from one baseline to the inputs, followed point by point. Knows nothing of tolerances."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from whylight.model.batch_size import small
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Chunk, Problem
from whylight.quadrature import rules
from whylight.quadrature.adaptive import AdaptiveQuadrature
from whylight.quadrature.bisection import BATCH, OPEN
from whylight.quadrature.estimate import numbers
from whylight.quadrature.weighted_sums import WeightedSums
from whylight.results.attribution import COVER
from whylight.tensors import Points, Tensors, as_rows, as_stored, joined, norm, rows_of, shaped, wide

FIRST = 5  # the first picture of a large input rests on this many points, evaluated in one go


@dataclass(frozen=True)
class Rows:
    """Gradients of samples as rows of numbers, and back: what a map is a weighted sum of.

    Times (x - x') they are laid out as the map is shown; without it as the gradients come.
    """

    problem: Problem
    baseline: Baseline
    multiply: bool

    @cached_property
    def difference(self) -> Tensors:
        """Of the inputs from the baseline, x - x', laid out as gradients come."""
        dtype = wide(self.problem.device)
        pairs = zip(self.problem.laid_out(), self.problem.laid_out(self.baseline), strict=True)
        return tuple(x.to(dtype, copy=True).sub_(b) for x, b in pairs)

    @cached_property
    def _shapes(self) -> Tensors:
        """Of what the rows hold."""
        return self._summed(self.difference) if self.multiply else self.difference

    @cached_property
    def like(self) -> Tensor:
        """As many rows as samples, `(N, D)`, empty."""
        first = self._shapes[0]
        return first.new_empty(1, sum(m[:1].numel() for m in self._shapes)).expand(len(first), -1)

    @cached_property
    def unit(self) -> np.ndarray:
        """What a value of a row is worth in the slope of the score, as a root mean square, `(N,)`."""
        if self.multiply:
            return np.ones(len(self.like))
        squares = joined([as_rows(d) for d in self.difference], 1).square().mean(1)
        return numbers(squares.sqrt().clamp(min=1e-30))

    def of(self, grads: Tensors, samples: Points) -> tuple[Tensor, np.ndarray]:
        """Rows `(m, D)` and slopes of the score along the path `(m,)` at points of these samples."""
        wider = (g.to(d.dtype, copy=True) for d, g in zip(self.difference, grads, strict=True))
        times = tuple(g.mul_(rows_of(d, samples)) for d, g in zip(self.difference, wider, strict=True))
        kept = self._summed(times) if self.multiply else tuple(g.to(t) for g, t in zip(grads, times, strict=True))
        found = _flat(kept, self._shapes)
        slopes = found.sum(1) if self.multiply else _flat(times, self.difference).sum(1)
        return found, numbers(slopes)

    def maps(self, rows: Tensor) -> Tensors:
        """The map of every sample, as the user sees it."""
        parts = rows.split([m[:1].numel() for m in self._shapes], 1)
        maps = tuple(shaped(part, like) for part, like in zip(parts, self._shapes, strict=True))
        return maps if self.multiply else tuple(self.problem.reduce(m, "norm") for m in maps)

    def _summed(self, maps: Tensors) -> Tensors:
        return tuple(self.problem.reduce(m, "sum") for m in maps)


def _flat(maps: Tensors, like: Tensors) -> Tensor:
    """One row per sample, values in the order they lie in the memory of `like`."""
    rows = [as_stored(m, x).reshape(len(m), -1) for m, x in zip(maps, like, strict=True)]
    return joined(rows, 1)


@dataclass(frozen=True)
class _Found:
    """What is known of the maps of all samples.

    Attributes
    ----------
    maps, total
        The maps, and (x - x') times their average gradients summed up, `(N,)`.
    spread
        The standard deviation of the L2 norm of every map, `(N,)`.
    expected_gap
        Standard deviation of the sum of every sample's contributions, `(N,)`; infinite where it is not known.
    jump
        What the score rises by where no gradient can tell, `(N,)`.
    errors
        Bounds of every value, if they are at hand.
    """

    maps: Tensors
    total: Tensor
    spread: Tensor
    expected_gap: Tensor
    jump: Tensor
    errors: Tensors = ()


class PathIntegral:
    """The paths from one baseline: weighted sums of their gradients, the maps they give with their errors, F at both ends.

    Parameters
    ----------
    multiply
        Whether the map is the average gradient times (x - x'), or the average gradient itself.

    Attributes
    ----------
    size
        Gradients the maps rest on, of the sample that needs most.
    """

    def __init__(self, problem: Problem, baseline: Baseline, multiply: bool) -> None:
        self.problem, self.baseline = problem, baseline
        self.size = 0
        self._rows, self._rounds = Rows(problem, baseline, multiply), _rounds(problem)
        self._found: _Found | None = None  # what is said of the integrals now
        self._ends: dict[float, Tensor] = {}

    @cached_property
    def _paths(self) -> AdaptiveQuadrature:
        problem, rows, (first, _) = self.problem, self._rows, self._rounds
        eps = float(torch.finfo(problem.inputs[0].dtype).eps)
        return AdaptiveQuadrature(rows.like, lambda: problem.kinked, first, rows.unit, eps)

    def grow(self, limit: int) -> bool:
        """Do the next round of refinement, with at most `limit` points per sample; whether any sample has fewer."""
        paths = self._paths
        samples, nodes = paths.ask(limit)
        if not len(nodes):  # the others of several baselines go on
            return False
        for chunk in self._chunks(nodes, samples, self._rounds[1]):
            rows, slopes = self._rows.of(chunk.grads, samples[chunk.points])
            paths.put(chunk.points, rows, numbers(chunk.values), slopes)
        paths.tell()
        self.size, self._found = int(paths.sizes.max()), None
        return bool(paths.left(limit))

    @property
    def found(self) -> _Found:
        """What is known of the maps."""
        if self._found is None:
            paths = self._paths
            paths.read()
            total, spread, gap, jump = (torch.from_numpy(a) for a in (paths.total, paths.spread, paths.gap, paths.jump))
            self._found = _Found(self._rows.maps(paths.mean), total, spread, gap, jump)
        return self._found

    def rest(self, samples: Tensor) -> None:
        """Go on without some of the samples, `(N,)`."""
        self._paths.rest(samples.cpu().numpy())

    @property
    def errors(self) -> Tensors:
        """`COVER` standard deviations of every value."""
        return self.found.errors or tuple(COVER * m for m in self._rows.maps(self._paths.deviation()))

    def integrate(self, nodes: np.ndarray, weights: np.ndarray) -> None:
        """Use any rule; its distance to a coarser one on every second node estimates the error.

        F at ends that are no nodes is asked for first: where it is no number, nothing else matters.
        """
        for alpha, place in ((0.0, self.baseline), (1.0, None)):
            if alpha not in nodes:
                self._end(alpha, place)
        rows = np.stack([weights, rules.embedded_weights(nodes)])
        (fine, total), (coarse, _) = (self._rows.of(mean, self._everyone) for mean in self._sums(nodes, rows))
        maps, unknown = self._rows.maps(fine), torch.full((self.problem.n_samples,), torch.inf)
        doubt = COVER if len(nodes) > 1 else torch.nan  # a single point tells nothing
        errors = tuple((f - c).abs_().mul_(doubt) for f, c in zip(maps, self._rows.maps(coarse), strict=True))
        spread = norm(errors) / COVER
        self.size = len(nodes)
        self._found = _Found(maps, torch.from_numpy(total), spread, unknown, 0 * spread, errors)

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

    @property
    def _everyone(self) -> Points:
        return np.arange(self.problem.n_samples)

    def _sums(self, nodes: np.ndarray, weights: np.ndarray) -> list[Tensors]:
        """Sums of all samples' gradients at the nodes for every row of weights."""
        n, everyone = len(nodes), self._everyone
        samples, places = np.repeat(everyone, n), np.tile(np.arange(n), len(everyone))
        sums = WeightedSums(weights, self.problem.laid_out())
        for chunk in self._chunks(nodes[places], samples, None):
            sums.add(samples[chunk.points], places[chunk.points], chunk.grads)
        return sums.maps()

    def _chunks(self, nodes: np.ndarray, samples: np.ndarray, together: int | None) -> Iterator[Chunk]:
        """Gradients at the nodes of the samples, zero where they are not finite; F at both ends of the path is noted in passing."""
        for chunk in self.problem.gradients(nodes, samples, self.baseline, together=together):
            for alpha in (0.0, 1.0):
                here = nodes[chunk.points] == alpha
                if here.any():
                    if alpha not in self._ends:
                        n, dtype = self.problem.n_samples, wide(self.problem.device)
                        self._ends[alpha] = chunk.values.new_zeros(n, dtype=dtype)
                    end = self._ends[alpha]
                    end[samples[chunk.points[here]]] = chunk.values[here].to(end.dtype)
            yield chunk._replace(grads=self.problem.losses.usable(chunk.values, chunk.grads))


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
