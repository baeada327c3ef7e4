"""Nets that normalise what they are given, from zero: the gradient falls like 1/alpha from a layer of thickness sqrt(eps)."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.benchmarks.corners import NORMS, Corner, closed_form, convolutional
from whylight.tensors import norm

EPS = [1e-12, 1e-10, 1e-7, 1e-5]


def centred(seed: int, d: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x, w = torch.randn(1, d, generator=generator), torch.randn(d, generator=generator)
    return x - x.mean(), w - w.mean()


def normed(w: torch.Tensor, eps: float):
    return lambda z: nn.functional.layer_norm(z, w.shape, eps=eps) @ w.to(z)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("eps", EPS)
def test_a_layer_norm_is_met_from_zero(eps, seed, dtype):
    x, w = centred(seed)
    exact = closed_form(x, w, eps)
    found = wl.attribute(normed(w, eps), x.to(dtype))
    error = (found.attributions - exact).norm() / exact.norm()
    assert error < 0.01
    assert found.n_evaluations <= 200
    assert float(found.map_error) <= 0.01
    assert ((found.attributions - exact).abs() <= found.error_estimate).double().mean() >= 0.85


@pytest.mark.parametrize("eps", EPS)
def test_more_points_come_ever_closer_and_say_how_close(eps):
    x, w = centred(0)
    exact = closed_form(x, w, eps)
    for n in (65, 129, 300):
        found = wl.attribute(normed(w, eps), x.double(), n_steps=n)
        error = float((found.attributions - exact).norm() / exact.norm())
        assert error < 0.01
        assert error <= 1.5 * float(found.map_error)


def test_the_closed_form_is_complete():
    x, w = centred(1)
    score = normed(w, 1e-5)(x.double())
    torch.testing.assert_close(closed_form(x, w, 1e-5).sum(1), score, rtol=1e-9, atol=0)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("act", ["SiLU", "tanh", "ReLU"])
@pytest.mark.parametrize("kind", NORMS)
def test_convolutions_that_normalise_keep_the_tolerance(kind, act, bias):
    net, x = convolutional(kind, act, 1e-5, seed=2 if bias else 5)
    truth = Corner(kind, net, x, "logit").truth()
    found = wl.attribute(net, x, target=0, baseline="zero")
    error = (found.attributions - truth).abs()
    assert error.norm() < 0.015 * truth.norm()
    assert (error <= found.error_estimate).double().mean() > 0.85


def test_a_batch_is_graded_sample_by_sample():
    w = centred(0)[1]
    x = torch.cat([centred(seed)[0] * scale for seed, scale in enumerate((1e-3, 1.0, 1e3))]).double()
    whole = wl.attribute(normed(w, 1e-7), x)
    for i, one in enumerate(x):
        alone = wl.attribute(normed(w, 1e-7), one[None])
        assert torch.allclose(whole.attributions[i], alone.attributions[0], rtol=1e-9, atol=1e-12)
    exact = torch.cat([closed_form(one[None], w, 1e-7) for one in x])
    assert bool((norm((whole.attributions - exact,)) < 0.01 * norm((exact,))).all())


def test_a_corner_at_the_far_end_and_in_the_middle():
    x, w = centred(2)
    exact = closed_form(x, w, 1e-6)
    back = wl.attribute(normed(w, 1e-6), 0 * x.double(), baseline=x.double())
    assert (back.attributions + exact).norm() < 0.015 * exact.norm()
    through = wl.attribute(normed(w, 1e-6), x.double(), baseline=-x.double())
    assert abs(float(through.convergence_delta)) < 0.01 * float(through.attributions.abs().sum())
