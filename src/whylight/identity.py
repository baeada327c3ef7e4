"""Anything as a part of a key: values by their content, objects of a person's own as themselves. Knows nothing of caches."""

from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from typing import Any


class Identity:
    """Stands for one object in a key: equal only to itself, which it keeps alive, so that no other can take its place.

    Examples
    --------
    >>> a, b = [1], [1]
    >>> Identity(a) == Identity(a), Identity(a) == Identity(b)
    (True, False)
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other._value is self._value

    def __hash__(self) -> int:
        return object.__hash__(self._value)


def key_of(value: Any) -> Hashable:
    """A value as a part of a key: plain ones, tuples, lists and frozen records by what they hold, others as themselves.

    Examples
    --------
    >>> key_of([0.0, "mean"]) == key_of([0.0, "mean"]), key_of(print) == key_of(print), key_of([print]) == key_of([len])
    (True, True, False)
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return type(value), value
    if isinstance(value, (tuple, list)):
        return type(value), *map(key_of, value)
    return (type(value), *map(key_of, vars(value).values())) if _is_record(value) else Identity(value)


def _is_record(value: Any) -> bool:
    """Whether an object is a frozen dataclass that holds its fields and nothing else."""
    if not is_dataclass(value) or isinstance(value, type) or not hasattr(value, "__dict__"):
        return False
    frozen = getattr(value, "__dataclass_params__").frozen  # noqa: B009
    return frozen and vars(value).keys() == {f.name for f in fields(value)}
