"""The errors of panels over known nodes: what every kind of path has to say about them."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from whylight.quadrature.estimate import Array, Estimate, Ints, numbers
from whylight.quadrature.known_nodes import KnownNodes
from whylight.quadrature.panels import Panels

FEW = 9  # nodes up to which all paths have the same ones


class PanelErrors(ABC):
    """The errors of panels over known nodes.

    Attributes
    ----------
    near
        No panel is refined whose squared error is below this share of the largest.
    """

    near: ClassVar[float]

    def __init__(self, known: KnownNodes) -> None:
        self.known = known

    @abstractmethod
    def open(self, panels: Panels) -> None:
        """Take in the first panels."""

    @abstractmethod
    def add(self, fresh: Panels, order: Ints, there: np.ndarray) -> None:
        """Take in new panels; those at the places `order` remain, of the old ones followed by the new, if they are `there`."""

    @abstractmethod
    def see(self, panels: Panels) -> None:
        """Take in that all panels are known."""

    @abstractmethod
    def power(self, panels: Panels) -> Array:
        """Squared errors that bisecting may mend, `(N, P)`."""

    @abstractmethod
    def least(self) -> Array:
        """Squared errors below count the same, `(N,)`."""

    @abstractmethod
    def few(self) -> Estimate:
        """What three to nine nodes give, the same ones for all paths."""

    @abstractmethod
    def many(self, panels: Panels) -> Estimate:
        """What the panels give together."""

    @abstractmethod
    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""

    def estimate(self, panels: Panels) -> Estimate:
        """What is known now."""
        if self.known.width < 3:
            return self._ends()
        return self.few() if self.known.width <= FEW else self.many(panels)

    def _ends(self) -> Estimate:
        """The mean of one or two rows, which says nothing of its error."""
        mean, total = self.known.rows.mean(1), self.known.slopes.mean(1)
        spread = numbers(mean.norm(dim=1))
        return Estimate(mean, total, spread, np.full(len(spread), np.inf), mean.abs)
