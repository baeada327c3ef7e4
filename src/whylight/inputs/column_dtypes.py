"""The dtype that a column of a table comes back with on its way to the predictor: whole numbers, flags, categories.

A dtype that cannot hold what a method asks for (a half of a whole number) gives way to floating point. Knows nothing of tables.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError

WHOLE = "iub"  # kinds of dtypes for whole numbers and flags


def dtype_of(column: Any, known: Any) -> Any:
    """The dtype of a pandas column: that of the background where it can hold the column, categories before plain texts."""
    own = column.dtype
    texts = set(column.dropna()) if hasattr(own, "categories") or hasattr(known, "categories") else set()
    if hasattr(known, "categories"):
        if texts <= set(known.categories):
            return known
        if not hasattr(own, "categories"):
            raise InvalidValueError(
                f"Column {column.name!r} holds {sorted(map(str, texts - set(known.categories)))}, which the background's categories "
                f"lack: {list(known.categories)[:8]}."
            )
    alike = known.kind in WHOLE or own.kind == known.kind == "O"
    return known if alike and not hasattr(own, "categories") else own


def column_as(values: NDArray[np.float64], dtype: Any, levels: Sequence[Any] | None) -> Any:
    """Numbers as the values of that dtype; codes of `levels` as what these are, -1 as missing."""
    if levels is not None:
        codes = values.astype(int)
        if hasattr(dtype, "categories"):
            return _categories([*dtype.categories.get_indexer(levels), -1], codes, dtype)
        texts = np.array([*levels, None], dtype=object)[codes]
        return texts if isinstance(dtype, np.dtype) else _pandas(texts.tolist(), dtype)
    if dtype.kind not in WHOLE:
        return values
    missing = np.isnan(values)
    plain = isinstance(dtype, np.dtype)
    if (plain and missing.any()) or not _holds(dtype, values[~missing]):
        return values
    return values.astype(dtype) if plain else _pandas([None if np.isnan(v) else v for v in values], dtype)


def _categories(places: Sequence[int], codes: NDArray[np.int64], dtype: Any) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(np.array(places)[codes].tolist(), dtype=dtype)


def _pandas(values: Sequence[Any], dtype: Any) -> Any:
    import pandas as pd

    return pd.array(list(values), dtype=dtype)


def _holds(dtype: Any, values: NDArray[np.float64]) -> bool:
    """Whether a dtype of whole numbers has all of these."""
    if dtype.kind == "b":
        return bool(np.isin(values, (0, 1)).all())
    range_of = np.iinfo(getattr(dtype, "numpy_dtype", dtype))
    return bool(((values == np.round(values)) & (values >= range_of.min) & (values <= range_of.max)).all())
