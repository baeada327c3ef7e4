"""Rows that are no samples (nodes of a graph, a series) are said to be none, by any method and rule; others are not accused."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import REAL, conv_net, mlp, points

W = points(5, 3, seed=4)


def graph(edges):
    """Messages along edges (from, to), added to what a node says of itself."""
    source, goal = torch.tensor(edges).T

    def model(x):
        own = x @ W
        return (own + torch.zeros_like(own).index_add(0, goal, own[source])).tanh()

    return model


MIXING = {
    "ring": graph([(0, 1), (1, 2), (2, 3), (3, 0)]),
    "both ways": graph([(0, 1), (1, 0), (2, 3), (3, 2)]),
    "attention": lambda x: ((x @ x.T).softmax(-1) @ x @ W).tanh(),
    "statistics": lambda x: ((x - x.mean(0)) @ W).tanh(),
    "series": lambda x: (0.1 * x.cumsum(0) @ W).tanh(),
}
RULES = [
    {"rule": "gausslegendre", "n_steps": 8},
    {"n_steps": 8, "rule": "riemann_middle"},
    {},
    {"method": "input_gradient"},
]
RULES += [{"method": "smoothgrad"}]


def told(found: wl.Attribution) -> bool:
    return any("depends on what else is in the batch" in n and "give x[None]" in n for n in found.notes)


@pytest.fixture(params=["cpu", "gpu"])
def place(request, monkeypatch):
    """Also as on a GPU, where no fewer rows than there are go through the model."""
    if request.param == "gpu":
        monkeypatch.setattr("whylight.explainer.mixed_samples.rows_alone", lambda n, device: n)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("name", MIXING)
@pytest.mark.parametrize("options", RULES)
def test_rows_that_are_mixed_are_told(name, options):
    if (name, options) == ("both ways", {}):  # one node needs no more points, and the others go on without it
        with pytest.raises(IndexError) as info:
            wl.attribute(MIXING[name], points(4, 5), target=1)
        assert "give x[None]" in " ".join(info.value.__notes__)
        return
    whole = {"internal_batch_size": 4096}  # passes are not cut by a clock: graphs cannot take fewer rows
    assert told(wl.attribute(MIXING[name], points(4, 5), target=1, **whole, **options))


def test_an_adjacency_of_one_size():
    adjacent = torch.full((4, 4), 0.2, dtype=REAL)
    assert told(wl.attribute(lambda x: (adjacent @ x @ W).tanh(), points(4, 5), target=1, method="input_gradient"))


@pytest.mark.parametrize("name", MIXING)
def test_what_the_sentence_says_is_right(name):
    model, x = MIXING[name], points(4, 5)
    found = wl.attribute(lambda xs: torch.stack([model(x) for x in xs])[:, 0], x[None], target=1, tol=1e-4)
    assert not told(found)
    alphas, weights = torch.linspace(0, 1, 4001, dtype=REAL), torch.full((4001,), 1 / 4000, dtype=REAL)
    weights[[0, -1]] /= 2
    total = torch.zeros_like(x)
    for alpha, weight in zip(alphas, weights, strict=True):
        z = (alpha * x).requires_grad_()
        total += weight * torch.autograd.grad(model(z)[0, 1], z)[0]
    assert torch.allclose(found.attributions[0], x * total, rtol=0, atol=1e-3 * float((x * total).abs().max()))


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (mlp(), points(4, 5)),
        (mlp(), 1e-9 * points(4, 5)),
        (conv_net().eval(), points(3, 3, 8, 8)),
        (lambda x: nn.functional.dropout(mlp()(x), 0.5, training=True), points(4, 5)),
        (lambda x: mlp()(x).squeeze(), points(4, 5)),
        (lambda x: x.sum(1) - x.sum(1), points(4, 5)),
        (mlp(dtype=torch.float32), points(40, 5, dtype=torch.float32)),
    ],
    ids=["net", "tiny", "pictures", "random", "squeezed", "zero", "many"],
)
@pytest.mark.parametrize("options", RULES)
@pytest.mark.usefixtures("place")
def test_samples_are_not_accused(model, x, options):
    target = None if model(x).ndim == 1 else 0
    assert not told(wl.attribute(model, x, target=target, **options))


def test_one_more_sample_passes_through_the_model():
    net, x = mlp(), points(6, 5)
    seen = []
    handle = net.register_forward_hook(lambda module, args, output: seen.append(len(args[0])))
    wl.attribute(net, x, target=0, method="input_gradient")
    handle.remove()
    assert seen == [6, 6, 1, 2, 2]  # and once for a model, one of them twice


def test_fewer_rows_than_a_graph_has_nodes():
    with pytest.raises(IndexError) as info:
        wl.attribute(graph([(0, 39), (39, 0)]), points(40, 5), target=1, internal_batch_size=8)
    assert "give x[None]" in " ".join(info.value.__notes__)
