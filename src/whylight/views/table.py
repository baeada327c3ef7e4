"""Rows of named features, drawn together. Knows nothing of models, widgets or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.views.columns import Columns
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
