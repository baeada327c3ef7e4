"""GGIG against a slow literal transcription of its algorithm, closed forms and invariants (float64)."""

import copy
from itertools import pairwise, product

import pytest
import torch

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, counted, mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache

GGIG = wl.methods.GGIG
VARIANTS = list(product(["signed", "abs", "absmax"], ["max", "mean"], ["max", "mean"]))


def tensor(*rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def ggig(F, x, target=None, baseline=None, **parameters):
    return wl.attribute(F, x, target=target, baseline=baseline, method=GGIG(**parameters)).attributions


def literal(F, x, start, *, m, T, eta, sign, step, path, multiply=False, whole=True):
    """Point by point, step by step, as METHODS.md writes it; one sample without a batch dimension."""

    def extreme(values):
        values = torch.stack(values)
        if sign != "absmax":
            return values.max(0).values
        return values.gather(0, values.abs().argmax(0, keepdim=True))[0]

    per_point = []
    for k in range(0 if whole else 1, m + 1):
        z, met = start + (k / m) * (x - start), []
        for _ in range(T):
            leaf = z.clone().requires_grad_()
            (g,) = torch.autograd.grad(F(leaf[None])[0], leaf)
            met.append(g)
            z = z + eta * g
        kept = extreme(met) if step == "max" else torch.stack(met).mean(0)
        per_point.append(kept.abs() if sign == "abs" else kept)
    if path == "max":
        found = extreme(per_point)
    elif len(per_point) == 1:
        found = per_point[0]
    else:
        found = torch.trapezoid(torch.stack(per_point), dim=0) / (len(per_point) - 1)
    return found * (x - start) if multiply else found


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("sign", "step", "path"), VARIANTS)
@pytest.mark.parametrize("act", [torch.nn.ReLU, torch.nn.Tanh])
def test_it_is_the_algorithm(act, sign, step, path, whole):
    net, x, start = mlp(act=act), points(3, 5), points(3, 5, seed=7)
    F = lambda z: net(z)[:, 2]
    found = ggig(
        net,
        x,
        2,
        start,
        n_steps=6,
        n_iter=8,
        step_size=0.3,
        sign=sign,
        step_reduce=step,
        path_reduce=path,
        include_baseline=whole,
    )
    for i in range(3):
        expected = literal(F, x[i], start[i], m=6, T=8, eta=0.3, sign=sign, step=step, path=path, whole=whole)
        assert torch.allclose(found[i], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("parameters", "same"),
    [
        ({}, {"m": 50, "T": 100, "eta": 1e-4, "step": "max", "path": "max"}),
        ({"path_reduce": "mean", "n_iter": 9}, {"m": 50, "T": 9, "eta": 1e-4, "step": "max", "path": "mean"}),
        ({"n_iter": 1, "path_reduce": "mean"}, {"m": 50, "T": 1, "eta": 0, "step": "max", "path": "mean"}),
        ({"n_iter": 1}, {"m": 50, "T": 1, "eta": 0, "step": "max", "path": "max"}),
        (
            {"n_steps": 1, "include_baseline": False, "n_iter": 20, "step_reduce": "mean"},
            {"m": 1, "T": 20, "eta": 1e-4, "step": "mean", "path": "max", "whole": False},
        ),
        (
            {"n_steps": 1, "include_baseline": False, "n_iter": 1},
            {"m": 1, "T": 1, "eta": 0, "step": "max", "path": "max", "whole": False},
        ),
        (
            {"n_iter": 3, "multiply_by_inputs": True},
            {"m": 50, "T": 3, "eta": 1e-4, "step": "max", "path": "max", "multiply": True},
        ),
    ],
    ids=["GGIG", "GGIG_IG", "IG", "IG_Max", "GDA", "GRAD", "times input"],
)
def test_the_named_variants(parameters, same):
    net, x = mlp(), points(1, 5)
    expected = literal(lambda z: net(z)[:, 1], x[0], 0 * x[0], sign="signed", **same)
    assert torch.allclose(ggig(net, x, 1, **parameters)[0], expected, rtol=0, atol=1e-10)


