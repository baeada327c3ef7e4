"""Panels: parts of a path of two equal intervals each, over three nodes. Knows nothing of gradients."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from whylight.quadrature.estimate import Array, Ints, taken

TRAPEZOID = (1 / 4, 1 / 2, 1 / 4)  # weights of the nodes in a panel's sum, per width
CHANGE = (-1 / 4, 1 / 2, -1 / 4)  # and in how far the middle node moved it
NARROW = 64  # units in the last place of a panel's end


@dataclass(frozen=True)
class Panels:
    """Panels of N paths, in order along the path.

    Attributes
    ----------
    start, width
        `(N, P)`; a width of 0 where a path has fewer.
    nodes
        Which of the known nodes are its left, middle and right one, `(N, P, 3)`; -1 where that is not known yet.
    """

    start: Array
    width: Array
    nodes: Ints

    @property
    def there(self) -> np.ndarray:
        """Which there are, `(N, P)`."""
        return self.width > 0

    def divisible(self, eps: float) -> np.ndarray:
        """Which are wide enough for points in them to differ, in a dtype of that eps, `(N, P)`."""
        return self.width > NARROW * eps * (self.start + self.width)

    def taken(self, places: Ints) -> "Panels":
        """Those at the places `(N, Q)`."""
        return Panels(taken(self.start, places), taken(self.width, places), taken(self.nodes, places))

    def joined(self, others: "Panels") -> "Panels":
        """These and the others."""
        start, width = np.hstack([self.start, others.start]), np.hstack([self.width, others.width])
        return Panels(start, width, np.hstack([self.nodes, others.nodes]))

    def only(self, kept: np.ndarray) -> "Panels":
        """Without those not `kept`, `(N, P)`."""
        return Panels(self.start, np.where(kept, self.width, 0.0), self.nodes)

    def halves(self, first: int) -> "Panels":
        """The lower and the upper half of each in turn, `(N, 2 P)`; their middle nodes are the `first` of the known ones and those that follow it.

        Panels of unknown nodes come last, the wider ones first: each is the lower half, at the start of the path, of the one before it.
        """
        (n, p), width = self.width.shape, self.width / 2
        nodes, middle, unknown = self.nodes.copy(), first + 2 * np.arange(p), self.nodes[..., 0] < 0
        at = ((self.start == 0) & self.there).argmax(1)
        whole = nodes[np.arange(n), at]
        left = np.stack([whole[:, 0], middle[at], whole[:, 1]], 1)
        for q in np.flatnonzero(unknown.any(0)):
            mine = unknown[:, q]
            nodes[mine, q] = left[mine]
            left[mine, 1:] = np.stack([np.full(mine.sum(), middle[q]), left[mine, 1]], 1)
        halves = np.stack([nodes[..., [0, 0, 1]], nodes[..., [1, 1, 2]]], 2)
        halves[..., 1] = middle[:, None] + np.arange(2)
        start = np.stack([self.start, self.start + width], 2)
        return Panels(start.reshape(n, -1), np.repeat(width, 2, 1), halves.reshape(n, -1, 3))

    def parts(self, most: int) -> Iterator["Panels"]:
        """These in turn, so many at a time."""
        for lo in range(0, self.width.shape[1], most):
            part = slice(lo, lo + most)
            yield Panels(self.start[:, part], self.width[:, part], self.nodes[:, part])

    def weights(self, shares: tuple[float, ...], columns: int) -> Array:
        """Weights `(N, P, K)` of K known nodes: shares of the widths at the left, middle and right one."""
        weights = np.zeros((*self.width.shape, columns))
        for node, share in enumerate(shares):
            np.put_along_axis(weights, self.nodes[..., node, None], share * self.width[..., None], 2)
        return weights

    def summed(self, shares: tuple[float, ...], columns: int) -> Array:
        """These weights added up over the panels, `(N, 1, K)`."""
        n = len(self.width)
        at = self.nodes + columns * np.arange(n)[:, None, None]
        each = self.width[..., None] * np.array(shares)
        return np.asarray(np.bincount(at.reshape(-1), each.reshape(-1), n * columns), float).reshape(n, 1, columns)

    def of_paths(self, which: np.ndarray) -> "Panels":
        """Those of some paths."""
        return Panels(self.start[which], self.width[which], self.nodes[which])
