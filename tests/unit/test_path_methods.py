"""Guided IG, blur IG, IDGI and split IG: literal transcriptions, completeness, closed forms (float64)."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.closed_forms import KINKED, SMOOTH
from tests.unit.models import Bag, WordTokenizer, conv_net, counted, mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.problem.baselines import gaussian_blur
from whylight.problem.gradient_cache import GradientCache

M = wl.methods
ON_LINE = [M.IDGI(), M.SplitIG(share=1.0), M.GuidedIG()]


def tensor(*rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def slope(F, x):
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(F(leaf).sum(), leaf)[0]


def smooth_picture_net(channels=3, size=8):
    torch.manual_seed(0)
    layers = [nn.Conv2d(channels, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * (size - 2) ** 2, 3)]
    return nn.Sequential(*layers).double()


# ---------------------------------------------------------------- guided IG


def literal_guided(F, x, start, *, steps, fraction, max_dist):
    """Algorithm 1 of the paper with anchors, feature by feature in NumPy; one sample."""
    x, start = x.numpy(), start.numpy()
    at, found, total = start.copy(), np.zeros_like(x), np.abs(x - start).sum()
    for step in range(1, steps + 1):
        actual = slope(F, torch.from_numpy(at)[None])[0].numpy()
        g, share = actual.copy(), step / steps
        low, high = max(share - max_dist, 0.0), min(share + max_dist, 1.0)
        least, most = start + (x - start) * low, start + (x - start) * high
        wanted, gamma = total * (1 - share), math.inf
        while gamma > 1:
            old = at.copy()
            with np.errstate(invalid="ignore", divide="ignore"):
                progress = (at - start) / (x - start)
            progress[np.isnan(progress)] = high
            at[progress < low - 1e-12] = least[progress < low - 1e-12]
            left = np.abs(x - at).sum()
            if math.isclose(left, wanted, rel_tol=1e-9, abs_tol=1e-9):
                found += (at - old) * actual
                break
            g[np.isclose(at, most, rtol=0, atol=1e-12)] = np.inf
            threshold = np.quantile(np.abs(g), fraction, method="lower")
            chosen = (np.abs(g) <= threshold) & (g != np.inf)
            way = np.abs(at - most)[chosen].sum()
            gamma = (left - wanted) / way if way > 0 else math.inf
            at[chosen] = most[chosen] if gamma > 1 else (at + gamma * (most - at))[chosen]
            found += (at - old) * actual
    return torch.from_numpy(found)


@pytest.mark.parametrize("max_dist", [0.02, 0.1, 1.0])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 0.6, 1.0])
@pytest.mark.parametrize("act", [nn.ReLU, nn.Tanh])
def test_guided_ig_is_the_algorithm(act, fraction, max_dist):
    net, x, start = mlp(act=act, features=12), points(2, 12), points(2, 12, seed=9)
    x[0, 3] = start[0, 3]
    method = M.GuidedIG(n_steps=20, fraction=fraction, max_dist=max_dist)
    found = wl.attribute(net, x, target=1, baseline=start, method=method).attributions
    F = lambda z: net(z)[:, 1]
    for i in range(2):
        expected = literal_guided(F, x[i], start[i], steps=20, fraction=fraction, max_dist=max_dist)
        assert torch.allclose(found[i], expected, rtol=0, atol=1e-9)


def test_guided_ig_held_to_the_line_is_the_left_sum():
    net, x = mlp(act=nn.Tanh), points(3, 5)
    found = wl.attribute(net, x, target=0, method=M.GuidedIG(n_steps=30, max_dist=0.0)).attributions
    expected = wl.attribute(net, x, target=0, rule="riemann_left", n_steps=30).attributions
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("act", [nn.ReLU, nn.Tanh])
def test_guided_ig_closes_the_gap_with_more_steps(act):
    net, x = mlp(act=act), points(4, 5)
    gaps = [
        wl.attribute(net, x, target=2, method=M.GuidedIG(n_steps=n)).convergence_delta.abs().mean()
        for n in (20, 200, 2000)
    ]
    assert gaps[2] < gaps[1] < gaps[0]
    assert gaps[2] < 5e-3


def test_guided_ig_of_a_separable_function_is_that_of_any_path():
    F = lambda z: z[:, 0].exp() + (1 + z[:, 1] ** 2).log()
    found = wl.attribute(F, tensor([1, 2]), method=M.GuidedIG(n_steps=2000, max_dist=0.3))
    assert torch.allclose(found.attributions, tensor([math.e - 1, math.log(5)]), atol=2e-3)


# ---------------------------------------------------------------- blur IG


def test_blur_ig_is_a_trapezoid_over_the_pictures():
    net, x = conv_net().eval(), points(2, 3, 8, 8)
    path = [gaussian_blur(x, 2.0 * (1 - k / 6)) if k < 6 else x for k in range(7)]
    grads = [slope(lambda z: net(z)[:, 1], p) for p in path]
    expected = sum((grads[k] + grads[k + 1]) / 2 * (path[k + 1] - path[k]) for k in range(6))
    for size in (1, 4, 100):
        method = M.BlurIG(n_steps=6, max_sigma=2.0)
        found = wl.attribute(net, x, target=1, method=method, internal_batch_size=size)
        assert torch.allclose(found.attributions, expected, rtol=0, atol=1e-12)
        assert torch.allclose(found.score, net(x)[:, 1].detach())
        assert torch.allclose(found.baseline_score, net(path[0])[:, 1].detach())


def test_blur_ig_is_complete():
    net, x = smooth_picture_net(), points(2, 3, 8, 8)
    coarse, fine = (wl.attribute(net, x, target=0, method=M.BlurIG(n_steps=n)) for n in (50, 400))
    assert fine.convergence_delta.abs().max() < 1e-3 * fine.attributions.abs().sum((1, 2, 3)).min()
    assert fine.convergence_delta.abs().max() < coarse.convergence_delta.abs().max()


def test_blur_ig_of_a_linear_model_is_the_weight_times_what_the_blur_takes():
    w, x = points(1, 2, 6, 6, seed=4), points(3, 2, 6, 6)
    found = wl.attribute(lambda z: (z * w).sum((1, 2, 3)), x, method=M.BlurIG(n_steps=3, max_sigma=1.5))
    assert torch.allclose(found.attributions, w * (x - gaussian_blur(x, 1.5)), rtol=0, atol=1e-13)
    assert found.convergence_delta.abs().max() < 1e-12


def test_blur_ig_of_a_flat_picture_is_zero():
    found = wl.attribute(conv_net().eval(), torch.full((1, 3, 8, 8), 0.4).double(), method="blur_ig")
    assert found.attributions.abs().max() < 1e-12


def test_blur_ig_is_for_pictures():
    with pytest.raises(wl.WhylightError, match=r"for pictures \(N, C, H, W\).*\[\(1, 5\)\]"):
        wl.attribute(mlp(), points(1, 5), method="blur_ig")


# ---------------------------------------------------------------- IDGI


@pytest.mark.parametrize("n", [1, 5, 64])
def test_idgi_is_the_algorithm(n):
    net, x, start = mlp(), points(3, 5), points(3, 5, seed=8)
    F, path = lambda z: net(z)[:, 1], [start + k / n * (x - start) for k in range(n + 1)]
    expected = torch.zeros_like(x)
    for now, then in pairwise(path):
        g, d = slope(F, now), (F(then) - F(now)).detach()
        expected += g**2 / (g**2).sum(1, keepdim=True) * d[:, None]
    found = wl.attribute(net, x, target=1, baseline=start, method=M.IDGI(n_steps=n))
    assert torch.allclose(found.attributions, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 64])
def test_idgi_is_complete_at_every_number_of_steps(n):
    net, x = mlp(), points(4, 5)
    found = wl.attribute(net, x, target=1, method=M.IDGI(n_steps=n))
    assert found.convergence_delta.abs().max() < 1e-12
    assert torch.allclose(found.total, (net(x) - net(0 * x))[:, 1].detach(), rtol=0, atol=1e-12)


def test_idgi_of_a_linear_model_shares_by_the_squared_weight():
    w, x = tensor([3, -1, 2])[0], points(4, 3)
    found = wl.attribute(lambda z: z @ w, x, method="idgi").attributions
    assert torch.allclose(found, (x @ w)[:, None] * w**2 / (w @ w), rtol=0, atol=1e-13)


def test_where_the_gradient_vanishes_idgi_loses_that_part():
    found = wl.attribute(lambda z: z[:, 0].relu(), tensor([3]), baseline=-1.0, method=M.IDGI(n_steps=4))
    assert found.attributions.item() == pytest.approx(2)  # from 1 to 3; at the kink itself the gradient is 0
    jump = lambda z: z[:, 0].round() + 0 * z[:, 0]
    lost = wl.attribute(jump, tensor([3]), method=M.IDGI(n_steps=4))
    assert lost.attributions.item() == 0
    assert lost.convergence_delta.item() == -3


def test_idgi_reuses_the_gradients_of_integrated_gradients():
    net, x = mlp(), points(1, 5)
    task = Explainer(net, x, {"target": 0, "rule": "riemann_trapezoid", "n_steps": 65}, store=GradientCache())
    with counted(net) as count:
        list(task.refine())
    assert count.gradients == 65
    with counted(net) as count:
        *_, last = task.refine(Request(method="idgi", target=0))
    assert count.gradients == 0
    assert last.final


# ---------------------------------------------------------------- split IG


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_left_and_right_add_up_to_integrated_gradients(share):
    net, x = mlp(), points(4, 5)
    whole = wl.attribute(net, x, target=1, rule="riemann_trapezoid", n_steps=65).attributions
    left, right = (wl.attribute(net, x, target=1, method=M.SplitIG(part=p, share=share)) for p in ("left", "right"))
    assert torch.allclose(left.attributions + right.attributions, whole, rtol=0, atol=1e-13)
    assert left.provenance["split"] == right.provenance["split"]


def test_the_split_is_where_the_share_is_reached():
    net, x, n = mlp(act=nn.Tanh), points(6, 5), 50
    found = wl.attribute(net, x, target=1, method=M.SplitIG(n_steps=n, share=0.7))
    for i, split in enumerate(found.provenance["split"]):
        F = [net(k / n * x[i : i + 1])[0, 1].item() for k in range(n + 1)]
        rise = [(f - F[0]) / (F[-1] - F[0]) for f in F]
        assert split == next(k for k, r in enumerate(rise) if r >= 0.7 - 1e-12) / n


def test_each_part_closes_its_own_gap():
    net, x = mlp(act=nn.Tanh), points(4, 5)
    for part in ("left", "right"):
        found = wl.attribute(net, x, target=1, method=M.SplitIG(n_steps=500, part=part))
        assert found.convergence_delta.abs().max() < 1e-4


def test_a_saturated_score_splits_at_the_bend():
    F = lambda z: 1 - (1 - z.sum(1)).relu()
    left = wl.attribute(F, tensor([4, 0]), method=M.SplitIG(share=1.0, n_steps=64))
    assert left.provenance["split"] == [0.25]
    assert left.attributions[0, 0].item() == pytest.approx(1, abs=2 / 64)
    right = wl.attribute(F, tensor([4, 0]), method=M.SplitIG(part="right", share=1.0, n_steps=64))
    assert right.attributions.abs().max() < 2 / 64


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize(
    "case", [c for c in [*SMOOTH, *KINKED] if len(c.x) == 1 or c.name in ("separable", "identity", "linear")], ids=str
)
@pytest.mark.parametrize("method", [M.GuidedIG(n_steps=1000), M.SplitIG(n_steps=1000, share=1.0)], ids=lambda m: m.name)
def test_closed_forms_that_hold_on_any_path(method, case):
    if case.name == "linear" and method.name == "split_ig":
        pytest.skip("the share is reached at the end only up to rounding")
    found = wl.attribute(case.F, case.inputs, baseline=case.baseline, method=method).attributions
    assert torch.allclose(found, case.answer, rtol=0, atol=4e-3)


@pytest.mark.parametrize("method", [M.IDGI(), M.GuidedIG(), M.SplitIG(), M.BlurIG()], ids=lambda m: m.name)
def test_nothing_moves_nothing_is_due(method):
    net, x = conv_net().eval(), torch.full((1, 3, 8, 8), 0.25).double()
    found = wl.attribute(net, x, baseline=x, method=method)
    assert found.attributions.abs().max() < 1e-12


@pytest.mark.parametrize("method", [M.GuidedIG(200), M.SplitIG(64), M.BlurIG(50), M.IDGI(64)], ids=lambda m: m.name)
@pytest.mark.parametrize("smooth", [True, False])
def test_the_errors_are_about_right(method, smooth):
    net, x = (smooth_picture_net() if smooth else conv_net().eval()), points(4, 3, 8, 8)
    found = wl.attribute(net, x, target=0, method=method)
    exact = wl.attribute(net, x, target=0, method=type(method)(n_steps=8 * method.n_steps)).attributions
    within = (found.attributions - exact).abs() <= found.error_estimate + 1e-12
    assert within.double().mean() > 0.95
    off = (found.attributions - exact).norm() / exact.norm()
    assert found.map_error.median() < 30 * off


@pytest.mark.parametrize("method", ON_LINE, ids=lambda m: m.name)
def test_first_a_look_then_all_steps(method):
    net, x = mlp(), points(2, 5)
    first, last = wl.refine(net, x, target=0, method=method)
    assert (first.final, last.final) == (False, True)
    assert first.n_evaluations == method.n_steps // 8
    assert last.provenance["n_steps"] == method.n_steps
    assert "n_steps" not in first.provenance


@pytest.mark.parametrize("method", ["guided_ig", "idgi", "split_ig"])
def test_text_has_one_value_per_token(method):
    found = wl.attribute(Bag(), "one two three", tokenizer=WordTokenizer(), method=method)
    assert found.attributions.shape == (1, 5)
