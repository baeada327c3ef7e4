"""The path of one sample: which nodes to evaluate next, the map they give, and how far it may be off.

The first `OPEN` points are evenly spaced, and Bayesian quadrature (`whylight.quadrature.bayesian`) makes the most of them. What comes then
depends on whether the path may have kinks. A smooth one is halved evenly and Simpson's combination sharpened from level
to level. A kinked one is cut into panels, each a nested trapezoid sum of its own.

A panel of width w with m equal intervals holds T = w/m (g₀/2 + g₁ + … + gₘ/2).
Its m midpoints, of mean M, refine it to (T + wM) / 2, so no gradient is kept for that and none computed twice. How far T
moved is its `change`. Where gradients have kinks a panel's error is noise of variance change^2 / 3, independent of the
other panels', and halving costs m gradients to win three quarters of it: refine where change^2 / m is largest.

Up to `MOST` panels a refined one is bisected instead, so that panels gather where the gradient changes; the gradients at
their nodes are kept that long, and no longer: memory does not grow with the number of points.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from whylight.quadrature import bayesian, rules
from whylight.quadrature.weighted_sums import flat
from whylight.results.attribution import COVER
from whylight.tensors import Tensors, norm, sum_features

Show = Callable[[Tensors], Tensors]

FIRST = 5  # the first picture rests on this many points, evaluated in one go
OPEN = 9  # up to here every panel is refined
MOST = 16
BATCH = 8  # most gradients of a round, or a sixth of the points so far
NEAR = 1 / 2  # a round takes no panel where a gradient wins less than this share of what it wins in the roughest
ROUNDING = 1e-6  # changes below this share of the map count as equal, so that rounding never chooses the nodes
POOLED = 3  # how many observations the common variance counts beside a value's own
EQUAL = 1e-24  # a variance below this share of the largest is that of rounding: no value's error may hang on it


@dataclass(frozen=True, eq=False)
class Panel:
    """Part of the path: `parts` equal intervals, their trapezoid sum, and how its map changed when last halved (if kinked).

    `sums` of the change, of its squares and of its fourth powers.
    """

    start: float
    end: float
    parts: int
    total: Tensors
    change: Tensors

    @cached_property
    def sums(self) -> tuple[float, float, float]:
        """What the estimates need of the change, added up once."""
        pairs = [(c, c.square()) for c in map(flat, self.change)]
        found = [(float(c.sum()), float(s.sum()), float(s.dot(s))) for c, s in pairs]
        shift, power, peak = (sum(parts) for parts in zip(*found, strict=True))
        return shift, power, peak

    @property
    def midpoints(self) -> np.ndarray:
        """The nodes that halve its intervals."""
        return self.start + (self.end - self.start) * (np.arange(self.parts) + 0.5) / self.parts


class AdaptiveQuadrature:
    """All panels of the path of one sample, refined round by round: `ask` for nodes, `tell` what they gave.

    Parameters
    ----------
    show
        The map that belongs to a sum of gradients.
    kinked
        Whether the path may have kinks; asked once gradients are known.
    first
        Points of the first round.

    Attributes
    ----------
    size
        Points evaluated.
    mean, maps
        The average gradient and the map it gives.
    spread
        Standard deviation of the whole map: the L2 norm of those of its values.
    gap
        Standard deviation of the sum of the map; infinite where it is not known.
    """

    def __init__(self, show: Show, kinked: Callable[[], bool], first: int = FIRST) -> None:
        self._show, self._kinked, self._first = show, kinked, first
        self._at: dict[float, Tensors] = {}  # gradients at the nodes, while panels are bisected
        self._panels: list[Panel] = []
        self._picked: list[Panel] = []  # what the asked nodes refine
        self._asked = np.empty(0)
        self._sum: Tensors = ()  # the trapezoid sum of all panels
        self._levels: list[Tensors] = []  # the sums at the newest evenly spaced levels
        self._deviation: Callable[[], Tensors] = tuple
        self.size = 0
        self.mean: Tensors = ()
        self.maps: Tensors = ()
        self.spread = self.gap = float("inf")

    @property
    def errors(self) -> Tensors:
        """`COVER` standard deviations of every value of the map; worked out when asked for."""
        return tuple(COVER * d for d in self._deviation())

    def ask(self, budget: int) -> tuple[np.ndarray, np.ndarray]:
        """Nodes of the next round, cut to `budget`, and the rows of weights to sum their gradients with.

        What does not fill a panel is evaluated all the same, so that n points are n points.
        """
        if not self.size:
            self._asked = rules.nested(min(self._first, budget))
            return self._asked, np.eye(len(self._asked))
        picked = self._panels if self._even else self._roughest()
        self._picked = [
            p for p, last in zip(picked, np.cumsum([p.parts for p in picked]), strict=True) if last <= budget
        ]
        self._asked = np.concatenate([p.midpoints for p in picked])[:budget]
        return self._asked, np.eye(len(self._asked)) if self._at else _mean_rows(self._picked, len(self._asked))

    def tell(self, sums: list[Tensors]) -> None:
        """Take the asked sums in."""
        whole = self._even and len(self._picked) == len(self._panels)
        if self._at or not self.size:
            self._at.update(zip(self._asked.tolist(), sums, strict=True))
        self.size += len(self._asked)
        if self._at and self._panels:
            self._replace(self._picked, [half for p in self._picked for half in self._bisect(p)])
        elif self._panels:
            self._halve(sums)
        elif self.size >= 3:
            self._replace([], [self._triple(0.0, 1.0)])
            while all(node in self._at for p in self._panels for node in p.midpoints.tolist()):
                self._levels = [*self._levels, self._sum]
                self._replace(self._panels, [half for p in self._panels for half in self._bisect(p)])
        if whole:
            self._levels = [*self._levels, self._sum][-4:]
        self._update(whole)
        if len(self._panels) >= MOST:
            self._at.clear()

    def _replace(self, old: list[Panel], new: list[Panel]) -> None:
        terms = [*((1.0, p.total) for p in new), *((-1.0, p.total) for p in old)]
        self._sum = _total([(1.0, self._sum), *terms] if self._sum else terms)
        self._panels = sorted([p for p in self._panels if p not in old] + new, key=lambda p: p.start)

    @property
    def _even(self) -> bool:
        """Every panel is refined in the next round."""
        return self.size < OPEN or not self._kinked()

    def _update(self, whole: bool) -> None:
        """The map and its error after a round."""
        if self.size < 3:
            ends = [self._at[a] for a in (0.0, 1.0) if a in self._at]
            self._settle(_total([(1 / len(ends), g) for g in ends]))
            self.spread = float(norm(self.maps))
            maps = self.maps
            self._deviation = lambda: tuple(m.abs() for m in maps)
        elif self._at and (self.size <= OPEN or not self._kinked()):
            self._fit()
        elif self._kinked():
            self._gather()
        elif whole:  # of a smooth level cut short the one below stays
            self._sharpen()

    def _settle(self, mean: Tensors) -> None:
        self.mean, self.maps = mean, self._show(mean)

    def _fit(self) -> None:
        """Bayesian quadrature over all nodes."""
        nodes = np.array(sorted(self._at))
        grads = [self._at[a] for a in nodes.tolist()]
        rows = [torch.cat(part) for part in zip(*map(self._show, grads), strict=True)]  # (n, ...) per input
        products = torch.stack([flat @ flat.T for flat in (r.reshape(len(r), -1) for r in rows)]).sum(0).cpu().numpy()
        rule = bayesian.choose(nodes, products, sum(r[0].numel() for r in rows), kinked=self._kinked())
        roots = rule.roots * (rule.variance / rule.dof) ** 0.5
        self._settle(_total(list(zip(rule.weights.tolist(), grads, strict=True))))
        self.spread = max(0.0, float(np.einsum("ij,jk,ik->", roots, products, roots))) ** 0.5
        self.gap = float(np.linalg.norm(roots @ sum_features(tuple(rows)).cpu().numpy()))

        def deviation() -> Tensors:
            parts = [torch.tensordot(torch.from_numpy(roots).to(r.dtype).to(r.device), r, 1) for r in rows]
            return pooled(tuple(p.square().sum(0, keepdim=True) for p in parts), rule.dof)

        self._deviation = deviation

    def _gather(self) -> None:
        """The sum of the panels, whose errors are independent, at most `change`, of variance change^2 / 3.

        Where one panel's error of one value makes up all of it there is no mean to rely on, so its bound counts: 1 / share
        is how many take part.
        """
        shift, power, peak = (np.array(sums) for sums in zip(*(p.sums for p in self._panels), strict=True))
        share = peak.sum() / max(power.sum() ** 2, np.finfo(float).tiny)
        factor = (1 + 2 * float(share) ** 0.5) / 3
        self._settle(self._sum)
        self.spread, self.gap = float(factor * power.sum()) ** 0.5, float(np.square(shift).sum() / 3) ** 0.5
        panels = self._panels

        def deviation() -> Tensors:
            variances = tuple(torch.zeros_like(c) for c in panels[0].change)
            for panel in panels:
                for variance, change in zip(variances, panel.change, strict=True):
                    variance.addcmul_(change, change, value=factor)
            return pooled(variances, len(panels))

        self._deviation = deviation

    def _sharpen(self) -> None:
        """Simpson's combination of neighbouring levels, of fourth order; what is still to come shrinks at the rate seen."""
        sharp = [_total([(-1 / 3, old), (4 / 3, new)]) for old, new in pairwise(self._levels)]
        old, new = ([c.abs() for c in self._show(_total([(1.0, b), (-1.0, a)]))] for a, b in pairwise(sharp))
        size = float(norm(tuple(old)))
        rate = min(max(float(norm(tuple(new))) / size if size else 0.0, 1 / 16), 1 / 2)
        ahead = tuple(rate / (1 - rate) * torch.maximum(n, rate * o) for o, n in zip(old, new, strict=True))
        self._settle(sharp[-1])
        self.spread, self.gap, self._deviation = float(norm(ahead)), float("inf"), lambda: ahead

    def _roughest(self) -> list[Panel]:
        """The panels where a gradient wins most, about a round's worth."""
        floor = ROUNDING * float(norm(self.maps)) + np.finfo(float).tiny ** 0.25
        gain = [max(p.sums[1], floor**2) / p.parts for p in self._panels]
        levels = np.log2(gain).round(3)
        order = [self._panels[i] for i in np.argsort(-levels, kind="stable")]
        room = max(BATCH, self.size // 6)
        fitting = int(np.searchsorted(np.cumsum([p.parts for p in order]), room, side="right"))
        near = int((levels >= levels.max() + np.log2(NEAR)).sum())
        return order[: max(1, min(fitting, near))]

    def _halve(self, middles: list[Tensors]) -> None:
        """Take the means of the midpoints of the picked panels in, in their own memory and that of the sums they refine."""
        for panel, middle in zip(self._picked, middles, strict=True):
            for total, mean in zip(panel.total, middle, strict=True):
                mean.mul_((panel.end - panel.start) / 2).sub_(total, alpha=0.5)  # what the sum moves by
                total.add_(mean)
            change = self._show(middle) if self._kinked() else ()
            self._panels[self._panels.index(panel)] = Panel(
                panel.start, panel.end, 2 * panel.parts, panel.total, change
            )
        self._sum = _total([(1.0, self._sum), *((1.0, middle) for middle in middles)])

    def _bisect(self, panel: Panel) -> list[Panel]:
        middle = (panel.start + panel.end) / 2
        return [self._triple(panel.start, middle), self._triple(middle, panel.end)]

    def _triple(self, start: float, end: float) -> Panel:
        """The panel of two intervals over three known gradients."""
        width = end - start
        left, middle, right = (self._at[a] for a in (start, (start + end) / 2, end))
        total = _total([(width / 4, left), (width / 2, middle), (width / 4, right)])
        change = self._changed([(width, middle), (-1.0, total)])
        return Panel(start, end, 2, total, change)

    def _changed(self, terms: list[tuple[float, Tensors]]) -> Tensors:
        """The map of a change; nobody asks for it on a smooth path."""
        return self._show(_total(terms)) if self._kinked() else ()


def pooled(variances: Tensors, observations: int) -> Tensors:
    """Standard deviations, each variance drawn towards the mean of those that are more than rounding.

    A value's own variance rests on few observations; that of all together on many.
    """
    least = EQUAL * max(float(v.max()) for v in variances)
    total, count = sum(float(v.sum()) for v in variances), sum(int((v > least).sum()) for v in variances)
    drawn = lambda v: (observations * v + POOLED * total / max(1, count)) / (observations + POOLED)
    return tuple(torch.where(v > least, drawn(v), v).sqrt() for v in variances)


def _mean_rows(panels: list[Panel], n: int) -> np.ndarray:
    """Weights that average the midpoints of each panel, one after the other among `n` nodes."""
    rows = np.zeros((len(panels), n))
    for row, panel, end in zip(rows, panels, np.cumsum([p.parts for p in panels]), strict=True):
        row[end - panel.parts : end] = 1 / panel.parts
    return rows


def _total(terms: list[tuple[float, Tensors]]) -> Tensors:
    weights = [w for w, _ in terms]
    parts = zip(*(maps for _, maps in terms), strict=True)
    return tuple(_weighted(weights, tensors) for tensors in parts)


def _weighted(weights: list[float], tensors: Tensors) -> Tensor:
    result = weights[0] * tensors[0]
    for weight, tensor in zip(weights[1:], tensors[1:], strict=True):
        result.add_(tensor, alpha=weight)
    return result
