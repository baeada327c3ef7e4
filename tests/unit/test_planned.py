"""What a method says beforehand that it is going to cost is what it takes."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

import whylight as wl
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.methods import ContextualDecomposition, FiniteDifferences, Occlusion, ShapleyValues


def planned(model, x, method, **options):
    """What a method says it is going to cost over all baselines, and what it took."""
    explainer = Explainer(model, x, options)
    references = explainer.prepared.references(options.get("baseline"))
    asked = []
    handle = model.register_forward_hook(lambda *_: asked.append(1)) if isinstance(model, torch.nn.Module) else None
    explainer.outputs()
    asked.clear()
    plan = explainer.planned(method, options.get("baseline"))
    assert not asked
    if handle:
        handle.remove()
    taken = explainer.answer(Request(method=method, baseline=options.get("baseline"))).n_evaluations
    return plan.passes * (len(references) if method.needs_baseline else 1), taken, plan.at_most


@pytest.mark.parametrize("window", [None, 3, (3, 5)])
@pytest.mark.parametrize("baseline", [0.0, [0.0, 1.0]])
def test_occlusion_knows_its_windows(window, baseline):
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 17 * 21, 2))
    found, taken, at_most = planned(net, torch.randn(1, 3, 17, 21), Occlusion(window=window), baseline=baseline)
    assert (found, at_most) == (taken, False)


@pytest.mark.parametrize("shape", [(1, 3, 32, 40), (1, 6), (1, 2, 64)])
def test_decomposition_knows_its_units(shape):
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(math.prod(shape), 2))
    found, taken, _ = planned(net, torch.randn(shape), ContextualDecomposition())
    assert found == taken


@pytest.mark.parametrize("method", [ShapleyValues(), ShapleyValues(n_samples=6), ShapleyValues(tol=0.5)])
@pytest.mark.parametrize("columns", [4, 20])
def test_shapley_values_know_what_they_take_at_most(method, columns):
    x, rows = torch.randn(1, columns), np.random.default_rng(0).normal(size=(5, columns)).astype("float32")
    found, taken, at_most = planned(torch.nn.Linear(columns, 2), x, method, background=rows, baseline="background")
    assert at_most == (columns == 20 and method.n_samples is None)
    assert taken <= found + 5
    if not at_most:
        assert found == pytest.approx(taken, abs=5)  # one of all together is shared out to five references


@pytest.mark.parametrize("scheme", ["central", "central4", "forward"])
def test_finite_differences_know_their_arms(scheme):
    frame = pd.DataFrame({"a": [0.3, 1.7, 2.2], "flag": [True, False, True], "city": ["x", "y", "z"], "n": [1, 2, 3]})
    model = lambda rows: rows["a"].to_numpy() ** 2 + (rows["city"] == "x") + rows["n"].to_numpy()
    for rows in (frame.iloc[:1], frame):
        explainer = Explainer(model, rows, {"background": frame})
        plan = explainer.planned(FiniteDifferences(scheme=scheme))
        assert plan.passes == explainer.answer(Request(method=FiniteDifferences(scheme=scheme))).n_evaluations


def test_a_baseline_says_how_many_references_it_stands_for():
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    with wl.explain(torch.nn.Linear(3, 2), torch.randn(1, 3), background=rows) as widget:
        widget.wait(60)
        told = {b["value"]: b.get("references") for b in widget._choices["baselines"]}
    assert told["background"] == 5
    assert told["zero"] is None
