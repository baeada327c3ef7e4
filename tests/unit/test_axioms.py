"""Axioms and metamorphic relations of integrated gradients on random nets (float64)."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import whylight as wl
from tests.unit.models import mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache
from whylight.quadrature.rules import RULES

fixed = settings(derandomize=True, deadline=None, max_examples=25, database=None)
seeds = st.integers(0, 10**6)
rules = st.sampled_from(RULES)
steps = st.integers(2, 40)
acts = st.sampled_from([nn.ReLU, nn.Tanh, nn.GELU, nn.Softplus, nn.ELU])


def ig(F, x, **options: object) -> torch.Tensor:
    return wl.attribute(F, x, **{"target": 0, "n_steps": 12, **options}).attributions


def close(a: torch.Tensor, b: torch.Tensor, tol: float = 1e-10) -> bool:
    return torch.allclose(a, b, rtol=0, atol=tol * max(1.0, float(b.abs().max())))


@fixed
@given(seeds, rules, steps, acts, st.integers(0, 4))
def test_a_feature_the_net_ignores_gets_exactly_zero(seed, rule, n, act, dead):
    net = mlp(seed, act=act)
    with torch.no_grad():
        net[0].weight[:, dead] = 0
    found = wl.attribute(net, points(3, 5, seed=seed), target=1, rule=rule, n_steps=n)
    assert (found.attributions[:, dead] == 0).all()
    assert (found.error_estimate[:, dead] == 0).all()
    assert found.attributions.abs().sum() > 0


@fixed
@given(seeds)
def test_the_parts_add_up(seed):
    net, x = mlp(seed, act=nn.Softplus), points(4, 5, seed=seed)
    found = wl.attribute(net, x, target=2, rule="gausslegendre", n_steps=50)
    rise = net(x)[:, 2] - net(torch.zeros_like(x))[:, 2]
    assert close(found.attributions.sum(1), rise.detach())
    assert found.convergence_delta.abs().max() < 1e-10


@fixed
@given(seeds, rules, steps, acts, st.floats(-3, 3), st.floats(-3, 3))
def test_linear_in_the_model(seed, rule, n, act, a, b):
    first, second, x = mlp(seed, act=act), mlp(seed + 1, act=act), points(2, 5, seed=seed)
    both = ig(lambda z: a * first(z) + b * second(z), x, rule=rule, n_steps=n)
    apart = a * ig(first, x, rule=rule, n_steps=n) + b * ig(second, x, rule=rule, n_steps=n)
    if rule != "auto":  # auto weighs and places the points by what it sees: linear in the limit
        assert close(both, apart)


@fixed
@given(seeds, st.sampled_from([nn.Tanh, nn.GELU, nn.Softplus]))
def test_the_adaptive_rule_is_linear_in_the_limit(seed, act):
    first, second, x = mlp(seed, act=act), mlp(seed + 1, act=act), points(2, 5, seed=seed)
    both = ig(lambda z: 2 * first(z) - 3 * second(z), x, n_steps=65)
    assert close(both, 2 * ig(first, x, n_steps=65) - 3 * ig(second, x, n_steps=65), 1e-6)


@fixed
@given(seeds, rules, steps, st.floats(-50, 50).filter(lambda c: abs(c) > 0.01))
def test_scaling_the_score_scales_the_map(seed, rule, n, c):
    net, x = mlp(seed), points(2, 5, seed=seed)
    assert close(ig(lambda z: c * net(z), x, rule=rule, n_steps=n), c * ig(net, x, rule=rule, n_steps=n))


@fixed
@given(seeds, rules, steps, acts)
def test_symmetric_features_with_equal_values_get_equal_parts(seed, rule, n, act):
    net, x = mlp(seed, act=act), points(2, 5, seed=seed)
    with torch.no_grad():
        net[0].weight[:, 3] = net[0].weight[:, 1]
    x[:, 3] = x[:, 1]
    found = ig(net, x, rule=rule, n_steps=n)
    assert close(found[:, 3], found[:, 1], 1e-13)
    assert found[:, 1].abs().min() > 0


@fixed
@given(seeds, rules, steps, acts)
def test_equal_functions_get_equal_attributions(seed, rule, n, act):
    net, x = mlp(seed, act=act), points(2, 5, seed=seed)
    M = torch.linalg.qr(points(5, 5, seed=seed + 7))[0] * 2
    first, second = (nn.Linear(5, 5, bias=False).double() for _ in range(2))
    with torch.no_grad():
        first.weight.copy_(M)
        second.weight.copy_(torch.linalg.inv(M))
    assert close(ig(nn.Sequential(first, second, net), x, rule=rule, n_steps=n), ig(net, x, rule=rule, n_steps=n), 1e-9)


@fixed
@given(seeds, rules, steps)
def test_permuted_features_get_a_permuted_map(seed, rule, n):
    net, x, order = mlp(seed), points(2, 5, seed=seed), torch.randperm(5)
    back = torch.argsort(order)
    permuted = ig(lambda z: net(z[:, back]), x[:, order], rule=rule, n_steps=n)
    assert close(permuted, ig(net, x, rule=rule, n_steps=n)[:, order])


@fixed
@given(seeds, rules, steps)
def test_a_baseline_equal_to_the_input_gives_zeros(seed, rule, n):
    x = points(2, 5, seed=seed)
    found = wl.attribute(mlp(seed), x, target=0, baseline=x.clone(), rule=rule, n_steps=n)
    assert (found.attributions == 0).all()
    assert (found.error_estimate == 0).all()
    assert found.convergence_delta.abs().max() < 1e-14
    assert "Every attribution is zero" in found.notes[0]


@fixed
@given(seeds, st.sampled_from(["gausslegendre", "riemann_middle", "riemann_trapezoid"]), steps, acts)
def test_swapping_the_ends_negates_the_map(seed, rule, n, act):
    net, x, start = mlp(seed, act=act), points(2, 5, seed=seed), points(2, 5, seed=seed + 1)
    there = ig(net, x, baseline=start, rule=rule, n_steps=n)
    assert close(ig(net, start, baseline=x, rule=rule, n_steps=n), -there)
    level = ig(net, x, baseline=start, n_steps=17)
    assert close(ig(net, start, baseline=x, n_steps=17), -level)


@fixed
@given(seeds, steps)
def test_left_is_right_seen_from_the_other_end(seed, n):
    net, x, start = mlp(seed), points(2, 5, seed=seed), points(2, 5, seed=seed + 1)
    left = ig(net, x, baseline=start, rule="riemann_left", n_steps=n)
    assert close(ig(net, start, baseline=x, rule="riemann_right", n_steps=n), -left)


@fixed
@given(seeds, rules, steps)
def test_a_sum_over_blocks_of_features_splits(seed, rule, n):
    auto = rule == "auto"  # linear in the limit only: a smooth net, and enough points
    act, n = (nn.Softplus, 65) if auto else (nn.ReLU, n)
    first, second = mlp(seed, features=2, act=act), mlp(seed + 1, features=3, act=act)
    x = points(2, 5, seed=seed)
    both = ig(lambda z: first(z[:, :2]) + second(z[:, 2:]), x, rule=rule, n_steps=n)
    apart = ig(first, x[:, :2], rule=rule, n_steps=n), ig(second, x[:, 2:], rule=rule, n_steps=n)
    assert close(both, torch.cat(apart, 1), 1e-6 if auto else 1e-10)


@fixed
@given(seeds, rules, steps, st.integers(1, 50), acts)
def test_chunks_and_batches_do_not_change_the_map(seed, rule, n, chunk, act):
    net, x = mlp(seed, act=act), points(4, 5, seed=seed)
    whole = wl.attribute(net, x, target=1, rule=rule, n_steps=n, internal_batch_size=10**6)
    parts = wl.attribute(net, x, target=1, rule=rule, n_steps=n, internal_batch_size=chunk)
    alone = [wl.attribute(net, x[i : i + 1], target=1, rule=rule, n_steps=n) for i in range(4)]
    assert close(parts.attributions, whole.attributions, 1e-12)
    assert close(parts.error_estimate, whole.error_estimate, 1e-12)
    assert close(torch.cat([a.attributions for a in alone]), whole.attributions, 1e-12)
    assert close(torch.cat([a.score for a in alone]), whole.score, 1e-12)


@fixed
@given(seeds, st.lists(st.integers(2, 90), min_size=1, max_size=4), acts)
def test_the_way_to_a_number_of_steps_does_not_matter(seed, way, act):
    net, x = mlp(seed, act=act), points(2, 5, seed=seed)
    task = Explainer(net, x, Options(target=1), store=GradientCache())
    for n in [*way, 64]:
        *_, last = task.refine(Request(target=1, n_steps=n))
        direct = wl.attribute(net, x, target=1, n_steps=n)
        assert close(last.attributions, direct.attributions, 1e-12)
        assert close(last.error_estimate, direct.error_estimate, 1e-12)
        assert close(last.convergence_delta, direct.convergence_delta, 1e-12)


@fixed
@given(seeds, st.integers(0, 2))
def test_contrast_is_the_difference_of_maps(seed, other):
    x = points(2, 5, seed=seed)
    for act, options, tol in ((nn.ReLU, {"rule": "riemann_trapezoid"}, 1e-10), (nn.Tanh, {"n_steps": 65}, 1e-6)):
        net = mlp(seed, act=act)
        found = ig(net, x, target=wl.contrast(1, other), **options)
        assert close(found, ig(net, x, target=1, **options) - ig(net, x, target=other, **options), tol)
