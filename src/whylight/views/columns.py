"""What is known of a table's columns: what kind of numbers they hold and how far those spread.

Decides what "a little more of this feature" means: a step for a measured number, one more for a count, on rather than off
for a flag. Knows nothing of models, scores or methods.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from whylight.records import record

Kind = str
NUMBER, BINARY, COUNT, CATEGORY = "number", "binary", "count", "category"
MISSING = -1  # the code of a missing category
GOLDEN = 0.6180339887498949
MOST_VALUES = 512  # different values of a column that stand for all of them, at most


@record
@dataclass(frozen=True, eq=False)
class Columns:
    """The D columns of a table.

    Attributes
    ----------
    names
        D names.
    kinds
        Per column: "number" (steps), "binary" (0 or 1: toggled), "count" (whole numbers: one more) or "category" (codes
        without an order: compared with the others).
    scales
        Standard deviation of every column over the rows looked at (dividing by their number), `(D,)`, 1 for categories; None
        where only one row is known.
    shares
        Of a category column, by its number: how often each code occurs in the rows looked at, `(L,)`, adding up to 1.
    levels
        Of a category column, by its number: the text of every code.
    missing
        How often a value of each column is missing in the rows looked at, `(D,)`; None where no value ever is.
    known
        Of a column of numbers with a missing value to be explained, by its number: values `(K,)` in the rows looked at, and how
        often each occurs, `(2, K)`.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    scales: NDArray[np.float64] | None = None
    shares: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    levels: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    missing: NDArray[np.float64] | None = None
    known: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


def spread(rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Standard deviation of every column of `(M, D)`, missing values left out; None for a single row.

    Examples
    --------
    >>> spread(np.array([[1.0, 5.0], [3.0, 5.0]]))
    array([1., 0.])
    """
    if len(rows) < 2:
        return None
    known = ~np.isnan(rows)
    count = np.maximum(known.sum(0), 1)
    centred = np.where(known, rows - np.where(known, rows, 0).sum(0) / count, 0)
    return np.sqrt((centred**2).sum(0) / count)


def shares_of(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each code of a category column occurs, missing ones (-1) left out.

    Examples
    --------
    >>> shares_of(np.array([0.0, 2.0, 0.0, -1.0, 2.0]))
    array([0.5, 0. , 0.5])
    """
    counts = np.bincount(codes[codes >= 0].astype(int))
    return counts / max(1, counts.sum())


def values_of(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of a column `(M,)` and how often each occurs, `(2, K)`, missing ones left out.

    Of more than `MOST_VALUES` different ones so many stand for all, evenly by rank.

    Examples
    --------
    >>> values_of(np.array([3.0, 1.0, np.nan, 3.0, 3.0]))
    array([[1.  , 3.  ],
           [0.25, 0.75]])
    """
    known = np.sort(column[~np.isnan(column)])
    if len(known) > MOST_VALUES and len(np.unique(known)) > MOST_VALUES:
        known = known[((np.arange(MOST_VALUES) + 0.5) / MOST_VALUES * len(known)).astype(int)]
    values, counts = np.unique(known, return_counts=True)
    return np.stack([values, counts / max(1, len(known))])


def spread_out(n: int, most: int) -> NDArray[np.int64]:
    """The places of `most` of n things, ascending, all over them and in step with no period: by the fractions of k times the golden ratio.

    Examples
    --------
    >>> spread_out(10, 3)
    array([1, 4, 9])
    """
    if n <= most:
        return np.arange(n)
    return np.sort(np.argsort((np.arange(n) + 1) * GOLDEN % 1, kind="stable")[:most])


def kind_of(values: NDArray[np.float64], dtype_kind: str) -> Kind:
    """The kind of one column, from its values `(M,)` and the kind of their dtype ("b", "i", "u", "f").

    Whole-number types hold counts; zeros and ones are flags, in floating point only where both occur.

    Examples
    --------
    >>> kind_of(np.array([3.0, 4.0]), "i"), kind_of(np.array([0.0, 1.0]), "f"), kind_of(np.array([1.0]), "f")
    ('count', 'binary', 'number')
    """
    flags = bool(((values == 0) | (values == 1)).all())
    if dtype_kind == "b" or (flags and (dtype_kind in "iu" or values.min() < values.max())):
        return BINARY
    return COUNT if dtype_kind in "iu" else NUMBER
