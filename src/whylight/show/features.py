"""Named features as signed bars: of one row, or means over the rows of a table. Knows nothing of models."""

from abc import abstractmethod
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from torch import Tensor

from whylight.numbers import given
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.show.bars import TOP, Bar, draw, per, shares, strongest, table_html
from whylight.show.drawer import Drawer, drawer
from whylight.show.path import draw_rows
from whylight.views.features import FeatureView
from whylight.views.table import TableView

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

V = TypeVar("V", FeatureView, TableView)


class BarsDrawer(Drawer[V], Generic[V]):
    """Draws the strongest features as bars."""

    one_scale = False

    @abstractmethod
    def bars(self, values: np.ndarray, seen: np.ndarray, unit: str) -> tuple[list[Bar], str]:
        """The bars of values that are drawn, and their unit; `seen`, of their shape, is False where nothing was examined."""

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """Bars from top to bottom."""
        from whylight.show.figure import NotebookFigure

        bars, unit = self._bars(attribution, values)
        fig = NotebookFigure(figsize=(8.4, 1.4 + 0.28 * len(bars)), layout="constrained")
        draw(fig.subplots(), bars, colormap=colormap, unit=unit)
        return fig

    def html(self, attribution: Attribution, values: np.ndarray) -> str:
        """A table with the unit below it."""
        bars, unit = self._bars(attribution, values)
        return f'{table_html(bars)}<div style="font-size:12px;color:#555">{escape(unit)}</div>'

    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """Bars with room for their numbers."""
        fig.set_layout_engine("constrained")
        ax = fig.subplots()
        bars, unit = self._bars(attribution, values)
        fig.set_figheight(1.4 + 0.28 * len(bars))
        draw(ax, bars, unit=unit)
        ax.margins(x=0.3)
        ax.locator_params(axis="x", nbins=4)

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """A table."""
        return table_html(self._bars(attribution, values)[0])

    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """The strongest features, a row each."""
        draw_rows(fig.subplots(), list(self.view.names), seen, limit)

    def _bars(self, attribution: Attribution, values: np.ndarray) -> tuple[list[Bar], str]:
        """Slopes are given per standard deviation where the columns' are known; what a missing number is worth is no slope."""
        view, origin = self.view, attribution.provenance
        slope = bool(origin.get("per_unit"))
        scales = view.columns.scales if view.columns is not None and slope else None
        unit = str(origin.get("unit", "output")).replace("_", "-") + per(slope, scales is not None)
        missing = np.isnan(np.asarray(view.values, dtype=float)).reshape(values.shape)
        seen = _seen(attribution, values) & ~(slope & missing & (not view.one_input))
        return self.bars(values if scales is None else values * np.where(missing, 1, scales), seen, unit)


def _seen(attribution: Attribution, values: np.ndarray) -> np.ndarray:
    """Which of the values drawn were examined."""
    seen = attribution.examined
    if not isinstance(seen, Tensor):
        return np.ones(values.shape, dtype=bool)
    return seen.cpu().numpy().reshape(values.shape)


@drawer.register(FeatureView)
class FeatureDrawer(BarsDrawer[FeatureView]):
    """The strongest features of a row `(D,)`, each with its own value."""

    def bars(self, values: np.ndarray, seen: np.ndarray, unit: str) -> tuple[list[Bar], str]:
        """Largest first."""
        view = self.view
        shown = view.shown or [None if np.isnan(v) else float(v) for v in view.values]
        order = strongest(values, TOP)
        part = shares(np.where(seen, values, 0.0))
        bars = [
            Bar(str(view.names[i]), float(values[i]), given(shown[i]), examined=bool(seen[i]), share=float(part[i]))
            for i in order
        ]
        return bars, unit


@drawer.register(TableView)
class TableDrawer(BarsDrawer[TableView]):
    """The strongest means over rows `(N, D)`, each with the span of 90 % of them."""

    def bars(self, values: np.ndarray, seen: np.ndarray, unit: str) -> tuple[list[Bar], str]:
        """Largest mean first; rows in which a feature was not examined are left out of its mean."""
        names = self.view.names
        bars = [_mean(name, column[kept]) for name, column, kept in zip(names, values.T, seen.T, strict=True)]
        means = np.array([bar.value for bar in bars])
        part = shares(means)
        shown = [replace(bars[i], share=float(part[i])) for i in strongest(means, TOP)]
        return shown, f"{unit}, mean of {len(values)} rows; lines hold 90 %"


def _mean(name: str, values: np.ndarray) -> Bar:
    """The bar of a feature's values in the rows in which it was examined."""
    if not len(values):
        return Bar(name, float("nan"), examined=False)
    low, high = np.quantile(values, (0.05, 0.95))
    return Bar(name, float(values.mean()), low=float(low), high=float(high))
