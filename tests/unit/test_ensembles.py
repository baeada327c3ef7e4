"""Averages over noise, baselines and perturbed models: closed forms, literal loops, and what they say of their own error."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from whylight.results.attribution import COVER

M = wl.methods


def tensor(*rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


# ---------------------------------------------------------------- SmoothGrad and VarGrad


def noises(x, level, n, seed=0):
    """The noise that both methods draw, copy by copy."""
    generator = torch.Generator().manual_seed(seed)
    spread = (x.flatten(1).amax(1) - x.flatten(1).amin(1)).reshape(-1, *[1] * (x.ndim - 1))
    return [level * spread * torch.randn(x.shape[1:], generator=generator, dtype=torch.float64) for _ in range(n)]


@pytest.mark.parametrize(
    "inner", ["input_gradient", "input_x_gradient", M.IntegratedGradients(n_steps=9), M.GGIG(4, 3)]
)
@pytest.mark.parametrize("size", [1, 3, 64])
def test_smoothgrad_is_the_mean_and_vargrad_the_variance_over_the_noise(inner, size):
    net, x = mlp(), points(3, 5)
    alone = [wl.attribute(net, x + e, target=[2, 0, 1], method=inner) for e in noises(x, 0.2, 10)]
    each, errors = [a.attributions for a in alone], torch.stack([a.error_estimate for a in alone])
    options = {"target": [2, 0, 1], "internal_batch_size": size}
    smooth = wl.attribute(net, x, method=M.SmoothGrad(inner, 10, 0.2), **options)
    assert torch.allclose(smooth.attributions, torch.stack(each).mean(0), rtol=0, atol=1e-12)
    varied = wl.attribute(net, x, method=M.VarGrad(inner, 10, 0.2), **options)
    assert torch.allclose(varied.attributions, torch.stack(each).var(0, correction=0), rtol=0, atol=1e-12)
    spread = torch.stack(each).std(0)
    assert smooth.error_estimate.allclose((COVER * spread / 10**0.5).hypot(errors.mean(0)), rtol=0, atol=1e-12)
    squared = wl.attribute(net, x, method=M.SmoothGradSquared(inner, 10, 0.2), **options)
    assert torch.allclose(squared.attributions, torch.stack(each).square().mean(0), rtol=0, atol=1e-12)
    assert torch.allclose(squared.attributions, varied.attributions + smooth.attributions.square(), rtol=0, atol=1e-12)
    spread, within = torch.stack(each).square().std(0), ((2 * torch.stack(each).abs() + errors) * errors).mean(0)
    assert squared.error_estimate.allclose((COVER * spread / 10**0.5).hypot(within), rtol=0, atol=1e-12)


def test_smoothgrad_of_a_quadratic_form_and_vargrad_of_it():
    A, x = points(4, 4, seed=3), points(1, 4)
    F = lambda z: ((z @ A) * z).sum(1) / 2
    S = (A + A.T) / 2
    n, level = 20_000, 0.1
    smooth = wl.attribute(F, x, method=M.SmoothGrad(n_samples=n, noise_level=level), internal_batch_size=1000)
    assert ((smooth.attributions - x @ S).abs() <= 2 * smooth.error_estimate).all()
    sigma = level * (x.max() - x.min())
    varied = wl.attribute(F, x, method=M.VarGrad(n_samples=n, noise_level=level), internal_batch_size=1000)
    assert torch.allclose(varied.attributions[0], sigma**2 * S.square().sum(0), rtol=0.06)


def test_without_noise_they_are_the_method_and_zero():
    net, x = mlp(), points(2, 5)
    plain = wl.attribute(net, x, target=1, method="input_gradient").attributions
    assert torch.allclose(
        wl.attribute(net, x, target=1, method=M.SmoothGrad(noise_level=0)).attributions, plain, rtol=0, atol=1e-14
    )
    assert wl.attribute(net, x, target=1, method=M.VarGrad(noise_level=0)).attributions.abs().max() < 1e-28


def test_a_linear_model_does_not_vary():
    w = tensor([1, -2, 3])[0]
    found = wl.attribute(lambda z: z @ w, points(2, 3), method="smoothgrad")
    assert torch.allclose(found.attributions, w.expand(2, 3), rtol=0, atol=1e-14)
    assert found.error_estimate.max() < 1e-14


def test_agrees_with_captums_noise_tunnel():
    attr = pytest.importorskip("captum.attr")
    net, x = mlp(act=nn.Tanh), points(1, 5)
    level, n = 0.1, 4000
    sigma = float(level * (x.max() - x.min()))
    tunnel = attr.NoiseTunnel(attr.Saliency(net))
    options = {"nt_samples": n, "nt_samples_batch_size": 500, "stdevs": sigma, "target": 1, "abs": False}
    smooth = wl.attribute(
        net, x, target=1, method=M.SmoothGrad(n_samples=n, noise_level=level), internal_batch_size=500
    )
    theirs = tunnel.attribute(x, nt_type="smoothgrad", **options)
    assert ((smooth.attributions - theirs).abs() <= 3 * smooth.error_estimate).all()
    varied = wl.attribute(net, x, target=1, method=M.VarGrad(n_samples=n, noise_level=level), internal_batch_size=500)
    theirs = tunnel.attribute(x, nt_type="vargrad", **options)
    assert ((varied.attributions - theirs).abs() <= 3 * varied.error_estimate).all()


def test_smoothgrad_takes_the_baseline_and_the_options_of_the_method_within():
    net, x = mlp(), points(2, 5)
    method = M.SmoothGrad("integrated_gradients", n_samples=3)
    found = wl.attribute(net, x, target=0, baseline=[0.5, -0.5], method=method)
    assert found.provenance["baseline"] == ["0.5", "-0.5"]
    assert found.baseline_score is not None
    assert found.provenance["method_label"] == "SmoothGrad of Integrated gradients"
    with pytest.raises(wl.WhylightError, match="Unknown method 'integrate'"):
        M.SmoothGrad("integrate")


def test_smoothgrad_of_several_targets_and_further_inputs():
    net, x, scale = mlp(), points(1, 5), torch.tensor([2.0]).double()
    F = lambda z, scale: net(z) * scale[:, None]
    method = M.SmoothGrad(n_samples=5)
    both = wl.attribute(F, x, target=[0, 2], method=method, forward_kwargs={"scale": scale}).attributions
    for row, target in zip(both, (0, 2), strict=True):
        one = wl.attribute(net, x, target=target, method=method).attributions[0]
        assert torch.allclose(row, 2 * one, rtol=0, atol=1e-12)


def test_text_gets_noise_in_its_embeddings():
    found = wl.attribute(Bag(), "one two three", tokenizer=WordTokenizer(), method="smoothgrad")
    assert found.attributions.shape == (1, 5)
    assert (found.error_estimate > 0).all()


# ---------------------------------------------------------------- expected gradients


def test_expected_gradients_are_the_mean_over_the_draws():
    net, x, data = mlp(), points(3, 5), points(4, 5, seed=5)
    rng = np.random.default_rng(3)
    alphas, picks = rng.random(40), rng.integers(4, size=40)
    each = []
    for alpha, pick in zip(alphas, picks, strict=True):
        at = data[pick] + alpha * (x - data[pick])
        each.append((x - data[pick]) * wl.attribute(net, at, target=0, method="input_gradient").attributions)
    found = wl.attribute(net, x, target=0, baseline=list(data), method=M.ExpectedGradients(40, seed=3))
    assert torch.allclose(found.attributions, torch.stack(each).mean(0), rtol=0, atol=1e-12)
    assert torch.allclose(found.baseline_score, net(data)[:, 0].mean().detach().expand(3))
    gap = found.total - (found.score - found.baseline_score)
    assert torch.allclose(found.convergence_delta, gap, rtol=0, atol=1e-12)


def test_expected_gradients_tend_to_integrated_gradients_averaged_over_the_baselines():
    net, x, data = mlp(act=nn.Tanh), points(2, 5), list(points(3, 5, seed=5))
    exact = wl.attribute(net, x, target=0, baseline=data, rule="gausslegendre", n_steps=60)
    found = wl.attribute(net, x, target=0, baseline=data, method=M.ExpectedGradients(20_000), internal_batch_size=2000)
    off = (found.attributions - exact.attributions).abs()
    assert (off <= 1.5 * found.error_estimate).all()
    assert off.max() < 0.05
    assert found.relative_gap.max() < 0.1


def test_expected_gradients_without_the_factor_are_the_mean_gradient():
    net, x, data = mlp(), points(2, 5), [points(5, seed=s) for s in (1, 2)]
    options = {"target": 1, "baseline": data}
    times = wl.attribute(net, x, method=M.ExpectedGradients(50), **options)
    plain = wl.attribute(net, x, method=M.ExpectedGradients(50, multiply_by_inputs=False), **options)
    assert torch.equal(plain.convergence_delta, times.convergence_delta)
    rng = np.random.default_rng(0)
    alphas, picks = rng.random(50), rng.integers(2, size=50)
    want = torch.zeros_like(x)
    for alpha, pick in zip(alphas, picks, strict=True):
        z = (data[pick] + alpha * (x - data[pick])).requires_grad_()
        want += torch.autograd.grad(net(z)[:, 1].sum(), z)[0] / 50
    assert torch.allclose(plain.attributions, want, rtol=0, atol=1e-12)
    one = wl.attribute(net, x, target=1, baseline=0.0, method=M.ExpectedGradients(50, multiply_by_inputs=False))
    both = wl.attribute(net, x, target=1, baseline=0.0, method=M.ExpectedGradients(50))
    assert torch.allclose(one.attributions * x, both.attributions, rtol=0, atol=1e-12)
    assert torch.allclose(one.error_estimate * x.abs(), both.error_estimate, rtol=0, atol=1e-12)


def test_expected_gradients_of_a_sentence_without_the_factor_are_lengths():
    found = wl.attribute(
        Bag(), "one two", tokenizer=WordTokenizer(), target=1, method=M.ExpectedGradients(20, multiply_by_inputs=False)
    )
    assert found.attributions.shape == (1, 4)
    assert (found.attributions > 0).all()


def test_expected_gradients_of_chunks_and_batches_are_the_same():
    net, x = mlp(), points(3, 5)
    method = M.ExpectedGradients(30)
    whole = wl.attribute(net, x, target=0, baseline=[0.0, 1.0], method=method).attributions
    for size in (1, 7, 1000):
        found = wl.attribute(
            net, x, target=0, baseline=[0.0, 1.0], method=method, internal_batch_size=size
        ).attributions
        assert torch.allclose(found, whole, rtol=0, atol=1e-13)
    alone = wl.attribute(net, x[1:2], target=0, baseline=[0.0, 1.0], method=method).attributions
    assert torch.allclose(alone[0], whole[1], rtol=0, atol=1e-13)


def test_captums_gradient_shap_without_noise_is_near():
    attr = pytest.importorskip("captum.attr")
    net, x, data = mlp(act=nn.Tanh), points(1, 5), points(6, 5, seed=5)
    found = wl.attribute(
        net, x, target=0, baseline=list(data), method=M.ExpectedGradients(5000), internal_batch_size=500
    )
    theirs = attr.GradientShap(net).attribute(x, data, n_samples=5000, stdevs=0.0, target=0)
    assert ((found.attributions - theirs).abs() <= 3 * found.error_estimate).all()


# ---------------------------------------------------------------- GEG


def literal_geg(net, x, target, *, k, noise, reduce, seed=0):
    """One sample at a time, one copy at a time, with the same draws."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        p0 = net(x).softmax(1)
    best = p0.argmax(1)
    met = [[] for _ in x]
    while min(map(len, met)) < k:
        twin = copy.deepcopy(net)
        with torch.no_grad():
            for name, weights in twin.state_dict().items():
                if weights.is_floating_point() and "running" not in name:
                    weights.add_(
                        noise * torch.randn(weights.shape, generator=generator, dtype=torch.float32).to(weights)
                    )
            p = twin(x).softmax(1)
        for i in range(len(x)):
            if len(met[i]) < k and p[i].argmax() == best[i] and p[i, best[i]] >= p0[i, best[i]]:
                leaf = x[i : i + 1].clone().requires_grad_()
                met[i].append(torch.autograd.grad(twin(leaf)[0, target], leaf)[0][0])
    stacked = torch.stack([torch.stack(m) for m in met])
    return stacked.amax(1) if reduce == "max" else stacked.mean(1)


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize(("make", "shape"), [(mlp, (5,)), (lambda: conv_net().eval(), (3, 8, 8))])
def test_geg_is_the_algorithm(make, shape, reduce):
    net, x = make(), points(3, *shape)
    found = wl.attribute(net, x, target=1, method=M.GEG(n_models=6, noise=0.01, reduce=reduce))
    assert torch.allclose(
        found.attributions, literal_geg(net, x, 1, k=6, noise=0.01, reduce=reduce), rtol=0, atol=1e-12
    )
    assert found.provenance["accepted"] == [6, 6, 6]
    assert all(0 < rate <= 1 for rate in found.provenance["acceptance_rate"])
    assert "perturbed copies were accepted" in found.notes[0]


