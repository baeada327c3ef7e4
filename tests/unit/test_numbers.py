"""Numbers as words: percentages that no reader has to count the digits of, wherever they are printed."""

import math
import re

import pytest
import torch

import whylight as wl
from tests.unit.test_imports import PACKAGE
from whylight.numbers import percent, signed, significant
from whylight.show.readout import readout

LONG = re.compile(r"\d{5,} ?%|inf|e\+\d")  # what nobody reads


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1e-5, "< 0.01 %"),
        (-1e-5, "> −0.01 %"),
        (0.0312, "3.12 %"),
        (0.99999, "99.9 %"),
        (1, "100 %"),
        (-0.5, "−50 %"),
        (10, "1000 %"),
        (10.1, "> 1000 %"),
        (1.0861429495142613e18, "> 1000 %"),
        (-1e9, "< −1000 %"),
        (math.inf, "> 1000 %"),
        (-math.inf, "< −1000 %"),
        (math.nan, "unknown"),
    ],
)
def test_a_share_in_words(share, text):
    assert percent(share) == text


def test_a_gap_beside_no_difference_is_no_long_number():
    even = lambda z: (z[:, 0] - 1).square()
    found = wl.attribute(even, torch.tensor([[2 + 1e-9]]).double(), n_steps=2, rule="riemann_left")
    assert float(found.relative_gap) > 1e6
    for text in (repr(found), readout(found), *found.notes):
        assert not LONG.search(text), text


def test_only_one_place_writes_percentages():
    plain = re.compile(r":[.\d]*%\}")
    assert [str(p) for p in PACKAGE.rglob("*.py") if plain.search(p.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [
        (0, "0", "0"),
        (0.5, "0.5", "+0.500"),
        (999.6, "1000", "+1000"),
        (-1234, "−1234", "−1234"),
        (12345, "1.23e+04", "+1.23e+04"),
    ],
)
def test_three_significant_digits(value, plain, with_sign):
    assert (significant(value), signed(value)) == (plain, with_sign)
