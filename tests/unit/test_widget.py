"""The widget without a browser: settings from Python, what is sent, errors in the cell, the static twin, letting go."""

import gc
import inspect
import threading
import weakref

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import MeanOfWords, mlp, points
from whylight.live.traits import Controls
from whylight.live.twin import static_twin
from whylight.live.widget import Explanation

PIXELS = (np.arange(8 * 8 * 3) * 7 % 256).astype(np.uint8).reshape(8, 8, 3)


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5)).eval()


LABELS = ["ant", "bee", "cat", "dog", "eel"]


@pytest.fixture
def widget():
    made = wl.explain(net(), PIXELS, labels=LABELS, tol=0.05)
    yield made
    made.close()


def test_starts_by_itself_and_agrees_with_attribute(widget):
    got = widget.wait(300)
    want = wl.attribute(net(), PIXELS, labels=LABELS, tol=0.05)
    torch.testing.assert_close(got.attributions, want.attributions)
    assert widget.attribution is got
    assert widget._frame["meta"]["final"]
    assert widget._status["state"] == "done"
    assert widget._input["kind"] == "image"


def test_settings_take_what_python_users_write(widget):
    widget.target = "dog"
    assert widget.target == 3
    assert widget.wait(300).target == "dog"
    widget.baseline = 0.5
    assert widget.wait(300).provenance["baseline"] == ["0.5"]
    widget.baseline = ["black", "white"]
    assert widget.baseline == "black + white"
    assert widget.wait(300).baseline_spread is not None
    widget.method = wl.methods.IntegratedGradients(multiply_by_inputs=False)
    assert widget.method.startswith("IntegratedGradients(")
    assert "wl.methods.IntegratedGradients(" in widget.code()
    assert widget.wait(300).provenance["parameters"]["multiply_by_inputs"] is False
    widget.target = wl.contrast("cat", "dog")
    assert widget.wait(300).target == "cat − dog"
    widget.target = lambda out: out[:, 0]
    assert widget.wait(300).target == "custom score"
    assert any(choice["label"] == "custom score" for choice in widget._choices["targets"])
    widget.target = 1
    assert widget.wait(300).target == "bee"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("target", "god", "dog"),
        ("target", 9, "out of range"),
        ("method", "integrated_gradient", "integrated_gradients"),
        ("baseline", "blak", "black"),
        ("n_steps", 0, "at least 1"),
    ],
)
def test_bad_settings_raise_at_once_and_change_nothing(widget, name, value, says):
    before = getattr(widget, name)
    with pytest.raises(ValueError, match=says):
        setattr(widget, name, value)
    assert getattr(widget, name) == before
    widget.wait(300)


def test_steps_replace_the_tolerance_and_come_back(widget):
    widget.n_steps = 17
    assert widget.wait(300).n_evaluations == 17
    widget.n_steps = None
    assert widget.wait(300).map_error.item() <= 0.05


def test_view_options_reach_no_engine(widget):
    widget.wait(300)
    seq = widget._frame["seq"]
    widget.colormap, widget.opacity, widget.clip, widget.sign, widget.view = "PuOr", 0.2, 90, "positive", "overlay"
    assert widget.wait(300) is widget.attribution
    assert widget._frame["seq"] == seq


def test_state_from_the_browser_starts_a_run(widget):
    widget.wait(300)
    thread = threading.Thread(target=widget.set_state, args=({"n_steps": 33, "target": 2},))
    thread.start()
    thread.join()
    got = widget.wait(300)
    assert (got.n_evaluations, got.target) == (33, "cat")


def test_no_final_frame_is_lost_between_worker_and_handlers(widget):
    for n in range(2, 60):
        widget.set_state({"n_steps": n, "opacity": n / 100})
        if n % 7 == 0:
            widget.wait(300)
            assert widget._frame["meta"]["n_steps"] == n
    widget.wait(300)
    assert widget._frame["meta"]["n_steps"] == 59


def test_stop_message(widget):
    widget.wait(300)
    sent = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget.n_steps = 4097
    widget._handle_custom_msg({"kind": "stop"}, [])
    widget.wait(300)
    assert [m["state"] for m in sent if m["kind"] == "status"][-1] in {"stopped", "done"}


