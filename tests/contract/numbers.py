"""Numbers and the words for them, which Python and the browser must agree on, letter by letter.

`python -m tests.contract.make` writes `numbers.json`: for each function a list of its arguments and what it says. Infinity is a
text there, as JSON has none.
"""

import json
import math
from pathlib import Path
from typing import Any

from whylight import numbers

HERE = Path(__file__).parent
SIZES = [
    *(
        0.0,
        1e-320,
        1e-9,
        9.995e-5,
        9.9999e-5,
        1e-4,
        0.000142,
        0.00125,
        0.0123,
        0.125,
        0.5,
        0.9995,
        0.9996,
        1.0,
        1.42,
        2.125,
        2.375,
    ),
    *(
        9.995,
        9.996,
        10.0,
        25.5,
        99.95,
        99.96,
        100.0,
        999.4,
        999.5,
        999.95,
        1000.0,
        1234.5,
        1235.5,
        9999.4,
        9999.5,
        10_000.0,
    ),
    *(50_370.2, 123_456.0, 9_999_999.4, 9_999_999.6, 1e7, 1.5e9, 1e15, 1.234e20, 1e21, 1e300, math.inf),
]
EVERY = [value for size in SIZES for value in (size, -size)]
SHARES = [
    *(value / 100 for value in EVERY),
    0.00146,
    0.000995,
    0.0949,
    0.095,
    0.0995,
    0.1,
    0.614,
    0.995,
    0.9991,
    0.99999,
    10.0,
    10.1,
]
STEPS = [0.0, 1e-7, 1 / 44_100, 0.001, 0.002, 1 / 360, 0.01, 0.1, 0.5, 1.0, 3.0, 60.0, 1e4]
PLACES = [0.0, 1 / 3, 0.125, 1.5, -0.004, 12_345.678, -123_456.0, 1e6]
CASES: dict[str, list[tuple[Any, ...]]] = {
    "number": [(value,) for value in (*EVERY, None)],
    "signed": [(value,) for value in (*EVERY, None)],
    "fixed": [(value, largest) for largest in (0.0, 3e-6, 0.05, 3.2, 40.0, 456.0, 1e8) for value in EVERY],
    "correlation": [(value,) for value in (1.0, -1.0, 0.0, 0.546, 0.125, -0.098, -0.004, 0.995)],
    "given": [(value,) for value in EVERY],
    "place": [(value, step) for step in STEPS for value in PLACES],
    "percent": [(value,) for value in (*SHARES, None)],
    "count": [(value,) for value in (0, 1, 999, 1025, 9999, 10_000, 50_176, 1_000_000)],
    "plural": [(value, "gradient") for value in (0, 1, 2, 33, 10_000)],
    "unit": [("1", "logit"), ("1", "")],
    "seconds": [
        (value,) for value in (0.0, 0.009, 0.01, 0.0996, 0.214, 0.125, 9.94, 9.95, 9.96, 12.3, 99.7, 212.4, 12_345.0)
    ],
}


def said() -> dict[str, list[list[Any]]]:
    """What Python says of all cases: function -> [*arguments, words]."""
    return {
        name: [[*(_plain(a) for a in arguments), getattr(numbers, name)(*arguments)] for arguments in cases]
        for name, cases in CASES.items()
    }


def write() -> None:
    """One line, as nobody reads it."""
    (HERE / "numbers.json").write_text(json.dumps(said(), ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and math.isinf(value) else value
