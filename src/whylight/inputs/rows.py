"""Rows of a table as numbers, and numbers as rows of the columns, texts and dtypes that were given.

pandas is imported only when it was given. Knows nothing of models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.given_names import names_of
from whylight.inputs.column_dtypes import column_as, dtype_of
from whylight.views.columns import CATEGORY, Kind, kind_of

Numbers = NDArray[np.float64]


def is_pandas(x: Any) -> bool:
    """Whether `x` is a pandas object; does not import pandas."""
    return type(x).__module__.partition(".")[0] == "pandas" and hasattr(x, "to_numpy")


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as numbers, and how to turn numbers back into rows.

    `values` `(N, D)`; `labels` name the rows; `single` tells a lone row from a table of one; `levels` are the texts behind the
    codes of each category column; `frame` says that rows were given as pandas objects, and `header` is what their columns are
    called there. `dtypes` are those that the columns come back with (of an array: float64).
    """

    values: Numbers
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    labels: tuple[str, ...]
    levels: dict[int, list[Any]]
    single: bool
    frame: bool
    dtypes: tuple[Any, ...]
    header: tuple[Any, ...] | None = None

    def to_rows(self, rows: Numbers) -> Any:
        """Numbers `(M, D)` as a frame with the columns, texts and dtypes that were given."""
        import pandas as pd

        columns = {
            i: column_as(rows[:, i], self.dtypes[i % len(self.dtypes)], self.levels.get(i))
            for i in range(len(self.names))
        }
        return pd.DataFrame(columns).set_axis(list(self.header or self.names), axis=1)

    def shown(self, row: int) -> list[Any]:
        """The values of one row for people: numbers, texts, None where missing."""
        return [self._shown(row, i) for i in range(len(self.names))]

    def _shown(self, row: int, i: int) -> Any:
        value = float(self.values[row, i])
        if i in self.levels:
            return [*self.levels[i], None][int(value)]
        return None if np.isnan(value) else value


def read(x: Any, names: Sequence[str] | None = None, like: Table | None = None) -> Table:
    """A table from pandas or NumPy; `like` is a table whose text codes and column kinds it shares."""
    if is_pandas(x):
        return _from_pandas(x, names, like)
    rows = x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)
    if rows.ndim not in (1, 2) or rows.dtype.kind not in "fiub" or not rows.size:
        raise InvalidTypeError(
            f"A table is a row (D,) or matrix (N, D) of numbers; got shape {rows.shape} of {rows.dtype}."
        )
    single, rows = rows.ndim == 1 or len(rows) == 1, np.atleast_2d(rows)
    values = rows.astype(np.float64)
    kinds = tuple(kind_of(column, rows.dtype.kind) for column in values.T)
    labels = tuple(map(str, range(len(rows))))
    return Table(values, _names(names, rows.shape[1]), kinds, labels, {}, single, frame=False, dtypes=(values.dtype,))


def in_order_of(x: Any, background: Any) -> Any:
    """A background with its columns in the order of the input's, where both have names; raises where they are not the same."""
    if not (is_pandas(x) and is_pandas(background)):
        return background
    wanted = [*(x.index if x.ndim == 1 else x.columns)]
    there = [*(background.index if background.ndim == 1 else background.columns)]
    if wanted == there or len(wanted) != len(there):  # another number of columns is told later
        return background
    if set(wanted) != set(there):
        lacking = ", ".join(repr(str(name)) for name in wanted if name not in set(there))
        raise InvalidValueError(
            f"background has no column {lacking}, which the input has: its columns are {', '.join(map(str, there))}. Give rows of the "
            "same table."
        )
    return background[wanted]


def _names(given: Sequence[str] | None, count: int) -> tuple[str, ...]:
    return names_of("feature_names", given, count, "feature") or tuple(f"feature {i}" for i in range(count))


def _from_pandas(x: Any, names: Sequence[str] | None, like: Table | None) -> Table:
    frame = x.to_frame().T.infer_objects() if x.ndim == 1 else x
    if not len(frame) or not len(frame.columns):
        raise InvalidValueError(f"The table is empty: its shape is {frame.shape}.")
    if frame.columns.has_duplicates:
        raise InvalidValueError("Column names must be unique; rename the columns that share a name.")
    known = like.dtypes if like is not None and like.frame and len(like.dtypes) == len(frame.columns) else frame.dtypes
    dtypes = tuple(dtype_of(frame.iloc[:, i], dtype) for i, dtype in enumerate(known))
    columns = [_column(frame.iloc[:, i], i, like) for i in range(len(frame.columns))]
    return Table(
        np.stack([values for values, _, _ in columns], axis=1),
        _names(names if names is not None else list(frame.columns), len(columns)),
        tuple(kind for _, kind, _ in columns),
        tuple(map(str, frame.index)),
        {i: levels for i, (_, _, levels) in enumerate(columns) if levels is not None},
        x.ndim == 1 or len(frame) == 1,
        frame=True,
        dtypes=dtypes,
        header=tuple(frame.columns),
    )


def _column(column: Any, i: int, like: Table | None) -> tuple[Numbers, Kind, list[Any] | None]:
    """Numbers, kind and, for texts, the levels behind the codes (-1 where missing) of one column."""
    if like is not None and like.kinds[i : i + 1] not in ((), (CATEGORY,)) and column.isna().all():
        return (
            np.full(len(column), np.nan),
            like.kinds[i],
            None,
        )  # pd.NA of numbers and flags: a lone row holds it as an object
    kind = column.dtype.kind if hasattr(column.dtype, "kind") else "O"
    category = hasattr(column.dtype, "categories") or (like is not None and i in like.levels)
    if kind in "fiub" and not category:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return values, kind_of(values, kind), None
    if kind in "mM":
        raise InvalidTypeError(
            f"Column {column.name!r} holds dates ({column.dtype}), which have no slope: turn them into numbers first, days say."
        )
    known = [] if like is None else list(like.levels.get(i, []))
    levels = list(dict.fromkeys([*known, *column.dropna().tolist()]))
    place = {level: code for code, level in enumerate(levels)}
    return np.array([place.get(v, -1) for v in column.tolist()], dtype=np.float64), CATEGORY, levels
