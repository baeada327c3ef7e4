"""The input gradient and its product with the input against closed forms (float64)."""

from math import cos

import pytest
import torch

import whylight as wl
from tests.unit.closed_forms import KINKED, SMOOTH
from tests.unit.models import mlp, points


def tensor(*rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def gradient(F, x, **options) -> torch.Tensor:
    return wl.attribute(F, x, method="input_gradient", **options).attributions


def assert_close(found, expected, atol=1e-10):
    assert torch.allclose(found, tensor(*expected), rtol=0, atol=atol)


def test_a_linear_model_has_its_coefficients_everywhere():
    beta = torch.tensor([2, -1, 0.5], dtype=torch.float64)
    found = gradient(lambda x: x @ beta + 7, points(20, 3))
    assert torch.equal(found, beta.expand(20, 3))
    assert found.std(0).max() == 0


def test_logistic_regression():
    w = torch.tensor([1, -2], dtype=torch.float64)
    found = wl.attribute(lambda x: (x @ w + 0.5).sigmoid(), tensor([1, 0.5]), method="input_gradient")
    assert found.score.item() == pytest.approx(0.6224593312018546, abs=1e-12)
    assert_close(found.attributions, [[0.2350037122, -0.4700074244]])
    by_option = wl.attribute(lambda x: x @ w + 0.5, tensor([1, 0.5]), method="input_gradient", output="probability")
    assert torch.allclose(by_option.attributions, found.attributions, rtol=0, atol=1e-14)


def test_softmax_regression():
    W, x = points(3, 4, seed=5), points(2, 4)
    p = (x @ W.T).softmax(1)
    maps = [gradient(lambda z: z @ W.T, x, target=c, output="probability") for c in range(3)]
    for c in range(3):
        expected = p[:, c : c + 1] * (W[c] - p @ W)
        assert torch.allclose(maps[c], expected, rtol=0, atol=1e-14)
    assert sum(maps).abs().max() < 1e-14


def test_a_quadratic_form():
    A, x = points(4, 4, seed=3), points(5, 4)
    found = gradient(lambda z: ((z @ A) * z).sum(1), x)
    assert torch.allclose(found, x @ (A + A.T).T, rtol=0, atol=1e-13)


def test_a_cube_and_a_mixed_function():
    assert_close(gradient(lambda x: (x**3).sum(1), tensor([2])), [[12]])
    mixed = lambda x: 5 * x[:, 0] + x[:, 1] ** 2 + x[:, 2].sin()
    assert_close(gradient(mixed, tensor([3, 2, 1])), [[5, 4, cos(1)]])


def test_averages_over_a_product_cancel_and_subgroups_do_not():
    x = points(100, 2)
    x[:, 1] = torch.tensor([1.0, -1.0]).double().repeat(50)
    found = gradient(lambda z: z[:, 0] * z[:, 1], x)[:, 0]
    assert found.mean() == 0
    assert found[x[:, 1] > 0].mean() == 1
    assert found[x[:, 1] < 0].mean() == -1


def test_at_a_kink_it_is_what_pytorch_says():
    x = tensor([1], [2], [3], [0], [-1], [7])
    assert_close(gradient(lambda z: 1 - (1 - z[:, 0]).relu(), x), [[0], [0], [0], [1], [1], [0]], atol=0)


def test_stein_identity():
    x = points(200_000, 1, seed=11)
    F = lambda z: z[:, 0] ** 3
    sides = gradient(F, x, internal_batch_size=10**6).mean().item(), (x[:, 0] * F(x)).mean().item()
    assert sides == (pytest.approx(3, abs=0.05), pytest.approx(3, abs=0.1))


def test_central_differences_of_a_smooth_net():
    net, x, h = mlp(act=torch.nn.Tanh), points(3, 5), 1e-5
    found = gradient(net, x, target=1)
    with torch.no_grad():
        for i in range(5):
            step = h * torch.eye(5).double()[i]
            difference = (net(x + step) - net(x - step))[:, 1] / (2 * h)
            assert (found[:, i] - difference).abs().max() < 1e-8


@pytest.mark.parametrize("case", [*SMOOTH, *KINKED], ids=str)
def test_the_product_is_input_times_gradient(case):
    x = case.inputs.requires_grad_()
    (expected,) = torch.autograd.grad(case.F(x).sum(), x)
    assert torch.allclose(gradient(case.F, case.inputs), expected, rtol=0, atol=1e-14)
    product = wl.attribute(case.F, case.inputs, method="input_x_gradient").attributions
    assert torch.allclose(product, (x * expected).detach(), rtol=0, atol=1e-14)


def test_the_product_is_exact_for_homogeneous_functions():
    F = lambda x: x[:, 0] ** 2 + 3 * x[:, 0] * x[:, 1]  # of degree 2
    x = points(5, 2)
    product = wl.attribute(F, x, method="input_x_gradient").attributions
    assert torch.allclose(product / 2, wl.attribute(F, x, rule="gausslegendre", n_steps=3).attributions, atol=1e-13)
    assert torch.allclose(product.sum(1), 2 * F(x))


@pytest.mark.parametrize("method", ["input_gradient", "input_x_gradient"])
def test_what_is_reported(method):
    net, x = mlp(), points(3, 5)
    found = wl.attribute(net, x, target=2, method=method)
    assert found.method == method
    assert found.n_evaluations == 1
    assert found.final
    assert torch.equal(found.score, net(x)[:, 2].detach())
    assert found.baseline_score is None
    assert found.convergence_delta is None
    assert found.relative_gap is None
    assert (found.error_estimate == 0).all()
    assert found.error_estimate.shape == found.attributions.shape == x.shape
    assert (found.map_error == 0).all()


@pytest.mark.parametrize("method", ["input_gradient", "input_x_gradient"])
def test_chunks_and_batches_do_not_matter(method):
    net, x = mlp(), points(7, 5)
    whole = wl.attribute(net, x, target=0, method=method).attributions
    for size in (1, 2, 7, 100):
        parts = wl.attribute(net, x, target=0, method=method, internal_batch_size=size).attributions
        assert torch.allclose(parts, whole, rtol=0, atol=1e-14)


def test_two_inputs():
    a, b = points(3, 2), points(3, 4)
    found = gradient(lambda a, b: a[:, 0] * b[:, 1], (a, b))
    assert torch.equal(found[0], torch.stack([b[:, 1], torch.zeros(3)], 1))
    assert torch.equal(found[1][:, 1], a[:, 0])
