"""Captum as an independent oracle, where Captum is right.

Captum keeps step sizes and nodes as Python floats, but multiplies in the input's dtype through float32 tensors in places:
1e-6 of the map is what can be asked.
"""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points

attr = pytest.importorskip("captum.attr")

RULES = ["gausslegendre", "riemann_left", "riemann_right", "riemann_middle"]
NETS = {
    "relu": (mlp(), points(4, 5)),
    "gelu": (mlp(act=nn.GELU), points(4, 5)),
    "conv": (conv_net().eval(), points(3, 3, 8, 8)),
}


def agree(ours: torch.Tensor, theirs: torch.Tensor, tol: float = 1e-6) -> None:
    theirs = theirs.detach()
    assert ours.shape == theirs.shape
    assert torch.allclose(ours, theirs.to(ours.dtype), rtol=0, atol=tol * float(theirs.abs().max()))


@pytest.mark.parametrize("n", [2, 7, 50])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NETS)
def test_integrated_gradients(name, rule, n):
    net, x = NETS[name]
    start, target = points(1, *x.shape[1:], seed=9), torch.tensor([0, 1, 2, 1])[: len(x)]
    theirs, gap = attr.IntegratedGradients(net).attribute(
        x, start, target=target, method=rule, n_steps=n, return_convergence_delta=True
    )
    ours = wl.attribute(net, x, baseline=start, target=target, rule=rule, n_steps=n)
    agree(ours.attributions, theirs)
    assert torch.allclose(ours.convergence_delta, gap.double(), rtol=0, atol=1e-5 * float(theirs.abs().sum()))


def test_captums_trapezoid_is_biased_and_ours_is_not():
    w = torch.tensor([1.0, -2.0, 3.0]).double()
    F, x = (lambda z: z @ w), points(2, 3)
    theirs = attr.IntegratedGradients(F).attribute(x, method="riemann_trapezoid", n_steps=50)
    ours = wl.attribute(F, x, rule="riemann_trapezoid", n_steps=50).attributions
    assert torch.allclose(ours, x * w, rtol=1e-13)
    assert not torch.allclose(theirs, x * w, rtol=1e-3)


@pytest.mark.parametrize("multiply", [True, False])
def test_without_the_factor(multiply):
    net, x = NETS["gelu"]
    theirs = attr.IntegratedGradients(net, multiply_by_inputs=multiply).attribute(x, target=1, n_steps=20)
    method = wl.methods.IntegratedGradients(n_steps=20, rule="gausslegendre", multiply_by_inputs=multiply)
    agree(wl.attribute(net, x, target=1, method=method).attributions, theirs)


@pytest.mark.parametrize("rule", RULES)
def test_several_inputs_and_further_arguments(rule):
    def score(a, b, scale, power):
        return torch.tanh(a.sum(1) * scale) + (a[:, :1] * b.flatten(1) ** power).sum(1)

    a, b, scale = points(3, 2), points(3, 2, 2, seed=2), torch.tensor([1.0, 2.0, 3.0]).double()
    theirs = attr.IntegratedGradients(score).attribute(
        (a, b), additional_forward_args=(scale, 2), method=rule, n_steps=9
    )
    ours = wl.attribute(score, (a, b), forward_kwargs={"scale": scale, "power": 2}, rule=rule, n_steps=9)
    for mine, other in zip(ours.attributions, theirs, strict=True):
        agree(mine, other)


@pytest.mark.parametrize("name", NETS)
def test_gradients(name):
    net, x = NETS[name]
    ours = wl.attribute(net, x, target=1, method="input_gradient").attributions
    agree(ours, attr.Saliency(net).attribute(x.clone().requires_grad_(), target=1, abs=False), 1e-13)
    ours = wl.attribute(net, x, target=1, method="input_x_gradient").attributions
    agree(ours, attr.InputXGradient(net).attribute(x.clone().requires_grad_(), target=1), 1e-13)


def test_index_tuples():
    net, x = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Tanh()).double(), points(2, 3, 5, 5)
    theirs = attr.IntegratedGradients(net).attribute(x, target=(1, 2, 0), n_steps=12)
    agree(wl.attribute(net, x, target=(1, 2, 0), rule="gausslegendre", n_steps=12).attributions, theirs)


@pytest.mark.parametrize("rule", RULES)
def test_at_an_embedding(rule):
    net, text = Bag().eval(), "one two three four"
    ids = torch.tensor([WordTokenizer()(text)["input_ids"]])
    start = torch.tensor([[2, 0, 0, 0, 0, 3]])
    theirs = attr.LayerIntegratedGradients(net, net.words).attribute(ids, start, target=1, method=rule, n_steps=11)
    ours = wl.attribute(net, text, tokenizer=WordTokenizer(), target=1, baseline="pad", rule=rule, n_steps=11)
    agree(ours.attributions, theirs.sum(-1))