def test_geg_leaves_the_model_alone():
    net, x = conv_net(), points(1, 3, 8, 8)
    net.train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    versions = [p._version for p in net.parameters()]
    state = torch.random.get_rng_state()
    list(wl.refine(net, x, method=M.GEG(n_models=3)))
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert [p._version for p in net.parameters()] == versions
    assert net.training
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_geg_without_noise_is_the_input_gradient():
    net, x = mlp(), points(2, 5)
    found = wl.attribute(net, x, target=0, method=M.GEG(n_models=2, noise=0))
    assert torch.allclose(
        found.attributions, wl.attribute(net, x, target=0, method="input_gradient").attributions, atol=1e-14
    )
    assert found.provenance["acceptance_rate"] == [1, 1]


def test_geg_of_a_linear_model_is_its_largest_slope():
    net = nn.Linear(4, 1).double()
    found = wl.attribute(net, points(2, 4), method=M.GEG(n_models=50, noise=0.01)).attributions
    off = found - net.weight.detach()
    assert (off > 0).all()
    assert (off < 0.05).all()
    assert torch.allclose(found[0], found[1], rtol=1e-14)


def test_geg_gives_up_in_time():
    net, x = mlp(), points(1, 5)
    some = wl.attribute(net, x, method=M.GEG(n_models=50, max_trials=10))
    assert some.provenance["trials"] == 10
    assert "max_trials ended the search" in some.notes[1]
    with pytest.raises(wl.WhylightError, match="None of 3 perturbed copies kept"):
        wl.attribute(_Never(net), x, method=M.GEG(n_models=2, max_trials=3))


class _Never(nn.Module):
    """Answers another class whenever its weights are not the ones it was made with."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net, self.first = net, float(net[0].weight.detach().sum())

    def forward(self, x):
        moved = float(self.net[0].weight.detach().sum()) != self.first
        return self.net(x) + 1e6 * torch.eye(3).double()[2 if moved else 0]


def test_geg_needs_a_module():
    with pytest.raises(wl.WhylightError, match="Give the module itself"):
        wl.attribute(lambda z: z.sum(1), points(1, 3), method="geg")


def test_geg_of_outputs_that_only_the_target_can_read():
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, x):
            return {"score": self.net(x)[:, 1]}

    geg, net = wl.methods.GEG(n_models=3), Named()
    found = wl.attribute(net, points(2, 5), method=geg, target=lambda outputs: outputs["score"])
    plain = wl.attribute(net.net, points(2, 5), method=geg, target=lambda outputs: outputs[:, 1])
    assert found.provenance["acceptance_rate"] == [1.0, 1.0]
    assert found.attributions.shape == plain.attributions.shape


def test_geg_of_a_text():
    found = wl.attribute(Bag(), "one two three", tokenizer=WordTokenizer(), method=M.GEG(n_models=3))
    assert found.attributions.shape == (1, 5)
