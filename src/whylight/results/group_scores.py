"""A record of scores of groups, as a panel shows them. Knows nothing of how they come about."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whylight.results.hierarchy import Group
from whylight.targets.target import Target
from whylight.views.units import Units


@dataclass(frozen=True, eq=False)
class GroupScores:
    """What is known of groups of U units at one moment; NaN is a score not known.

    Attributes
    ----------
    units, target, scorer, label
        What groups are made of, what is explained, how groups are scored, and that in words.
    score
        F(x), in the unit of the target.
    scores
        `(U,)`, of the single units.
    spans, pairs
        `(U, U)`: of the units i..j, and of {i, j}, at [i, j] with i < j; None where not all of them will be scored.
    selected
        Groups that were asked for, with their scores, the newest last.
    levels
        The hierarchy as far as it has grown; none before it was begun.
    growing, grown
        Whether it is being built, and whether it is complete.
    evaluated
        Groups scored.
    notes
        Sentences worth showing.
    """

    units: Units
    target: Target
    scorer: str
    label: str
    score: float
    scores: NDArray[np.float64]
    spans: NDArray[np.float64] | None
    pairs: NDArray[np.float64] | None
    selected: tuple[tuple[tuple[int, ...], float], ...]
    levels: tuple[tuple[Group, ...], ...]
    growing: bool
    grown: bool
    evaluated: int
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether a group's score and that of the rest add up to `score`."""
        return self.scorer == "cd"
