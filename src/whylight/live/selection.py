"""What can be selected in a view: words, tiles, rows, pixels; given in any way a person may, kept as plain numbers.

Knows nothing of scores, traits or the browser.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.groups.unit_names import numbered
from whylight.views.units import sequence
from whylight.views.view import View


def selected(view: View | None, units: Any, given: Any) -> list[int]:
    """The numbers of the selected units, ascending: from numbers in any container, a mask of them, or words of the text."""
    names = None if view is None else view.part_names
    if names is not None and _in_words(given):
        given = numbered(given, sequence(range(len(names)), names))
    numbers = sorted(set(_whole("selection", "numbers of words, tiles or a row (or words of the text)", given)))
    count = None if view is None else view.part_count(units)
    if numbers and (numbers[0] < 0 or (count is not None and numbers[-1] >= count)):
        raise InvalidValueError(
            f"selection holds numbers of {'units' if view is None else view.parts}, 0 to {'...' if count is None else count - 1}; got {numbers}."
        )
    return numbers


def pixel(view: View | None, given: Any) -> list[int]:
    """A place in a picture, `[row, column]`, or `[]` for none."""
    place = _whole("pixel", "[row, column], or [] for none", given)
    sides = () if view is None else view.pixel_shape
    if place and not (len(place) == len(sides) and all(0 <= i < side for i, side in zip(place, sides, strict=True))):
        where = f"of a picture of {sides[0]} x {sides[1]} pixels" if sides else "of a picture, and this is none"
        raise InvalidValueError(f"pixel is [row, column] {where}; got {place}.")
    return place


def units_of(view: View | None, given: Any) -> Any:
    """What groups are made of, as JSON can hold it."""
    if given is None:
        return None
    if view is None:
        raise InvalidTypeError(f"units is for one input; got {given!r}.")
    return view.checked_units(given)


def _in_words(given: Any) -> bool:
    return isinstance(given, str) or (
        isinstance(given, (list, tuple)) and bool(given) and all(isinstance(g, str) for g in given)
    )


def _whole(name: str, expected: str, given: Any) -> list[int]:
    if given is None:
        return []
    array = np.asarray(sorted(given) if isinstance(given, (set, frozenset)) else given)
    if array.dtype == bool:
        array = np.flatnonzero(array)
    whole = array.dtype.kind in "iu" or (array.dtype.kind == "f" and bool((array == np.round(array)).all()))
    if isinstance(given, str) or not isinstance(given, Iterable) or array.ndim != 1 or not (whole or not len(array)):
        raise InvalidTypeError(f"{name} must be {expected}; got {given!r}.")
    return [int(i) for i in array]
