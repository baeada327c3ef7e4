"""Occlusion against Captum, a literal loop and closed forms (float64)."""

from itertools import product

import pytest
import torch

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, counted, mlp, points

Occlusion = wl.methods.Occlusion


def tensor(*rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize(
    ("window", "stride"), [((3, 3), (1, 1)), ((3, 2), (2, 1)), ((4, 4), (3, 3)), ((8, 8), (5, 2)), ((1, 1), (1, 1))]
)
def test_pictures_agree_with_captum(window, stride):
    attr = pytest.importorskip("captum.attr")
    net, x, start = conv_net().eval(), points(2, 3, 8, 8), points(1, 3, 8, 8, seed=6)
    theirs = attr.Occlusion(net).attribute(
        x, (3, *window), strides=(3, *stride), baselines=start, target=torch.tensor([0, 2])
    )
    for size in (1, 5, 100):
        found = wl.attribute(
            net, x, target=[0, 2], baseline=start, method=Occlusion(window, stride), internal_batch_size=size
        ).attributions
        assert torch.allclose(3 * found, theirs.double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("window", "stride"),
    [((1, 3, 3), (1, 1, 1)), ((1, 8, 8), (1, 8, 8)), ((2, 4, 3), (1, 2, 3)), ((1, 2, 2), (1, 2, 1))],
)
def test_windows_over_channels_agree_with_captum(window, stride):
    attr = pytest.importorskip("captum.attr")
    net, x, start = conv_net().eval(), points(2, 3, 8, 8), points(1, 3, 8, 8, seed=6)
    theirs = attr.Occlusion(net).attribute(x, window, strides=stride, baselines=start, target=torch.tensor([0, 2]))
    found = wl.attribute(net, x, target=[0, 2], baseline=start, method=Occlusion(window, stride)).attributions
    assert torch.allclose(window[0] * found, theirs.double(), rtol=0, atol=1e-5)


def test_a_window_over_all_channels_is_a_window_over_none():
    net, x = conv_net().eval(), points(2, 3, 8, 8)
    plain, all_of_them = (wl.attribute(net, x, target=1, method=Occlusion(w)) for w in ((4, 2), (3, 4, 2)))
    assert torch.allclose(all_of_them.attributions, plain.attributions, rtol=0, atol=1e-14)


def test_channels_of_a_sum_get_what_is_theirs():
    F = lambda z: (z.sum((2, 3)) * torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0]).double()).sum(1)
    found = wl.attribute(F, torch.ones(1, 5, 4, 4).double(), method=Occlusion((2, 4, 4), (2, 4, 4))).attributions
    assert found[0, :, 0, 0].tolist() == [24, 24, 96, 96, 256]


@pytest.mark.parametrize(("window", "stride"), [(1, 1), (2, 1), (3, 2)])
def test_rows_agree_with_captum(window, stride):
    attr = pytest.importorskip("captum.attr")
    net, x = mlp(), points(3, 5)
    theirs = attr.Occlusion(net).attribute(x, (window,), strides=(stride,), target=1)
    found = wl.attribute(net, x, target=1, method=Occlusion(window, stride)).attributions
    assert torch.allclose(found, theirs.double(), rtol=0, atol=1e-6)


def test_windows_by_hand():
    net, x = conv_net().eval(), points(1, 3, 8, 8)
    F = lambda z: net(z)[0, 1].detach()
    total, count = torch.zeros(8, 8).double(), torch.zeros(8, 8).double()
    for top, left in product(range(0, 8, 2), range(0, 8, 2)):
        here = (slice(top, top + 3), slice(left, left + 3))
        hidden = x.clone()
        hidden[0, :, *here] = 0.5
        total[here] += F(x) - F(hidden)
        count[here] += 1
    found = wl.attribute(net, x, target=1, baseline=0.5, method=Occlusion(3, 2)).attributions
    assert torch.allclose(found[0].sum(0), total / count, rtol=0, atol=1e-12)
    assert torch.allclose(found[0, 0], found[0, 2], rtol=0, atol=0)