def test_grad_is_the_input_gradient():
    net, x = mlp(), points(4, 5)
    found = ggig(net, x, 0, n_steps=1, n_iter=1, include_baseline=False)
    assert torch.equal(found, wl.attribute(net, x, target=0, method="input_gradient").attributions)


def test_ig_times_the_input_is_integrated_gradients():
    net, x = mlp(), points(4, 5)
    found = ggig(net, x, 0, n_iter=1, path_reduce="mean", multiply_by_inputs=True)
    expected = wl.attribute(net, x, target=0, rule="riemann_trapezoid", n_steps=51).attributions
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
    assert torch.allclose(
        ggig(lambda z: z[:, 0] * z[:, 1], tensor([1, 2]), n_iter=1, path_reduce="mean", multiply_by_inputs=True),
        tensor([1, 1]),
    )


@pytest.mark.parametrize(("sign", "step", "path"), VARIANTS)
def test_a_linear_model_has_its_weights(sign, step, path):
    w = tensor([2, -3, 0.5])[0]
    found = ggig(
        lambda z: z @ w + 4,
        points(3, 3),
        n_steps=4,
        n_iter=5,
        step_size=0.7,
        sign=sign,
        step_reduce=step,
        path_reduce=path,
    )
    assert torch.allclose(found, (w.abs() if sign == "abs" else w).expand(3, 3), rtol=0, atol=1e-13)


def quadratic(*a):
    return lambda z: 0.5 * (torch.tensor(a).double() * z**2).sum(1)


def test_closed_forms():
    F, x = quadratic(0.5, -0.25), tensor([1, 2])
    assert torch.allclose(ggig(F, x, step_size=0.1, n_iter=1), tensor([0.5, 0]), rtol=0, atol=1e-15)
    assert torch.allclose(ggig(F, x, step_size=0.1, n_iter=10), tensor([0.5 * 1.05**9, 0]), rtol=0, atol=1e-14)
    assert ggig(F, x, step_size=0.1, n_iter=10)[0, 0].item() == pytest.approx(0.77566411, abs=1e-8)
    assert torch.allclose(ggig(lambda z: z[:, 0] * z[:, 1], tensor([1, 2]), step_size=0.1, n_iter=1), tensor([2, 1]))
    assert ggig(lambda z: 1 - (1 - z[:, 0]).relu(), tensor([2])).item() == 1
    assert ggig(lambda z: z[:, 0].sin(), tensor([3])).item() == pytest.approx(1, abs=1e-12)


def test_a_negative_influence_vanishes_under_the_signed_maximum():
    F, x = quadratic(0.5, 0.5), tensor([1, -2])
    signed = ggig(F, x, step_size=0.1, n_iter=10)
    assert torch.allclose(signed, tensor([0.5 * 1.05**9, 0]), rtol=0, atol=1e-14)
    largest = ggig(F, x, step_size=0.1, n_iter=10, sign="absmax")
    assert torch.allclose(largest, tensor([0.5 * 1.05**9, -(1.05**9)]), rtol=0, atol=1e-14)


@pytest.mark.parametrize("sign", ["signed", "absmax"])
def test_it_grows_with_steps_and_with_nested_points(sign):
    net, x = mlp(), points(3, 5)
    size = lambda a: a.abs() if sign == "absmax" else a
    maps = [
        size(a.attributions)
        for a in wl.refine(net, x, target=0, method=GGIG(n_steps=4, n_iter=12, step_size=0.2, sign=sign))
    ]
    assert all((after >= before).all() for before, after in pairwise(maps))
    finer = size(ggig(net, x, 0, n_steps=8, n_iter=12, step_size=0.2, sign=sign))
    assert (finer >= maps[-1] - 1e-14).all()


