"""Kinks are read off the autograd graph: known ones are found, smooth operations are not suspected."""

import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.models import mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.model.kinks import has_kinks
from whylight.problem.gradient_cache import GradientCache

SMOOTH = [nn.GELU(), nn.Tanh(), nn.Sigmoid(), nn.SiLU(), nn.Softplus(), nn.Mish(), nn.LayerNorm(4), nn.Softmax(1)]
SMOOTH += [nn.Dropout().eval(), nn.LogSoftmax(1), nn.Identity()]
KINKED = [nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6(), nn.LeakyReLU(), nn.PReLU(), nn.ELU(), nn.Hardswish()]
KINKED += [nn.Hardsigmoid(), nn.Hardtanh(), nn.Softshrink(), nn.Hardshrink(), nn.Threshold(0.0, 0.0), nn.MaxPool1d(2)]


def kinked(F, *shape: int) -> bool:
    return has_kinks(F(torch.linspace(-2, 2, 12).reshape(*shape or (3, 4)).requires_grad_() * 1.0).sum())


@pytest.mark.parametrize("layer", SMOOTH, ids=repr)
def test_smooth_layers_are_smooth(layer):
    assert not kinked(lambda x: layer(nn.Linear(4, 4)(x)))


@pytest.mark.parametrize("layer", KINKED, ids=repr)
def test_kinked_layers_are_found_however_deep(layer):
    assert kinked(lambda x: (layer(nn.Linear(4, 4)(x)) * 2).tanh())


def test_attention_and_recurrence_are_smooth():
    encoder = nn.TransformerEncoderLayer(4, 2, 8, activation="gelu", batch_first=True).eval()
    assert not kinked(encoder, 1, 3, 4)
    assert not kinked(lambda x: nn.LSTM(4, 3)(x)[0], 3, 1, 4)
    assert not kinked(lambda x: nn.GRU(4, 3)(x)[0], 3, 1, 4)


@pytest.mark.parametrize(
    "F",
    [
        lambda x: x.abs(),
        lambda x: x.amax(1),
        lambda x: torch.maximum(x, -x),
        lambda x: x.sort(1).values,
        lambda x: torch.where(x > 0, x, 2 * x),
        lambda x: x.clamp(-1, 1),
        lambda x: x.clamp(min=torch.zeros(4)),
    ],
)
def test_kinked_functions_are_found(F):
    assert kinked(F)


def test_a_clamp_that_takes_no_effect_is_no_kink():
    assert not kinked(nn.functional.normalize)
    assert not kinked(lambda x: x.clamp(-3, 3))
    assert kinked(lambda x: nn.functional.normalize(x * 0))


def test_what_is_not_known_counts_as_kinked():
    class Own(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: Tensor) -> Tensor:
            return x**2

        @staticmethod
        def backward(ctx, g: Tensor) -> Tensor:
            return g

    assert kinked(Own.apply)


def test_the_engine_learns_it_and_the_store_remembers():
    for net, expected in ((mlp(), True), (mlp(act=nn.Tanh), False)):
        store = GradientCache()
        task = Explainer(net, points(1, 5), Options(target=0), store=store)
        for _ in range(2):  # the second time no gradient is computed
            *_, found = task.refine(Request(target=0, n_steps=17))
            assert list(store.kinked.values()) == [expected]
        alone = wl.attribute(net, points(1, 5), target=0, n_steps=17)
        assert torch.equal(found.attributions, alone.attributions)
