"""The answer's own numbers: error estimates against the truth, gaps, spread, representation, immutability."""

import dataclasses
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import mlp, points
from whylight.results.attribution import COVER
from whylight.tensors import as_tuple, norm, relative_error, sum_features

ACTS = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}


@cache
def truth(act: str, seed: int) -> torch.Tensor:
    options = (
        {"rule": "riemann_trapezoid", "n_steps": 4097} if act == "relu" else {"rule": "gausslegendre", "n_steps": 150}
    )
    return wl.attribute(net(act, seed), inputs(seed), target=0, **options).attributions


def net(act: str, seed: int) -> nn.Module:
    return mlp(seed, act=ACTS[act], features=10, width=32, classes=1)


def inputs(seed: int) -> torch.Tensor:
    return 2 * points(4, 10, seed=seed + 100)


def measured(act: str, **options) -> tuple[float, torch.Tensor]:
    """Share of features whose true error is within the estimate; estimated over true error of every map."""
    covered, ratios = [], []
    for seed in range(8):
        found = wl.attribute(net(act, seed), inputs(seed), target=0, **options)
        error = (found.attributions - truth(act, seed)).abs()
        covered.append((error <= found.error_estimate + 1e-12).double().mean())
        true = error.norm(dim=1) / truth(act, seed).norm(dim=1)
        ratios.append(found.map_error / true.clamp_min(1e-13))
    return float(torch.stack(covered).mean()), torch.cat(ratios)


@pytest.mark.parametrize("n", [33, 65])
@pytest.mark.parametrize("act", ACTS)
def test_estimates_cover_the_true_error_of_most_features(act, n):
    assert measured(act, n_steps=n)[0] > 0.9


@pytest.mark.parametrize("n", [33, 65])
@pytest.mark.parametrize("act", ["relu", "gelu"])
def test_estimates_cover_at_least_seven_in_ten(act, n):
    assert measured(act, n_steps=n)[0] > 0.7


@pytest.mark.parametrize("n", [33, 65])
@pytest.mark.parametrize("act", ["gelu", "tanh"])
def test_estimated_map_errors_of_smooth_nets_are_cautious(act, n):
    """They are those of a lower order: on an analytic path many times too large, and small all the same."""
    found = measured(act, n_steps=n)[1]
    assert found.min() > 0.5
    assert (
        max(float(wl.attribute(net(act, s), inputs(s), target=0, n_steps=n).map_error.max()) for s in range(8)) < 1e-3
    )


@pytest.mark.parametrize("act", ["gelu", "tanh"])
def test_estimated_map_errors_of_smooth_nets_are_about_right_where_they_matter(act):
    assert 0.5 < measured(act, n_steps=9)[1].median().item() < 6


@pytest.mark.parametrize("n", [33, 65])
def test_estimated_map_errors_of_kinked_nets_are_about_right(n):
    assert 0.8 < measured("relu", n_steps=n)[1].median().item() < 3


def test_no_estimated_map_error_is_far_too_small():
    assert measured("relu", n_steps=33)[1].min() > 0.3


def test_a_tolerance_does_not_cost_many_times_what_it_needs():
    paid = needed = 0
    for seed in range(8):
        exact = truth("relu", seed)
        *_, last = steps = list(wl.refine(net("relu", seed), inputs(seed), target=0, tol=0.05))
        good = [a for a in steps if ((a.attributions - exact).norm(dim=1) <= 0.05 * exact.norm(dim=1)).all()]
        paid, needed = paid + last.n_evaluations, needed + [*good, last][0].n_evaluations
    assert paid < 2 * needed


@pytest.mark.parametrize("rule", ["riemann_trapezoid", "riemann_middle", "gausslegendre"])
@pytest.mark.parametrize("act", ["relu", "gelu"])
def test_other_rules_are_not_too_sure_of_themselves(act, rule):
    assert measured(act, rule=rule, n_steps=33)[1].quantile(0.1).item() > 0.6


@pytest.mark.parametrize("n", [12, 20, 40, 50, 100])
@pytest.mark.parametrize("act", ["gelu", "tanh"])
def test_estimates_between_two_levels_hold_too(act, n):
    covered, ratios = measured(act, n_steps=n)
    assert covered >= 0.8
    assert ratios.median() > 0.5


