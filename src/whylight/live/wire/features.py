"""Rows and tables of named features as messages. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from whylight.live.wire.arrays import VERSION, PackedArray, PackedArrays, array, number
from whylight.live.wire.encoder import Encoder, Input, Scales, encoder
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.views.columns import Columns
from whylight.views.features import FeatureView
from whylight.views.row_groups import RowGrouping
from whylight.views.table import TableView
from whylight.views.view import Arrays


class KnownColumns(TypedDict):
    """What is known of a table's columns.

    Attributes
    ----------
    kinds
        What kind of numbers they hold: "number", "binary", "count" or "category".
    scales
        Their standard deviations.
    """

    kinds: NotRequired[list[str]]
    scales: NotRequired[list[float | None] | None]


class NamedColumns(KnownColumns):
    """The columns of a table: their names, and what else is known of them."""

    names: list[str]


class FeaturesInput(Input, NamedColumns):
    """One row of a table."""

    kind: Literal["features"]
    values: list[float | str | None]


class RowLabels(TypedDict):
    """One way to group the rows of a table.

    Attributes
    ----------
    of
        The place of every row's label, −1 for none.
    """

    name: str
    labels: list[str]
    of: list[int]


class TableValues(TypedDict):
    """All numbers, float32 `(N, D)`."""

    values: PackedArray


class TableInput(Input, NamedColumns):
    """Several rows of a table.

    Attributes
    ----------
    levels
        Texts behind the codes of a category column, by the column's place.
    """

    kind: Literal["table"]
    rows: list[str]
    levels: dict[str, list[str]]
    groups: list[RowLabels]
    arrays: TableValues


@encoder.register(FeatureView)
class FeatureEncoder(Encoder[FeatureView]):
    """Names and values of one row."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> FeaturesInput:
        """Names, values, and what is known of the columns."""
        values = self.view.shown or [number(v) for v in self.view.values]
        return {
            "v": VERSION,
            "kind": "features",
            "names": list(self.view.names),
            "values": list(values),
            **_columns(self.view.columns),
        }

    def path_cells(self) -> int:
        """One per feature."""
        return len(self.view.names)

    def path_start(self, seen: PathTrace) -> PackedArrays:
        """The values of the reference input."""
        start = seen.baseline.tensors[0]
        return {"baseline_values": array(start.detach().float().cpu().numpy().reshape(-1))}


@encoder.register(TableView)
class TableEncoder(Encoder[TableView]):
    """Names and values of several rows, and ways to group them."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> TableInput:
        """Names, rows, values, the texts behind codes, groups, and what is known of the columns."""
        view = self.view
        return {
            "v": VERSION,
            "kind": "table",
            "names": list(view.names),
            "rows": list(view.rows),
            "levels": {str(i): [str(level) for level in levels] for i, levels in view.levels.items()},
            "groups": [{"name": g.name, "labels": list(g.labels), "of": list(g.of)} for g in groups],
            "arrays": {"values": array(view.values)},
            **_columns(view.columns),
        }

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """Every row's map, and its score."""
        return {"values": array(found["values"]), "scores": array(attribution.score.detach().cpu().numpy())}


def _columns(columns: Columns | None) -> KnownColumns:
    """What is known of a table's columns: their kinds and standard deviations."""
    if columns is None:
        return {}
    scales = None if columns.scales is None else [number(scale) for scale in columns.scales]
    return {"kinds": list(columns.kinds), "scales": scales}
