"""Panels: parts of a path of two equal intervals each, over three nodes. Knows nothing of gradients."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from whylight.quadrature.estimate import Array, Ints

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
        take = lambda a: np.take_along_axis(a, places, 1)
        return Panels(take(self.start), take(self.width), np.take_along_axis(self.nodes, places[..., None], 1))

    def joined(self, others: "Panels") -> "Panels":
        """These and the others."""
        start, width = np.hstack([self.start, others.start]), np.hstack([self.width, others.width])
        return Panels(start, width, np.hstack([self.nodes, others.nodes]))

    def only(self, kept: np.ndarray) -> "Panels":
        """Without those not `kept`, `(N, P)`."""
        return Panels(self.start, np.where(kept, self.width, 0.0), self.nodes)

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

    def of_paths(self, which: np.ndarray) -> "Panels":
        """Those of some paths."""
        return Panels(self.start[which], self.width[which], self.nodes[which])
