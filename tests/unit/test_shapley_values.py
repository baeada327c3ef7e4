"""Shapley values against closed forms, a direct recomputation and Captum; the background as their default."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from captum.attr import ShapleyValues as CaptumShapley
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import whylight as wl
from tests.unit.models import mlp, points


def rows(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def shapley(model, x, **options) -> wl.Attribution:
    return wl.attribute(model, x, method=options.pop("method", "shapley_values"), **options)


def by_hand(predict, x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The mean over all orders of switching features in, for every reference."""
    d, total = len(x), np.zeros(len(x))
    for order in itertools.permutations(range(d)):
        at = background.copy()
        for i in order:
            before = predict(at)
            at[:, i] = x[i]
            total[i] += (predict(at) - before).mean()
    return total / math.factorial(d)


def test_two_features_by_hand():
    predict = lambda X: X[:, 0] * X[:, 1] + 3 * X[:, 0]
    found = shapley(predict, np.array([2.0, 5.0]), baseline=np.array([1.0, 1.0]))
    # F(2, 5) = 16, F(2, 1) = 8, F(1, 5) = 8, F(1, 1) = 4
    assert found.numpy().tolist() == [[((8 - 4) + (16 - 8)) / 2, ((8 - 4) + (16 - 8)) / 2]]
    assert found.convergence_delta.item() == 0
    assert found.error_estimate.tolist() == [[0, 0]]