def test_scaling_the_score_and_shrinking_the_step_scales_the_map():
    net, x = mlp(act=torch.nn.Tanh), points(2, 5)
    plain = ggig(net, x, 1, step_size=0.2, n_iter=9)
    scaled = ggig(lambda z: 3 * net(z), x, 1, step_size=0.2 / 3, n_iter=9)
    assert torch.allclose(scaled, 3 * plain, rtol=0, atol=1e-12)


def test_relabelling_features_relabels_the_map():
    net, x, order = mlp(), points(2, 5), torch.tensor([3, 0, 4, 1, 2])
    back = order.argsort()
    moved = ggig(lambda z: net(z[:, back]), x[:, order], 1, n_iter=5, step_size=0.1)
    assert torch.allclose(moved, ggig(net, x, 1, n_iter=5, step_size=0.1)[:, order], rtol=0, atol=1e-13)


def test_every_yield_is_what_fewer_iterations_give():
    net, x = mlp(), points(2, 5)
    method = GGIG(n_steps=5, n_iter=6, step_size=0.2)
    for T, found in enumerate(wl.refine(net, x, target=0, method=method), 1):
        assert found.n_evaluations == 6 * T + (T - 1)  # one of the six climbs is done twice
        assert found.final == (T == 6)
        assert torch.equal(found.attributions, ggig(net, x, 0, n_steps=5, n_iter=T, step_size=0.2))


def test_it_promises_nothing():
    net, x = mlp(), points(2, 5)
    found = wl.attribute(net, x, target=0, method=GGIG(n_steps=4, n_iter=3))
    assert found.convergence_delta is None
    assert found.relative_gap is None
    assert found.error_estimate.max() < 1e-12
    assert torch.equal(found.score, net(x)[:, 0].detach())
    assert torch.allclose(found.baseline_score, net(0 * x)[:, 0].detach())


def test_not_finite_gradients_count_as_zero_and_are_counted():
    F = lambda z: (z[:, 0] + z[:, 1]).sqrt()
    found = wl.attribute(F, tensor([1, 3]), method=GGIG(n_steps=4, n_iter=1))
    assert torch.equal(found.attributions, tensor([1, 1]) / 2)  # 1 / (2 sqrt 1) at the first quarter
    assert "NaN or infinite at 1 of 5 points" in found.notes[0]


def test_the_first_sweep_costs_nothing_after_integrated_gradients():
    net, x = mlp(), points(1, 5)
    task = Explainer(net, x, {"target": 0, "rule": "riemann_trapezoid", "n_steps": 11}, store=GradientCache())
    with counted(net) as count:
        list(task.refine())
    assert count.gradients == 11
    with counted(net) as count:
        (found,) = Explainer.refine(task, Request(method=GGIG(n_steps=10, n_iter=1), target=0))
    assert count.gradients == 0
    assert torch.allclose(found.attributions, ggig(net, x, 0, n_steps=10, n_iter=1), rtol=0, atol=1e-14)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_chunks_do_not_matter(size):
    net, x = conv_net().eval(), points(2, 3, 8, 8)
    method = GGIG(n_steps=5, n_iter=4, step_size=0.1)
    found = wl.attribute(net, x, target=[0, 2], method=method, internal_batch_size=size).attributions
    alone = [wl.attribute(net, x[i : i + 1], target=t, method=method).attributions for i, t in enumerate([0, 2])]
    assert torch.allclose(found, torch.cat(alone), rtol=0, atol=1e-13)


def test_several_baselines_are_averaged():
    net, x = mlp(), points(2, 5)
    method = GGIG(n_steps=3, n_iter=4, step_size=0.1)
    single = [wl.attribute(net, x, target=0, baseline=b, method=method).attributions for b in (0.0, 1.0, -1.0)]
    found = wl.attribute(net, x, target=0, baseline=[0.0, 1.0, -1.0], method=method)
    assert torch.allclose(found.attributions, torch.stack(single).mean(0))
    assert torch.allclose(found.baseline_spread, torch.stack(single).std(0))


