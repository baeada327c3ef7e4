"""Numbers as words: what is written of them is the same everywhere, and one file alone writes them."""

import json
import math
import re

import pytest
import torch

import whylight as wl
from tests.contract import numbers as contract
from tests.unit.test_imports import PACKAGE
from whylight.numbers import duration, fixed, given, number, percent, place, plural, seconds, signed
from whylight.show.readout import readout

LONG = re.compile(r"\d{5,} ?%|inf|e[+-]\d")  # what nobody reads
FORMATS = re.compile(r"\{[^{}\n]*:[+ #]*[.\d]*[,gfe%][.\d]*[gfe%]?\}|\bround\([^()]*, ?\d\)|%\.\d")
WRITTEN_AS_CODE = {  # numbers of Python code, or of a style sheet, and no words
    *("parameters.py", "decomposition/rules/pooling.py", "decomposition/rules/distances.py", "methods/geg.py"),
    "methods/integrated_gradients.py",
    *("methods/finite_differences.py", "live/session.py", "show/bars.py", "show/sheet.py", "show/csv_text.py"),
}


def test_the_browser_is_held_to_what_python_writes():
    stored = json.loads((contract.HERE / "numbers.json").read_text("utf-8"))
    assert stored == json.loads(json.dumps(contract.said())), "run: python -m tests.contract.make"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1e-5, "< 0.01 %"),
        (-1e-5, "> −0.01 %"),
        (0.0005, "0.05 %"),
        (0.00146, "0.1 %"),
        (0.0312, "3.1 %"),
        (0.614, "61 %"),
        (0.99999, "99.9 %"),
        (1, "100 %"),
        (-0.5, "−50 %"),
        (10, "1000 %"),
        (10.1, "> 1000 %"),
        (1.0861429495142613e18, "> 1000 %"),
        (-1e9, "< −1000 %"),
        (math.inf, "> 1000 %"),
        (-math.inf, "< −1000 %"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_a_share_in_words(share, text):
    assert percent(share) == text.replace(" %", "\u2009%")


def test_a_gap_beside_no_difference_is_no_long_number():
    even = lambda z: (z[:, 0] - 1).square()
    found = wl.attribute(even, torch.tensor([[2 + 1e-9]]).double(), n_steps=2, rule="riemann_left")
    assert float(found.relative_gap) > 1e6
    for text in (repr(found), readout(found), *found.notes):
        assert not LONG.search(text), text


def test_only_one_place_writes_numbers():
    found = {str(p.relative_to(PACKAGE)) for p in PACKAGE.rglob("*.py") if FORMATS.search(p.read_text("utf-8"))}
    assert found == {"numbers.py", *WRITTEN_AS_CODE}


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [
        (0, "0", "0"),
        (-0.0, "0", "0"),
        (0.5, "0.500", "+0.500"),
        (999.6, "1000", "+1000"),
        (-1234, "−1234", "−1234"),
        (12345, "12 345", "+12 345"),
        (1.42e8, "1.42 × 10⁸", "+1.42 × 10⁸"),
        (-1.234e-5, "−1.23 × 10⁻⁵", "−1.23 × 10⁻⁵"),
        (math.nan, "–", "–"),
        (math.inf, "∞", "+∞"),
        (-math.inf, "−∞", "−∞"),
        (None, "–", "–"),
    ],
)
def test_three_significant_digits(value, plain, with_sign):
    thin = lambda text: text.replace(" ", "\u2009")
    assert (number(value), signed(value)) == (thin(plain), thin(with_sign))


def test_every_number_can_be_read_back():
    """Through many sizes: within half a unit of the third digit, whole numbers exactly; no letter e, no plain minus."""
    for power in range(-12, 13):
        for first in (1.0, 1.005, 1.2345, 2.5, 4.999, 9.994, 9.9951):
            value = -first * 10.0**power
            text = number(value)
            assert not re.search("[e-]", text), text
            back = float(re.sub("\u2009×\u200910(.*)", r"e\1", text).translate(PLAIN))
            assert abs(back - value) <= 0.5000001 * 10.0 ** min(power - 2, 0 if 3 <= power < 7 else power - 2)
            assert len(re.sub(r"\u2009×.*|[^0-9.]", "", text).lstrip("0.").replace(".", "")) >= 3


PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789", "\u2009")


def test_numbers_of_one_scale_align():
    assert [fixed(v, 3.2) for v in (1.2345, -0.0042, 0.125, 0)] == ["+1.23", "0.00", "+0.13", "0"]
    assert [fixed(-12.34, 40), fixed(123.4, 456), fixed(0.00123, 0.05)] == ["−12.3", "+123", "+0.0012"]
    assert [fixed(math.nan, 1), fixed(1, math.nan), fixed(-math.inf, 1)] == ["–", "+1.00", "−∞"]


def test_a_value_as_it_was_given():
    assert [given(v) for v in (5.1, -0.2, 1234.56, 52_345, 2024, 1 / 3, 0.0)] == [
        *("5.1", "−0.2", "1235", "52\u2009345", "2024", "0.3333", "0")
    ]
    assert [given(v) for v in (None, "Lyon", True, math.nan)] == ["missing", "Lyon", "True", "–"]


def test_neighbours_on_an_axis_are_told_apart():
    for step in (1e-4, 1 / 44_100, 1 / 360, 0.02, 1, 60):
        words = [place(1000 + k * step, step) for k in range(50)]
        assert len(set(words)) == 50, step


def test_counts_and_times():
    assert [plural(n, "gradient") for n in (0, 1, 33, 10_000)] == [
        *("0 gradients", "1 gradient", "33 gradients", "10\u2009000 gradients")
    ]
    assert [seconds(v) for v in (0.214, 99.7, 1e-7)] == ["0.21\u2009s", "100\u2009s", "< 0.01\u2009s"]
    assert [duration(v) for v in (1, 100, 7200)] == ["1 second", "2 minutes", "2 hours"]
