"""Rows and tables of named features as messages. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

import numpy as np
import torch
from torch import Tensor

from whylight.live.wire.arrays import VERSION, PackedArray, PackedArrays, array, number
from whylight.live.wire.encoder import Encoder, Input, Scales, encoder
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.views.columns import CATEGORY, Columns
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
    levels
        Texts behind the codes of a category column, by the column's place.
    """

    kinds: NotRequired[list[str]]
    scales: NotRequired[list[float | None] | None]
    levels: NotRequired[dict[str, list[str]]]


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
    """Several rows of a table."""

    kind: Literal["table"]
    rows: list[str]
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

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """The map, its errors, and what switching categories did."""
        return {**super().maps(attribution, found, scales), **_switched(attribution)}

    def path_cells(self) -> int:
        """One per feature."""
        return len(self.view.names)

    def path_start(self, seen: PathTrace) -> PackedArrays:
        """The values of the reference input; NaN of a category, which has no value between two levels."""
        start, columns = seen.baseline.tensors[0].detach().float().cpu().numpy(), self.view.columns
        count = len(self.view.names)
        values = start.reshape(count, -1)[:, 0].copy() if start.size != count else start.reshape(-1).copy()
        if columns is not None:
            values[[kind == CATEGORY for kind in columns.kinds]] = np.nan
        return {"baseline_values": array(values)}


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
            "groups": [{"name": g.name, "labels": list(g.labels), "of": list(g.of)} for g in groups],
            "arrays": {"values": array(view.values)},
            **_columns(view.columns),
            "levels": {str(i): [str(level) for level in levels] for i, levels in view.levels.items()},
        }

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """Every row's map, and the numbers of its own in the read-out: those that the meta of a frame give as means."""
        return {"values": array(found["values"]), **_of_rows(attribution), **_switched(attribution)}


def _of_rows(attribution: Attribution) -> PackedArrays:
    """Of every row `(N,)` what is known: F(x), F(x'), sum, gap, relative gap, map error."""
    gap, scale = attribution.convergence_delta, attribution.gap_scale
    share = None if gap is None or scale is None else torch.where(gap == 0, 0.0, gap.abs() / scale)
    told = {
        "scores": attribution.score,
        "baseline_scores": attribution.baseline_score,
        "sums": None
        if attribution.convergence_delta is None or attribution.provenance.get("per_unit")
        else attribution.total,
        "gaps": gap,
        "relative_gaps": share,
        "map_errors": attribution.map_error,
    }
    return {name: array(values.detach().cpu().numpy()) for name, values in told.items() if values is not None}


def _switched(attribution: Attribution) -> PackedArrays:
    """What was examined, where not all was; the changes to levels `(N, L)`, and of every level its column and code."""
    seen, changes = attribution.examined, attribution.level_changes
    arrays: PackedArrays = {}
    if isinstance(seen, Tensor):
        arrays["examined"] = array(seen.cpu().numpy(), "uint8")
    if changes is not None:
        arrays["changes"] = array(changes.changes.detach().cpu().numpy())
        arrays["change_columns"] = array(changes.columns, "int32")
        arrays["change_codes"] = array(changes.codes, "int32")
    return arrays


def _columns(columns: Columns | None) -> KnownColumns:
    """What is known of a table's columns: their kinds and standard deviations."""
    if columns is None:
        return {}
    scales = None if columns.scales is None else [number(scale) for scale in columns.scales]
    known: KnownColumns = {"kinds": list(columns.kinds), "scales": scales}
    if columns.levels:
        known["levels"] = {str(i): list(names) for i, names in columns.levels.items()}
    return known
