"""Numbers as words: significant digits and true minus signs. Knows nothing of what the numbers mean."""

import math
from typing import Any

MANY, LEAST = 1000, 0.01  # percentages that are told apart


def significant(value: float) -> str:
    """Three significant digits with a true minus sign."""
    return _written(value, ".3g") if value else "0"


def percent(share: float) -> str:
    """A share as a percentage of three significant digits at most; what is beyond `MANY` is only said to be, for its digits say nothing.

    Examples
    --------
    >>> percent(0.0312), percent(1e-9), percent(-0.5), percent(1.1e18), percent(math.nan)
    ('3.12 %', '< 0.01 %', '−50 %', '> 1000 %', 'unknown')
    """
    size = 100 * abs(share)
    if math.isnan(size):
        return "unknown"
    below = share < 0
    if size > MANY:
        return f"{'< −' if below else '> '}{MANY} %"
    if 0 < size < LEAST:
        return f"{'> −' if below else '< '}{LEAST:g} %"
    text = f"{min(99.9, size):.1f}" if 99 < size < 100 else significant(size)
    return f"{'−' if below else ''}{text} %"


def signed(value: float) -> str:
    """The same with all three digits and a plus sign where it is positive, as numbers in a column stand."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    return _written(value, "+#.3g").removesuffix(".")


def _written(value: float, spec: str) -> str:
    """A number not zero to three significant digits: by the format `spec`, or whole thousands, or with a power of ten."""
    size = abs(value)
    sign = spec.partition("#")[0].partition(".")[0]
    spec = f"{sign}.2e" if not 1e-3 <= size < 9999.5 else f"{sign}.0f" if size >= 999.5 else spec
    return format(value, spec).replace("-", "−")


def given(value: Any) -> str:
    """A value as it was given: four significant digits, texts as they are."""
    if isinstance(value, (float, int)):
        return f"{value:.4g}".replace("-", "−")
    return "missing" if value is None else str(value)
