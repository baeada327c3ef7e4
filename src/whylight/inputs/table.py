"""Tables: a pandas row or frame, a NumPy row or matrix, for torch models and for predictors without gradients.

Numbers are explained as float64; text columns become codes. Knows nothing of targets or methods.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.inputs.background_rows import BackgroundRows, background_rows, typical_row
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
from whylight.inputs.rows import Numbers, Table, in_order_of, is_pandas, read
from whylight.model.user_model import UserModel
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.views.columns import CATEGORY, MISSING, Columns, Kind, shares_of, spread, values_of
from whylight.views.features import FeatureView
from whylight.views.table import TableView
from whylight.views.view import View

MAX_FEATURES = 2000
MAX_VALUES = 400_000  # of a frame that is shown row by row


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

    names = ("table", "features")

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """What `is_table` knows, and tensors that are said to be rows."""
        rows = options.kind == "table" and isinstance(x, Tensor) and x.ndim in (1, 2)
        return rows or is_table(model.given, x)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """A row or a frame, ready to explain."""
        return prepare_table(model, x, options.feature_names, options.background, options.device)


def prepare_table(
    user_model: UserModel, x: Any, names: Sequence[str] | None, background: Any, device: torch.device | None
) -> Prepared:
    """A row or a frame, ready to explain."""
    model = user_model.given
    names = names if names is not None or is_pandas(x) else column_names(model)
    known = None if background is None else read(in_order_of(x, background), names)
    table = read(x, names, known)
    _check_order(model, table)
    columns = columns_of(table, known)
    gradients = isinstance(model, torch.nn.Module)
    inputs = _for_module(user_model, table, device) if gradients else torch.from_numpy(table.values)
    reference = known.values if known is not None else table.values if not table.single else None
    rows = None if known is None or not table.single else background_rows(known.values, missing=not gradients)
    shared = {
        "inputs": (inputs,),
        "offer": partial(_baselines, inputs, reference, columns.kinds, rows),
        "default_baseline": "background" if rows else "zero" if reference is None else "mean",
        "columns": columns,
        "one_target": not table.single,
    }
    if gradients:
        return Prepared(forward=model, draw=partial(table_view, table, columns), **shared)
    box = BlackBox(model, table.to_rows if takes_frames(model, table) else lambda rows: rows)
    outputs = box(inputs)
    return Prepared(
        forward=box,
        draw=partial(table_view, table, columns),
        labels=classes(model, outputs),
        output_kind="probability" if gives_probabilities(model, outputs) else "logit",
        differentiable=False,
        default_method="shapley_values" if rows else "finite_differences",
        batch_size=BATCH,
        outputs=outputs,
        **shared,
    )


def with_columns(prepared: Prepared, x: Any, names: Sequence[str] | None, background: Any) -> Prepared:
    """A batch of tensor rows `(N, D)`, with what the background tells of their columns."""
    if not isinstance(x, Tensor) or x.ndim != 2:
        raise InvalidValueError(
            "background is for rows of a table: give x as a Series, DataFrame, array or tensor (N, D)."
        )
    known = read(in_order_of(x, background), names)
    columns, view = columns_of(read(x, names), known), prepared.view
    view = replace(view, columns=columns) if isinstance(view, FeatureView) else view
    if prepared.no_gradient:  # a mean is no whole number
        return replace(prepared, columns=columns, draw=lambda: view)
    rows = background_rows(known.values) if len(x) == 1 else None
    known_baselines = {**_baselines(prepared.inputs[0], known.values, columns.kinds, rows), **prepared.baselines}
    default = "background" if rows else prepared.default_baseline
    offer = lambda: known_baselines
    return replace(prepared, columns=columns, draw=lambda: view, offer=offer, default_baseline=default)


def _check_order(model: Any, table: Table) -> None:
    """Raise for the columns that an estimator was fitted on, in another order."""
    fitted, given = column_names(model), [str(label) for label in table.header or ()]
    if fitted is not None and given != fitted and sorted(given) == sorted(fitted):
        raise InvalidValueError(
            f"The columns are {', '.join(given)}, and {type(owner_of(model)).__name__} was fitted on {', '.join(fitted)}: give them in that "
            "order, x[model.feature_names_in_]."
        )


def takes_frames(model: Any, table: Table) -> bool:
    """Whether the predictor gets frames: it was fitted on one, or is a function and was given pandas rows."""
    known = column_names(model)
    if known is not None:
        return [str(label) for label in table.header or table.names] == known
    return table.frame and not is_estimator(owner_of(model))


def _for_module(model: UserModel, table: Table, device: torch.device | None) -> Tensor:
    if table.levels:
        texts = [table.names[i] for i in table.levels]
        raise InvalidTypeError(
            f"A torch model takes numbers, and these columns hold something else: {', '.join(texts)}. Encode them first, or name the "
            f"layers that embed them: embedding={{{texts[0]!r}: layer}}."
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
    shares = {i: shares_of(known.values[:, i]) for i, kind in enumerate(known.kinds) if kind == CATEGORY}
    scales = spread(known.values)
    if scales is not None:
        scales[list(shares)] = 1.0  # codes have no size
    lacking = np.stack([_lacking(rows, kind) for rows, kind in zip(known.values.T, known.kinds, strict=True)])
    unknown = [i for i, column in enumerate(table.values.T) if i not in shares and np.isnan(column).any()]
    return Columns(
        table.names,
        known.kinds,
        scales,
        shares,
        levels={i: tuple(map(str, levels)) for i, levels in (table.levels or known.levels).items()},
        missing=lacking.mean(1) if lacking.any() else None,
        known={i: values_of(known.values[:, i]) for i in unknown},
    )


def _lacking(column: Numbers, kind: Kind) -> NDArray[np.bool_]:
    """Which values of a column are missing, `(M,)`."""
    return column == MISSING if kind == CATEGORY else np.isnan(column)


def _baselines(
    inputs: Tensor, reference: Numbers | None, kinds: Sequence[Kind], rows: BackgroundRows | None = None
) -> dict[str, Named]:
    zero = {"zero": Named("Zero", "Zero in every column.", baselines.constant(0.0))}
    if reference is None:
        return zero
    row = torch.from_numpy(typical_row(reference, kinds)).to(inputs)
    hint = "The mean of every column of numbers, the most frequent of flags and categories."
    mean = {"mean": Named("Mean row", hint, lambda rows: (row.expand_as(rows[0]),))}
    return {**({} if rows is None else rows.named(inputs)), **mean, **zero}


def table_view(table: Table, columns: Columns) -> View | None:
    """How a row or a frame is drawn; None for one that is too large."""
    if len(table.names) > MAX_FEATURES or table.values.size > MAX_VALUES:
        return None
    if table.single:
        return FeatureView(table.names, table.values[0], tuple(table.shown(0)), columns)
    return TableView(table.names, table.values, table.labels, columns, table.levels)
