"""Rows of named features, drawn together. Knows nothing of models, widgets or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from whylight.views.columns import Columns
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

    def dimensions(self) -> list[tuple[str, Sequence[str]]]:
        """Rows and features."""
        return [("row", self.rows), ("feature", self.names)]

    def part_count(self, units: Any = None) -> int:
        """How many rows there are."""
        return len(self.rows)
