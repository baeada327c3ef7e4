"""Tables: a pandas row or frame, a NumPy row or matrix, for torch models and for predictors without gradients.

Numbers are explained as float64; text columns become codes that are held as they are. pandas is imported only when it was
given. Knows nothing of targets or methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.inputs.black_box import (
    BATCH,
    BlackBox,
    classes,
    column_names,
    gives_probabilities,
    is_estimator,
    owner_of,
)
from whylight.inputs.input_kind import InputKind, InputOptions
from whylight.inputs.prepared import Prepared, checked
from whylight.model.user_model import UserModel
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.views.columns import BINARY, CATEGORY, Columns, Kind, kind_of, spread
from whylight.views.features import FeatureView
from whylight.views.table import TableView
from whylight.views.view import View

MAX_FEATURES = 2000
MAX_VALUES = 400_000  # of a frame that is shown row by row

Numbers = NDArray[np.float64]


def is_pandas(x: Any) -> bool:
    """Whether `x` is a pandas object; does not import pandas."""
    return type(x).__module__.partition(".")[0] == "pandas" and hasattr(x, "to_numpy")


def is_table(model: Any, x: Any) -> bool:
    """Whether `x` is one row or several of a table."""
    if is_pandas(x):
        return True
    rows = getattr(x, "ndim", 0) in (1, 2)
    if isinstance(x, Tensor):
        return rows and is_estimator(owner_of(model))
    return isinstance(x, np.ndarray) and rows and (x.dtype.kind in "fiub")


class TableInput(InputKind):
    """One row of a table, or several."""

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """What `is_table` knows."""
        return is_table(model.given, x)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """A row or a frame, ready to explain."""
        return prepare_table(model, x, options.feature_names, options.background, options.device)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as numbers, and how to turn numbers back into rows.

    `values` `(N, D)`; `labels` name the rows; `single` tells a lone row from a table of one; `levels` are the texts behind the
    codes of each category column; `frame` says that rows were given as pandas objects.
    """

    values: Numbers
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    labels: tuple[str, ...]
    levels: dict[int, list[Any]]
    single: bool
    frame: bool

    def to_rows(self, rows: Numbers) -> Any:
        """Numbers `(M, D)` as a frame with the columns and texts that were given."""
        import pandas as pd

        columns = {
            name: self._texts(i, rows[:, i]) if i in self.levels else rows[:, i] for i, name in enumerate(self.names)
        }
        return pd.DataFrame(columns)

    def _texts(self, column: int, codes: Numbers) -> NDArray[Any]:
        return np.array([*self.levels[column], None], dtype=object)[codes.astype(int)]

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
    labels = tuple(str(i) for i in range(len(rows)))
    return Table(values, _names(names, rows.shape[1]), kinds, labels, {}, single, frame=False)


def _names(given: Sequence[str] | None, count: int) -> tuple[str, ...]:
    if given is None:
        return tuple(f"feature {i}" for i in range(count))
    if len(given) != count:
        raise InvalidValueError(f"feature_names has {len(given)} names, but the input has {count} features.")
    return tuple(str(name) for name in given)


def _from_pandas(x: Any, names: Sequence[str] | None, like: Table | None) -> Table:
    frame = x.to_frame().T.infer_objects() if x.ndim == 1 else x
    if not len(frame) or not len(frame.columns):
        raise InvalidValueError(f"The table is empty: its shape is {frame.shape}.")
    if frame.columns.has_duplicates:
        raise InvalidValueError("Column names must be unique; rename the columns that share a name.")
    columns = [_column(frame.iloc[:, i], i, like) for i in range(len(frame.columns))]
    return Table(
        np.stack([values for values, _, _ in columns], axis=1),
        _names(names if names is not None else list(frame.columns), len(columns)),
        tuple(kind for _, kind, _ in columns),
        tuple(str(label) for label in frame.index),
        {i: levels for i, (_, _, levels) in enumerate(columns) if levels is not None},
        x.ndim == 1 or len(frame) == 1,
        frame=True,
    )


def _column(column: Any, i: int, like: Table | None) -> tuple[Numbers, Kind, list[Any] | None]:
    """Numbers, kind and, for texts, the levels behind the codes (-1 where missing) of one column."""
    kind = column.dtype.kind if hasattr(column.dtype, "kind") else "O"
    if kind in "fiub" and not hasattr(column.dtype, "categories"):
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


