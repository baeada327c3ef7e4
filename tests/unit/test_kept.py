"""What a notebook keeps of a widget, and what a cell that runs again lets go of: in a made-up kernel, without a browser."""

import base64
import gc
import weakref
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest
import torch
from ipywidgets.widgets.widget import _instances
from torch import nn

import whylight as wl
from whylight.live import cells, host, kept
from whylight.show.html import kept_png

PIXELS = (np.arange(8 * 8 * 3) * 7 % 256).astype(np.uint8).reshape(8, 8, 3)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.inner, self.broken = (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5)),
            False,
        )

    def forward(self, x):
        if self.broken:
            raise RuntimeError("the third layer <b>is</b> missing")
        return self.inner(x)


class Kernel:
    """IPython's shell in a kernel, as far as it is asked; `run` runs a cell that shows what its function gives."""

    def __init__(self):
        self.kernel, self.events, self.display_pub = self, self, self
        self.display_formatter = SimpleNamespace(mimebundle_formatter=self)
        self.user_ns, self.user_ns_hidden = {"_oh": {}}, {}
        self.displayhook = SimpleNamespace(_="", __="", ___="")
        self.outputs, self.boxes, self.ran, self.told = {}, {}, None, {}

    def get_parent(self, channel):
        return {"metadata": self.told}

    def register(self, event, callback):
        self.ran = callback

    def for_type(self, kind, show):
        self.boxes[kind] = show

    def publish(self, data, transient, update):
        assert transient["display_id"] in self.outputs or not update
        self.outputs[transient["display_id"]] = data

    def run(self, show, cell=None, deleted=()):
        self.told = {"cellId": cell, "deletedCells": list(deleted)} if cell else {}
        shown = show()
        for one in shown if isinstance(shown, list) else [shown]:
            if isinstance(one, ipywidgets.Box):
                self.boxes[ipywidgets.Box](one)
            elif one is not None:
                one._repr_mimebundle_()
                self.user_ns["_oh"][len(self.user_ns["_oh"])] = self.user_ns["_"] = one
                self.displayhook._ = one
        self.ran(None)
        return shown

    @property
    def kept(self):
        return list(self.outputs.values())


@pytest.fixture
def kernel(monkeypatch):
    made = Kernel()
    monkeypatch.setattr(host, "shell", lambda: made)
    monkeypatch.setattr(cells, "_CELLS", [])
    wl.attribute(Net(), PIXELS, n_steps=2)  # not of a cell
    yield made
    made.run(lambda: None, "cleared", made.told.get("cellId", "") and [made.told["cellId"]])


def explain(**options):
    return wl.explain(options.pop("model", None) or Net(), PIXELS, n_steps=9, **options)


def test_where_nobody_looks_the_end_of_a_cell_waits_for_the_final_picture(kernel):
    made = kernel.run(explain)
    (twin,) = kernel.kept
    assert "9 gradients" in twin["text/plain"]
    assert "unfinished" not in twin["text/plain"]
    assert twin["image/png"] == made.wait()._repr_mimebundle_()[0]["image/png"]
    made.n_steps = 17
    kernel.run(lambda: None)
    assert "17 gradients" in kernel.kept[0]["text/plain"]
    made.close()


def test_where_a_page_looks_nothing_waits_and_the_picture_comes_after(kernel, monkeypatch):
    monkeypatch.setattr(kept, "QUIET", 0.0)
    made = kernel.run(explain, "a")
    assert kernel.kept[0]["text/html"] == kept.EARLY or "9 gradients" in kernel.kept[0]["text/plain"]
    made.wait(300)
    made._kept.update()
    kept.DRAWING.submit(lambda: None).result()
    assert "9 gradients" in kernel.kept[0]["text/plain"]
    assert len(kernel.outputs) == 1
    made.close()


def test_what_went_wrong_is_kept_with_the_last_good_picture(kernel):
    model = Net()
    made = kernel.run(lambda: explain(model=model))
    model.broken, made.baseline = True, "white"
    kernel.run(lambda: None)
    page = kernel.kept[0]["text/html"]
    assert "the third layer &lt;b&gt;is&lt;/b&gt; missing" in page
    assert page.count("data:image/png") == 1
    made.close()


def test_a_closed_one_keeps_its_last_picture(kernel):
    made = kernel.run(explain, "a")
    made.wait(300)
    made.close()
    assert "9 gradients" in kernel.kept[0]["text/plain"]


def test_boxes_of_widgets_keep_what_is_inside(kernel):
    pair = [explain(), explain()]
    kernel.run(lambda: ipywidgets.VBox([ipywidgets.HBox(pair), ipywidgets.Label("x")]))
    assert len(kernel.kept) == 2
    assert all("9 gradients" in twin["text/plain"] for twin in kernel.kept)
    for made in pair:
        made.close()


def test_a_cell_that_runs_again_lets_go_of_model_and_widget(kernel):
    alive = weakref.WeakSet()

    def again():
        model = Net()
        alive.add(model)
        kernel.user_ns["w"] = explain(model=model)
        return kernel.user_ns["w"]

    for _ in range(4):
        kernel.run(again, "a").wait(300)
    gc.collect()
    assert len(alive) == 1
    open_widgets = len(_instances)
    kernel.run(lambda: None, "a")
    assert len(alive) == 1, "a variable still holds it"
    kernel.user_ns["w"] = None
    kernel.run(again, "a")
    assert len(_instances) == open_widgets, "their layouts are closed too"


def test_views_elsewhere_lists_and_loops_survive(kernel):
    first = kernel.run(explain, "a")
    kernel.run(lambda: first, "b")
    kernel.run(explain, "a")
    assert first.comm is not None, "another cell shows it"
    several = kernel.run(lambda: [explain(), explain()], "c")
    assert all(one.comm is not None for one in several)
    kernel.user_ns["mine"] = {"first": several[0]}
    kernel.run(lambda: None, "c")
    assert [one.comm is not None for one in several] == [True, False]
    kernel.run(lambda: None, "d", deleted=["b"])
    assert first.comm is None, "its last cell was deleted"
    assert kernel.user_ns["_oh"]
    assert not any(one is first for one in kernel.user_ns["_oh"].values())


def test_nothing_is_let_go_of_where_cells_have_no_names(kernel):
    first = kernel.run(explain)
    kernel.run(explain)
    assert first.comm is not None
    first.close()


@pytest.mark.parametrize("noise", [0, 60])
def test_a_photograph_takes_no_more_than_a_quarter_of_a_megabyte(noise):
    rng = np.random.default_rng(0)
    pixels = np.clip(128 + noise * rng.standard_normal((224, 224, 3)), 0, 255).astype(np.uint8)
    model = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(3 * 28 * 28, 3))
    twin = wl.attribute(model, pixels, n_steps=2)._repr_mimebundle_()[0]
    assert set(twin) >= {"image/png", "text/plain"}
    assert "text/html" not in twin
    assert len(twin["image/png"]) <= 250_000
    assert kept_png(base64.b64decode(twin["image/png"])) == base64.b64decode(twin["image/png"])
