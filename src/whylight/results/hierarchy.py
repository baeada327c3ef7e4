"""Groups of features from single ones up to the whole input, frozen. Knows nothing of how they were found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from whylight.numbers import plural
from whylight.records import record
from whylight.results import drawing
from whylight.results.result import Result
from whylight.views.units import Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@record
@dataclass(frozen=True)
class Group:
    """Some units and their score φ, the unit of the target."""

    units: tuple[int, ...]
    score: float

    @property
    def span(self) -> tuple[int, int]:
        """(start, stop) of a group of words: units start..stop−1."""
        return self.units[0], self.units[-1] + 1


@record
@dataclass(frozen=True, eq=False)
class Hierarchy(Result):
    """Groups of features, from single ones up to the whole input.

    Attributes
    ----------
    levels
        Each a partition of the units into connected groups; every group is a union of groups of the level below. The
        first level are the single units; the last, when `final`, is the whole input.
    units
        What the groups are made of.
    target, scorer
        What is explained, and how groups are scored.
    n_evaluations
        Groups scored.
    final
        False while levels are still missing.
    view
        How it is drawn.
    """

    levels: tuple[tuple[Group, ...], ...]
    units: Units
    target: str = ""
    scorer: str = ""
    n_evaluations: int = 0
    final: bool = True
    view: Any = field(default=None, repr=False)

    def children(self, level: int, group: Group) -> tuple[Group, ...]:
        """The groups one level below that `group` consists of."""
        if level == 0:
            return ()
        inside = set(group.units)
        return tuple(g for g in self.levels[level - 1] if inside.issuperset(g.units))

    def label_map(self, level: int) -> NDArray[np.int64]:
        """Which group of a level each position belongs to, shaped like the positions."""
        number = np.zeros(len(self.units), dtype=np.int64)
        for k, group in enumerate(self.levels[level]):
            number[list(group.units)] = k
        return number[self.units.labels]

    def score_map(self, level: int) -> NDArray[np.float64]:
        """The score of the group each position belongs to, shaped like the positions."""
        return np.array([g.score for g in self.levels[level]])[self.label_map(level)]

    def name(self, group: Group) -> str:
        """The words of a group, or how many units it has."""
        names = [self.units.names[i] for i in group.units]
        if self.units.sort == "windows":
            return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
        if self.units.sort != "areas":
            return " ".join(names)
        return plural(len(group.units), "area")

    def __repr__(self) -> str:
        state = "" if self.final else ", unfinished"
        return (
            f"Hierarchy({self.target!r}, {plural(len(self.levels), 'level')} of {plural(len(self.units), 'unit')}, scorer={self.scorer!r}, "
            f"{plural(self.n_evaluations, 'group')} scored{state})"
        )

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()  # type: ignore[attr-defined]  a notebook shows it so

    def plot(self, **options: Any) -> Figure:
        """A matplotlib figure: words under a stack of phrases, or a picture with its groups level by level."""
        return drawing.plot(self, **options)
