"""Ways to group the rows of a table: labels, masks, predictions. Knows nothing of models."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from whylight.errors import InvalidValueError


class RowGrouping(NamedTuple):
    """One way to group the rows of a table: its name, the groups' labels, and for every row the place of its label (-1: none)."""

    name: str
    labels: tuple[str, ...]
    of: tuple[int, ...]


CHOSEN = ("selected", "others")  # what a mask makes of the rows


def groupings(spec: Any, n: int, class_names: Sequence[str] | None = None) -> list[RowGrouping]:
    """Ways to group N rows: labels `(N,)` or a mask `(N,)`, or a mapping of names to either. Missing labels belong to no group.

    Examples
    --------
    >>> groupings({"sex": ["m", "f", None]}, 3)
    [RowGrouping(name='sex', labels=('f', 'm'), of=(1, 0, -1))]
    >>> groupings([True, False], 2)
    [RowGrouping(name='Group', labels=('selected', 'others'), of=(0, 1))]
    """
    if isinstance(spec, str):
        raise InvalidValueError(f"groups={spec!r} is not known; did you mean 'predicted'?")
    named = spec if isinstance(spec, Mapping) else {getattr(spec, "name", None) or "Group": spec}
    return [_grouping(str(name), values, n, class_names) for name, values in named.items()]


def _grouping(name: str, values: Any, n: int, class_names: Sequence[str] | None) -> RowGrouping:
    found = np.asarray(values)
    if found.shape != (n,):
        raise InvalidValueError(
            f"groups must have one entry per row, shape ({n},); its shape is {found.shape}. Give labels, a mask, a mapping of "
            "names to these, or 'predicted'."
        )
    if found.dtype == bool:
        if not found.any():
            raise InvalidValueError(f"The mask given as groups= selects no row ({name!r}).")
        return RowGrouping(name, CHOSEN, tuple(np.where(found, 0, 1).tolist()))
    rows = found.tolist()
    distinct = _distinct([label for label in rows if not _missing(label)])
    place = {label: i for i, label in enumerate(distinct)}
    labels = tuple(_named(label, class_names) for label in distinct)
    return RowGrouping(name, labels, tuple(-1 if _missing(label) else place[label] for label in rows))


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
