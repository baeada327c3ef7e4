"""Inputs changed by hand: each becomes a sample beside its source, explained as it would be alone; bad ones are told and lose nothing."""

import re
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import whylight as wl
from whylight.edits import edit_of
from whylight.edits.cells import CellEdit
from whylight.edits.region import Stroke
from whylight.views.image import ImageView
from whylight.views.table import TableView

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
        assert widget._choices["editable"] == ["text"]
        hear(widget, texts=[TEXT.replace("wonderful", "dull")])
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


@pytest.mark.parametrize(("change", "words"), [({"texts": ["  "]}, "empty"), ({"nothing": 1}, "texts")])
def test_a_bad_edit_is_told_on_the_card_and_loses_nothing(change: dict[str, Any], words: str) -> None:
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, TEXT, **demo.options) as widget:
        first = widget.wait(300)
        until(lambda: widget._status["state"] == "done")
        hear(widget, **change)
        assert widget._status["state"] == "done"
        assert re.match(
            f"The change was not taken\\. .*{words}.* The picture is of the input before it", widget._status["refused"]
        )
        assert widget.sample == 0
        assert widget.attribution is first
        widget._hear(widget, {"kind": "ping"}, None)
        assert words in widget._status["refused"]
        with pytest.raises(wl.WhylightError, match="empty"):
            widget.edit("")
        hear(widget, texts=["A dull film."])
        assert widget.wait(300).attributions.shape[1] == 4
        assert "refused" not in widget._status
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
        assert widget._choices["editable"] == ["cells"]
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
        assert words in widget._status["refused"]
        assert widget.sample == 0


def test_a_missing_number_in_a_tensor_is_refused() -> None:
    with wl.explain(torch.nn.Linear(3, 2), torch.randn(1, 3)) as widget:
        widget.wait(300)
        hear(widget, column=0, value=None)
        assert "cannot be missing" in widget._status["refused"]


def test_what_cannot_be_edited_offers_nothing() -> None:
    demo = wl.demo.sentiment()
    assert edit_of((), None) is None
    assert edit_of(torch.zeros(1, 1, 8, 8), None) is None
    with wl.explain(demo.model, TEXT, **demo.options) as widget:
        saved = widget.wait(300)
    assert saved.widget()._choices.get("editable", []) == []


def pooled(x: torch.Tensor) -> torch.Tensor:
    """Two scores that follow from means over the halves of a picture."""
    return torch.stack([x[..., :8].mean((1, 2, 3)), x[..., 8:].mean((1, 2, 3))], 1) * 10


def test_a_region_of_a_picture_is_erased() -> None:
    x = torch.rand(1, 3, 16, 16)
    with wl.explain(pooled, x, target=0) as widget:
        first = widget.wait(300)
        assert widget._choices["editable"] == ["areas"]
        labels = np.indices((16, 16)) // 8
        tiles = (2 * labels[0] + labels[1]).tolist()  # 0 1 / 2 3
        hear(widget, areas=[0, 2], units=tiles, fill="black")
        assert float(widget.wait(300).score) == pytest.approx(0, abs=1e-6)
        assert told(widget, 2)[1]["edit"] == "50\u2009% changed"
        hear(widget, areas=[3], units=tiles, fill="no such baseline")
        assert "no such baseline" in widget._status["refused"]
        assert widget.sample == 1
        widget.sample = 0
        assert float(widget.wait(300).score) == pytest.approx(float(first.score))
        hear(widget, areas=[], units=tiles, fill="black")
        assert "Say first what to erase" in widget._status["refused"]
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


def test_strokes_of_a_brush_are_discs_along_lines() -> None:
    x = torch.ones(1, 3, 16, 16)
    with wl.explain(pooled, x, target=0, baseline="black") as widget:
        widget.wait(300)
        hear(widget, strokes=[{"points": [0, 0.5, 0.5, 0.5], "size": 0.25}], fill="black")
        gone = 1 - np.asarray(widget._film_behind.explainer(1).prepared.inputs[0][0, 0])
        rows, columns = np.indices((16, 16)) + 0.5
        away = np.hypot(np.maximum(columns - 8, 0), rows - 8)
        assert np.array_equal(gone > 0, away <= 2)
        assert float(widget.wait(300).score) == pytest.approx(10 * (1 - gone[:, :8].mean()), rel=1e-5)


