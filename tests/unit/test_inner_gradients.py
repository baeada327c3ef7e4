"""Models that take gradients inside (forces, residuals): the values are those of the derivative written out."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import REAL, points

W = points(4, 3, seed=8)


def energy(x):
    """Σ tanh(x W)², whose gradient is written out below."""
    return (x @ W.T).tanh().square().sum(1)


def written_out(x):
    t = (x @ W.T).tanh()
    return (2 * t * (1 - t * t)) @ W


class Forces(nn.Module):
    """As a potential: the energy is a net's, the forces its gradient."""

    def __init__(self, act=nn.Tanh, norm=False) -> None:
        super().__init__()
        torch.manual_seed(0)
        norms = [nn.BatchNorm1d(8)] if norm else []
        self.net = nn.Sequential(nn.Linear(3, 8), *norms, act(), nn.Linear(8, 1)).to(REAL)
        if norm:
            self.net[1].running_mean.normal_()

    def forward(self, x):
        x.requires_grad_(True)
        return torch.autograd.grad(self.net(x).sum(), x, create_graph=True)[0]


def asks(x):
    x.requires_grad_(True)
    return torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]


def takes(x):
    return torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]


def beside(x):
    x.requires_grad_(True)
    (forces,) = torch.autograd.grad(energy(x).sum(), x, create_graph=True)
    return {"energy": energy(x), "forces": forces}


def functional(x):
    return torch.func.vmap(torch.func.grad(lambda z: energy(z[None])[0]))(x)


RULES = [
    {"n_steps": 33},
    {"rule": "gausslegendre", "n_steps": 16},
    {"method": "occlusion"},
    {"method": "finite_differences"},
]
RULES += [{"method": "smoothgrad"}, {"method": "input_x_gradient"}, {"method": "ggig"}]


@pytest.mark.parametrize("options", RULES)
@pytest.mark.parametrize("model", [asks, takes, functional])
@pytest.mark.parametrize("spec", [1, lambda o: o[:, 1]], ids=["class", "callable"])
def test_values_are_those_of_the_derivative_written_out(model, options, spec):
    x = points(2, 3)
    found = wl.attribute(model, x, target=spec, **options)
    right = wl.attribute(written_out, x, target=spec, **options)
    assert torch.allclose(found.attributions, right.attributions, rtol=0, atol=1e-9)
    assert torch.allclose(found.score, right.score, rtol=0, atol=1e-12)
    assert not x.requires_grad


def test_one_of_several_outputs():
    x = points(2, 3)
    found = wl.attribute(beside, x, target=lambda o: o["forces"][:, 0] + o["energy"], n_steps=33)
    right = wl.attribute(lambda x: written_out(x)[:, 0] + energy(x), x, n_steps=33)
    assert torch.allclose(found.attributions, right.attributions, rtol=0, atol=1e-10)


@pytest.mark.parametrize("norm", [False, True], ids=["plain", "batch norm"])
def test_a_net_is_left_as_it_was(norm):
    net, x = Forces(norm=norm), points(2, 3)
    net.net[0].weight.grad = torch.ones_like(net.net[0].weight)
    before = {n: t.clone() for n, t in net.state_dict().items()}
    found = wl.attribute(net, x, target=2, tol=1e-4)
    assert found.relative_gap.max() < 1e-3
    assert all(torch.equal(t, before[n]) for n, t in net.state_dict().items())
    assert net.training
    assert [p.requires_grad for p in net.parameters()] == [True] * len(list(net.parameters()))
    assert [p.grad is None for p in net.parameters()][1:] == [True] * (len(list(net.parameters())) - 1)
    assert (net.net[0].weight.grad == 1).all()
    net.eval()
    step = 1e-6 * torch.eye(3, dtype=REAL)
    slope = [(net(x[:1] + s)[0, 2] - net(x[:1] - s)[0, 2]).item() / 2e-6 for s in step]
    gradient = wl.attribute(net, x[:1], target=2, method="input_x_gradient").attributions / x[:1]
    assert gradient[0].tolist() == pytest.approx(slope, abs=1e-6)


def test_gradients_of_the_weights():
    net = nn.Linear(3, 1).to(REAL)

    def influence(x):  # the square of the gradient of each sample's own weights
        rows = [torch.autograd.grad(net(row).square().sum(), net.weight, create_graph=True)[0] for row in x]
        return torch.stack(rows).square().sum((1, 2))

    x = points(2, 3)
    found = wl.attribute(influence, x, n_steps=33)
    right = wl.attribute(lambda x: (2 * net(x) * x).square().sum(1), x, n_steps=33)
    assert torch.allclose(found.attributions, right.attributions, rtol=0, atol=1e-10)
    assert net.weight.grad is None


def test_a_graph_that_is_used_up_is_told():
    def once(x):
        e = energy(x.requires_grad_(True))
        return e[:, None] + torch.autograd.grad(e.sum(), x)[0]

    with pytest.raises(wl.WhylightError, match="create_graph=True"):
        wl.attribute(once, points(2, 3), target=0)
    score = wl.attribute(once, points(2, 3), target=0, method="occlusion").score
    assert torch.allclose(score, energy(points(2, 3)) + written_out(points(2, 3))[:, 0])


def test_other_errors_of_the_model_come_through():
    def broken(x):
        raise RuntimeError("my own trouble")

    with pytest.raises(RuntimeError, match="my own trouble"):
        wl.attribute(broken, points(2, 3))
