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
from whylight.quadrature.known_nodes import KnownNodes
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

    def open(self, panels: Panels) -> None:
        """The sum over the first panels."""
        known = self.known
        weights = panels.summed(TRAPEZOID, known.width)
        self.total, self.rise = known.weighted(weights)[:, 0], known.risen(weights)[:, 0]
        self.sums = self.sums.joined([sums for sums, _ in self._seen(panels)])

    def add(self, fresh: Panels, order: Ints, there: np.ndarray) -> None:
        """The sum moves by the changes of new panels."""
        found = []
        for sums, changes in self._seen(fresh):
            self.total += changes.sum(1)
            self.rise = self.rise + sums.shift.sum(1)
            found.append(sums)
        self.sums = self.sums.joined(found).taken(order, there)

    def _seen(self, panels: Panels) -> Iterator[tuple[Sums, Tensor]]:
        """The changes of panels with their sums, some panels at a time."""
        for part in panels.parts(self.known.panels_at_once):
            changes = self._changes(part)
            yield Sums.of(changes, part.width * (self.known.slopes_at(part.nodes) @ CHANGE)), changes

    def _changes(self, panels: Panels) -> Tensor:
        """How far the middle nodes of panels move their sums, `(N, P, D)`."""
        left, middle, right = (self.known.taken(panels.nodes[..., i]) for i in range(3))
        half = torch.from_numpy(panels.width[..., None] / 2).to(middle)
        return torch.lerp(left, right, 0.5).sub_(middle).mul_(-half)

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
        self.sums, self.rise = self.sums.of_paths(which), self.rise[which]
        self.total = self.total[torch.from_numpy(which)]

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
        weights = panels.summed(CHANGE, known.width)
        trend = Trend.of(known.weighted(weights)[:, 0], self.sums)

        def variance() -> Tensor:
            found = torch.zeros_like(self.total)
            for part in panels.parts(known.panels_at_once):
                found += self._changes(part).square_().sum(1)
            return found

        return trend.estimate(self.total, self.rise, variance, panels.there.sum(1))
