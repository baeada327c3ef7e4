"""Rows and tables of named features as messages. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence

from whylight.live.wire.arrays import Message, array, number
from whylight.live.wire.encoder import Encoder, encoder
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.views.columns import Columns
from whylight.views.features import FeatureView
from whylight.views.row_groups import RowGrouping
from whylight.views.table import TableView
from whylight.views.view import Arrays


@encoder.register(FeatureView)
class FeatureEncoder(Encoder[FeatureView]):
    """Names and values of one row."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> Message:
        """Names, values, and what is known of the columns."""
        values = self.view.shown or [number(v) for v in self.view.values]
        return {"names": list(self.view.names), "values": list(values), **_columns(self.view.columns)}

    def path_cells(self) -> int:
        """One per feature."""
        return len(self.view.names)

    def path_start(self, seen: PathTrace) -> Message:
        """The values of the reference input."""
        start = seen.baseline.tensors[0]
        return {"baseline_values": array(start.detach().float().cpu().numpy().reshape(-1))}


@encoder.register(TableView)
class TableEncoder(Encoder[TableView]):
    """Names and values of several rows, and ways to group them."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> Message:
        """Names, rows, values, the texts behind codes, groups, and what is known of the columns."""
        view = self.view
        return {
            "names": list(view.names),
            "rows": list(view.rows),
            "levels": {str(i): [str(level) for level in levels] for i, levels in view.levels.items()},
            "groups": [{"name": g.name, "labels": list(g.labels), "of": list(g.of)} for g in groups],
            "arrays": {"values": array(view.values)},
            **_columns(view.columns),
        }

    def maps(self, attribution: Attribution, found: Arrays, meta: Message) -> Message:
        """Every row's map, and its score."""
        return {"values": array(found["values"]), "scores": array(attribution.score.detach().cpu().numpy())}


def _columns(columns: Columns | None) -> Message:
    """What is known of a table's columns: their kinds and standard deviations."""
    if columns is None:
        return {}
    scales = None if columns.scales is None else [number(scale) for scale in columns.scales]
    return {"kinds": list(columns.kinds), "scales": scales}
