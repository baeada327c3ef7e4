"""Paths of many nodes: panels, each a nested trapezoid sum of its own, halved where that wins most.

A panel of width w with m equal intervals holds T = w/m (g₀/2 + g₁ + … + gₘ/2). Its m midpoints, of mean M, refine it to
(T + wM) / 2, so no gradient is kept for that and none computed twice: memory does not grow with the number of nodes. How
far T moved is its `change`; halving costs m gradients to win three quarters of its square.

Kinked paths give the sum of the panels and their trend, as in `whylight.quadrature.kinked_panels`. Smooth ones give Simpson's
combination T + change / 3, of fourth order; where it holds a change is a quarter of the one before, and how far it is from
that says how far the combination may be off.
"""

import numpy as np
import torch
from torch import Tensor

from whylight.quadrature.bisection import BATCH, Bisection
from whylight.quadrature.estimate import Array, Estimate, Ints, Sums, Trend, by_gain, least_gain, numbers, taken
from whylight.quadrature.kinked_panels import Kinked
from whylight.quadrature.smooth_panels import Smooth


class Halving:
    """N paths of many nodes, going on where `Bisection` left off.

    Attributes
    ----------
    sizes
        Nodes evaluated, `(N,)`.
    """

    def __init__(self, paths: Bisection, *, kinked: bool) -> None:
        known, self._near = paths.known, (Kinked if kinked else Smooth).near
        trapezoids, changes = paths.trapezoids()
        self._kinked = kinked
        self._start, self._width = paths.panels.start, paths.panels.width
        self._parts = np.full(self._width.shape, 2)
        self._totals, self._changes = known.weighted(trapezoids), known.weighted(changes)  # (N, P, D)
        self._risen = known.risen(trapezoids)  # the panels' sums of slopes
        self._sums = Sums.of(self._changes, known.risen(changes))
        self._total, self._change = self._totals.sum(1), self._changes.sum(1)
        self._unlike = self._sums.power.copy()  # smooth: squared distances of changes from a quarter of those before
        self.sizes = known.sizes
        self._order, self._whole = np.empty((len(self._start), 0), int), np.empty((len(self._start), 0), bool)
        self._owner = self._order  # which of the picked panels an asked node belongs to
        self._means, self._slopes = self._totals[:, :0], self._risen[:, :0]

    def __len__(self) -> int:
        return len(self._start)

    def ask(self, budgets: Ints) -> tuple[Ints, Array]:
        """How many nodes every path needs next, `(N,)`, at most its budget, and which, `(N, most)`.

        What does not fill a panel is evaluated all the same, so that n points are n points.
        """
        there, least = self._width > 0, least_gain(self._mean())
        power = self._sums.power if self._kinked else self._unlike
        order, near = by_gain(power, least, self._width, self._near, self._parts)
        parts = taken(np.where(there, self._parts, 0), order)
        fitting = (parts.cumsum(1) <= np.maximum(BATCH, self.sizes // 6)[:, None]).sum(1)
        picked = np.arange(order.shape[1]) < np.clip(near, 1, np.maximum(fitting, 1))[:, None]
        most = int(picked.sum(1).max())
        self._order, parts = order[:, :most], np.where(picked, parts, 0)[:, :most]
        ends = parts.cumsum(1)
        counts = np.minimum(ends[:, -1], budgets)
        self._whole = (ends <= budgets[:, None]) & (parts > 0)
        place = np.arange(int(counts.max()))
        self._owner = (place >= ends[..., None]).sum(1).clip(max=most - 1)  # (N, places)
        own = lambda a: taken(a, self._owner)
        start, width = (own(taken(a, self._order)) for a in (self._start, self._width))
        within = place - own(ends - parts)
        self._means = self._totals.new_zeros(len(self), most, self._totals.shape[2])
        self._slopes = np.zeros((len(self), most))
        self.sizes = self.sizes + counts
        return counts, start + width * (within + 0.5) / np.maximum(own(parts), 1)

    def put(self, paths: Ints, places: Ints, rows: Tensor, values: Array, slopes: Array) -> None:
        """Take in what was found at some of the asked nodes: `places` among those of their path."""
        owner = self._owner[paths, places]
        share = self._whole[paths, owner] / self._parts[paths, self._order[paths, owner]]
        n, most, d = self._means.shape
        flat = torch.from_numpy(paths * most + owner).to(rows.device)
        self._means.view(n * most, d).index_add_(0, flat, rows * torch.from_numpy(share[:, None]).to(rows))
        np.add.at(self._slopes, (paths, owner), slopes * share)

    def tell(self) -> None:
        """Take in that all asked nodes are known."""
        for q in range(self._order.shape[1]):
            which = np.flatnonzero(self._whole[:, q])
            if len(which):
                self._halve(which, q)

    def estimate(self) -> Estimate:
        """What is known now."""
        return self._noisy() if self._kinked else self._simpson()

    def _halve(self, which: Ints, q: int) -> None:
        """Take the means of the midpoints of these paths' q-th picked panels in."""
        place = self._order[which, q]
        at = torch.from_numpy(which), torch.from_numpy(place)
        width = self._width[which, place]
        moved = self._means[at[0], q] * torch.from_numpy(width[:, None] / 2).to(self._means) - self._totals[at] / 2
        shift = self._slopes[which, q] * width / 2 - self._risen[which, place] / 2
        self._total[at[0]] += moved
        before = self._changes[at]
        self._change[at[0]] += moved - before
        if not self._kinked:
            self._unlike[which, place] = numbers((moved - before / 4).square().sum(1))
        self._totals[at] += moved
        self._changes[at] = moved
        self._risen[which, place] += shift
        self._parts[which, place] *= 2
        self._sums.replace(which, place, Sums.of(moved, shift))

    def _mean(self) -> Tensor:
        return self._total if self._kinked else torch.add(self._total, self._change, alpha=1 / 3)

    def _noisy(self) -> Estimate:
        squares = lambda: torch.einsum("npd,npd->nd", self._changes, self._changes)
        trend = Trend.of(self._change.clone(), self._sums)
        return trend.estimate(self._total, self._risen.sum(1), squares, (self._width > 0).sum(1))

    def _simpson(self) -> Estimate:
        share = (self._unlike / np.maximum(self._sums.power, np.finfo(float).tiny)) ** 0.5 / 3
        size = torch.einsum("npd,np->nd", self._changes.abs(), torch.from_numpy(share).to(self._total))
        total = self._risen.sum(1) + self._sums.shift.sum(1) / 3
        return Estimate(self._mean(), total, numbers(size.norm(dim=1)), np.full(len(self), np.inf), lambda: size)

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        kept = torch.from_numpy(which)
        for name in ("_start", "_width", "_parts", "_risen", "_unlike", "sizes"):
            setattr(self, name, getattr(self, name)[which])
        for name in ("_totals", "_changes", "_total", "_change"):
            setattr(self, name, getattr(self, name)[kept])
        self._sums = self._sums.of_paths(which)
