"""Scores of groups of units φ, each computed once. Knows scores only as numbers."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from whylight.groups.scorers import Scorer
from whylight.problem.problem import tick_nothing
from whylight.views.units import Units

UnitMask = NDArray[np.bool_]
TURN = 0.1  # seconds between ticks: so long a stop may wait, where one score takes less


class ScoreCache:
    """Scores of groups of units `(U,)`, boolean, known once and for all.

    Parameters
    ----------
    scorer
        φ of many groups at once.
    units
        What groups are made of.
    tick
        Called with the number of groups just scored; may raise to stop the work: what was scored stays known.
    """

    def __init__(self, scorer: Scorer, units: Units, tick: Callable[[int], None] = tick_nothing) -> None:
        self.scorer, self.units, self.tick = scorer, units, tick
        self._known: dict[bytes, float] = {}  # by the group's bits
        self._at_once = 1

    def __len__(self) -> int:
        return len(self._known)

    def known(self, group: UnitMask) -> float | None:
        """The score of a group, if it was computed already."""
        return self._known.get(_key(group))

    def of(self, groups: Sequence[UnitMask]) -> list[float]:
        """Scores of groups, in their order."""
        for _ in self.fill(groups):
            pass
        return [self._known[_key(g)] for g in groups]

    def fill(self, groups: Sequence[UnitMask]) -> Iterator[None]:
        """Score what is not known yet; yields after every few groups, in turns of about `TURN` seconds."""
        fresh = [(key, g) for key, g in {_key(g): g for g in groups}.items() if key not in self._known]
        while fresh:
            now, fresh = fresh[: self._at_once], fresh[self._at_once :]
            start = time.perf_counter()
            found = self.scorer(self.units.masks(np.stack([g for _, g in now]))).tolist()
            if time.perf_counter() - start < TURN / 2:
                self._at_once *= 2
            self._known.update(zip((key for key, _ in now), found, strict=True))
            self.tick(len(now))
            yield


def _key(group: UnitMask) -> bytes:
    return np.packbits(group).tobytes()
