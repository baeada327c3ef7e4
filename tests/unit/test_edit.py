"""Inputs changed by hand: each becomes a sample beside its source, explained as it would be alone; bad ones are told and lose nothing."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import whylight as wl
from whylight.edits import edit_of

TEXT = "The plot is thin, but the acting is wonderful."


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def hear(widget: Any, **change: Any) -> None:
    """What the browser would send."""
    widget._hear(widget, {"kind": "edit", **change}, None)


def told(widget: Any, count: int) -> list[dict[str, Any]]:
    until(lambda: len(widget._film.get("samples", [])) == count)
    return widget._film["samples"]


def test_a_text_from_the_browser_and_back() -> None:
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, TEXT, **demo.options) as widget:
        first = widget.wait(300)
        assert widget._choices["editable"] == "text"
        hear(widget, text=TEXT.replace("wonderful", "dull"))
        found = widget.wait(300)
        alone = wl.attribute(demo.model, TEXT.replace("wonderful", "dull"), target=first.target, **demo.options)
        torch.testing.assert_close(found.attributions, alone.attributions)
        assert widget.sample == 1
        original, edited = told(widget, 2)
        assert [original["source"], edited["source"], edited["edit"]] == [None, 0, "wonderful → dull"]
        scores = [float(a.score) for a in (first, found)]
        assert scores[1] < scores[0]
        assert edited["after"] < original["probability"]
        assert "dull" in widget.code()
        widget.sample = 0
        torch.testing.assert_close(widget.wait(300).attributions, first.attributions)
        assert "wl.explain(model, x," in widget.code()


def test_an_edit_of_an_edit_is_told_against_the_original() -> None:
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, TEXT, **demo.options) as widget:
        widget.edit("The plot is dull.")
        widget.edit("The acting is wonderful.")
        assert [s["source"] for s in told(widget, 3)] == [None, 0, 0]
        assert widget.sample == 2


@pytest.mark.parametrize(("change", "words"), [({"text": "  "}, "empty"), ({"nothing": 1}, "text")])
def test_a_bad_edit_is_told_on_the_card_and_loses_nothing(change: dict[str, Any], words: str) -> None:
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, TEXT, **demo.options) as widget:
        first = widget.wait(300)
        until(lambda: widget._status["state"] == "done")
        hear(widget, **change)
        assert widget._status["state"] == "error"
        assert words in widget._status["message"]
        assert widget.sample == 0
        assert widget.attribution is first
        with pytest.raises(wl.WhylightError, match="empty"):
            widget.edit("")
        hear(widget, text="A dull film.")
        assert widget.wait(300).attributions.shape[1] == 4
        assert widget.sample == 1


def test_another_kind_of_input_is_refused() -> None:
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, TEXT, **demo.options) as widget:
        widget.wait(300)
        with pytest.raises(wl.WhylightError):
            widget.edit(np.zeros((8, 8, 3), np.uint8))
        assert widget.sample == 0
        assert len(widget._film_behind) == 1


def test_a_sample_of_a_list_keeps_its_target_and_options() -> None:
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, ["a wonderful film", "a dull film"], target=[0, 1], y=[1, 0], **demo.options) as widget:
        told(widget, 2)
        widget.sample = 1
        widget.edit("a wonderful film")
        assert widget.target == 1
        three = told(widget, 3)
        assert three[2]["edit"] == "dull → wonderful"
        assert [s["truth"] for s in three] == ["positive", "negative", ""]
        assert three[2]["probability"] == pytest.approx(three[0]["probability"], rel=1e-5)
        widget.sample = 0
        assert widget.target == 0


def test_a_sample_of_a_batch() -> None:
    torch.manual_seed(0)
    net, x = torch.nn.Linear(4, 3), torch.randn(3, 4)
    with wl.explain(net, x) as widget:
        told(widget, 3)
        widget.sample = 2
        hear(widget, column=1, value=5)
        changed = x[2:].clone()
        changed[0, 1] = 5
        score = net(changed).detach()[0, int(net(x)[2].argmax())]
        assert float(widget.wait(300).score) == pytest.approx(float(score), rel=1e-5)
        assert told(widget, 4)[3]["edit"].endswith("→ 5")
        assert float(x[2, 1]) != 5


def estimator() -> tuple[Any, pd.DataFrame]:
    frame = pd.DataFrame(
        {
            "age": [30, 41, 55],
            "rate": [0.5, np.nan, 1.5],
            "city": ["Oslo", "Rome", "Oslo"],
            "member": [True, False, True],
        }
    )

    def score(rows: pd.DataFrame) -> np.ndarray:
        return rows["age"].to_numpy(float) / 10 + rows["rate"].fillna(3).to_numpy(float) + (rows["city"] == "Rome")

    return score, frame


@pytest.mark.parametrize("of", [lambda f: f.iloc[0], lambda f: f.iloc[:1]], ids=["series", "frame"])
@pytest.mark.parametrize(("column", "value", "score"), [(0, 40, 4.5), (1, None, 6.0), (1, 2.5, 5.5), (2, "Rome", 4.5)])
def test_a_cell_of_a_row(of: Any, column: int, value: Any, score: float) -> None:
    model, frame = estimator()
    x = of(frame)
    before = x.copy()
    with wl.explain(model, x, background=frame) as widget:
        widget.wait(300)
        assert widget._choices["editable"] == "cells"
        hear(widget, column=column, value=value)
        assert float(widget.wait(300).score) == pytest.approx(score)
        assert x.equals(before)
        assert str(frame.columns[column]) in told(widget, 2)[1]["edit"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"column": 0, "value": 40.5}, "age holds whole numbers; got 40.5"),
        ({"column": 0, "value": None}, "age holds whole numbers; it cannot be missing"),
        ({"column": 0, "value": "old"}, "age is a number; got 'old'"),
        ({"column": 9, "value": 1}, "no column 9"),
    ],
)
def test_a_cell_that_cannot_hold_it(change: dict[str, Any], words: str) -> None:
    model, frame = estimator()
    with wl.explain(model, frame.iloc[:1], background=frame) as widget:
        widget.wait(300)
        hear(widget, **change)
        assert words in widget._status["message"]
        assert widget.sample == 0


def test_a_missing_number_in_a_tensor_is_refused() -> None:
    with wl.explain(torch.nn.Linear(3, 2), torch.randn(1, 3)) as widget:
        widget.wait(300)
        hear(widget, column=0, value=None)
        assert "cannot be missing" in widget._status["message"]


def test_what_cannot_be_edited_offers_nothing() -> None:
    demo = wl.demo.sentiment()
    model, frame = estimator()
    assert edit_of(("a", "pair"), None) is None
    with wl.explain(model, frame) as table:
        assert table._choices["editable"] == ""
    with wl.explain(demo.model, TEXT, **demo.options) as widget:
        saved = widget.wait(300)
    assert saved.widget()._choices.get("editable", "") == ""


def pooled(x: torch.Tensor) -> torch.Tensor:
    """Two scores that follow from means over the halves of a picture."""
    return torch.stack([x[..., :8].mean((1, 2, 3)), x[..., 8:].mean((1, 2, 3))], 1) * 10


def test_a_region_of_a_picture_is_erased() -> None:
    x = torch.rand(1, 3, 16, 16)
    with wl.explain(pooled, x, target=0) as widget:
        first = widget.wait(300)
        assert widget._choices["editable"] == "areas"
        labels = np.indices((16, 16)) // 8
        tiles = (2 * labels[0] + labels[1]).tolist()  # 0 1 / 2 3
        hear(widget, areas=[0, 2], units=tiles, fill="black")
        assert float(widget.wait(300).score) == pytest.approx(0, abs=1e-6)
        assert told(widget, 2)[1]["edit"] == "50\u2009% changed"
        hear(widget, areas=[3], units=tiles, fill="no such baseline")
        assert "%" in told(widget, 3)[2]["edit"]
        widget.sample = 0
        assert float(widget.wait(300).score) == pytest.approx(float(first.score))
        hear(widget, areas=[], units=tiles, fill="black")
        assert "Select what to erase" in widget._status["message"]
        assert widget.sample == 0


def test_a_natural_picture_is_erased_behind_its_preprocess() -> None:
    picture = np.random.default_rng(0).integers(1, 255, (20, 20, 3), dtype=np.uint8)

    def preprocess(given: Any) -> torch.Tensor:
        tensor = torch.from_numpy(np.asarray(given).copy()).float().permute(2, 0, 1)[:, 2:18, 2:18] / 255
        return (tensor - 0.5) / 0.25

    with wl.explain(pooled, picture, preprocess=preprocess, target=1) as widget:
        widget.wait(300)
        half = (np.indices((16, 16))[1] // 8).tolist()
        hear(widget, areas=[1], units=half, fill="black")
        assert float(widget.wait(300).score) == pytest.approx(-20, rel=1e-5)  # black is −2 in the model's units
        pixels = np.frombuffer(widget._input["arrays"]["pixels"]["data"], np.uint8).reshape(16, 16, 3)
        assert not pixels[:, 8:].any()
        np.testing.assert_allclose(pixels[:, :8], picture[2:18, 2:10], atol=1)
