"""Contextual decomposition as a method: the scores of single units, spread over their values (float64)."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from whylight.errors import InvalidTypeError, InvalidValueError, MissingRuleError

CD = wl.methods.ContextualDecomposition


def found(model, x, method="contextual_decomposition", **options) -> Tensor:
    return wl.attribute(model, x, method=method, **options).attributions


@pytest.mark.parametrize(("tie", "relu"), [("half", "acd"), ("gamma", "shapley")])
def test_features_get_their_own_scores(tie, relu):
    net, x = mlp(), points(3, 5)
    maps = found(net, x, CD(tie=tie, relu=relu), target=[2, 0, 1])
    for i, target in enumerate([2, 0, 1]):
        expected = wl.contextual_decomposition(net, x[i : i + 1], torch.eye(5), target=target, tie=tie, relu=relu).score
        assert torch.allclose(maps[i], expected, rtol=0, atol=1e-12)


def test_tokens_get_their_own_scores():
    options = {"tokenizer": WordTokenizer(), "target": wl.contrast(1, 0)}
    expected = wl.contextual_decomposition(Bag(), "one two three", torch.eye(5), **options).score
    assert torch.allclose(found(Bag(), "one two three", **options)[0], expected.double(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("tile", [None, 3])
def test_tiles_share_their_scores_equally(tile):
    net, x = conv_net().eval(), points(2, 3, 8, 8)
    maps = found(net, x, CD(tile), target=1)
    side = tile or 2
    for top in range(0, 8, side):
        for left in range(0, 8, side):
            mask = torch.zeros(8, 8)
            mask[top : top + side, left : left + side] = 1
            score = wl.contextual_decomposition(net, x, mask, target=1).score
            here = maps[:, :, top : top + side, left : left + side].flatten(1)
            assert torch.allclose(here.sum(1), score, rtol=0, atol=1e-12)
            assert torch.allclose(here, here[:, :1], rtol=0, atol=1e-15)


def test_steps_of_a_sequence_share_theirs():
    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(12, 2), nn.Tanh()).double(), points(1, 4, 3)
    maps, expected = found(net, x, target=0), wl.contextual_decomposition(net, x, torch.eye(4), target=0).score
    assert torch.allclose(maps.sum(2)[0], expected)
    assert torch.allclose(maps, maps[..., :1])
    coarse = found(net, x, CD(tile=3), target=0).sum(2)[0]
    groups = torch.tensor([[1, 1, 1, 0], [0, 0, 0, 1]])
    first, last = wl.contextual_decomposition(net, x, groups, target=0).score
    assert torch.allclose(coarse, torch.stack([first / 3] * 3 + [last]))


def test_on_a_linear_model_it_is_input_times_gradient():
    net, x = nn.Linear(5, 3, bias=False).double(), points(2, 5)
    assert torch.allclose(found(net, x, target=1), found(net, x, "input_x_gradient", target=1))
    biased = nn.Linear(5, 3).double()
    parts = x * biased.weight[1]
    share = parts.abs() / (parts.abs() + (parts.sum(1, keepdim=True) - parts).abs())
    assert torch.allclose(found(biased, x, target=1), parts + share * biased.bias[1])


def test_pictures_come_from_coarse_to_fine_and_count_predictions():
    net, x, asked = conv_net().eval(), points(1, 3, 24, 24), []
    net = nn.Sequential(net[:-1], nn.LazyLinear(3).double())
    net(x)
    steps = list(wl.refine(net, x, target=1, method=CD(2), progress=asked.append))
    assert [a.n_evaluations for a in steps] == [9, 9 + 36, 9 + 36 + 144]
    assert asked == sorted(asked)
    assert asked[-1] == 189
    coarse = steps[0].attributions[0].sum(0)
    assert torch.allclose(coarse[:8, :8], coarse[0, 0].expand(8, 8))
    assert torch.equal(steps[-1].attributions, found(net, x, CD(2), target=1))
    assert steps[-1].convergence_delta is None
    assert not steps[-1].error_estimate.any()


def test_it_can_be_stopped():
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    net = conv_net().eval()
    with pytest.raises(KeyboardInterrupt):
        wl.attribute(net, points(1, 3, 8, 8), method=CD(), progress=stop)


def test_several_inputs_and_inputs_with_others():
    def model(a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
        return torch.tanh(a * scale[:, None]) + b.sum((1, 2, 3))[:, None]

    a, b, scale = points(2, 3), points(2, 1, 4, 4), torch.tensor([1.0, -2.0]).double()
    one, other = wl.attribute(model, (a, b), target=[1, 2], method=CD(), forward_kwargs={"scale": scale}).attributions
    expected = torch.zeros(2, 3).double()
    expected[0, 1], expected[1, 2] = torch.tanh(a[0, 1]), torch.tanh(-2 * a[1, 2])
    assert torch.allclose(one, expected)
    assert torch.allclose(other, b)


@pytest.mark.filterwarnings("ignore")
def test_half_precision_and_compilation_are_left_out():
    net, x = mlp(dtype=torch.float32), points(1, 5, dtype=torch.float32)  # linear layers have bfloat16 on any processor
    exact, half = (found(net, x, target=1, dtype=dtype) for dtype in (None, torch.bfloat16))
    assert torch.allclose(exact, half, rtol=0, atol=1e-5 * float(exact.abs().max()))  # bfloat16 would be 1e-3 off
    net, x = mlp(), points(1, 5)
    assert torch.equal(found(torch.compile(net, backend="eager"), x, target=1), found(net, x, target=1))


class Odd(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.special.bessel_j0(x)


def test_what_it_cannot_do_says_so():
    net, x = mlp(), points(1, 5)
    with pytest.raises(MissingRuleError, match=r"bessel_j0.*in layer '0' \(Odd\)"):
        found(nn.Sequential(Odd(), nn.Linear(5, 2)).double(), x)
    with pytest.raises(InvalidValueError, match="output='logit'"):
        found(net, x, output="probability")
    with pytest.raises(InvalidValueError, match="Unknown tie"):
        CD(tie="none")
    with pytest.raises(InvalidTypeError, match="tile"):
        CD(tile=1.5)


def test_the_demo_sentence():
    demo = wl.demo.sentiment()
    maps = found(demo.model, "a dull , lifeless film", target=wl.contrast(1, 0), **demo.options)
    assert np.argmin(maps[0].numpy()) in (1, 3)
