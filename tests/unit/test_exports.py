"""Files of what is on show: comma-separated values, larger pictures, and what the browser's menu asks for."""

import csv
import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import whylight as wl
from tests.unit.models import MeanOfWords
from whylight.live.kept import DRAWING

PIXELS = (np.arange(8 * 8 * 3) * 7 % 256).astype(np.uint8).reshape(8, 8, 3)


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(192, 3)).eval()


def letters(text):
    return {"input_ids": [[ord(c) % 300 for c in text]], "offset_mapping": [[i, i + 1] for i in range(len(text))]}


def table(answer, folder):
    return list(csv.reader(io.StringIO(answer.save(folder / "x.csv").read_text("utf-8"))))


@pytest.mark.parametrize(
    ("made", "header", "rows", "place"),
    [
        (lambda: wl.attribute(net(), PIXELS), ["row", "column"], 64, ["0", "1"]),
        (lambda: wl.attribute(MeanOfWords(), "one, two", tokenizer=letters), ["word"], 3, [","]),
        (
            lambda: wl.attribute(nn.Linear(3, 2), torch.ones(1, 3), feature_names=["a", "b,c", "d"]),
            ["feature"],
            3,
            ["b,c"],
        ),
        (lambda: wl.attribute(nn.Linear(3, 2), np.ones((2, 3), np.float32)), ["row", "feature"], 6, ["0", "feature 1"]),
        (
            lambda: wl.attribute(nn.Sequential(nn.Flatten(), nn.Linear(144, 2)), torch.rand(1, 1, 4, 6, 6)),
            ["plane", "row", "column"],
            144,
            ["0", "0", "1"],
        ),
    ],
    ids=["picture", "text", "row", "table", "volume"],
)
def test_csv_has_a_line_for_every_place_and_the_numbers_add_up(made, header, rows, place, tmp_path):
    torch.manual_seed(0)
    answer = made()
    head, *lines = table(answer, tmp_path)
    assert head == [*header, "attribution"]
    assert len(lines) == rows
    assert lines[1][:-1] == place
    assert sum(float(line[-1]) for line in lines) == pytest.approx(float(answer.total.sum()), rel=1e-6, abs=1e-9)


def test_csv_of_a_comparison_has_a_column_for_each_map(tmp_path):
    with wl.explain(net(), PIXELS, n_steps=3) as made:
        made.compare = ["input_gradient"]
        made.wait(300)
        head, *lines = table(made, tmp_path)
        assert len(head) == len(lines[0]) == 4
        gradient = made.compared[0].view.numbers(made.compared[0].attributions.numpy())
    assert float(lines[9][3]) == pytest.approx(gradient[1, 1], rel=1e-6)


def test_a_batch_has_no_csv(tmp_path):
    with pytest.raises(TypeError, match="json or npz"):
        wl.attribute(net(), torch.rand(2, 3, 8, 8)).save(tmp_path / "x.csv")


def size(path):
    return Image.open(io.BytesIO(path.read_bytes())).size


def test_scale_makes_a_png_larger(tmp_path):
    answer = wl.attribute(net(), PIXELS, n_steps=3)
    once, twice = (size(answer.save(tmp_path / "x.png", scale=scale)) for scale in (1, 2))
    assert twice == (2 * once[0], 2 * once[1])


def asked(widget, **message):
    """What the browser gets for a wish of its menu."""
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._handle_custom_msg({"kind": "export", "id": 7, **message}, [])
    DRAWING.submit(lambda: None).result()
    return sent[0]


@pytest.mark.parametrize("engine", [True, False])
@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("png", b"\x89PNG"),
        ("svg", b"<?xml"),
        ("pdf", b"%PDF"),
        ("html", b"<!doctype"),
        ("csv", b"row,"),
        ("npz", b"PK"),
        ("json", b"{"),
    ],
)
def test_the_browser_gets_the_file_it_asks_for(kind, begins, engine):
    made = wl.explain(net(), PIXELS, n_steps=3) if engine else wl.attribute(net(), PIXELS, n_steps=3).widget()
    made.wait(300)
    told, (data,) = asked(made, format=kind)
    made.close()
    assert told == {"v": 1, "kind": "export", "id": 7, "name": f"explanation.{kind}", "missing": ""}
    assert bytes(data).startswith(begins)


def test_pictures_have_the_colours_on_show():
    with wl.explain(net(), PIXELS, n_steps=3) as made:
        made.wait(300)
        plain = asked(made, format="png", scale=2)[1][0]
        made.colormap = "PuOr"
        purple = asked(made, format="png", scale=2)[1][0]
    a, b = (np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int) for data in (plain, purple))
    assert a.shape == b.shape
    assert np.abs(a - b).max() > 50


def test_pictures_tell_as_much_as_the_card():
    photo = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    model = nn.Sequential(nn.AvgPool2d(16), nn.Flatten(), nn.Linear(192, 3)).eval()
    with wl.explain(model, photo, n_steps=3) as made:
        made.wait(300)
        files = {}
        for detail in ("spotlight", "regions", "pixels"):
            made.detail = detail
            files[detail] = bytes(asked(made, format="png")[1][0])
        assert len(set(files.values())) == 3
        made.compare = ["input_gradient"]
        made.wait(300)
        for detail, alone in files.items():
            made.detail = detail
            assert bytes(asked(made, format="png")[1][0]) == alone


def test_code_and_what_cannot_be_made():
    with wl.explain(net(), PIXELS, n_steps=3) as made:
        made.wait(300)
        assert asked(made, format="py")[1] == [made.code().encode()]
        told, buffers = asked(made, format="exe")
    assert (buffers, told["name"]) == ([], "")
    assert "Known: png" in told["missing"]
    saved = wl.attribute(net(), PIXELS, n_steps=3).widget()
    assert "no engine behind it" in asked(saved, format="py")[0]["missing"]
    saved.close()
