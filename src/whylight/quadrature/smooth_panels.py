"""Panels of smooth paths: integrals of local polynomials through six nodes against those through four.

A panel's own completeness is heeded too: F rises by the integral of its slopes, and both are known at the nodes. What several
panels miss may add up. Where nodes are few all orders may miss the same, so how far the integral moved last counts as well.
"""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from whylight.quadrature import stencils
from whylight.quadrature.estimate import Array, Estimate, Ints, least_gain, numbers, pooled, taken
from whylight.quadrature.known_nodes import KnownNodes
from whylight.quadrature.panel_errors import FEW, PanelErrors
from whylight.quadrature.panels import Panels

TOGETHER = 1 / 2  # how far the errors of panels are taken to add up
MOVES = 0.1, 0.4  # how much of its last move an integral may still be off by: as much as moves shrank, within these
DOUBTFUL = 100  # units in the last place of F that its rise may be off by


class Smooth(PanelErrors):
    """Local polynomials."""

    near = 1 / 16

    def __init__(self, known: KnownNodes) -> None:
        super().__init__(known)
        self._errors = np.empty((len(known), 0))
        self._found: Estimate | None = None
        self._before: Tensor | None = None  # the mean of the last round
        self._moved = np.full(len(known), np.inf)  # and how far it moved

    def open(self, panels: Panels) -> None:
        """Nothing is kept: neighbours change with every node."""

    def add(self, fresh: Panels, order: Ints, there: np.ndarray) -> None:
        """Nothing is kept."""

    def see(self, panels: Panels) -> None:
        """Errors say where to go on."""
        self._found = self._of(2, panels if self.known.width > FEW else None)

    def least(self) -> Array:
        """Rounding of the integral."""
        assert self._before is not None
        return least_gain(self._before)

    def power(self, panels: Panels) -> Array:
        """The squared norms of errors."""
        return np.where(panels.divisible(self.known.eps), np.square(self._errors), 0.0)

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        self._found = None
        self._errors, self._moved = self._errors[which], self._moved[which]
        self._before = None if self._before is None else self._before[torch.from_numpy(which)]

    def few(self) -> Estimate:
        """Over fewer than nine nodes every interval is a panel."""
        return self._found or self._of(1, None)

    def many(self, panels: Panels) -> Estimate:
        """Over two intervals each."""
        assert self._found is not None
        return self._found

    def _of(self, intervals: int, panels: Panels | None) -> Estimate:
        known = self.known
        order = np.argsort(known.at, axis=1, kind="stable")[:, : int((~np.isnan(known.at)).sum(1).max())]
        at, values, slopes = (taken(a, order) for a in (known.at, known.values, known.slopes))
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
        at = taken(self.known.at, nodes)
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
        step = known.panels_at_once
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
