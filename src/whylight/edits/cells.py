"""A cell of a row changed, or of one row of a table: a number, a category, or nothing, in the dtype that its column has.

Knows nothing of models.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.edits.edit import Change, Edit
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.inputs.rows import is_pandas
from whylight.numbers import given
from whylight.views.features import FeatureView
from whylight.views.table import TableView
from whylight.views.view import View


class CellEdit(Edit):
    """Another value in one column of a row."""

    name = "cells"

    def suits(self, x: Any, view: View | None) -> bool:
        """One row or several: of pandas, an array or a tensor."""
        return isinstance(view, (FeatureView, TableView)) and (is_pandas(x) or isinstance(x, (np.ndarray, Tensor)))

    def apply(self, x: Any, view: View, change: Change) -> Any:
        """The rows with a number, a category or nothing (None) in that column of that row."""
        assert isinstance(view, (FeatureView, TableView))
        column, row, value = int(change["column"]), int(change.get("row", 0)), change["value"]
        rows = len(view.rows) if isinstance(view, TableView) else 1
        if not 0 <= column < len(view.names):
            raise InvalidValueError(f"There is no column {column}; the row has {len(view.names)}.")
        if not 0 <= row < rows:
            raise InvalidValueError(f"There is no row {row}; the table has {rows}.")
        name = str(view.names[column])
        if not is_pandas(x):
            return _numbers(x, row * len(view.names) + column, value, name)
        return _series(x, column, value, name) if x.ndim == 1 else _frame(x, row, column, value, name)


def _numbers(x: Any, place: int, value: Any, name: str) -> Any:
    """An array or tensor with a number at that place, counted through all rows."""
    if value is None and isinstance(x, Tensor):
        raise InvalidValueError(f"{name} cannot be missing: a torch model takes numbers.")
    made = x.clone(memory_format=torch.contiguous_format) if isinstance(x, Tensor) else x.copy()
    floating = made.is_floating_point() if isinstance(made, Tensor) else made.dtype.kind == "f"
    number = _number(float("nan") if value is None else value, name, whole=not floating)
    made.reshape(-1)[place] = number
    return made


def _series(x: Any, column: int, value: Any, name: str) -> Any:
    """A row as a Series with that value."""
    made = x.copy()
    made.iloc[column] = _held(x.dtype, x.iloc[column], value, name)
    return made


def _frame(x: Any, row: int, column: int, value: Any, name: str) -> Any:
    """A frame with that value; its dtypes stay."""
    made, cells = x.copy(), x.iloc[:, column]
    values = list(cells)
    values[row] = _held(cells.dtype, values[row], value, name)
    try:
        new = type(cells)(values, index=cells.index, dtype=cells.dtype)
    except (TypeError, ValueError, OverflowError):
        raise _cannot_hold(name, value, cells.dtype) from None
    made.isetitem(column, new)
    return made


def _cannot_hold(name: str, value: Any, dtype: Any) -> InvalidValueError:
    return InvalidValueError(f"{name} cannot hold {value!r}: its column is of {dtype}.")


def _held(dtype: Any, before: Any, value: Any, name: str) -> Any:
    """A value as a column of that dtype holds it, beside the one before."""
    if hasattr(dtype, "categories"):  # the browser has them as texts
        levels = {str(level): level for level in dtype.categories}
        if value is not None and str(value) not in levels:
            raise _cannot_hold(name, value, dtype)
        return levels.get(str(value))
    plain = isinstance(dtype, np.dtype)
    kind = dtype.kind if plain else "O"
    if kind in "iub" or (kind == "f" and value is not None):
        number = _number(float("nan") if value is None else value, name, whole=kind in "iub")
        return bool(number) if kind == "b" else number
    if value is None:
        return float("nan") if plain else None
    missing = isinstance(before, float) and np.isnan(before)
    return value if missing or isinstance(before, str) else _like(before, value, name)


def _like(before: Any, value: Any, name: str) -> Any:
    """A value of the type of the one before, where that is known: numbers among texts, categories that are numbers."""
    if isinstance(value, str) and not isinstance(before, (int, float, np.number)):
        return value
    return _number(value, name, whole=isinstance(before, (int, np.integer)) and not isinstance(before, bool))


def _number(value: Any, name: str, *, whole: bool) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidTypeError(f"{name} is a number; got {value!r}.") from None
    if not whole:
        return number
    if not number.is_integer():
        missing = "it cannot be missing" if np.isnan(number) else f"got {given(number)}"
        raise InvalidValueError(f"{name} holds whole numbers; {missing}.")
    return int(number)
