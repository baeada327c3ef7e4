r"""The path cut into panels, each a nested trapezoid sum of its own.

A panel of width w with m equal intervals holds :math:`T = \frac{w}{m} \bigl(\tfrac{g_0}{2} + g_1 + \dots + \tfrac{g_m}{2}\bigr)`.
Its m midpoints, of mean M, refine it to (T + wM) / 2, so no gradient is kept for that and none computed twice. How far T
moved is its `change`. Where gradients have kinks a panel's error is noise of variance change^2 / 3, independent of the
other panels', and halving costs m gradients to win three quarters of it: refine where change^2 / m is largest.

Up to `MOST` panels a refined one is bisected instead, so that panels gather where the gradient changes; the gradients at
their nodes are kept that long, and no longer: memory does not grow with the number of points.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from whylight import quadrature
from whylight.attribution import COVER, norm, sum_features
from whylight.methods.convergence import Maps, best, settles

Show = Callable[[Maps], Maps]

FIRST = 5  # the first picture rests on this many points, evaluated in one go
EVEN = 17  # up to here every panel is refined: fewer points do not tell a smooth path from a kinked one
MOST = 16
BATCH = 8  # least gradients of a round
ROUNDING = 1e-6  # changes below this share of the map count as equal, so that rounding never chooses the nodes


@dataclass(frozen=True, eq=False)
class Panel:
    """Part of the path: `parts` equal intervals, their trapezoid sum, and how its map changed when last halved."""

    start: float
    end: float
    parts: int
    total: Maps
    change: Maps

    @property
    def midpoints(self) -> np.ndarray:
        """The nodes that halve its intervals."""
        return self.start + (self.end - self.start) * (np.arange(self.parts) + 0.5) / self.parts


class Panels:
    """All panels of the path of one sample, refined round by round: `ask` for nodes, `tell` what they gave.

    Parameters
    ----------
    show
        The map that belongs to a sum of gradients.
    """

    def __init__(self, show: Show) -> None:
        self._show = show
        self._at: dict[float, Maps] = {}  # gradients at the nodes, while panels are bisected
        self._panels: list[Panel] = []
        self._picked: list[Panel] = []  # what the asked nodes refine
        self._asked = np.empty(0)
        self._levels: list[Maps] = []  # maps of the newest evenly spaced levels
        self._even = True  # every panel is refined in every round
        self._smooth: Tensor | None = None
        self.size = 0  # points evaluated
        self.mean: Maps = ()
        self.maps: Maps = ()
        self.errors: Maps = ()

    def ask(self, budget: int) -> tuple[np.ndarray, np.ndarray]:
        """Nodes of the next round, cut to `budget`, and the rows of weights to sum their gradients with.

        What does not fill a panel is evaluated all the same, so that n points are n points, and waits unused.
        """
        if not self.size:
            self._asked = quadrature.nested(min(FIRST, budget))
            return self._asked, np.eye(len(self._asked))
        picked = self._panels if self._even else self._roughest()
        self._picked = [
            p for p, last in zip(picked, np.cumsum([p.parts for p in picked]), strict=True) if last <= budget
        ]
        self._asked = np.concatenate([p.midpoints for p in picked])[:budget]
        return self._asked, np.eye(len(self._asked)) if self._at else _mean_rows(self._picked, len(self._asked))

    def tell(self, sums: list[Maps]) -> None:
        """Take the asked sums in."""
        if self._at or not self.size:
            self._at.update(zip(self._asked.tolist(), sums, strict=True))
        if not self.size:
            self._open(len(sums))
            return
        found = [self._bisect(p) for p in self._picked] if self._at else map(self._halve, self._picked, sums)
        fresh = [panel for parts in found for panel in parts]
        whole = len(self._picked) == len(self._panels)
        self._panels = sorted([p for p in self._panels if p not in self._picked] + fresh, key=lambda p: p.start)
        if len(self._panels) >= MOST:
            self._at.clear()
        self._update(len(self._asked), level=self._even and whole)

    def _open(self, n: int) -> None:
        ends = [self._at[a] for a in (0.0, 1.0) if a in self._at]
        self.mean, self.size = _total([(1 / len(ends), g) for g in ends]), n
        self.maps = self._show(self.mean)
        self._levels, self.errors = [self.maps], tuple(COVER * m.abs() for m in self.maps)
        if n >= 3:
            self._panels = [self._triple(0.0, 1.0)]
            self._update(0, level=True)
        if n >= FIRST:
            self._panels = self._bisect(self._panels[0])
            self._update(0, level=True)

    def _update(self, spent: int, *, level: bool) -> None:
        """The map and its error after a round; at a level, also whether the path is smooth and stays evenly refined."""
        self.size += spent
        self.mean = _total([(1.0, p.total) for p in self._panels])
        maps, noise = self._show(self.mean), self._noise()
        if level:
            self._levels = [*self._levels, maps][-5:]
            self.maps, self.errors, self._smooth = best(self._levels, noise)
            self._even = self.size < EVEN or bool(settles(self._levels).all())
        elif not (self._even and bool(self._smooth)):  # of a smooth level cut short the one below, sharpened, stays
            self.maps, self.errors = maps, tuple(COVER * n for n in noise)

    def _noise(self) -> Maps:
        """Standard deviation of every value.

        The panels' errors are independent, at most `change`, of variance change^2 / 3. Where one panel's error of one value
        makes up all of it there is no mean to rely on, so its bound counts: 1 / share is how many take part.
        """
        changes = [torch.stack(parts).square() for parts in zip(*(p.change for p in self._panels), strict=True)]
        tiny = torch.finfo(changes[0].dtype).tiny
        share = sum(float(c.square().sum()) for c in changes) / max(sum(float(c.sum()) for c in changes) ** 2, tiny)
        return tuple((c.sum(0) * (1 + 2 * share**0.5) / 3).sqrt() for c in changes)

    @property
    def gap(self) -> float:
        """Standard deviation of the gap in completeness, as far as it is noise; infinite on a path that settles."""
        if not self._panels or (self._even and bool(settles(self._levels).all())):
            return float("inf")
        return sum(float(sum_features(p.change)) ** 2 / 3 for p in self._panels) ** 0.5

    def _roughest(self) -> list[Panel]:
        """The panels where a gradient wins most, about a round's worth."""
        floor = ROUNDING * float(norm(self.maps)) + np.finfo(float).tiny
        gain = [max(float(norm(p.change)), floor) ** 2 / p.parts for p in self._panels]
        order = [self._panels[i] for i in np.argsort(-np.log2(gain).round(3), kind="stable")]
        room = max(BATCH, self.size // BATCH)
        fitting = int(np.searchsorted(np.cumsum([p.parts for p in order]), room, side="right"))
        return order[: max(1, fitting)]

    def _halve(self, panel: Panel, middle: Maps) -> list[Panel]:
        width = panel.end - panel.start
        total = _total([(0.5, panel.total), (0.5 * width, middle)])
        change = self._show(_total([(1.0, total), (-1.0, panel.total)]))
        return [Panel(panel.start, panel.end, 2 * panel.parts, total, change)]

    def _bisect(self, panel: Panel) -> list[Panel]:
        middle = (panel.start + panel.end) / 2
        return [self._triple(panel.start, middle), self._triple(middle, panel.end)]

    def _triple(self, start: float, end: float) -> Panel:
        """The panel of two intervals over three known gradients."""
        width = end - start
        left, middle, right = (self._at[a] for a in (start, (start + end) / 2, end))
        total = _total([(width / 4, left), (width / 2, middle), (width / 4, right)])
        change = _total([(-width / 4, left), (width / 2, middle), (-width / 4, right)])
        return Panel(start, end, 2, total, self._show(change))


def _mean_rows(panels: list[Panel], n: int) -> np.ndarray:
    """Weights that average the midpoints of each panel, one after the other among `n` nodes."""
    rows = np.zeros((len(panels), n))
    for row, panel, end in zip(rows, panels, np.cumsum([p.parts for p in panels]), strict=True):
        row[end - panel.parts : end] = 1 / panel.parts
    return rows


def _total(terms: list[tuple[float, Maps]]) -> Maps:
    weights = [w for w, _ in terms]
    parts = zip(*(maps for _, maps in terms), strict=True)
    return tuple(_weighted(weights, tensors) for tensors in parts)


def _weighted(weights: list[float], tensors: tuple[Tensor, ...]) -> Tensor:
    result = weights[0] * tensors[0]
    for weight, tensor in zip(weights[1:], tensors[1:], strict=True):
        result.add_(tensor, alpha=weight)
    return result
