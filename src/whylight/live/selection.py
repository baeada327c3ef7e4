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
    """A place in a picture, `[row, column]`, or in a stack of them, `[plane, row, column]` or `[plane]`; `[]` for none."""
    sides = () if view is None else view.pixel_shape
    names = "[plane, row, column] or [plane]" if len(sides) > 2 else "[row, column]"
    place = _whole("pixel", f"{names}, or [] for none", given)
    known = len(place) in (0, len(sides)) or (len(place) == 1 and len(sides) > 2)
    if place and not (known and all(0 <= i < side for i, side in zip(place, sides, strict=False))):
        size = " x ".join(map(str, sides))
        where = f"of a picture of {size} pixels" if sides else "of a picture, and this is none"
        raise InvalidValueError(f"pixel is {names} {where}; got {place}.")
    return place


def channel(view: View | None, given: Any) -> int | None:
    """The number of a channel, from its number or name; None for their sum."""
    names = () if view is None else view.channel_names
    if given is None or view is None:
        return given
    if isinstance(given, str) and given in names:
        return list(names).index(given)
    if not isinstance(given, (int, np.integer)) or isinstance(given, bool) or not 0 <= given < len(names):
        known = f"a number from 0 to {len(names) - 1}, a channel's name" if names else "for pictures of many channels"
        raise InvalidValueError(f"channel must be {known}, or None for their sum; got {given!r}.{_back(given)}")
    return int(given)


def _back(given: Any) -> str:
    return " Numbers are not counted from the end." if isinstance(given, int) and given < 0 else ""


def composite(view: View | None, given: Any) -> list[int]:
    """Which channels are shown as red, green and blue, by numbers or names, −1 for none; `[]` for the usual ones."""
    if view is None:
        return list(given)
    found = [-1 if isinstance(one, (int, np.integer)) and one == -1 else channel(view, one) for one in given]
    if len(found) not in (0, 3) or None in found:
        raise InvalidValueError(
            f"composite is three channels, for red, green and blue (-1 leaves one out), or []; got {given!r}."
        )
    return [int(one) for one in found if one is not None]


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