def test_a_linear_model_and_an_additive_one():
    background, beta = rows(40, 5), np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    x = rows(1, 5, seed=1)[0]
    found = wl.attribute(lambda X: X @ beta + 7, x, background=background)
    assert found.method == "shapley_values"
    assert np.allclose(found.numpy()[0], beta * (x - background.mean(0)), rtol=0, atol=1e-12)
    bent = lambda X: np.sin(X) * beta
    found = wl.attribute(lambda X: bent(X).sum(1), x, background=background)
    assert np.allclose(found.numpy()[0], bent(x) - bent(background).mean(0), rtol=0, atol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_any_order_of_switching(seed, d):
    background, x, W = rows(3, d, seed), rows(1, d, seed + 1)[0], rows(d, 4, seed + 2)
    predict = lambda X: np.tanh(X @ W).prod(1)
    found = wl.attribute(predict, x, background=background)
    assert np.allclose(found.numpy()[0], by_hand(predict, x, background), rtol=0, atol=1e-12)


def test_captum_agrees():
    net, x, base = mlp(act=nn.Tanh), points(2, 5), torch.zeros(1, 5, dtype=torch.float64)
    oracle = CaptumShapley(lambda t: net(t)[:, 1].float()).attribute(x.clone(), baselines=base)
    found = shapley(net, x, target=1, baseline=base)
    assert torch.allclose(found.attributions, oracle.double(), rtol=0, atol=1e-6), "it adds in float32"


@pytest.mark.parametrize("n_samples", [2, 3, 10])
def test_parts_add_up_whatever_the_draws(n_samples):
    background, x, W = rows(7, 30), rows(1, 30, seed=1)[0], rows(30, 4)
    predict = lambda X: np.tanh(X @ W).sum(1)
    method = wl.methods.ShapleyValues(n_samples=n_samples)
    answers = list(wl.refine(predict, x, background=background, method=method))
    assert [a.provenance["orders"] for a in answers] == list(range(2, n_samples + 2, 2))
    for found in answers:
        rise = predict(x[None]) - predict(background).mean()
        assert found.total.item() == pytest.approx(rise.item(), abs=1e-12)
        assert found.baseline_score.item() == pytest.approx(predict(background).mean(), abs=1e-12)
    assert answers[-1].n_evaluations == 1 + 7 * 2 * 29 * len(answers)


def test_the_error_estimate_covers_the_error():
    W = rows(8, 4, seed=3)
    predict = lambda X: np.tanh(X @ W).sum(1)
    inside = []
    for seed in range(40):
        background, x = rows(3, 8, seed), rows(1, 8, seed + 100)[0]
        exact = shapley(predict, x, background=background)
        method = wl.methods.ShapleyValues(n_samples=16, seed=seed)
        found = shapley(predict, x, background=background, method=method)
        inside.append(np.abs(found.numpy() - exact.numpy()) <= found.error_estimate.numpy() + 1e-12)
        assert exact.error_estimate.any().item() is False
    assert np.mean(inside) >= 0.9


def test_orders_are_drawn_until_it_is_accurate():
    x, background = rows(1, 20, seed=1)[0], rows(30, 20)
    additive = shapley(lambda X: np.cos(X).sum(1), x, background=background)
    assert additive.provenance["orders"] == 8, "nothing is left to chance"
    assert np.abs(additive.numpy()[0] - (np.cos(x) - np.cos(background).mean(0))).max() < 1e-12
    W = rows(20, 3, seed=2) / 4
    mixed = lambda X: np.tanh(X @ W).sum(1)
    loose, tight = (
        shapley(mixed, x, background=background, method=wl.methods.ShapleyValues(tol=tol)) for tol in (0.1, 0.02)
    )
    assert loose.n_evaluations < tight.n_evaluations < 2**17
    assert tight.map_error.item() <= 0.02


def test_the_same_seed_gives_the_same_numbers_and_another_others():
    x, background = rows(1, 20, seed=1)[0], rows(3, 20)
    predict = lambda X: np.tanh(X @ rows(20, 5)).sum(1)
    found = [
        shapley(predict, x, background=background, method=wl.methods.ShapleyValues(4, seed=seed)).numpy()
        for seed in (0, 0, 1)
    ]
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


def test_predictions_are_asked_for_together():
    calls = []

    def predict(X):
        calls.append(len(X))
        return (X**2).sum(1)

    shapley(predict, rows(1, 30, seed=1)[0], background=rows(100, 30))
    assert len(calls) < 40
    assert max(calls) <= 8192


def test_mixed_columns_are_switched_as_they_are():
    X = pd.DataFrame({"n": [1.0, np.nan, 3.0], "city": ["a", "b", None], "k": [1, 2, 3]})
    predict = lambda f: f["n"].fillna(10).to_numpy() * (f["city"] == "a").to_numpy() + f["k"].to_numpy(dtype=float)
    found = wl.attribute(predict, X.iloc[0], background=X)
    columns = list(X)

    def mixed(inside, j):
        row = X.iloc[[j]].copy()
        for c in inside:
            row[c] = X[c].iloc[[0]].to_numpy()
        return predict(row)[0]

    for i, name in enumerate(columns):
        rest = [c for c in columns if c != name]
        sets = [s for k in range(3) for s in itertools.combinations(rest, k)]
        weight = {0: 1 / 3, 1: 1 / 6, 2: 1 / 3}
        wanted = np.mean([sum(weight[len(s)] * (mixed((*s, name), j) - mixed(s, j)) for s in sets) for j in range(3)])
        assert found.numpy()[0, i] == pytest.approx(wanted, abs=1e-12)
    assert found.total.item() == pytest.approx(predict(X)[0] - predict(X).mean())


def test_a_category_that_all_references_share_is_not_examined():
    X = pd.DataFrame({"n": [1.0, 2.0], "city": ["a", "a"]})
    found = wl.attribute(lambda f: f["n"].to_numpy() + (f["city"] == "a"), X.iloc[0], background=X)
    assert found.examined.tolist() == [[True, False]]
    assert np.isnan(found.numpy()[0, 1])
    assert found.convergence_delta.item() == 0
    assert any("city: the same in all references" in note for note in found.notes)


def test_long_backgrounds_are_cut_and_say_so():
    X = rows(5000, 2)
    found = wl.attribute(lambda Z: Z.sum(1), X[0], background=X)
    assert found.provenance["baseline_label"] == "Background (1000 of 5000 rows)"
    assert len(found.baselines) == 1000
    again = wl.attribute(lambda Z: Z.sum(1), X[0], background=X)
    assert torch.equal(found.attributions, again.attributions)
    net = wl.attribute(mlp(features=2, act=nn.Tanh), torch.tensor(X[:1]), background=X, target=0)
    assert net.provenance["baseline_label"] == "Background (300 of 5000 rows)"


@pytest.mark.parametrize("kind", ["tensor", "array", "series"])
def test_a_net_adds_up_to_the_mean_over_the_background(kind):
    net, X = mlp(act=nn.Tanh), points(60, 5)
    frame = pd.DataFrame(X.numpy(), columns=list("abcde"))
    x = {"tensor": X[:1], "array": X[0].numpy(), "series": frame.iloc[0]}[kind]
    found = wl.attribute(net, x, background=frame if kind == "series" else X.numpy(), target=1)
    rise = net(X)[0, 1] - net(X)[:, 1].mean()
    assert found.method == "integrated_gradients"
    assert found.provenance["baseline"] == ["background"]
    assert found.total.item() == pytest.approx(rise.item(), abs=found.error_estimate.sum().item() + 1e-9)
    assert found.baseline_score.item() == pytest.approx(net(X)[:, 1].mean().item(), abs=1e-12)
    exact = shapley(net, X[:1], background=X.numpy(), target=1)
    assert exact.total.item() == pytest.approx(rise.item(), abs=1e-12)


def test_rows_with_missing_values_start_no_path():
    net, X = mlp(act=nn.Tanh), points(6, 5).numpy()
    background = X.copy()
    background[2, 1] = np.nan
    found = wl.attribute(net, X[0], background=background, target=1)
    assert found.provenance["baseline_label"] == "Background (5 of 6 rows)"
    assert found.attributions.isfinite().all()


def test_without_a_background_all_is_as_it_was():
    X, net = rows(6, 3), mlp(features=3)
    assert wl.attribute(lambda Z: Z.sum(1), X[0]).method == "finite_differences"
    assert wl.attribute(lambda Z: Z.sum(1), X, background=X).method == "finite_differences"
    assert wl.attribute(net, X[0]).provenance["baseline"] == ["zero"]


def test_explain_offers_the_background_and_keeps_its_name():
    net, X = mlp(act=nn.Tanh), points(9, 5)
    with wl.explain(net, X[0].numpy(), background=X.numpy(), target=1) as widget:
        first = widget.wait(300)
        assert (widget.method, widget.baseline) == ("integrated_gradients", "background")
        offered = {b["value"]: b["label"] for b in widget._choices["baselines"]}
        assert offered["background"] == "Background (9 rows)"
        widget.baseline = "mean"
        widget.wait(300)
        widget.baseline = "background"
        assert torch.equal(widget.wait(300).attributions, first.attributions)
        widget.method = "input_gradient"
        assert widget.wait(300).provenance["per_unit"]


def test_nan_that_the_predictor_makes_is_told_as_ever():
    background = np.array([[0.0, 1.0], [2.0, -1.0]])
    with pytest.raises(wl.WhylightError, match="F\\(x\\) is NaN"):
        wl.attribute(lambda X: X[:, 0] * np.nan, np.array([1.0, 3.0]), background=background)
    mixed = lambda X: np.where((X[:, 0] == 0) & (X[:, 1] == 3), np.nan, X.sum(1))
    found = wl.attribute(mixed, np.array([1.0, 3.0]), background=background)
    assert found.examined is None
    assert any("not finite" in note for note in found.notes)


def test_slopes_stay_slopes_with_a_background():
    X = rows(20, 3)
    predict = lambda Z: Z @ np.array([1.0, 2.0, 3.0])
    assert torch.allclose(wl.jacobian(predict, X[0], background=X), torch.tensor([[[1.0, 2.0, 3.0]]]).double())
    assert wl.effects(predict, X, background=X).mean[0] == pytest.approx([1, 2, 3])


def test_a_background_of_unknown_length_has_no_total():
    from whylight.explainer.request import Request

    assert Request(n_steps=33, baseline="background").n_gradients is None
    assert Request(n_steps=33, baseline=np.zeros(3)).n_gradients == 33


def test_groups_are_scored_against_all_baselines():
    net, x = mlp(act=nn.Tanh), points(1, 5)
    several = [torch.zeros(1, 5), torch.ones(1, 5)]
    both, one, other = (
        wl.interaction(net, x, [0], [1], target=1, scorer="occlusion", baseline=b)
        for b in ([t.double() for t in several], several[0].double(), several[1].double())
    )
    assert both == pytest.approx((one + other) / 2)


def test_wide_tables_cost_two_pairs_of_orders_at_most():
    found = wl.attribute(lambda Z: Z.sum(1), np.ones(700), background=rows(120, 700))
    assert found.provenance["orders"] == 4
    assert found.provenance["baseline_label"] == "Background (100 of 120 rows)"
    assert np.allclose(found.total, found.score - found.baseline_score)