def prepare_table(
    user_model: UserModel, x: Any, names: Sequence[str] | None, background: Any, device: torch.device | None
) -> Prepared:
    """A row or a frame, ready to explain."""
    model = user_model.given
    names = names if names is not None or is_pandas(x) else column_names(model)
    known = None if background is None else read(background, names)
    table = read(x, names, known)
    columns = columns_of(table, known)
    gradients = isinstance(model, torch.nn.Module)
    inputs = _for_module(user_model, table, device) if gradients else torch.from_numpy(table.values)
    reference = known.values if known is not None else table.values if not table.single else None
    shared = {
        "inputs": (inputs,),
        "offer": partial(_baselines, inputs, reference, columns.kinds),
        "default_baseline": "zero" if reference is None else "mean",
        "columns": columns,
        "one_target": not table.single,
    }
    if gradients:
        return Prepared(forward=model, draw=partial(_view, table, columns), **shared)
    box = BlackBox(model, table.to_rows if takes_frames(model, table) else lambda rows: rows)
    outputs = box(inputs)
    return Prepared(
        forward=box,
        draw=partial(_view, table, columns),
        labels=classes(model, outputs),
        output_kind="probability" if gives_probabilities(model, outputs) else "logit",
        differentiable=False,
        batch_size=BATCH,
        **shared,
    )


def with_columns(prepared: Prepared, x: Any, names: Sequence[str] | None, background: Any) -> Prepared:
    """A batch of tensor rows `(N, D)`, with what the background tells of their columns."""
    if not isinstance(x, Tensor) or x.ndim != 2:
        raise InvalidValueError(
            "background is for rows of a table: give x as a Series, DataFrame, array or tensor (N, D)."
        )
    known = read(background, names)
    columns, view = columns_of(read(x, names), known), prepared.view
    view = replace(view, columns=columns) if isinstance(view, FeatureView) else view
    known_baselines = {**_baselines(prepared.inputs[0], known.values, columns.kinds), **prepared.baselines}
    return replace(prepared, columns=columns, draw=lambda: view, offer=lambda: known_baselines)


def takes_frames(model: Any, table: Table) -> bool:
    """Whether the predictor gets frames: it was fitted on one, or is a function and was given pandas rows."""
    known = column_names(model)
    if known is not None:
        return list(table.names) == known
    return table.frame and not is_estimator(owner_of(model))


def _for_module(model: UserModel, table: Table, device: torch.device | None) -> Tensor:
    if table.levels:
        texts = [table.names[i] for i in table.levels]
        raise InvalidTypeError(
            f"A torch model takes numbers, and these columns hold something else: {', '.join(texts)}. Encode them first."
        )
    own_device, dtype = model.home()
    return checked(torch.from_numpy(table.values)).to(device or own_device, dtype)


def columns_of(table: Table, background: Table | None = None) -> Columns:
    """What the background, or else the table itself, tells of the columns."""
    known = table if background is None else background
    if len(known.names) != len(table.names):
        raise InvalidValueError(
            f"background has {len(known.names)} columns, but the input has {len(table.names)}: give rows of the same table."
        )
    return Columns(table.names, known.kinds, spread(known.values))


def _baselines(inputs: Tensor, reference: Numbers | None, kinds: Sequence[Kind]) -> dict[str, Named]:
    zero = {"zero": Named("Zero", "Zero in every column.", baselines.constant(0.0))}
    if reference is None:
        return zero
    row = torch.tensor([_typical(column, kind) for column, kind in zip(reference.T, kinds, strict=True)]).to(inputs)
    hint = "The mean of every column of numbers, the most frequent of flags and texts."
    return {"mean": Named("Mean row", hint, lambda rows: (row.expand_as(rows[0]),)), **zero}


def _typical(column: Numbers, kind: Kind) -> float:
    known = column[~np.isnan(column)]
    if not len(known):
        return 0.0
    if kind not in (CATEGORY, BINARY):
        return float(known.mean())
    values, counts = np.unique(known, return_counts=True)
    return float(values[counts.argmax()])


def _view(table: Table, columns: Columns) -> View | None:
    if len(table.names) > MAX_FEATURES or table.values.size > MAX_VALUES:
        return None
    if table.single:
        return FeatureView(table.names, table.values[0], tuple(table.shown(0)), columns)
    return TableView(table.names, table.values, table.labels, columns, table.levels)