def test_strokes_of_any_form_cover_what_a_pixel_by_pixel_rule_says() -> None:
    rng = np.random.default_rng(0)
    for shape in ((12, 20), (20, 12)):
        view = ImageView(np.zeros((*shape, 3), np.uint8))
        points = rng.uniform(-0.2, 1.2, (5, 2))
        found = Stroke(tuple(points.ravel()), 0.2).mask(view, (1, 3, *shape))
        along = np.linspace(0, 1, 2001)[:, None]
        path = np.concatenate([a + along * (b - a) for a, b in pairwise(points)]) * shape[::-1]
        for row, column in np.ndindex(shape):
            away = np.hypot(*(path - (column + 0.5, row + 0.5)).T).min()
            if abs(away - 0.1 * shape[1]) > 0.02:  # the path is sampled
                assert found[row, column] == (away < 0.1 * shape[1])


def test_a_baseline_of_ones_own_fills_what_is_erased_once_more() -> None:
    x = torch.zeros(1, 3, 16, 16)
    with wl.explain(pooled, x, target=1, baseline=torch.full_like(x, 0.25)) as widget:
        widget.wait(300)
        dot = [{"points": [0.75, 0.5], "size": 4.0}]
        hear(widget, strokes=dot, fill=widget.baseline)
        assert float(widget.wait(300).score) == pytest.approx(2.5)
        hear(widget, strokes=dot, fill="blur")
        assert float(widget.wait(300).score) == pytest.approx(2.5, rel=1e-3)
        assert [s["source"] for s in told(widget, 3)] == [None, 0, 0]


def test_a_cell_of_one_row_of_a_table() -> None:
    model, frame = estimator()
    before = frame.copy()
    with wl.explain(
        lambda rows: np.stack([model(rows), 6 - model(rows)], 1), frame, target=0, background=frame
    ) as widget:
        first = widget.wait(300)
        assert widget._choices["editable"] == ["cells"]
        hear(widget, row=1, column=0, value=11)
        found = widget.wait(300)
        np.testing.assert_allclose(np.ravel(found.score), np.ravel(first.score) - np.array([0, 3, 0]))
        assert frame.equals(before)
        original, edited = told(widget, 2)
        assert original["label"] == ""
        assert edited["edit"] == "row 1: age 41 → 11"
        assert [edited["was"], edited["label"]] == ["class 0", "class 0"]
        assert edited["after"] is not None
        hear(widget, row=0, column=2, value="Rome")
        widget.wait(300)
        assert told(widget, 3)[2]["edit"] == "row 0: city Oslo → Rome, row 1: age 41 → 11"
        assert told(widget, 3)[2]["label"] == ""
        hear(widget, row=7, column=0, value=1)
        assert "no row 7" in widget._status["refused"]


@pytest.mark.parametrize(
    ("cells", "value", "now"),
    [
        (pd.Series(["a", None], dtype=object), "b", "b"),
        (pd.Series([1, 2], dtype="category"), "2", 2),
        (pd.Series([1, None], dtype="Int64"), None, pd.NA),
        (pd.Series([1, None], dtype="Int64"), 7, 7),
        (pd.Series([True, False]), 0, False),
        (pd.Series([1, 2], dtype="int8"), 5, 5),
        (pd.Series([0.5, 1], dtype="float32"), None, np.nan),
    ],
)
def test_a_column_keeps_its_dtype(cells: pd.Series, value: Any, now: Any) -> None:
    frame = pd.DataFrame({"z": [1.0, 2.0], "c": cells})
    view = TableView(["z", "c"], np.zeros((2, 2)), ("0", "1"), None, {})  # type: ignore[arg-type]
    for row in (0, 1):
        made = CellEdit().apply(frame, view, {"row": row, "column": 1, "value": value})
        assert made["c"].dtype == cells.dtype
        assert (pd.isna(made["c"][row]) and pd.isna(now)) or made["c"][row] == now
        assert made.drop(index=row).equals(frame.drop(index=row))