def test_the_first_map_covers_everything():
    net, x = conv_net().eval(), points(1, 3, 8, 8)
    maps = list(wl.refine(net, x, target=1, method=Occlusion(4, 2)))
    coarse = wl.attribute(net, x, target=1, method=Occlusion(4, 4)).attributions
    assert torch.allclose(maps[0].attributions, coarse, rtol=0, atol=1e-12)
    assert [m.final for m in maps] == [False] * (len(maps) - 1) + [True]
    assert all(m.attributions.isfinite().all() for m in maps)
    assert maps[-1].n_evaluations == 9


def test_no_gradient_is_asked_for():
    net, x = mlp(), points(2, 5)
    with counted(net) as count:
        wl.attribute(net, x, target=0, method="occlusion")
    assert count.gradients == 0


def test_closed_forms():
    assert torch.equal(
        wl.attribute(lambda z: z[:, 0] * z[:, 1] + z[:, 2], tensor([2, 3, 4]), method="occlusion").attributions,
        tensor([6, 6, 4]),
    )
    w, x, start = points(1, 6, seed=2), points(3, 6), points(1, 6, seed=4)
    found = wl.attribute(lambda z: (z * w).sum(1), x, baseline=start, method="occlusion")
    assert torch.allclose(found.attributions, w * (x - start), rtol=0, atol=1e-13)
    assert torch.allclose(found.total, found.score - found.baseline_score)
    assert found.convergence_delta is None


def test_a_token_is_hidden_whole():
    model, text = Bag(), "one two three"
    found = wl.attribute(model, text, tokenizer=WordTokenizer(), baseline="zero", target=1, method="occlusion")
    ids = torch.tensor([WordTokenizer()(text)["input_ids"]])
    embedded = model.words(ids).detach()
    weight = torch.linspace(1, 2, 5).double()
    F = lambda e: model.net((e * weight[None, :, None]).mean(1))[0, 1].detach()
    for t in range(5):
        hidden = embedded.clone()
        hidden[0, t] = 0
        assert found.attributions[0, t].item() == pytest.approx(float(F(embedded) - F(hidden)), abs=1e-12)


def test_two_inputs_are_hidden_one_at_a_time():
    a, b = points(3, 2), points(3, 4, seed=2)
    found = wl.attribute(lambda a, b: a[:, 0] * b[:, 1], (a, b), method="occlusion").attributions
    product_ = a[:, 0] * b[:, 1]
    assert torch.allclose(found[0], torch.stack([product_, 0 * product_], 1))
    assert torch.allclose(found[1][:, 1], product_)


def test_baselines_are_averaged():
    net, x = mlp(), points(2, 5)
    one, two = (wl.attribute(net, x, target=0, baseline=b, method="occlusion").attributions for b in (0.0, 1.0))
    both = wl.attribute(net, x, target=0, baseline=[0.0, 1.0], method="occlusion")
    assert torch.allclose(both.attributions, (one + two) / 2)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"window": 0}, "window must be at least 1"),
        ({"window": (2, 2, 2, 2)}, "has 4 numbers, but windows slide over 2 dimensions"),
        ({"window": 2, "stride": (2, 2, 2)}, "has 3 numbers, but windows slide over 2 dimensions"),
        ({"window": (2, 2, 2), "stride": (2, 2)}, "has 2 numbers, but windows slide over 3 dimensions"),
        ({"window": (1, 2, 2), "stride": (2, 1, 1)}, "leaves gaps"),
        ({"window": 2, "stride": 3}, "leaves gaps"),
    ],
)
def test_what_cannot_be_is_said(parameters, says):
    with pytest.raises(wl.WhylightError, match=says):
        wl.attribute(conv_net().eval(), points(1, 3, 8, 8), method=Occlusion(**parameters))
