"""What is known of a table's columns: what kind of numbers they hold and how far those spread.

Decides what "a little more of this feature" means: a step for a measured number, one more for a count, on rather than off
for a flag. Knows nothing of models, scores or methods.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError

Kind = str
NUMBER, BINARY, COUNT, CATEGORY = "number", "binary", "count", "category"


@dataclass(frozen=True, eq=False)
class Columns:
    """The D columns of a table.

    Attributes
    ----------
    names
        D names.
    kinds
        Per column: "number" (steps), "binary" (0 or 1: toggled), "count" (whole numbers: one more) or "category" (codes
        without an order: held as they are).
    scales
        Standard deviation of every column over the rows looked at (dividing by their number), `(D,)`; None where only one
        row is known.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    scales: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.names)


class Grouping(NamedTuple):
    """One way to group the rows of a table: its name, the groups' labels, and for every row the place of its label (-1: none)."""

    name: str
    labels: tuple[str, ...]
    of: tuple[int, ...]


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


def kind_of(values: NDArray[np.float64], dtype_kind: str) -> Kind:
    """The kind of one column, from its values `(M,)` and the kind of their dtype ("b", "i", "u", "f").

    Whole-number types hold counts; zeros and ones are flags, in floating point only where both occur.

    Examples
    --------
    >>> kind_of(np.array([3.0, 4.0]), "i"), kind_of(np.array([0.0, 1.0]), "f"), kind_of(np.array([1.0]), "f")
    ('count', 'binary', 'number')
    """
    seen = set(np.unique(values).tolist())
    if dtype_kind == "b" or (dtype_kind in "iu" and seen <= {0.0, 1.0}) or seen == {0.0, 1.0}:
        return BINARY
    return COUNT if dtype_kind in "iu" else NUMBER


def plain(names: Sequence[str], rows: NDArray[np.float64]) -> Columns:
    """Columns of floating point numbers `(M, D)`."""
    kinds = tuple(kind_of(column, "f") for column in rows.T)
    return Columns(tuple(names), kinds, spread(rows))


CHOSEN = ("selected", "others")  # what a mask makes of the rows


def groupings(spec: Any, n: int, class_names: Sequence[str] | None = None) -> list[Grouping]:
    """Ways to group N rows: labels `(N,)` or a mask `(N,)`, or a mapping of names to either. Missing labels belong to no group.

    Examples
    --------
    >>> groupings({"sex": ["m", "f", None]}, 3)
    [Grouping(name='sex', labels=('f', 'm'), of=(1, 0, -1))]
    >>> groupings([True, False], 2)
    [Grouping(name='Group', labels=('selected', 'others'), of=(0, 1))]
    """
    if isinstance(spec, str):
        raise InvalidValueError(f"groups={spec!r} is not known; did you mean 'predicted'?")
    named = spec if isinstance(spec, Mapping) else {getattr(spec, "name", None) or "Group": spec}
    return [_grouping(str(name), values, n, class_names) for name, values in named.items()]


def _grouping(name: str, values: Any, n: int, class_names: Sequence[str] | None) -> Grouping:
    found = np.asarray(values)
    if found.shape != (n,):
        raise InvalidValueError(
            f"groups must have one entry per row, shape ({n},); its shape is {found.shape}. Give labels, a mask, a mapping of "
            "names to these, or 'predicted'."
        )
    if found.dtype == bool:
        if not found.any():
            raise InvalidValueError(f"The mask given as groups= selects no row ({name!r}).")
        return Grouping(name, CHOSEN, tuple(np.where(found, 0, 1).tolist()))
    rows = found.tolist()
    distinct = _distinct([label for label in rows if not _missing(label)])
    place = {label: i for i, label in enumerate(distinct)}
    labels = tuple(_named(label, class_names) for label in distinct)
    return Grouping(name, labels, tuple(-1 if _missing(label) else place[label] for label in rows))


def _missing(label: Any) -> bool:
    nan = isinstance(label, float) and math.isnan(label)
    return nan or label is None or type(label).__name__ in ("NAType", "NaTType")  # of pandas


def _distinct(labels: Sequence[Any]) -> list[Any]:
    """The labels there are, in order."""
    found = list(dict.fromkeys(labels))
    try:
        return sorted(found)
    except TypeError:  # of several kinds
        return found


def _named(label: Any, class_names: Sequence[str] | None) -> str:
    whole = isinstance(label, int) and not isinstance(label, bool)
    return class_names[label] if whole and class_names is not None and 0 <= label < len(class_names) else str(label)
