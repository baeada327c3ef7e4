"""Compared maps on paper: names, correlations, one scale, what failed; a page without script and a picture that grows."""

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import whylight as wl
from tests.unit.test_comparison import LABELS, PIXELS, net, rank_correlation
from tests.unit.test_show import _text_answer
from whylight.results.comparison import MAIN, Compared, Correlations
from whylight.show.attribution import html
from whylight.show.comparison import compared_html, compared_twin


def answer(**options):
    return wl.attribute(net(), PIXELS, labels=LABELS, **{"target": 1, "n_steps": 9, **options})


def compared(main, *answers):
    """Answers beside the main one, each under its setting, as a session publishes them."""
    alike, made = Correlations(), []
    alike.add(MAIN, main)
    for setting, found in answers:
        name, failed = json.dumps(setting), isinstance(found, str)
        correlations = {} if failed else alike.add(name, found)
        words = found if failed else ""
        made.append(Compared(1, name, None if failed else found, correlations, last=False, missing=words))
    return made


FIRST = answer()
OTHERS = compared(
    FIRST,
    ({"method": "input_gradient"}, answer(method="input_gradient")),
    ({"method": "ggig"}, "ValueError: <b>no</b> such head"),
    ({"target": 3}, answer(target=3)),
    ({"baseline": "white"}, answer(baseline="white")),
)


def decoded(page: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    return [np.array(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def test_names_say_what_differs_and_facts_how_alike():
    page = compared_html(FIRST, OTHERS)
    names = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", page)
    assert names == [
        "Integrated gradients · bee · Black",
        "Input gradient · bee",
        "ggig · bee · Black",
        "Integrated gradients · dog · Black",
        "Integrated gradients · bee · White",
    ]
    assert "ValueError: &lt;b&gt;no&lt;/b&gt; such head" in page
    assert "<b>" not in page
    assert "<script" not in page
    alike = rank_correlation(FIRST, OTHERS[0].attribution)
    assert f"rank correlation {alike:+.2f}".replace("-", "−") in page
    cells = re.findall(r"<td[^>]+>([^<]+)</td>", page)
    maps = [FIRST, *(one.attribution for one in OTHERS if one.attribution is not None)]
    want = [f"{rank_correlation(maps[i], maps[j]):+.2f}".replace("-", "−") for i in range(4) for j in range(i)]
    assert cells == want


def test_one_scale_for_all_maps():
    large = wl.attribute(lambda x: 100 * net()(x), PIXELS, target=1, method="input_gradient")
    (alone,), (main, other) = (
        decoded(compared_html(FIRST, [])),
        decoded(compared_html(FIRST, compared(FIRST, ({"method": "x"}, large)))),
    )
    strength = lambda image: np.abs(image.astype(int) - image[0, 0]).max()
    assert main.shape == PIXELS.shape
    assert strength(main) < strength(alone) / 4 < strength(other)


def test_what_is_the_main_map_again_is_left_out():
    assert compared_html(FIRST, compared(FIRST, ({"target": 1}, FIRST), ({"target": 2}, "no"))).count("<figure") == 2


def test_two_maps_need_no_table():
    assert "<table" not in compared_html(FIRST, OTHERS[:1])


@pytest.mark.parametrize("kind", ["picture", "text", "features"])
def test_the_picture_grows_by_what_is_compared(kind):
    if kind == "picture":
        main, others = FIRST, OTHERS
    elif kind == "text":
        main = _text_answer("one word and another one")
        others = compared(main, ({"method": "x"}, replace(main)))
    else:
        main = wl.attribute(nn.Linear(3, 2), torch.rand(1, 3), feature_names=["<i>a</i>", "b", "c"])
        others = compared(main, ({"method": "x"}, replace(main)))
    plain, whole = compared_twin(main), compared_twin(main, others)
    small, large = (Image.open(io.BytesIO(base64.b64decode(t["image/png"]))) for t in (plain, whole))
    assert large.width == small.width
    assert large.height > small.height + 50
    assert np.array_equal(np.array(large)[: small.height], np.array(small.convert("RGB")))
    assert ("text/html" in whole) == (kind != "picture"), "a picture is kept once"
    if kind != "picture":
        assert whole["text/html"].startswith(html(main)[:200])
        assert "<i>" not in whole["text/html"]


def test_the_widget_writes_what_it_compares(tmp_path):
    with wl.explain(net(), PIXELS, labels=LABELS, target="ant", n_steps=9) as made:
        made.compare = ["input_gradient", {"target": "dog"}]
        made.wait(300)
        page = made.to_html(tmp_path / "why").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        assert "Input gradient" in page
        assert page.count(">rank correlation") == 2
        assert "Rank correlations" in page
        assert page.count("<figure") == 3
        kept = lambda: Image.open(io.BytesIO(base64.b64decode(made._repr_mimebundle_()[0]["image/png"]))).height
        beside = kept()
        made.compare = []
        assert kept() < beside
