"""Paths whose gradients are kept at every node, cut into panels that are bisected where they err most.

A panel is two equal intervals over three nodes. Whether a path may have kinks says how its error is seen
(`whylight.quadrature.smooth_panels`, `whylight.quadrature.kinked_panels`). The gradient of a net that normalises falls like 1/alpha from a thin layer at the
baseline: the panel there is bisected several times in one round, as often as the fall of its gradients suggests.
"""

from collections.abc import Callable
from copy import copy

import numpy as np
from torch import Tensor

from whylight.quadrature import rules
from whylight.quadrature.estimate import Array, Estimate, Ints, by_gain, numbers, taken
from whylight.quadrature.kinked_panels import Kinked
from whylight.quadrature.known_nodes import KnownNodes
from whylight.quadrature.panel_errors import PanelErrors
from whylight.quadrature.panels import CHANGE, TRAPEZOID, Panels
from whylight.quadrature.smooth_panels import Smooth

OPEN = 9  # nodes that are evenly spaced
BATCH = 8  # most gradients of a round, or a sixth of the nodes so far
FALL = 3 / 4  # halvings at the baseline per halving of the gradient there
DEEPEST = 7  # most further halvings at the baseline in one round
QUARTERS = np.arange(4) / 4  # where the first panels start
OPENING = np.argsort(rules.nested(OPEN))[2 * np.arange(4)[:, None] + np.arange(3)]  # and their nodes


