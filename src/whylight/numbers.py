"""Numbers as words: three significant digits, a true minus sign, a thin space before units. Knows nothing of what they mean.

The same rules as `js/src/numbers.ts`; `tests/contract/numbers.json` holds both to them.
"""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

THIN, MINUS = "\N{THIN SPACE}", "\N{MINUS SIGN}"
MANY, LEAST = (
    1000,
    0.01,
)  # percentages that are told apart: what is beyond is only said to be, for its digits say nothing
LARGE, SMALL = 1e7, 1e-4  # beyond these with a power of ten
_EXACT = Context(400, ROUND_HALF_UP)
_DIGITS = {digits: Context(digits, ROUND_HALF_UP) for digits in (2, 3, 4)}
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None) -> str:
    r"""Three significant digits, whole from 1000 on, with a power of ten where it is very large or small; None and NaN are a dash.

    Examples
    --------
    >>> number(8.414), number(-0.5), number(12345), number(1.234e-5), number(math.nan)
    ('8.41', '−0.500', '12\u2009345', '1.23\u2009×\u200910⁻⁵', '–')
    """
    if value is None or math.isnan(value):
        return "–"
    sign, size = MINUS if value < 0 else "", abs(float(value))
    if math.isinf(size):
        return f"{sign}∞"
    if size == 0:
        return "0"
    if size >= LARGE or size < SMALL:
        return sign + _scientific(size)
    if size >= 999.5:
        return sign + count(int(_rounded(size, 0)))
    return sign + _rounded(size, 2 - _power(size, 3))


def signed(value: float | None) -> str:
    """The same, with a plus sign where it is positive.

    Examples
    --------
    >>> signed(0.5), signed(0)
    ('+0.500', '0')
    """
    return ("+" if value is not None and value > 0 else "") + number(value)


def fixed(value: float, largest: float) -> str:
    """With its sign, and as many decimals as give `largest` three significant digits, so that numbers of one scale align.

    Examples
    --------
    >>> fixed(1.2345, 3.2), fixed(-0.0042, 3.2), fixed(-12.34, 40)
    ('+1.23', '0.00', '−12.3')
    """
    places = 2 - math.floor(math.log10(largest)) if 0 < largest < math.inf else 7
    if value == 0 or places > 6 or not max(abs(value), largest) < LARGE:
        return signed(value)
    return _aligned(value, max(0, places))


def correlation(value: float) -> str:
    """A correlation: two decimals and its sign.

    Examples
    --------
    >>> correlation(0.546), correlation(-0.004)
    ('+0.55', '0.00')
    """
    return _aligned(value, 2)


def given(value: Any) -> str:
    r"""A value as it was given: whole numbers whole, others in four significant digits without trailing zeros, texts as they are.

    Examples
    --------
    >>> given(5.1), given(52345), given(1 / 3), given("Lyon"), given(None)
    ('5.1', '52\u2009345', '0.3333', 'Lyon', 'missing')
    """
    if value is None or isinstance(value, bool) or not isinstance(value, (float, int)):
        return "missing" if value is None else str(value)
    sign, size = MINUS if value < 0 else "", abs(value)
    if math.isnan(size) or size >= 1e15 or 0 < size < SMALL:
        return number(value)
    if size == int(size) or size >= 999.95:
        return sign + count(int(_rounded(size, 0)))
    return sign + _short(_rounded(size, 3 - _power(size, 4)))


def place(value: float, step: float) -> str:
    r"""A place on an axis, in as many decimals as write a `step` between neighbours with three digits, six at most.

    Examples
    --------
    >>> place(0.5, 0.002), place(1 / 3, 0.1), place(-123456, 1)
    ('0.5', '0.333', '−123\u2009456')
    """
    decimals = max(0, min(6, 2 + math.ceil(-math.log10(step) - 1e-9))) if 0 < step < math.inf else 3
    text = _short(_grouped(_rounded(abs(value), decimals)))
    return (MINUS if value < 0 and text != "0" else "") + text


def percent(share: float | None) -> str:
    r"""A share: whole percent, one decimal below 10 %, two below 0.1 %; None and NaN are a dash.

    Examples
    --------
    >>> percent(0.614), percent(0.0312), percent(0.9999), percent(1e-9), percent(1.1e18), percent(math.nan)
    ('61\u2009%', '3.1\u2009%', '99.9\u2009%', '< 0.01\u2009%', '> 1000\u2009%', '–')
    """
    if share is None or math.isnan(share):
        return "–"
    size, sign = 100 * abs(share), MINUS if share < 0 else ""
    if size > MANY:
        return unit(f"{'<' if sign else '>'} {sign}{MANY}", "%")
    if size == 0:
        return unit("0", "%")
    if size < LEAST:
        return unit(f"{'>' if sign else '<'} {sign}{LEAST}", "%")
    if 99 < size < 100:
        return unit(sign + _rounded(min(99.9, size), 1), "%")
    return unit(sign + _rounded(size, 2 if size < 0.1 else 1 if size < 10 else 0), "%")


def count(value: int) -> str:
    """A whole number, in groups of three digits from 10 000 on."""
    return f"{value:,}".replace(",", THIN) if abs(value) >= 10_000 else str(value)


def unit(text: str, name: str) -> str:
    """A number's words with its unit."""
    return f"{text}{THIN}{name}" if name else text


def plural(value: int, one: str) -> str:
    """A count of things.

    Examples
    --------
    >>> plural(1, "gradient"), plural(33, "gradient")
    ('1 gradient', '33 gradients')
    """
    return f"{count(value)} {one}{'' if value == 1 else 's'}"


def seconds(value: float) -> str:
    r"""A time that was measured: two significant digits, whole from 10 on.

    Examples
    --------
    >>> seconds(0.214), seconds(99.7), seconds(1e-7)
    ('0.21\u2009s', '100\u2009s', '< 0.01\u2009s')
    """
    if value < LEAST:
        return unit(f"< {LEAST}", "s")
    return unit(count(int(_rounded(value, 0))) if value >= 9.95 else _rounded(value, 1 - _power(value, 2)), "s")


def duration(value: float) -> str:
    """About how long something will take, from seconds.

    Examples
    --------
    >>> duration(40), duration(366), duration(9000)
    ('40 seconds', '6 minutes', '2.5 hours')
    """
    if value < 100:
        return plural(round(value), "second")
    return plural(round(value / 60), "minute") if value < 6000 else f"{_short(_rounded(value / 3600, 1))} hours"


def _rounded(size: float, places: int) -> str:
    """A number not negative in so many decimals; halves go up, as they do in the browser."""
    return format(Decimal(size).quantize(Decimal(1).scaleb(-places), context=_EXACT), "f")


def _power(size: float, digits: int) -> int:
    """The power of ten of its first digit, once it is rounded to so many."""
    return _DIGITS[digits].create_decimal_from_float(size).adjusted()


def _aligned(value: float, places: int) -> str:
    text = _grouped(_rounded(abs(value), places))
    return ("" if float(text.replace(THIN, "")) == 0 else MINUS if value < 0 else "+") + text


def _scientific(size: float) -> str:
    rounded, power = _DIGITS[3].create_decimal_from_float(size), _power(size, 3)
    mantissa = rounded.scaleb(-power, _EXACT)
    return f"{mantissa:.2f}{THIN}×{THIN}10{str(power).translate(SUPERSCRIPT)}"


def _grouped(text: str) -> str:
    whole, point, rest = text.partition(".")
    return count(int(whole)) + point + rest


def _short(text: str) -> str:
    """Without trailing zeros after the point."""
    return text.rstrip("0").rstrip(".") if "." in text else text
