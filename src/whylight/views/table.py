"""Rows of named features, drawn together. Knows nothing of models, widgets or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.numbers import given, plural
from whylight.views.columns import Columns
from whylight.views.features import CHANGES
from whylight.views.spotlight import Spotlight
from whylight.views.told import Told, told
from whylight.views.view import Arrays, View


@dataclass(frozen=True, eq=False)
class TableView(View):
    """N labelled rows of D named features `(N, D)`; attributions are `(N, D)`.

    `levels` are the texts behind the codes of category columns.
    """

    names: Sequence[str]
    values: NDArray[Any]
    rows: tuple[str, ...]
    columns: Columns
    levels: dict[int, list[Any]]
    kind = "table"
    layouts = ("standardized", "raw")
    parts = "rows"
    one_input = one_map = False

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` `(N, D)`."""
        return {"values": attributions}

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The columns, on average over the rows."""
        return told(list(self.names), values.mean(0), np.abs(values).mean(0))

    def caption(self) -> str:
        """How many rows there are."""
        return plural(len(self.rows), "row")

    def change_from(self, other: View) -> str:
        """Cells with their values before and after."""
        if not isinstance(other, TableView) or other.values.shape != self.values.shape:
            return super().change_from(other)
        places = np.argwhere(self._changed(other))
        found = [
            f"row {self.rows[i]}: {self.names[k]} {other.told(i, k)} → {self.told(i, k)}" for i, k in places[:CHANGES]
        ]
        return ", ".join(found) + (f" and {len(places) - CHANGES} more" if len(places) > CHANGES else "")

    def row_changed(self, other: View) -> int | None:
        """The only row with cells of other values."""
        if not isinstance(other, TableView) or other.values.shape != self.values.shape:
            return None
        rows = np.flatnonzero(self._changed(other).any(1))
        return int(rows[0]) if len(rows) == 1 else None

    def _changed(self, other: "TableView") -> NDArray[np.bool_]:
        """Which cells have another value than in a view of the same shape; codes stand for texts of their own view."""
        found = (self.values != other.values) & ~(np.isnan(self.values) & np.isnan(other.values))
        for k in self.levels.keys() | other.levels.keys():
            found[:, k] = [self.told(i, k) != other.told(i, k) for i in range(len(self.rows))]
        return found

    def told(self, row: int, column: int) -> str:
        """A cell as people read it."""
        value, levels = self.values[row, column], self.levels.get(column)
        if levels is not None and 0 <= value < len(levels):
            return given(levels[int(value)])
        return given(None if levels is not None or np.isnan(value) else float(value))

    def comparable(self, slopes: NDArray[Any]) -> NDArray[Any]:
        """Per standard deviation of each column."""
        return slopes if self.columns.scales is None else slopes * self.columns.scales

    @property
    def told_over(self) -> str:
        """The rows."""
        return f"On average over {len(self.rows)} rows" if len(self.rows) > 1 else ""

    def dimensions(self) -> list[tuple[str, Sequence[str]]]:
        """Rows and features."""
        return [("row", self.rows), ("feature", self.names)]

    def part_count(self, units: Any = None) -> int:
        """How many rows there are."""
        return len(self.rows)
