"""Names that a person gives for channels or features, checked. Knows nothing of what they name."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.numbers import plural


def names_of(option: str, given: Any, count: int, one: str) -> tuple[str, ...]:
    """As many different names as there are; none where none are given.

    Examples
    --------
    >>> names_of("channel_names", ["red", "infrared"], 2, "channel")
    ('red', 'infrared')
    >>> names_of("channel_names", ["red", "red"], 2, "channel")
    Traceback (most recent call last):
    ...
    whylight.errors.InvalidValueError: channel_names must differ, so that each names one channel; 'red' is there 2 times.
    """
    if given is None:
        return ()
    if isinstance(given, (str, bytes)) or (not isinstance(given, Sequence) and not hasattr(given, "tolist")):
        raise InvalidTypeError(
            f"{option} must be a list with one name for each of the {plural(count, one)}; got {given!r}."
        )
    names = tuple(str(name) for name in given)
    if len(names) != count:
        raise InvalidValueError(f"{option} has {plural(len(names), 'name')}, but the input has {plural(count, one)}.")
    most = Counter(names).most_common(1)
    if most and most[0][1] > 1:
        name, times = most[0]
        raise InvalidValueError(f"{option} must differ, so that each names one {one}; {name!r} is there {times} times.")
    return names