class Bisection:
    """N paths, each with nodes of its own.

    Parameters
    ----------
    known
        What is known at the nodes; empty.
    kinked
        Whether the paths may have kinks; asked once gradients are known.
    first
        Nodes of the first round.
    """

    def __init__(self, known: KnownNodes, kinked: Callable[[], bool], first: int) -> None:
        self.known, self._kinked, self._first = known, kinked, first
        n = len(known)
        self.panels = Panels(np.empty((n, 0)), np.empty((n, 0)), np.empty((n, 0, 3), int))
        self.errors: PanelErrors | None = None  # once there are panels
        self._asked = self.panels  # to be bisected

    def ask(self, budgets: Ints) -> tuple[Ints, Array]:
        """How many nodes every path needs next, `(N,)`, at most its budget, and which, `(N, most)`.

        What does not fill a panel is evaluated all the same, so that n points are n points.
        """
        size, n = int(self.known.sizes.max()), len(self.known)
        if size < OPEN:
            nodes = rules.nested(min(OPEN if size else self._first, size + int(budgets.max())))[size:]
            counts, nodes = np.full(n, len(nodes)), np.tile(nodes, (n, 1))
            filled = counts
        else:
            assert self.errors is not None
            if size == OPEN:  # the first panels add up once the path goes on
                self.errors.open(self.panels)
            self._asked, counts, nodes = self._pairs(budgets)
            filled = counts // 2 * 2
        self.known.expect(nodes, filled, counts)
        return counts, nodes

    def put(self, paths: Ints, places: Ints, rows: Tensor, values: Array, slopes: Array) -> None:
        """Take in what was found at some of the asked nodes: `places` among those of their path."""
        self.known.put(paths, places, rows, values, slopes)

    def tell(self) -> None:
        """Take in that all asked nodes are known."""
        before, known = self.known.width, self.known
        known.settle()
        if self.errors is not None and self._asked.there.any():
            self._bisect(before)
        elif self.errors is None and known.width >= OPEN:
            n = len(known)
            self.panels = Panels(np.tile(QUARTERS, (n, 1)), np.full((n, 4), 0.25), np.tile(OPENING, (n, 1, 1)))
            self.errors = self._errors()
        if self.errors is not None:
            self.errors.see(self.panels)

    def estimate(self) -> Estimate:
        """What is known now."""
        return (self.errors or self._errors()).estimate(self.panels)

    def _errors(self) -> PanelErrors:
        """What the paths have to say of panels, once it is known of what kind they are."""
        return (Kinked if self._kinked() else Smooth)(self.known)

    def _pairs(self, budgets: Ints) -> tuple[Panels, Ints, Array]:
        """The panels to bisect, how many nodes of theirs, and which."""
        panels = self._roughest()
        panels = panels.joined(self._left_at_start(panels))
        panels = panels.taken(np.argsort(~panels.there, axis=1, kind="stable"))  # those there are come first
        counts = np.minimum(2 * panels.there.sum(1), budgets)
        nodes = (panels.start[..., None] + panels.width[..., None] * [0.25, 0.75]).reshape(len(counts), -1)
        most = np.arange(int(counts.max()) // 2)
        whole = panels.taken(np.tile(most, (len(counts), 1))).only(most < (counts // 2)[:, None])
        return whole, counts, nodes[:, : int(counts.max())]

    def _roughest(self) -> Panels:
        """The panels where a gradient wins most, about a round's worth."""
        assert self.errors is not None
        order, near = by_gain(self.errors.power(self.panels), self.errors.least(), self.panels.width, self.errors.near)
        picked = np.arange(order.shape[1]) < np.clip(near, 1, np.maximum(BATCH, self.known.sizes // 6) // 2)[:, None]
        most = int(picked.sum(1).max())
        return self.panels.taken(order[:, :most]).only(picked[:, :most])

    def _left_at_start(self, panels: Panels) -> Panels:
        """Of a panel at the baseline that is bisected, the halves that remain there, to be bisected in turn."""
        first = (panels.start == 0) & panels.there
        row, place = np.arange(len(first)), first.argmax(1)
        nodes = panels.nodes[row, place]
        at_start, middle = numbers(self.known.taken(nodes[:, :2]).norm(dim=2)).T
        fall = np.subtract(*(np.log2(np.maximum(size, np.finfo(float).tiny)) for size in (at_start, middle)))
        depth = np.where(first.any(1), np.clip(FALL * fall, 0, DEEPEST).astype(int), 0)
        levels = np.arange(1, int(depth.max(initial=0)) + 1)
        width = np.where(levels <= depth[:, None], panels.width[row, place][:, None] / 2.0**levels, 0.0)
        return Panels(0 * width, width, np.full((*width.shape, 3), -1))

    def _bisect(self, before: int) -> None:
        """Replace the asked panels, whose new nodes come `before` and after, by their halves."""
        assert self.errors is not None
        fresh = self._asked.halves(before)
        joined = self.panels.joined(fresh)
        start = np.where(joined.there, joined.start, 1.0)
        order = np.argsort(start, axis=1, kind="stable")
        start = taken(start, order)
        last = np.diff(start, axis=1, append=1.0) > 0  # of panels that start at one place, the halves came later
        order = taken(order, np.argsort(~last, axis=1, kind="stable"))[:, : int(last.sum(1).max())]
        there = np.arange(order.shape[1]) < last.sum(1)[:, None]
        self.panels = joined.taken(order).only(there)
        self.errors.add(fresh, order, there)

    def trapezoids(self) -> tuple[Array, Array]:
        """Weights of the nodes in every panel's sum, and in how far its middle node moved it, `(N, P, K)`."""
        return self.panels.weights(TRAPEZOID, self.known.width), self.panels.weights(CHANGE, self.known.width)

    def part(self, which: np.ndarray) -> "Bisection":
        """Some of the paths, `(N,)`; these stay as they are."""
        part = copy(self)
        part.known, part.panels, part.errors = (
            self.known.of_paths(which),
            self.panels.of_paths(which),
            copy(self.errors),
        )
        if part.errors is not None:
            part.errors.known = part.known
            part.errors.keep(which)
        return part

    @property
    def sizes(self) -> Ints:
        """Nodes evaluated, `(N,)`."""
        return self.known.sizes

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        self.known.keep(which)
        self.panels = self.panels.of_paths(which)
        if self.errors is not None:
            self.errors.keep(which)
