"""A cell of a row changed: a number, a category, or nothing, in the dtype that its column has. Knows nothing of models."""

from typing import Any

import numpy as np
from torch import Tensor

from whylight.edits.edit import Change, Edit
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.inputs.rows import is_pandas
from whylight.numbers import given
from whylight.views.features import FeatureView
from whylight.views.view import View


class CellEdit(Edit):
    """Another value in one column of a row."""

    name = "cells"

    def suits(self, x: Any, view: View | None) -> bool:
        """One row: of pandas, an array or a tensor."""
        return isinstance(view, FeatureView) and (is_pandas(x) or isinstance(x, (np.ndarray, Tensor)))

    def apply(self, x: Any, view: View, change: Change) -> Any:
        """The row with a number, a category or nothing (None) in that column."""
        assert isinstance(view, FeatureView)
        place, value = int(change["column"]), change["value"]
        if not 0 <= place < len(view.names):
            raise InvalidValueError(f"There is no column {place}; the row has {len(view.names)}.")
        name = str(view.names[place])
        return _pandas(x, place, value, name) if is_pandas(x) else _numbers(x, place, value, name)


def _numbers(x: Any, place: int, value: Any, name: str) -> Any:
    """An array or tensor with a number at that place."""
    if value is None and isinstance(x, Tensor):
        raise InvalidValueError(f"{name} cannot be missing: a torch model takes numbers.")
    made = x.clone() if isinstance(x, Tensor) else x.copy()
    floating = made.is_floating_point() if isinstance(made, Tensor) else made.dtype.kind == "f"
    number = _number(float("nan") if value is None else value, name, whole=not floating)
    made.reshape(-1)[place] = number
    return made


def _pandas(x: Any, place: int, value: Any, name: str) -> Any:
    """A series or a frame of one row with that value; its dtypes stay, or are those that hold it."""
    made = x.copy()
    column = made if made.ndim == 1 else made.iloc[:, place]
    kind = getattr(column.dtype, "kind", "O")
    before = made.iloc[place] if made.ndim == 1 else made.iloc[0, place]
    if kind in "iub" or (kind == "f" and value is not None):
        value = _number(float("nan") if value is None else value, name, whole=kind in "iub")
    elif value is None:
        value = float("nan")
    elif not isinstance(before, str) and isinstance(value, (str, int, float)):
        value = _like(before, value, name)
    if made.ndim == 1:
        made.iloc[place] = value
    elif kind in "OiubfUS":
        made[made.columns[place]] = [value]
    else:  # an extension dtype holds what it can
        made[made.columns[place]] = type(column)([value], index=made.index).astype(column.dtype)
    return made


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