def test_text_has_one_value_per_token():
    found = wl.attribute(Bag(), "one two three", tokenizer=WordTokenizer(), method=GGIG(n_steps=3, n_iter=2))
    assert found.attributions.shape == (1, 5)
    assert (found.attributions >= 0).all()


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"n_steps": 0}, "n_steps must be at least 1"),
        ({"n_iter": 2.5}, "n_iter must be a whole number"),
        ({"step_size": -1}, "step_size must be a finite number of at least 0"),
        ({"sign": "absolute"}, "Unknown sign 'absolute'. Did you mean 'abs'"),
        ({"path_reduce": "sum"}, "Known: max, mean"),
    ],
)
def test_what_cannot_be_is_said(parameters, says):
    with pytest.raises(wl.WhylightError, match=says):
        GGIG(**parameters)


# ---------------------------------------------------------------- rounding


def sharp(seed: int, gain: float, act=torch.nn.Tanh) -> torch.nn.Module:
    """A net whose slope changes by much within a step of the climb, if `gain` is large."""
    net = mlp(seed, act=act, features=12, width=48, dtype=torch.float32)
    with torch.no_grad():
        for p in net.parameters():
            p.mul_(gain)
    return net


def in_both(net, x, **parameters):
    """The answer in float32, and the map in float64."""
    wide = copy.deepcopy(net).double()
    start = torch.zeros_like(x)
    method = GGIG(n_steps=20, n_iter=60, **parameters)
    return (
        wl.attribute(net, x, target=0, baseline=start, method=method),
        wl.attribute(wide, x.double(), target=0, baseline=start.double(), method=method).attributions,
    )


def test_rounding_that_dominates_is_told_and_stated():
    far, noted, covered = [], [], []
    for seed in range(6):
        found, true = in_both(sharp(seed, 12.0), points(1, 12, seed=seed, dtype=torch.float32), step_size=1e-2)
        off, largest = (found.attributions - true).abs(), true.abs().max()
        far.append(float(off.max() / largest))
        noted.append(any("part here by rounding alone: in float32" in note for note in found.notes))
        covered.append((off <= found.error_estimate + 1e-5 * largest).double().mean())
    assert sum(f > 0.03 for f in far) >= 3, "the nets are not sharp enough to tell"
    assert sum(n for n, f in zip(noted, far, strict=True) if f > 0.03) >= 0.5 * sum(f > 0.03 for f in far)
    assert torch.stack(covered).mean() > 0.5


@pytest.mark.parametrize("act", [torch.nn.Tanh, torch.nn.ReLU, torch.nn.GELU])
def test_rounding_of_smooth_climbs_is_small_and_no_note(act):
    for seed in range(4):
        found, true = in_both(sharp(seed, 1.0, act), points(1, 12, seed=seed, dtype=torch.float32))
        largest = true.abs().max()
        assert (found.attributions - true).abs().max() < 1e-4 * largest
        assert found.error_estimate.max() < 1e-3 * largest
        assert not any("rounding" in note for note in found.notes)


def test_one_gradient_per_point_is_exact():
    found = wl.attribute(mlp(), points(2, 5), target=0, method=GGIG(n_steps=4, n_iter=1))
    assert not found.error_estimate.any()
    assert found.n_evaluations == 5


@pytest.mark.parametrize("times", [False, True])
def test_errors_are_shaped_like_maps_of_several_inputs_and_samples(times):
    x = (points(2, 3), points(2, 4, 2))
    model = lambda a, b: (3 * a.prod(1) * b.flatten(1).sum(1)).tanh()
    found = wl.attribute(model, x, method=GGIG(n_steps=12, n_iter=5, step_size=0.3, multiply_by_inputs=times))
    assert [e.shape for e in found.error_estimate] == [m.shape for m in found.attributions]
    assert all((e >= 0).all() for e in found.error_estimate)
