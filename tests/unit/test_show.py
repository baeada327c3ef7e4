"""Figures, pages and files: every format is written, holds the numbers, and never runs anything."""

import json

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.contract import make
from tests.unit.models import MeanOfWords
from whylight.show.attribution import html
from whylight.show.files import FORMATS
from whylight.show.readout import readout

VIEWS = list(make.GOLDEN)


@pytest.fixture(params=VIEWS)
def answer(request):
    return make.GOLDEN[request.param]()


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_written(answer, kind, tmp_path):
    path = answer.save(tmp_path / f"why.{kind}")
    assert path.stat().st_size > (40 if kind == "csv" else 200)


def test_arrays_come_back_exactly(answer, tmp_path):
    stored = np.load(answer.save(tmp_path / "why.npz"), allow_pickle=False)
    np.testing.assert_array_equal(stored["attributions"], answer.numpy())
    np.testing.assert_array_equal(stored["score"], answer.score.numpy())
    assert json.loads(str(stored["provenance"]))["provenance"]["device"] == answer.provenance["device"]
    listed = json.loads(answer.save(tmp_path / "why.json").read_text(encoding="utf-8"))
    np.testing.assert_array_equal(np.array(listed["attributions"], dtype=float), answer.numpy())


def test_figure_shows_itself(answer):
    assert answer.plot()._repr_png_().startswith(b"\x89PNG")


def test_page_has_no_script_and_says_the_numbers(answer):
    page = html(answer)
    assert "<script" not in page.lower()
    assert "onerror=" not in page.lower()
    assert readout(answer) in page


def test_readout_speaks_of_the_gap():
    line = readout(make.image())
    assert (
        line
        == "F(x) 8.50 − F(x′) 0.500 = 8.00\u2009logit · Σ −1.00 · gap 3.1\u2009% · map error ≈ 5.7\u2009% · 33 gradients · 0.25\u2009s · cpu"
    )


def test_all_zero_map_can_be_drawn():
    answer = wl.attribute(lambda x: x.sum((1, 2, 3)) * 0, torch.rand(1, 3, 4, 4), n_steps=3)
    assert "zero" in answer.notes[0]
    assert answer.plot()._repr_png_()


def test_long_text_grows_the_figure():
    short, long = (_text_answer(text).plot() for text in ("one word", "many words " * 60))
    assert long.get_figheight() > short.get_figheight() + 1


def _text_answer(text):
    def tokenizer(text):
        starts = [i for i, c in enumerate(text) if c != " " and (i == 0 or text[i - 1] == " ")]
        spans = [(i, (text + " ").index(" ", i)) for i in starts]
        return {"input_ids": [[i % 300 for i in starts]], "offset_mapping": spans}

    return wl.attribute(MeanOfWords(), text, tokenizer=tokenizer, n_steps=3)


def test_bad_paths_say_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"png"):
        make.image().save(tmp_path / "why.pgn")
    with pytest.raises(ValueError, match="does not exist"):
        make.image().save(tmp_path / "nowhere" / "why.png")
    with pytest.raises(TypeError, match="batch"):
        wl.attribute(nn.Linear(3, 1), torch.rand(2, 3)).plot()
