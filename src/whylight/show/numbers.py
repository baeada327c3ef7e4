"""Numbers as words: significant digits and true minus signs. Knows nothing of what the numbers mean."""

import math
from typing import Any


def significant(value: float) -> str:
    """Three significant digits with a true minus sign."""
    text = f"{value:.3g}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.2e}"
    return text.replace("-", "−")


def signed(value: float) -> str:
    """The same with all three digits and a plus sign where it is positive, as numbers in a column stand."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    plain = 1e-3 <= abs(value) < 1e4
    return (f"{value:+#.3g}" if plain else f"{value:+.2e}").removesuffix(".").replace("-", "−")


def given(value: Any) -> str:
    """A value as it was given: four significant digits, texts as they are."""
    if isinstance(value, (float, int)):
        return f"{value:.4g}".replace("-", "−")
    return "missing" if value is None else str(value)
