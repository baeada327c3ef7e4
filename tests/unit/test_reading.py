"""The sentence an answer is told in: its shares add up, signs are right, edge cases are said in words, and every kind has one."""

import re
from typing import Any

import numpy as np
import pytest
import torch

import whylight as wl
from whylight.results import reading as sentences
from whylight.results.reading import Whole, doubts
from whylight.views.image import ImageView
from whylight.views.regions import spread
from whylight.views.told import Told


def plain(sentence: str) -> str:
    """With plain spaces."""
    return sentence.replace("\u2009", " ")


def told(whole: Whole, parts: list[Told]) -> str:
    return plain(sentences.reading(whole, parts))


CAT = Whole("cat", total=4.0, size=10.0)


def shares(sentence: str) -> list[int]:
    return [int(found.replace("−", "-")) for found in re.findall(r"([−-]?\d+) %", sentence)]


@pytest.mark.parametrize("value", [3.0, 4.0, 0.0, -1.0, 5.5, 0.021, 1.999])
def test_the_shares_of_a_part_and_the_rest_add_up(value: float) -> None:
    found = shares(told(CAT, [Told("The lit area", value, abs(value))]))
    assert sum(found) == 100
    assert found[0] == pytest.approx(100 * value / 4, abs=0.51)


def test_a_negative_whole_speaks_against_the_target() -> None:
    found = told(Whole("cat", total=-4.0, size=10.0), [Told("The lit area", -3.0, 5.0)])
    assert found == "The lit area accounts for 75 % of what speaks against “cat”, the rest for 25 %."


@pytest.mark.parametrize("total", [0.0, 1e-9, -0.5])
def test_parts_that_cancel_are_told_in_their_own_unit(total: float) -> None:
    found = told(Whole("cat", total, 10.0, unit="logit"), [Told("The lit area", 5.0, 5.0)])
    assert found.startswith("The lit area adds 5.00 to “cat” (logit), the rest −5")
    assert "%" not in found


def test_what_promises_no_sum_is_told_by_sizes() -> None:
    part = [Told("The lit area", -1.0, 6.0)]
    slopes = Whole("cat", 0.5, 10.0, complete=False, per_unit=True)
    assert told(slopes, part) == "The lit area holds 60 % of the sensitivity of “cat”."
    assert (
        told(Whole("cat", 0.5, 10.0, complete=False), part) == "The lit area holds 60 % of all attribution for “cat”."
    )


def test_several_parts_are_told_by_sign_strongest_first() -> None:
    parts = [Told("a", 1.0, 1.0), Told("b", -2.0, 2.0), Told("c", 4.0, 4.0), Told("d", 1.0, 1.0), Told("e", 0.0, 0.0)]
    assert told(CAT, parts) == "c (+100 %) and a (+25 %) speak most for “cat”, b (−50 %) against it."
    assert told(Whole("cat", -2.0, 2.0), [Told("b", -2.0, 2.0)] * 2).endswith("speak most against “cat”.")


def test_a_contrast_is_one_rather_than_the_other_and_nothing_is_said_so() -> None:
    two = Whole("Egyptian cat − tabby", 4.0, 10.0)
    assert "“Egyptian cat” rather than “tabby”" in told(two, [Told("The lit area", 3.0, 5.0)])
    assert told(Whole("cat", 0.0, 0.0), []) == "No part of the input changes “cat”: every attribution is zero."
    assert told(CAT, []) == ""


def test_doubts_are_told_where_there_are_any() -> None:
    assert doubts(None, float("nan"), 0.0, ["Black"]) == []
    gap, error, spread = map(plain, doubts(0.3, 0.5, 0.5, ["Black", "White"]))
    assert "30 %" in gap
    assert "50 %" in error
    assert "Black and White disagree" in spread
    assert "its 9 baselines" in doubts(None, 0.0, 0.9, ["Row"] * 9)[0]


def test_the_sentence_about_a_picture_is_true() -> None:
    pixels = np.full((128, 128, 3), 90, np.uint8)
    weights = torch.zeros(3, 128, 128)
    weights[:, :40, :40] = 1.0
    weights[:, 100:, 100:] = -0.01
    answer = wl.attribute(lambda x: (x * weights).sum((1, 2, 3)), pixels)
    light = answer.spotlight
    assert light is not None
    lit, values = light.lit((128, 128)), answer.numpy()[0].sum(0)
    found = plain(answer.reading)
    assert "around the upper left" in found
    assert shares(found) == [
        round(100 * lit.mean()),
        round(100 * values[lit].sum() / values.sum()),
        100 - round(100 * values[lit].sum() / values.sum()),
    ]


