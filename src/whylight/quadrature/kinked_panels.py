"""Panels of paths that may have kinks: trapezoid sums, and how far the middle node of each moved it.

Where gradients have kinks a panel's error is noise of variance change^2 / 3, independent of the other panels', beside a trend
they may have in common (`whylight.quadrature.estimate.Trend`). Over the first nine nodes Bayesian quadrature
(`whylight.quadrature.bayesian`) makes more of them.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from whylight.quadrature import bayesian
from whylight.quadrature.estimate import Array, Estimate, Ints, Sums, Trend, least_gain, numbers, pooled
from whylight.quadrature.known_nodes import AT_ONCE, KnownNodes
from whylight.quadrature.panel_errors import PanelErrors
from whylight.quadrature.panels import CHANGE, TRAPEZOID, Panels


class Kinked(PanelErrors):
    """Trapezoid sums."""

    near = 1 / 2

    def __init__(self, known: KnownNodes) -> None:
        super().__init__(known)
        none = np.empty((len(known), 0))
        self.sums, self.total = Sums(none, none, none), known.rows[:, 0, :0]
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

    def see(self, panels: Panels) -> None:
        """Nothing: all is known of a panel once its nodes are."""

    def least(self) -> Array:
        """Rounding of the sum."""
        return least_gain(self.total)

    def power(self, panels: Panels) -> Array:
        """The squared norms of changes."""
        return np.where(panels.divisible(self.known.eps), self.sums.power, 0.0)

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        self.sums, self.rise, self.total = (
            self.sums.of_paths(which),
            self.rise[which],
            self.total[torch.from_numpy(which)],
        )

    def few(self) -> Estimate:
        """Bayesian quadrature over all nodes."""
        known = self.known
        order = np.argsort(known.at[0], kind="stable")
        rows, slopes = known.rows, known.slopes[:, order]
        products = numbers(rows @ rows.mT)[:, order][..., order]
        chosen = bayesian.choose(known.at[0, order], products, known.features)
        weights = np.stack([rule.weights for rule in chosen])
        roots = np.stack([rule.roots * (rule.variance / rule.dof) ** 0.5 for rule in chosen])
        spread = np.maximum(0.0, np.einsum("nij,njk,nik->n", roots, products, roots)) ** 0.5
        gap = np.linalg.norm(roots @ slopes[..., None], axis=(1, 2))
        total, as_kept, dof = np.einsum("nk,nk->n", weights, slopes), np.argsort(order), chosen[0].dof
        mean = known.weighted(weights[:, None, as_kept])[:, 0]
        return Estimate(mean, total, spread, gap, lambda: pooled(known.squares(roots[..., as_kept]), dof))

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
