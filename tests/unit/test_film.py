"""Batches and lists in one widget: each sample as it would be alone, neighbours ahead, settings that belong to a sample."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from whylight.live.film import Film
from whylight.model.user_model import UserModel


def net(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 16), nn.Tanh(), nn.Linear(16, 3)).double().eval()


def pictures(n: int = 5) -> torch.Tensor:
    return torch.rand(n, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_every_sample_is_explained_as_it_would_be_alone() -> None:
    model, x = net(), pictures()
    with wl.explain(model, x) as widget:
        for i in (0, 3, 1, 4):
            widget.sample = i
            found, alone = widget.wait(300), wl.attribute(model, x[i : i + 1])
            assert found.target == alone.target
            torch.testing.assert_close(found.attributions, alone.attributions)
            assert widget._input["kind"] == "image"
            pixels = np.frombuffer(widget._input["arrays"]["pixels"]["data"], np.uint8).reshape(8, 8, 3)
            np.testing.assert_array_equal(pixels, alone.view.pixels)
            assert widget._frame["meta"]["score"] == pytest.approx(float(alone.score))


def test_how_many_there_are_is_told_before_any_answer() -> None:
    model = net().requires_grad_(False)
    with wl.explain(model, pictures()) as widget:
        assert widget._film["count"] == 5
    with wl.explain(model, pictures(1)) as alone:
        assert alone._film == {}


def test_the_strip_tells_what_the_model_says_and_what_is_true() -> None:
    model, x = net(), pictures()
    said = model(x).argmax(1).tolist()
    truth = [said[0], (said[1] + 1) % 3, *said[2:]]
    with wl.explain(model, x, labels=["ant", "bee", "cat"], y=torch.tensor(truth)) as widget:
        widget.wait(300)
        until(lambda: len(widget._film.get("samples", [])) == 5)
        samples = widget._film["samples"]
        assert [s["label"] for s in samples] == [["ant", "bee", "cat"][i] for i in said]
        assert [s["wrong"] for s in samples] == [False, True, False, False, False]
        chances = model(x).softmax(1).amax(1).tolist()
        assert [s["probability"] for s in samples] == pytest.approx(chances)
        assert widget._film["pictures"]["shape"] == [5, 8, 8, 3]
        assert list(widget._gaps["gaps"]) == ["0"]


def test_neighbours_are_worked_out_ahead() -> None:
    model, x = net(), pictures()
    calls = []
    model.register_forward_pre_hook(
        lambda module, given: calls.append(len(given[0])) if torch.is_grad_enabled() else None
    )
    with wl.explain(model, x) as widget:
        widget.wait(300)
        before = len(calls)
        widget.sample = 1
        widget.wait(300)
        ahead = len(calls) - before  # those of number 2, at most
        before = len(calls)
        widget.sample = 0
        widget.wait(300)
        assert len(calls) == before
        assert ahead > 0


def test_a_target_of_ones_own_stays_and_that_of_a_sample_goes_with_it() -> None:
    model, x = net(3), 4 * pictures(6) - 2
    said = model(x).argmax(1).tolist()
    assert len(set(said)) > 1
    with wl.explain(model, x) as widget:
        for i in range(6):
            widget.sample = i
            assert widget.target == said[i]
        other = (said[5] + 1) % 3
        widget.target = other
        widget.sample = 2
        assert widget.wait(300).target == f"class {other}"


def test_targets_baselines_and_further_inputs_are_each_samples_own() -> None:
    torch.manual_seed(0)
    weight = torch.randn(4, 3, dtype=torch.float64)
    model = lambda x, a: (x * a).tanh() @ weight
    x, a, start = (torch.randn(3, 4, dtype=torch.float64) for _ in range(3))
    options: dict[str, Any] = {"forward_kwargs": {"a": a}, "baseline": start, "target": [0, 2, 1]}
    together = wl.attribute(model, x, **options)
    with wl.explain(model, x, **options) as widget:
        for i in range(3):
            widget.sample = i
            found = widget.wait(300)
            torch.testing.assert_close(found.attributions[0], together.attributions[i], rtol=0.02, atol=1e-3)
            assert float(found.score) == pytest.approx(float(together.score[i]))
            assert float(found.baseline_score) == pytest.approx(float(together.baseline_score[i]))


def test_lists_of_texts() -> None:
    demo = wl.demo.sentiment()
    texts = ["a good film", "a bad film", "not good", "dull", "great fun"]
    with wl.explain(demo.model, texts, **demo.options) as widget:
        for i in (0, 3):
            widget.sample = i
            alone = wl.attribute(demo.model, texts[i], **demo.options)
            assert widget.wait(300).target == alone.target
            torch.testing.assert_close(widget.wait(300).attributions, alone.attributions)
            assert widget._input["text"] == texts[i]
        until(lambda: len(widget._film.get("samples", [])) == 5)
        assert [s["caption"] for s in widget._film["samples"]] == texts


def test_several_inputs_in_a_batch() -> None:
    torch.manual_seed(0)
    model = lambda p, q: torch.stack([p.flatten(1).sum(1) + q.sum(1), q.prod(1)], 1)
    x = torch.rand(3, 1, 4, 4), torch.rand(3, 2)
    with wl.explain(model, x) as widget:
        widget.sample = 2
        assert widget.wait(300).view.kind == "several"
        assert widget._input["inputs"][1]["values"] == pytest.approx(x[1][2].tolist())


def test_what_cannot_be_asked_for() -> None:
    model, x = net(), pictures()
    with wl.explain(model, x) as widget:
        with pytest.raises(wl.WhylightError, match="sample is one of 0 to 4; got 5"):
            widget.sample = 5
        assert widget.sample == 0
    with pytest.raises(wl.WhylightError, match="y has 2 labels, and there are 5 samples"):
        wl.explain(model, x, y=[0, 1])
    with pytest.raises(wl.WhylightError, match="up to 2000 samples, and x has 2001"):
        wl.explain(lambda x: x.sum(1), torch.zeros(2001, 2))


def test_a_sample_that_fails_says_so_and_the_others_go_on() -> None:
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, ["a good film", " ", "dull"], **demo.options) as widget:
        widget.wait(300)
        widget.sample = 1
        assert widget._status["state"] == "error"
        assert "The text is empty" in widget._status["message"]
        widget.sample = 2
        assert widget.wait(300).target == "negative"
        assert widget._status["state"] == "done"
        until(lambda: len(widget._film.get("samples", [])) == 3)
        assert "empty" in widget._film["samples"][1]["caption"]


def test_few_explainers_are_kept() -> None:
    x = pictures(12)
    film = Film.of(UserModel(net()), x, {})
    first = film.explainer(0)
    assert film.explainer(0) is first
    for i in range(1, 12):
        film.explainer(i)
    assert film.explainer(0) is not first


def test_the_code_is_that_of_the_sample_on_show() -> None:
    model, x = net(), pictures()
    with wl.explain(model, x, kind="picture") as widget:
        widget.sample = 2
        again = eval(widget.code(), {"wl": wl, "model": model, "x": x})
        assert "x[2:3]" in widget.code()
        assert "kind='picture'" in widget.code()
        torch.testing.assert_close(again.wait(300).attributions, widget.wait(300).attributions)
    demo = wl.demo.sentiment()
    with wl.explain(demo.model, ["dull", "great"], **demo.options) as widget:
        assert "model, x[0], " in widget.code()
    with wl.explain(model, x[:1]) as widget:
        assert "model, x, " in widget.code()


def test_the_code_slices_what_belongs_to_the_sample() -> None:
    torch.manual_seed(0)
    weight = torch.randn(4, 3, dtype=torch.float64)
    model = lambda x, a, b: (x * a).tanh() @ weight * b
    x, a, start = (torch.randn(3, 4, dtype=torch.float64) for _ in range(3))
    kwargs = {"a": a, "b": 2.0}
    with wl.explain(model, x, forward_kwargs=kwargs, baseline=start) as widget:
        widget.sample = 2
        names = {"wl": wl, "model": model, "x": x, "forward_kwargs": kwargs, "baseline": start}
        with eval(widget.code(), names) as again:
            torch.testing.assert_close(again.wait(300).attributions, widget.wait(300).attributions)
        assert "baseline=baseline[2:3]" in widget.code()


WRONG_TRUTHS = {
    "a number": (3, "one class number or name for each sample"),
    "one-hot": (torch.eye(5), r"shape \(5, 5\) \(one-hot"),
    "a name that is no class": (["ant", "bee", "zzz", "cat", "ant"], "Unknown class in y 'zzz'"),
    "a class too large": ([0, 1, 2, 3, 0], "y holds class 3, and there are 3 classes"),
}


@pytest.mark.parametrize("name", WRONG_TRUTHS)
def test_truth_is_checked(name: str) -> None:
    truth, message = WRONG_TRUTHS[name]
    with pytest.raises(wl.WhylightError, match=message):
        wl.explain(net(), pictures(), labels=["ant", "bee", "cat"], y=truth)


def test_truth_may_be_unknown() -> None:
    with wl.explain(net(), pictures(), labels=["ant", "bee", "cat"], y=["ant", None, -1, 2, "cat"]) as widget:
        widget.wait(300)
        until(lambda: len(widget._film.get("samples", [])) == 5)
        assert [s["truth"] for s in widget._film["samples"]] == ["ant", "", "", "cat", "cat"]
        assert [s["wrong"] is None for s in widget._film["samples"]] == [False, True, True, False, False]
