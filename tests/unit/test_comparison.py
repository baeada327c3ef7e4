"""Comparing: ranks against scipy's definition, nothing computed twice, newest wins, what the widget keeps."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import whylight as wl
from tests.unit.models import MeanOfWords, counted
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.live.answer_cache import KEPT, AnswerCache
from whylight.live.events import Status
from whylight.live.followups import Comparison
from whylight.live.session import Session
from whylight.problem.gradient_cache import GradientCache
from whylight.results.comparison import Compared, Correlations, centred, correlation, ranks

PIXELS = (np.arange(8 * 8 * 3) * 7 % 256).astype(np.uint8).reshape(8, 8, 3)
LABELS = ["ant", "bee", "cat", "dog", "eel"]


def spearman(a, b):
    return correlation(centred(a), centred(b))


def rank_correlation(a, b):
    """Of two maps as drawn."""
    alike = Correlations()
    alike.add("a", a)
    return alike.add("b", b)["a"]


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5)).eval()


@pytest.fixture
def widget():
    with wl.explain(net(), PIXELS, labels=LABELS, n_steps=33) as made:
        made.wait(300)
        yield made


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=30))
def test_ranks_count_the_smaller_values_and_share_ties(values):
    array = np.array(values, float)
    want = [(array < v).sum() + ((array == v).sum() + 1) / 2 for v in array]
    np.testing.assert_allclose(ranks(array), want)


def test_rank_correlation_sees_order_only():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(7, 9))
    assert spearman(a, np.exp(3 * a)) == pytest.approx(1)
    assert spearman(a, -(a**3)) == pytest.approx(-1)
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])) == pytest.approx(1 - 6 * 4 / (4 * 15))
    assert spearman(a, np.zeros_like(a)) is None
    assert spearman(a, np.full_like(a, np.nan)) is None


def test_correlations_are_those_of_every_pair():
    answers = [wl.attribute(net(), PIXELS, target=t, method="input_gradient") for t in range(4)]
    alike = Correlations()
    for i, answer in enumerate(answers):
        found = alike.add(str(i), answer)
        assert found == {str(j): pytest.approx(rank_correlation(answer, answers[j])) for j in range(i)}


def test_three_methods_share_the_gradients_of_one():
    model, news = net(), []
    task = Explainer(model, PIXELS, {"target": 2, "n_steps": 33}, store=GradientCache())
    session = Session(task, news.append)
    main = Request(target=2, n_steps=33)
    others = ("input_gradient", "input_x_gradient")
    with counted(model) as count:
        session.follow_up("compare", Comparison({m: Request(method=m, target=2, n_steps=33) for m in others}))
        session.submit(main)
        session.wait(300)
    assert count.gradients == 33
    beside = [n for n in news if isinstance(n, Compared)]
    assert [b.name for b in beside] == list(others)
    assert [b.last for b in beside] == [False, True]
    assert news[-1] == Status("done", done=33, total=33)
    for b in beside:
        want = wl.attribute(model, PIXELS, target=2, method=b.name)
        torch.testing.assert_close(b.attribution.attributions, want.attributions)
    maps = [session.attribution, *(b.attribution for b in beside)]
    for i, b in enumerate(beside, 1):
        want = [pytest.approx(rank_correlation(maps[i], earlier)) for earlier in maps[:i]]
        assert b.correlations == dict(zip(["", *others][:i], want, strict=True))


def test_guided_ascent_starts_from_the_gradients_of_integrated_gradients():
    model, news = net(), []
    task = Explainer(model, PIXELS, {"target": 2, "rule": "riemann_trapezoid", "n_steps": 17}, store=GradientCache())
    session = Session(task, news.append)
    climb = wl.methods.GGIG(n_steps=16, n_iter=3, step_size=0.01)
    others = {"ggig": Request(method=climb, target=2), "input_gradient": Request(method="input_gradient", target=2)}
    with counted(model) as count:
        session.follow_up("compare", Comparison(others))
        session.submit(Request(target=2, rule="riemann_trapezoid", n_steps=17))
        session.wait(300)
    # the first of three sweeps, and the gradient at the input, were there; two climbs are done twice
    assert count.gradients == 17 + 2 * (17 + 2)


def test_finished_answers_cost_nothing_and_the_main_one_is_not_shown_twice(widget):
    sent = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget.compare = ["input_gradient", {"target": "dog"}]
    widget.wait(300)
    assert [m["kind"] for m in sent if m["kind"] != "status"] == ["beside", "beside"]
    model = widget._settings.explainer.model.given
    with counted(model) as count:
        widget.compare = [{"target": "dog"}]
        widget.wait(300)
        widget.target = "dog"
        widget.wait(300)
    assert count.gradients == 0
    assert widget.attribution.target == "dog"


def test_settings_are_plain_each_once_and_observable(widget):
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), names=["compare"])
    widget.compare = ["input_gradient", {"target": "cat"}, {"method": wl.methods.InputGradient()}, {"baseline": 0.5}]
    plain = [{"method": "input_gradient"}, {"target": 2}, {"baseline": "0.5"}]
    assert widget.compare == plain
    assert seen == [plain]
    widget.wait(300)
    assert [a.method for a in widget.compared] == ["input_gradient", "integrated_gradients", "integrated_gradients"]
    assert [a.target for a in widget.compared][1] == "cat"
    assert widget.compared[2].provenance["baseline"] == ["0.5"]
    assert "compare" not in widget.code()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (["input_gradien"], "input_gradient"),
        ([{"targt": 1}], "target"),
        ([{}], "empty"),
        ([{"target": 99}], "out of range"),
        ([{"baseline": "blak"}], "black"),
    ],
)
def test_bad_settings_raise_at_once(widget, value, says):
    with pytest.raises(ValueError, match=says):
        widget.compare = value
    assert widget.compare == []


def test_compared_maps_follow_steps_target_and_baseline(widget):
    widget.compare = ["input_gradient", {"baseline": "white"}]
    widget.n_steps, widget.target = 17, "eel"
    widget.wait(300)
    gradient, white = widget.compared
    assert (gradient.target, white.target) == ("eel", "eel")
    assert white.n_evaluations == 17
    want = wl.attribute(net(), PIXELS, target=4, baseline="white", n_steps=17)
    torch.testing.assert_close(white.attributions, want.attributions)
    tiles = widget._compared["tiles"]
    assert [t["setting"] for t in tiles] == widget.compare
    assert {t["seq"] for t in tiles} == {widget._frame["seq"]}
    json.dumps([{k: v for k, v in t.items() if k != "arrays"} for t in tiles], allow_nan=False)
    widget.compare = []
    assert widget.compared == ()
    assert widget._compared == {}


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.gate, self.inside = net(), threading.Event(), threading.Event()
        self.gate.set()

    def forward(self, x):
        if torch.is_grad_enabled():
            self.inside.set()
            assert self.gate.wait(300)
        return self.inner(x)


def test_stop_ends_a_comparison_and_keeps_the_map():
    model = Gated()
    with wl.explain(model, PIXELS, n_steps=17) as made:
        main = made.wait(300)
        model.gate.clear()
        model.inside.clear()
        made.compare = [{"target": 1}, {"target": 2}]
        assert model.inside.wait(300)
        made.stop()
        model.gate.set()
        made.wait(300)
        assert made._status["state"] == "stopped"
        assert "comparing" in made._status["message"]
        assert made.attribution is main
        made.compare = [{"target": 2}]
        made.wait(300)
        assert [a.target for a in made.compared] == ["class 2"]


def test_a_model_that_breaks_while_comparing_says_so(widget):
    def broken(out):
        raise RuntimeError("no such head") if torch.is_grad_enabled() else ValueError("never")

    with pytest.raises(ValueError, match="never"):
        widget.compare = [{"target": broken}]
    assert widget.wait(300).final


def test_one_that_fails_says_why_and_the_others_go_on(widget):
    class Broken(wl.methods.InputGradient):
        label = "Broken"

        def refine(self, problem):
            raise RuntimeError("no such <b>head</b>")
            yield

    main = widget.attribution
    widget.compare = [{"target": 1}, {"method": Broken()}, "input_gradient"]
    assert widget.wait(300) is main
    assert widget._status["state"] == "done"
    first, failed, last = widget._compared["tiles"]
    assert failed["meta"] == {"missing": "RuntimeError: no such <b>head</b>", "notes": []}
    assert (failed["arrays"], failed["correlations"]) == ({}, [])
    assert (first["meta"]["missing"], last["meta"]["missing"]) == ("", "")
    assert [c["with"] for c in last["correlations"]] == [{}, first["setting"]]
    assert [a.method for a in widget.compared] == ["integrated_gradients", "input_gradient"]
    widget.compare = ["input_gradient"]
    widget.wait(300)
    assert len(widget._compared["tiles"]) == 1


def test_changed_weights_are_not_answered_from_memory(widget):
    widget.compare = ["input_gradient"]
    widget.wait(300)
    before = widget.compared[0].attributions
    with torch.no_grad():
        for p in widget._settings.explainer.model.given[3].parameters():
            p.mul_(2)
    widget.compare = []
    widget.compare = ["input_gradient"]
    widget.wait(300)
    torch.testing.assert_close(widget.compared[0].attributions, 2 * before)


def test_kept_answers_have_a_limit():
    task, finished = Explainer(net(), PIXELS, {"target": 1}), AnswerCache()
    answer = wl.attribute(net(), PIXELS, target=1, n_steps=2)
    huge = torch.zeros(1).expand(1, KEPT)
    big = wl.Attribution(huge, None, huge, answer.score, None, "x", 1, "m")
    requests = [Request(target=i) for i in range(3)]
    for request in requests:
        finished.put(task, request, big, task.model.version())
    assert [finished.get(task, r) is big for r in requests] == [False, False, True]


def test_text_is_compared_by_words():
    def tokenizer(text):
        return {"input_ids": [[ord(c) % 300 for c in text]], "offset_mapping": [[i, i + 1] for i in range(len(text))]}

    with wl.explain(MeanOfWords(), "two words", tokenizer=tokenizer, n_steps=5) as made:
        made.compare = ["input_gradient", {"target": 0}]
        made.wait(300)
        assert [t["arrays"]["units"]["shape"] for t in made._compared["tiles"]] == [[2], [2]]
        alike = [t["correlations"] for t in made._compared["tiles"]]
        assert [[c["with"] for c in row] for row in alike] == [[{}], [{}, {"method": "input_gradient"}]]
        assert all(-1 <= c["value"] <= 1 for row in alike for c in row)


def test_baselines_are_offered_with_pictures(widget):
    pictures = {c["value"]: c["picture"] for c in widget._choices["baselines"]}
    assert set(pictures) >= {"black", "white", "mean", "noise", "max_distance"}
    assert set(pictures["black"]["data"]) == {0}
    assert set(pictures["white"]["data"]) == {255}
    widget.baseline = {"half": 0.5}
    widget.wait(300)
    (own,) = [c for c in widget._choices["baselines"] if c["label"] == "half"]
    assert set(own["picture"]["data"]) == {128}


def test_scores_of_all_baselines_on_offer_come_from_one_pass():
    model, passes = net(), []
    model.register_forward_hook(lambda module, given, out: passes.append((len(out), torch.is_grad_enabled())))
    with wl.explain(model, PIXELS, labels=LABELS, target="bee", n_steps=33) as made:
        made.wait(300)
        scores = {c["value"]: c["score"] for c in made._choices["baselines"]}
        assert [rows for rows, grad in passes if not grad] == [1, 2, 2, 7], (
            "the input, twice again; baselines, of which two are the same"
        )
        assert passes[-1] == (7, False), "after the map"
        assert set(scores) > {"black", "zero", "white", "blur"}
        for name, score in scores.items():
            want = wl.attribute(net(), PIXELS, target=1, baseline=name, n_steps=2)
            assert score == pytest.approx(want.baseline_score.item(), abs=1e-5)
        before = len(passes)
        made.target = "dog"
        made.wait(300)
        made.n_steps = 65
        made.wait(300)
        assert all(grad for _, grad in passes[before:]), "another target is read from the same answers"
        new = {c["value"]: c["score"] for c in made._choices["baselines"]}
        want = wl.attribute(net(), PIXELS, target=3, baseline="white", n_steps=2)
        assert new["white"] == pytest.approx(want.baseline_score.item(), abs=1e-5)
        before = len(passes)
        made.baseline = {"a": 0.5, "b": 0.25}
        made.wait(300)
        assert passes[-1] == (2, False)
        (own,) = [c for c in made._choices["baselines"] if c["value"] == made.baseline]
        want = [wl.attribute(net(), PIXELS, target=3, baseline=b, n_steps=2).baseline_score.item() for b in (0.5, 0.25)]
        assert own["score"] == pytest.approx(np.mean(want), abs=1e-5)


def test_scores_of_another_target_are_not_shown(widget):
    assert all(c["score"] is not None for c in widget._choices["baselines"])
    told = []
    widget.observe(lambda change: told.append([c["score"] for c in change["new"]["baselines"]]), "_choices")
    widget.target = "eel"
    widget.wait(300)
    assert set(told[0]) == {None}
    assert None not in told[-1]


def test_a_model_that_fails_at_a_baseline_on_offer_still_answers():
    class Picky(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = net()

        def forward(self, x):
            if not torch.is_grad_enabled() and len(x) > 2:
                raise RuntimeError("a batch")
            return self.inner(x)

    with wl.explain(Picky(), PIXELS, n_steps=17) as made:
        assert made.wait(300).final
        assert made._status["state"] == "done"
        assert all(c["score"] is None for c in made._choices["baselines"])


def test_regions_agree_where_pixels_do_not():
    """Maps that differ by noise of mean zero inside every tile: their sums over tiles are the same."""
    rng = np.random.default_rng(0)
    tiles = rng.normal(size=(7, 7)).repeat(4, 0).repeat(4, 1)
    noise = rng.normal(size=(7, 4, 7, 4))
    noise = 9 * (noise - noise.mean((1, 3), keepdims=True)).reshape(28, 28)
    picture = torch.zeros(1, 1, 28, 28)
    with_map = lambda values: replace(
        wl.attribute(lambda x: x.sum((1, 2, 3)), picture, method="input_gradient"),
        attributions=torch.tensor(values)[None, None],
    )
    one, other = with_map(tiles), with_map(tiles + noise)
    pixels, regions = Correlations(), Correlations(regions=True)
    assert (pixels.add("one", one), regions.add("one", one)) == ({}, {})
    assert abs(pixels.add("other", other)["one"]) < 0.5
    assert regions.add("other", other)["one"] == pytest.approx(1)


def test_what_has_no_pixels_has_no_regions():
    found = wl.attribute(lambda x: x.sum(1), torch.ones(1, 5), method="input_gradient")
    regions = Correlations(regions=True)
    regions.add("one", found)
    assert regions.add("other", found) == {"one": None}