def test_code_reproduces_the_numbers(widget):
    widget.target, widget.n_steps, widget.baseline = "dog", 20, "blur"
    want = widget.wait(300)
    torch.testing.assert_close(rerun(widget, labels=LABELS).attributions, want.attributions)


def rerun(widget, **own) -> wl.Attribution:
    """What the widget's own code computes."""
    code = widget.code().replace("wl.explain(", "wl.attribute(")
    return eval(code, {"wl": wl, "model": net(), "x": PIXELS, **own})


def test_code_keeps_every_option():
    own = {"target": lambda out: out[:, 0] - out[:, 1], "baseline": torch.full((1, 3, 8, 8), 0.3), "labels": LABELS}
    own["preprocess"] = lambda x: torch.from_numpy(x.copy()).permute(2, 0, 1).float() / 128 - 1
    with wl.explain(net(), PIXELS, tol=0.2, rule="riemann_middle", **own) as made:
        torch.testing.assert_close(rerun(made, **own).attributions, made.wait(300).attributions)
    with wl.explain(net(), PIXELS, output="probability", n_steps=9) as made:
        torch.testing.assert_close(rerun(made).attributions, made.wait(300).attributions)


def test_twin_of_an_unfinished_picture_says_so():
    class Slow(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.inside, self.open = net(), threading.Event(), threading.Event()

        def forward(self, x):
            if torch.is_grad_enabled() and len(x) > 9:
                self.inside.set()
                self.open.wait(300)
            return self.inner(x)

    model = Slow()
    with wl.explain(model, PIXELS, n_steps=257) as made:
        assert model.inside.wait(300)  # the first picture is there, the next one is not
        kept = static_twin(made._publisher)["text/plain"]
        with pytest.raises(TimeoutError, match="goes on"):
            made.wait(0.01)
        model.open.set()
        assert "unfinished, 257 points were asked for" in kept
        made.wait(300)
        assert "unfinished" not in static_twin(made._publisher)["text/plain"]


def test_scalar_output_can_get_a_custom_target_and_go_back():
    with wl.explain(nn.Sequential(nn.Flatten(), nn.Linear(192, 1)), torch.rand(1, 3, 8, 8)) as made:
        plain = made.wait(300)
        made.target = lambda out: 2 * out[:, 0]
        torch.testing.assert_close(made.wait(300).attributions, 2 * plain.attributions)
        made.target = None
        torch.testing.assert_close(made.wait(300).attributions, plain.attributions)


def test_closed_widget_says_so():
    made = wl.explain(net(), PIXELS)
    made.wait(300)
    made.close()
    assert made.wait().final  # what was computed stays


def test_model_error_is_readable_and_raised_by_wait():
    class Breaking(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.broken = net(), False

        def forward(self, x):
            if self.broken:
                raise RuntimeError("the third layer is missing")
            return self.inner(x)

    model = Breaking()
    with wl.explain(model, PIXELS) as made:
        made.wait(300)
        model.broken = True
        made.n_steps = 300
        with pytest.raises(RuntimeError, match="third layer"):
            made.wait(300)
        assert made._status["state"] == "error"
        assert "third layer" in made._status["message"]
        assert "Traceback" in made._status["detail"]
        assert made.attribution is not None


def test_errors_of_the_call_are_raised_in_the_cell():
    with pytest.raises(ValueError, match="out of range"):
        wl.explain(net(), PIXELS, target=7)
    with pytest.raises(ValueError, match="no way to draw"):
        wl.explain(net(), torch.zeros(2, 3, 8, 8, 8, 8))
    with pytest.raises(ValueError, match="one score per sample"):
        wl.explain(net(), PIXELS, target=lambda out: out)
    with pytest.raises(TypeError, match="n_steps"):
        wl.explain(net(), PIXELS, n_step=3)


def test_close_frees_the_model():
    model = net()
    made = wl.explain(model, PIXELS)
    made.wait(300)
    reference = weakref.ref(model)
    made.close()
    del model
    gc.collect()
    assert reference() is None


def test_closed_widget_is_freed_itself():
    made = wl.explain(net(), PIXELS)
    made.wait(300)
    made.close()
    reference = weakref.ref(made)
    del made
    gc.collect()
    assert reference() is None


def test_twin_of_a_picture_is_one_picture(widget):
    widget.wait(300)
    data, _ = widget._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data["image/png"].startswith("iVBOR")


def test_hostile_words_stay_text_in_the_twin():
    def tokenizer(text):
        return {"input_ids": [[ord(c) % 300 for c in text]], "offset_mapping": [[i, i + 1] for i in range(len(text))]}

    hostile = "<img src=x onerror=alert(1)> & <script>"
    with wl.explain(MeanOfWords(), hostile, tokenizer=tokenizer, labels=["<b>no</b>", "<i>yes</i>"]) as made:
        made.wait(300)
        page = made._repr_mimebundle_()[0]["text/html"]
    for markup in ("<img", "<script", "<b>", "<i>"):
        assert markup not in page.lower()
    assert "&lt;" in page


def test_an_attribution_shows_itself_without_an_engine():
    answer = wl.attribute(net(), PIXELS)
    shown = answer.widget()
    assert isinstance(shown, Explanation)
    assert shown._choices == {}
    assert shown._frame["arrays"]
    assert "image/png" in answer._repr_mimebundle_()[0]
    shown.close()


def test_the_path_of_a_small_picture_travels_unasked(widget):
    answer = widget.wait(300)
    assert widget._path["seq"] == widget._frame["seq"]
    assert widget._path["arrays"]["maps"]["shape"][1:] == [8, 8]
    assert len(widget.path.alphas) == answer.provenance["n_steps"]
    assert widget.path.values[-1] == pytest.approx(float(answer.score))
    widget.method = "input_gradient"
    widget.wait(300)
    assert "is no integral over the straight path" in widget._path["meta"]["missing"]
    with pytest.raises(wl.WhylightError, match="integrated_gradients"):
        _ = widget.path


def test_the_path_starts_from_the_baseline_that_is_chosen(widget):
    widget.baseline = ["black", "white"]
    widget.wait(300)
    assert (widget._path["meta"]["baselines"], widget._path["meta"]["which"]) == (["Black", "White"], 0)
    widget._handle_custom_msg({"kind": "path", "open": True, "which": 1}, [])
    widget.wait(300)
    assert (widget._path["meta"]["baseline"], widget._path["meta"]["which"]) == ("White", 1)
    widget._handle_custom_msg({"kind": "path", "open": True}, [])
    widget.n_steps = 5
    widget.wait(300)
    assert widget._path["meta"]["which"] == 1
    widget.baseline = "mean"
    widget.wait(300)
    assert widget._path["meta"]["which"] == 0


def test_the_path_of_a_photograph_is_sent_once_its_panel_opens():
    pixels = np.tile(PIXELS, (20, 20, 1))
    model = nn.Sequential(nn.AvgPool2d(20), nn.Flatten(), nn.Linear(3 * 64, 5)).eval()
    with wl.explain(model, pixels, n_steps=9) as widget:
        widget.wait(300)
        assert widget._path == {}
        widget._handle_custom_msg({"kind": "path", "open": True}, [])
        widget.wait(300)
        assert widget._path["seq"] == widget._frame["seq"]
        assert widget._path["arrays"]["maps"]["shape"] == [9, 80, 80]
        widget._handle_custom_msg({"kind": "path", "open": False}, [])
        widget.n_steps = 17
        widget.wait(300)
        assert widget._path["seq"] < widget._frame["seq"]


def test_a_picture_without_an_engine_has_no_path():
    saved = wl.attribute(net(), PIXELS, n_steps=9).widget()
    assert saved._path == {}
    with pytest.raises(wl.WhylightError, match="no engine"):
        _ = saved.path


def test_help_lists_every_trait(widget):
    options = [name for name in Controls.class_trait_names() if not name.startswith("_")]
    assert "selection" in options
    assert [name for name in options if f"`{name}`" not in wl.explain.__doc__.split("| trait |")[1]] == []
    assert inspect.getdoc(widget) == inspect.getdoc(wl.Explanation)


def test_every_class_has_its_probability():
    net = mlp(classes=30, dtype=torch.float32)
    x = points(1, 5).float()
    with wl.explain(net, x) as widget:
        widget.wait(300)
        told = widget._choices["probabilities"]
        found = np.frombuffer(told["data"], np.float32)
        assert told["shape"] == [30]
        np.testing.assert_allclose(found, net(x).detach().softmax(1)[0].numpy(), rtol=1e-5)
        assert [t["probability"] for t in widget._choices["targets"]] == pytest.approx(sorted(found)[:-11:-1], rel=1e-5)
