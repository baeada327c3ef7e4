"""How far panels err, and the integral they give: on smooth paths, and on those that may have kinks.

- Smooth: integrals of local polynomials through six nodes against those through four (`whylight.quadrature.stencils`). A
  panel's own completeness is heeded too: F rises by the integral of its slopes, and both are known at the nodes. What
  several panels miss may add up. Where nodes are few all orders may miss the same, so the last round's move is heeded as well.
- Kinked: the trapezoid sum, and its change by a panel's middle node. Where gradients have kinks a panel's error is noise of
  variance change^2 / 3, independent of the other panels', beside a trend they may have in common
  (`whylight.quadrature.estimate.Trend`). Over the first nine nodes Bayesian quadrature
  (`whylight.quadrature.bayesian`) makes more of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.quadrature import bayesian, stencils
from whylight.quadrature.estimate import Array, Estimate, Ints, Sums, Trend, least_gain, numbers, pooled
from whylight.quadrature.known_nodes import KnownNodes
from whylight.quadrature.panels import CHANGE, TRAPEZOID, Panels

TOGETHER = 1 / 2  # how far the errors of smooth panels are taken to add up
MOVES = (
    0.1,
    0.4,
)  # how much of its last move a smooth integral may still be off by: as much as moves shrank, within these
DOUBTFUL = 100  # units in the last place of F that its rise may be off by
FEW = 9  # nodes Bayesian quadrature is for
AT_ONCE = 2**22  # values of errors made at once


class PanelErrors(ABC):
    """The errors of panels over known nodes.

    Attributes
    ----------
    near
        No panel is refined whose squared error is below this share of the largest.
    least
        Squared errors below count the same, `(N,)`.
    """

    near: ClassVar[float]

    def __init__(self, known: KnownNodes) -> None:
        self.known = known
        self.least: Array = np.zeros(len(known))

    @abstractmethod
    def add(self, fresh: Panels, order: Ints | None = None, there: np.ndarray | None = None) -> None:
        """Take in new panels; then those at the places `order` remain, of the old ones followed by the new, if they are there."""

    @abstractmethod
    def power(self, panels: Panels) -> Array:
        """Squared errors that bisecting may mend, `(N, P)`."""

    @abstractmethod
    def few(self) -> Estimate:
        """What three to nine nodes give, the same ones for all paths."""

    @abstractmethod
    def many(self, panels: Panels) -> Estimate:
        """What the panels give together."""

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        self.least = self.least[which]

    def estimate(self, panels: Panels) -> Estimate:
        """What is known now."""
        if self.known.width < 3:
            return self._ends()
        found = self.few() if self.known.width <= FEW else self.many(panels)
        self.least = least_gain(found.mean)
        return found

    def _ends(self) -> Estimate:
        """The mean of one or two rows, which says nothing of its error."""
        mean, total = self.known.rows.mean(1), self.known.slopes.mean(1)
        spread = numbers(mean.norm(dim=1))
        return Estimate(mean, total, spread, np.full(len(spread), np.inf), mean.abs)


class Kinked(PanelErrors):
    """Trapezoid sums."""

    near = 1 / 2

    def __init__(self, known: KnownNodes) -> None:
        super().__init__(known)
        none = np.empty((len(known), 0))
        self.sums, self.total = Sums(none, none, none), known.rows[:, :0].sum(1)
        self.rise = np.zeros(len(known))  # the sum of the slopes

    def add(self, fresh: Panels, order: Ints | None = None, there: np.ndarray | None = None) -> None:
        """The sum moves by the changes of new panels."""
        known = self.known
        if order is None:  # the first ones
            weights = fresh.weights(TRAPEZOID, known.width).sum(1, keepdims=True)
            self.total, self.rise = known.weighted(weights)[:, 0], known.risen(weights)[:, 0]
        shifts = known.risen(fresh.weights(CHANGE, known.width))
        self.rise = self.rise if order is None else self.rise + shifts.sum(1)
        found, place = [], 0
        for changes in self._changes(fresh):
            if order is not None:
                self.total += changes.sum(1)
            found.append(Sums.of(changes, shifts[:, place : place + changes.shape[1]]))
            place += changes.shape[1]
        joined = self.sums.joined(found)
        self.sums = joined if order is None or there is None else joined.taken(order, there)

    def _changes(self, panels: Panels) -> Iterator[Tensor]:
        """How far the middle nodes of the panels move their sums, `(N, p, D)`, some panels at a time."""
        for part in panels.parts(max(1, AT_ONCE // max(1, len(self.known) * self.known.features))):
            left, middle, right = (self.known.taken(part.nodes[..., i]) for i in range(3))
            half = torch.from_numpy(part.width[..., None] / 2).to(middle)
            yield torch.lerp(left, right, 0.5).sub_(middle).mul_(-half)

    def power(self, panels: Panels) -> Array:
        """The squared norms of changes."""
        return np.where(panels.divisible(self.known.eps), self.sums.power, 0.0)

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        super().keep(which)
        self.sums, self.rise, self.total = (
            self.sums.of_paths(which),
            self.rise[which],
            self.total[torch.from_numpy(which)],
        )

    def few(self) -> Estimate:
        """Bayesian quadrature over all nodes."""
        known = self.known
        order = np.argsort(known.at[0], kind="stable")
        rows, slopes = known.rows[:, order], known.slopes[:, order]
        products = (rows @ rows.mT).cpu().double().numpy()
        chosen = bayesian.choose(known.at[0, order], products, known.features)
        weights = np.stack([rule.weights for rule in chosen])
        roots = np.stack([rule.roots * (rule.variance / rule.dof) ** 0.5 for rule in chosen])
        spread = np.maximum(0.0, np.einsum("nij,njk,nik->n", roots, products, roots)) ** 0.5
        gap = np.linalg.norm(roots @ slopes[..., None], axis=(1, 2))
        combined = lambda w: torch.bmm(torch.from_numpy(w).to(rows), rows)
        dof = chosen[0].dof
        return Estimate(
            combined(weights[:, None])[:, 0],
            np.einsum("nk,nk->n", weights, slopes),
            spread,
            gap,
            lambda: pooled(combined(roots).square().sum(1), dof),
        )

    def many(self, panels: Panels) -> Estimate:
        """The sum of the panels, whose errors are independent but for a common trend."""
        known = self.known
        weights = panels.weights(CHANGE, known.width).sum(1, keepdims=True)
        trend = Trend.of(known.weighted(weights)[:, 0], self.sums)

        def variance() -> Tensor:
            found = torch.zeros_like(self.total)
            for changes in self._changes(panels):
                found += changes.square().sum(1)
            return found

        return trend.estimate(self.total, self.rise, variance, panels.there.sum(1))


class Smooth(PanelErrors):
    """Local polynomials."""

    near = 1 / 16

    def __init__(self, known: KnownNodes) -> None:
        super().__init__(known)
        self._errors = np.empty((len(known), 0))
        self._before: Tensor | None = None  # the mean of the last round
        self._moved = np.full(len(known), np.inf)  # and how far it moved

    def add(self, fresh: Panels, order: Ints | None = None, there: np.ndarray | None = None) -> None:
        """Nothing is kept: neighbours change with every node."""

    def power(self, panels: Panels) -> Array:
        """The squared norms of errors."""
        return np.where(panels.divisible(self.known.eps), np.square(self._errors), 0.0)

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        super().keep(which)
        self._errors, self._moved = self._errors[which], self._moved[which]
        self._before = None if self._before is None else self._before[torch.from_numpy(which)]

    def few(self) -> Estimate:
        """Over fewer than nine nodes every interval is a panel."""
        return self._of(1 if self.known.width < FEW else 2, None)

    def many(self, panels: Panels) -> Estimate:
        """Over two intervals each."""
        return self._of(2, panels)

    def _of(self, intervals: int, panels: Panels | None) -> Estimate:
        known = self.known
        order = np.argsort(known.at, axis=1, kind="stable")[:, : int((~np.isnan(known.at)).sum(1).max())]
        at, values, slopes = (np.take_along_axis(a, order, 1) for a in (known.at, known.values, known.slopes))
        fine, coarse = stencils.fine_and_coarse(at)
        joined = lambda w: w.reshape(len(w), -1, intervals, w.shape[2]).sum(2)
        fine, moved = joined(fine), joined(fine - coarse)
        placed = partial(_placed, order, known.width)
        norms = self._norms(placed(moved))
        slopes = np.nan_to_num(slopes)[..., None]
        risen = (fine @ slopes)[..., 0]
        gap = np.nan_to_num(values[:, intervals::intervals] - values[:, :-1:intervals] - risen)
        unseen = self._unseen(gap, (moved @ slopes)[..., 0], norms, values)
        self._errors = np.maximum(norms, unseen)
        mean = known.weighted(placed(fine.sum(1, keepdims=True)))[:, 0]
        ahead = self._ahead(mean, order)
        alone, together = np.square(self._errors).sum(1), self._errors.sum(1) ** 2
        apart = ((1 - TOGETHER) * alone + TOGETHER * together) ** 0.5
        spread = np.maximum(apart, ahead)
        scale = self._errors / np.maximum(apart, np.finfo(float).tiny)[:, None] * spread[:, None]
        deviation = lambda: self._deviation(placed(moved), norms, scale)
        jump = (
            np.zeros(len(spread)) if panels is None else np.where(panels.divisible(known.eps), 0.0, np.abs(gap)).sum(1)
        )
        return Estimate(mean, risen.sum(1), spread, np.full(len(spread), np.inf), deviation, jump)

    def _ahead(self, mean: Tensor, order: Ints) -> Array:
        """How far the mean may move yet, by how it moved so far; before the second round, by coarser grids of the same nodes."""
        distance = lambda a, b: numbers((a - b).norm(dim=1))
        if self._before is None:
            half, quarter = (self._every(order[:, ::step]) for step in (2, 4))
            now, before = distance(mean, half), distance(half, quarter)
        else:
            now, before = distance(mean, self._before), self._moved
        self._before, self._moved = mean, now
        return np.clip(now / np.maximum(before, np.finfo(float).tiny), *MOVES) * now

    def _every(self, nodes: Ints) -> Tensor:
        """The mean by some of the nodes alone, `(N, k)`."""
        at = np.take_along_axis(self.known.at, nodes, 1)
        if at.shape[1] < 2:
            return self.known.taken(nodes)[:, 0]
        weights = stencils.interval_weights(at, min(stencils.FINE, at.shape[1])).sum(1, keepdims=True)
        return self.known.weighted(_placed(nodes, self.known.width, weights))[:, 0]

    def _unseen(self, gap: Array, moved: Array, norms: Array, values: Array) -> Array:
        """Errors that the panels' own gaps speak of, `(N, P)`: from how norms and sums of the errors compare."""
        rounding = DOUBTFUL * self.known.eps * np.nan_to_num(np.abs(values)).max(1, keepdims=True)
        together = (np.square(moved).sum(1) / np.maximum(np.square(norms).sum(1), np.finfo(float).tiny)) ** 0.5
        return np.maximum(np.abs(gap) - rounding, 0.0) / np.maximum(together, self.known.unit)[:, None]

    def _parts(self, weights: Array) -> "list[Tensor]":
        """Sums of the rows for weights `(N, P, K)`, some panels at a time."""
        known = self.known
        step = max(1, AT_ONCE // max(1, len(known) * known.features))
        return [known.weighted(weights[:, i : i + step]) for i in range(0, weights.shape[1], step)]

    def _norms(self, weights: Array) -> Array:
        return np.concatenate([numbers(part.norm(dim=2)) for part in self._parts(weights)], 1)

    def _deviation(self, moved: Array, norms: Array, errors: Array) -> Tensor:
        """Every value's share of the panels' errors, `(N, D)`."""
        scale = errors / np.maximum(norms, np.finfo(float).tiny)
        scaled = np.where(norms > 0, scale, 0.0)[..., None] * moved
        even = np.where(norms > 0, 0.0, errors).sum(1) / self.known.features**0.5  # where no value shows it
        squares = torch.zeros_like(self.known.rows[:, 0])
        sizes = squares + torch.from_numpy(even)[:, None].to(squares)
        for part in self._parts(scaled):
            squares += part.square().sum(1)
            sizes += part.abs().sum(1)
        return pooled((1 - TOGETHER) * squares + TOGETHER * sizes.square(), (moved != 0).any(2).sum(1))


def _placed(order: Ints, columns: int, weights: Array) -> Array:
    """Weights `(N, P, k)` of nodes in order, for all as they are kept, `(N, P, K)`."""
    placed = np.zeros((*weights.shape[:2], columns))
    np.put_along_axis(placed, order[:, None], weights, 2)
    return placed