def test_each_detail_of_a_picture_has_its_own_sentence() -> None:
    pixels = np.full((128, 128, 3), 90, np.uint8)
    pixels[:, 64:] = 200
    weights = torch.zeros(3, 128, 128)
    weights[:, :40, :40] = 1.0
    weights[:, 90:, 90:] = -0.2
    answer = wl.attribute(lambda x: (x * weights).sum((1, 2, 3)), pixels)
    assert list(answer.readings) == ["spotlight", "regions", "pixels"]
    assert answer.reading == answer.readings["spotlight"]
    assert "most sensitive area" in answer.readings["spotlight"]
    assert "The strongest area" in answer.readings["pixels"]
    view, values = answer.view, answer.numpy()[0].sum(0)
    assert isinstance(view, ImageView)
    found = re.findall(r"Region (\d+) near the ([a-z ]+) \(([+−]\d+) %\)", plain(answer.readings["regions"]))
    assert [sign[0] for *_, sign in found] == ["+", "+", "−", "−"]
    assert {found[0][1], found[2][1]} == {"upper left", "lower right"}
    for number, _, share in found:
        here = spread(view.regions, values.shape) == int(number) - 1
        assert int(share.replace("−", "-")) == round(100 * values[here].sum() / values.sum())


def test_how_much_of_a_picture_is_as_its_baseline_is_told_where_differences_are_multiplied_in() -> None:
    pixels = np.full((128, 128, 3), 200, np.uint8)
    pixels[:, :64] = 5
    score = lambda x: x.sum((1, 2, 3))
    told_of = lambda **options: plain(wl.attribute(score, pixels, **options).reading)
    assert "Measured against Black: the 50 % of the picture that looks nearly the same" in told_of()
    assert "looks nearly the same" not in told_of(baseline="white")
    assert "looks nearly the same" not in told_of(baseline=["black", "white"])
    assert "looks nearly the same" not in told_of(method="input_gradient")


KINDS: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "row": (lambda x: (3 * x[:, 0] - x[:, 1])[:, None], torch.ones(1, 2), {}, "feature 0 = 1 (+150 %)"),
    "signal": (
        lambda x: x[:, 0, :20].sum(1)[:, None],
        torch.ones(1, 2, 400),
        {"sample_rate": 100},
        "of channel 0 (+65 %)",
    ),
    "channels": (lambda x: x[:, 3].sum((1, 2))[:, None], torch.ones(1, 4, 9, 9), {}, "Channel 4 (+100 %)"),
    "volume": (lambda x: x[:, :, 2].sum((1, 2, 3))[:, None], torch.ones(1, 1, 12, 9, 9), {}, "planes 2–3 (+100 %)"),
    "plane": (lambda x: x[:, :9, :9].sum((1, 2))[:, None], torch.ones(1, 40, 40), {}, "The strongest area"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_a_sentence(name: str) -> None:
    model, x, options, part = KINDS[name]
    assert part.casefold() in plain(wl.attribute(model, x, **options).reading).casefold()


def test_texts_tables_and_several_inputs_have_one_too() -> None:
    demo = wl.demo.sentiment()
    text = wl.attribute(demo.model, demo.inputs[0], **demo.options)
    assert re.match(r"“\w+” \(\+\d+ %\)", plain(text.reading))
    two = wl.attribute(lambda a, b: (a.sum(1) + 3 * b.sum(1))[:, None], (torch.ones(1, 3), torch.ones(1, 3)))
    assert plain(two.reading) == "Input 2 (+75 %) and Input 1 (+25 %) speak most for “output”."
    batch = wl.attribute(lambda x: x.sum((1, 2, 3))[:, None], torch.ones(2, 3, 8, 8))
    assert batch.reading == ""


def test_no_part_stands_out_of_many_alike() -> None:
    many = [Told(f"word {i}", 4.0 / 1000, 4.0 / 1000) for i in range(1000)]
    slopes = Whole("cat", total=4.0, size=4.0, complete=False, per_unit=True)
    for whole in (CAT, slopes):
        assert told(whole, many) == "No part stands out: the attribution for “cat” is spread over all of them."


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nothing_is_told_of_what_is_no_number(bad: float) -> None:
    assert told(CAT, [Told("a", bad, 1.0), Told("b", 1.0, 1.0)]) == ""
    assert told(Whole("cat", total=bad, size=1.0), [Told("a", 1.0, 1.0)]) == ""


def test_slopes_of_columns_are_told_per_standard_deviation() -> None:
    rows = np.random.default_rng(0).normal(0, [1.0, 100.0], (50, 2))
    slopes = lambda x: 3 * x[:, 0] + 0.5 * x[:, 1]
    found = wl.attribute(slopes, rows, method="finite_differences", feature_names=["small", "wide"])
    assert re.search(r"most sensitive to wide \(9\d %\) and small", plain(found.reading)), found.reading
