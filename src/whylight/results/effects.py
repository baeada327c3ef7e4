"""Average effects as one frozen table: to read, sort, plot and show. Knows nothing of how they were computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError, unknown_name
from whylight.numbers import plural
from whylight.records import record
from whylight.results import drawing
from whylight.results.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


Reals = NDArray[np.float64]
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
ALL = "all"  # the first group


@record
@dataclass(frozen=True, eq=False)
class Effects(Result):
    """Average local effects of D features over G groups of rows; the first group is all rows.

    The unit is that of the method: for slopes, output per unit of input; `standardized()` gives output per standard deviation.

    Attributes
    ----------
    names, groups
        D feature names, G group names.
    counts
        Rows every average rests on, `(G, D)`: without those in which the feature was not examined, or (of slopes) is missing.
    mean, std, positive
        Mean and standard deviation (dividing by the count) of the local effects, and the share of them above zero, `(G, D)`.
    magnitude
        Mean of their absolute values; for words, of the L2 norms of their gradients. `(G, D)`.
    quantiles
        At the levels `whylight.results.effects.LEVELS`, `(G, 5, D)`.
    scales
        Standard deviation of every column, `(D,)`; None where effects are not of columns.
    target, method, unit
        What was explained, how, and what the output is ("logit", "probability", "output", ...).
    method_label
        The method's name for people.
    local
        The local effects of every row, `(N, D)`, NaN where a feature was not examined; None for words.
    notes
        What a reader should know.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    counts: np.ndarray
    mean: Reals
    magnitude: Reals
    std: Reals
    positive: Reals
    quantiles: Reals
    scales: Reals | None
    target: str
    method: str
    unit: str
    local: Reals | None = field(default=None, repr=False)
    per_deviation: bool = False
    notes: tuple[str, ...] = ()
    method_label: str = ""

    def standardized(self) -> Effects:
        """The same per standard deviation of each column: comparable across columns of different units."""
        if self.per_deviation:
            return self
        if self.scales is None:
            raise InvalidValueError("There is nothing to standardize by: these are not effects per unit of a column.")
        s = self.scales
        return replace(
            self,
            mean=self.mean * s,
            magnitude=self.magnitude * s,
            std=self.std * s,
            quantiles=self.quantiles * s,
            local=None if self.local is None else self.local * s,
            per_deviation=True,
        )

    def group(self, name: str) -> int:
        """The place of a group; raises for one that does not exist."""
        if name not in self.groups:
            raise unknown_name("group", name, self.groups)
        return self.groups.index(name)

    def order(self, group: str = ALL) -> list[int]:
        """Features from the largest mean effect to the smallest, whatever its sign; per standard deviation where known."""
        comparable = self if self.scales is None else self.standardized()
        size = np.nan_to_num(np.abs(comparable.mean[self.group(group)]), nan=-1.0)
        return np.argsort(-size, kind="stable").tolist()

    def extremes(self, n: int = 10, group: str = ALL, *, least: int = 1) -> tuple[list[str], list[str]]:
        """The n names with the most positive and the n with the most negative mean, strongest first, of at least `least` rows."""
        g = self.group(group)
        known = [i for i in self.order(group) if self.counts[g, i] >= max(1, least)]
        known.sort(key=lambda i: -self.mean[g, i])
        above = [self.names[i] for i in known if self.mean[g, i] > 0]
        below = [self.names[i] for i in reversed(known) if self.mean[g, i] < 0]
        return above[:n], below[:n]

    def table(self, group: str = ALL) -> Any:
        """One row per feature, strongest first: a pandas frame if pandas is there, else a list of dictionaries."""
        g = self.group(group)
        unit = {} if self.scales is None else {"standardized": self.standardized().mean[g]}
        columns = {
            "mean": self.mean[g],
            **unit,
            "magnitude": self.magnitude[g],
            "std": self.std[g],
            "positive": self.positive[g],
            **{f"q{round(100 * level):02d}": self.quantiles[g, i] for i, level in enumerate(LEVELS)},
            "count": self.counts[g],
        }
        order = self.order(group)
        try:
            import pandas as pd
        except ImportError:
            return [{"feature": self.names[i], **{k: v[i].item() for k, v in columns.items()}} for i in order]
        index = pd.Index([self.names[i] for i in order], name="feature")
        return pd.DataFrame({name: np.asarray(column)[order] for name, column in columns.items()}, index=index)

    def plot(self, *, groups: Sequence[str] | None = None, top: int = 20, **options: Any) -> Figure:
        """A matplotlib figure: mean effects as bars, 90 % of the rows as lines, groups as marks."""
        return drawing.plot(self, groups=groups, top=top, **options)

    def _repr_html_(self) -> str:
        return drawing.html(self)

    def __repr__(self) -> str:
        groups = "" if len(self.groups) == 1 else f", groups {', '.join(self.groups[1:])}"
        rows = int(self.counts[0].max()) if self.local is None else len(self.local)
        return (
            f"Effects({self.method} of {self.target!r}, {plural(len(self.names), 'feature')} over {rows} rows{groups})"
        )