@pytest.mark.parametrize("act", ["gelu", "tanh"])
def test_more_points_are_not_worse(act):
    errors = []
    for n in (17, 20, 33, 50, 65):
        parts = [
            wl.attribute(net(act, s), inputs(s), target=0, n_steps=n).attributions - truth(act, s) for s in range(4)
        ]
        errors.append(float(torch.cat(parts).norm()))
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("tol", [0.05, 0.01])
@pytest.mark.parametrize("act", ACTS)
def test_a_tolerance_is_kept_on_random_nets(act, tol):
    errors = []
    for seed in range(16):
        found = wl.attribute(net(act, seed), inputs(seed), target=0, tol=tol)
        errors.append((found.attributions - truth(act, seed)).norm(dim=1) / truth(act, seed).norm(dim=1))
        assert (found.map_error <= tol).all() or found.notes
    true = torch.cat(errors)
    assert (true <= 1.5 * tol).double().mean() >= 0.95
    assert true.max() <= 2.5 * tol


def test_estimates_are_there_from_the_first_point_on():
    for n in range(1, 12):
        found = wl.attribute(net("relu", 0), inputs(0), target=0, n_steps=n)
        assert found.error_estimate.shape == found.attributions.shape
        assert torch.isfinite(found.error_estimate).all()
        assert (found.error_estimate > 0).any()


def test_totals_and_gaps():
    found = wl.attribute(net("relu", 1), inputs(1), target=0, n_steps=9)
    assert torch.allclose(found.total, found.attributions.sum(1))
    rise = found.score - found.baseline_score
    assert torch.allclose(found.convergence_delta, found.total - rise)
    assert torch.allclose(found.relative_gap, (found.convergence_delta / rise).abs())
    assert torch.allclose(found.map_error, found.error_estimate.norm(dim=1) / found.attributions.norm(dim=1) / COVER)


def test_the_gap_over_several_inputs():
    x = (points(3, 2), points(3, 2, 2))
    found = wl.attribute(lambda a, b: a.prod(1) * b.flatten(1).sum(1).tanh(), x, n_steps=17)
    total = found.attributions[0].sum(1) + found.attributions[1].sum((1, 2))
    assert torch.allclose(found.total, total)
    assert found.map_error.shape == (3,)
    assert [a.shape for a in found.numpy()] == [(3, 2), (3, 2, 2)]


def test_no_gap_where_nothing_is_to_be_explained():
    x = points(1, 5)
    found = wl.attribute(mlp(), x, target=0, baseline=x)
    assert "nan" not in repr(found)


def test_a_batch_of_single_numbers():
    x = points(4)
    found = wl.attribute(lambda z: z**2, x)
    assert torch.allclose(found.attributions, x**2)
    assert found.total.shape == (4,)


def test_it_is_frozen_and_says_what_it_is():
    found = wl.attribute(mlp(), points(1, 5), target=0, n_steps=9)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.method = "other"
    shown = repr(found)
    assert all(part in shown for part in ("integrated_gradients", "class 0", "(1, 5)", "9 gradients", "gap", "F(x)"))
    assert isinstance(found.numpy(), np.ndarray)
    batch = wl.attribute(mlp(), points(2, 5), target=0, n_steps=9)
    assert batch._repr_mimebundle_() == {"text/plain": repr(batch)}


def test_provenance_tells_how_it_was_made():
    found = wl.attribute(mlp(), points(2, 5), target=1, baseline="mean", rule="riemann_middle", n_steps=8)
    made = found.provenance
    assert made["model"] == "Sequential"
    assert made["method"] == "integrated_gradients"
    assert made["parameters"] == {"n_steps": 8, "rule": "riemann_middle", "multiply_by_inputs": True}
    assert made["target"] == "class 1"
    assert made["target_value"] == 1
    assert made["baseline"] == ["mean"]
    assert made["output"] == "logit"
    assert made["n_evaluations"] == 8
    assert made["device"] == "cpu"
    assert made["versions"]["torch"] == torch.__version__
    assert len(made["weights"]) == 16
    assert len(made["relative_gap"]) == 2
    assert made["seconds"] > 0


def test_helpers():
    maps = (torch.tensor([[3.0, 0.0], [0.0, 0.0]]), torch.tensor([4.0, 0.0]))
    assert norm(maps).tolist() == [5, 0]
    assert sum_features(maps).tolist() == [7, 0]
    assert relative_error(maps, maps).tolist() == [1, 0]
    assert as_tuple(maps[0]) == (maps[0],)
