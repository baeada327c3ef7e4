"""Named features with their values, drawn as bars. Knows nothing of models, widgets or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.numbers import given
from whylight.views.columns import Columns
from whylight.views.spotlight import Spotlight
from whylight.views.told import Told, told
from whylight.views.units import Units, units_at
from whylight.views.view import Arrays, View

CHANGES = 2  # columns whose change is told


@dataclass(frozen=True, eq=False)
class FeatureView(View):
    """Named features with their values; attributions are `(1, D)` or any shape with D entries.

    `shown` are the values for people (numbers, texts, None where missing), `columns` what is known of the table.
    """

    names: Sequence[str]
    values: NDArray[Any]
    shown: tuple[Any, ...] | None = None
    columns: Columns | None = None
    kind = "features"
    layouts = ("standardized", "raw")

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` `(D,)` and their `error`."""
        return {"values": attributions.reshape(-1), "error": errors.reshape(-1)}

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The features with their values."""
        shown = self.values.tolist() if self.shown is None else self.shown
        named = (f"{name} = {given(value)}" for name, value in zip(self.names, shown, strict=True))
        return told(list(named), values.reshape(-1))

    def comparable(self, slopes: NDArray[Any]) -> NDArray[Any]:
        """Per standard deviation of each column, where those are known."""
        scales = None if self.columns is None else self.columns.scales
        return slopes if scales is None else slopes.reshape(len(slopes), -1) * scales

    def dimensions(self) -> list[tuple[str, Sequence[str]]]:
        """The features."""
        return [("feature", self.names)]

    def change_from(self, other: View) -> str:
        """Columns with their values before and after."""
        if not isinstance(other, FeatureView):
            return super().change_from(other)
        pairs = zip(self.names, other.told, self.told, strict=True)
        found = [f"{name} {before} → {after}" for name, before, after in pairs if before != after]
        return ", ".join(found[:CHANGES]) + (f" and {len(found) - CHANGES} more" if len(found) > CHANGES else "")

    @property
    def told(self) -> list[str]:
        """Its values as people read them."""
        return [given(v) for v in self.shown or [None if np.isnan(v) else float(v) for v in self.values]]

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """The features of a row, by their names."""
        return units_at(shape, spec, names=self.names)