@pytest.mark.parametrize(("dtype", "value"), [("category", "c"), ("int8", 300), ("Int64", 2.5)])
def test_what_a_column_cannot_hold(dtype: str, value: Any) -> None:
    frame = pd.DataFrame({"c": pd.Series([1, 2], dtype=dtype)})
    view = TableView(["c"], np.zeros((2, 1)), ("0", "1"), None, {})  # type: ignore[arg-type]
    with pytest.raises(wl.WhylightError, match=r"c (cannot hold|holds)"):
        CellEdit().apply(frame, view, {"row": 0, "column": 0, "value": value})


def test_a_transposed_array_is_changed_too() -> None:
    for x in (np.arange(6.0).reshape(3, 2).T, torch.arange(6.0).reshape(3, 2).T):
        view = TableView(["a", "b", "c"], np.zeros((2, 3)), ("0", "1"), None, {})  # type: ignore[arg-type]
        made = CellEdit().apply(x, view, {"row": 1, "column": 2, "value": 9})
        assert float(made[1, 2]) == 9
        assert float(x[1, 2]) == 5


class Two(torch.nn.Module):
    def forward(self, row: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return torch.stack([row.sum(1) + other.prod(1), -row.sum(1)], 1)


@pytest.mark.parametrize("named", [False, True])
def test_one_of_several_inputs(named: bool) -> None:
    parts = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0, 5.0]])
    x: Any = {"row": parts[0], "other": parts[1]} if named else parts
    with wl.explain(Two(), x) as widget:
        first = widget.wait(300)
        assert widget._choices["editable"] == ["cells", "cells"]
        hear(widget, part=1, column=2, value=6)
        assert float(widget.wait(300).score) == pytest.approx(float(first.score) + 12)
        assert told(widget, 2)[1]["edit"].endswith(": feature 2 5 → 6")
        hear(widget, part=2, column=0, value=6)
        assert "no input 2" in widget._status["refused"]
    assert parts[1][0, 2] == 5


def pairs(text: str, text_pair: str | None = None) -> dict[str, Any]:
    """One id for every word, its length; two texts where there are two."""
    given = [text] if text_pair is None else [text, text_pair]
    found = [(m, i) for i, one in enumerate(given) for m in re.finditer(r"\w+", one)]
    return {
        "input_ids": [len(m.group()) for m, _ in found],
        "offset_mapping": [m.span() for m, _ in found],
        "sequence_ids": [i for _, i in found],
    }


class Words(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding.from_pretrained(torch.arange(20.0)[:, None])

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        found = self.embedding(input_ids).sum((1, 2))
        return torch.stack([found, -found], 1)


def test_a_pair_of_texts() -> None:
    with wl.explain(Words(), ("one two", "three"), tokenizer=pairs) as widget:
        assert float(widget.wait(300).score) == 11
        assert widget._choices["editable"] == ["text"]
        hear(widget, texts=["one two", "eleven\nfour"])
        assert float(widget.wait(300).score) == 16
        assert told(widget, 2)[1]["edit"] == "three → eleven four"
        hear(widget, texts=["one two"])
        assert "reads 2 texts" in widget._status["refused"]


def test_the_text_that_is_bound_to_the_tokenizer_stays() -> None:
    with wl.explain(Words(), "one two", tokenizer=partial(pairs, text_pair="three")) as widget:
        widget.wait(300)
        hear(widget, texts=["one", "three"])
        assert float(widget.wait(300).score) == 8
        assert told(widget, 2)[1]["edit"] == "\N{MINUS SIGN} two"
        hear(widget, texts=["one", "seven"])
        assert "bound to the tokenizer" in widget._status["refused"]


def test_token_ids_in_place_of_a_text_and_of_others() -> None:
    ids = lambda *numbers: {"input_ids": torch.tensor([numbers])}
    for x in ("one two", ids(3, 3)):
        with wl.explain(Words(), x, tokenizer=pairs) as widget:
            widget.wait(300)
            widget.edit(ids(3, 5, 1))
            assert float(widget.wait(300).score) == 9
            assert widget.sample == 1
            for bad in ([3, 5], torch.tensor([[3, 5]])):
                with pytest.raises(wl.WhylightError, match="input_ids"):
                    widget.edit(bad)
            assert widget.sample == 1
