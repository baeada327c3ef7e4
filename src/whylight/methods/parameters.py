"""Checks of the parameters that methods share. Knows nothing of any method."""

import math
import numbers
from collections.abc import Iterable
from typing import Any

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name


def whole(name: str, value: Any, least: int = 1) -> None:
    """Raise unless `value` is a whole number of at least `least`."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InvalidTypeError(f"{name} must be a whole number of at least {least}, got {value!r}.")
    if value < least:
        raise InvalidValueError(f"{name} must be at least {least}, got {value!r}.")


def between(name: str, value: Any, low: float, high: float = math.inf) -> None:
    """Raise unless `value` is a finite number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InvalidTypeError(f"{name} must be a number, got {value!r}.")
    if not (math.isfinite(value) and low <= float(value) <= high):
        allowed = f"of at least {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
        raise InvalidValueError(f"{name} must be a finite number {allowed}, got {value!r}.")


def one_of(name: str, value: Any, known: Iterable[str]) -> None:
    """Raise unless `value` is one of the known words."""
    known = list(known)
    if value not in known:
        raise unknown_name(name, str(value), known)
