"""Further inputs with as many rows as there are samples: one row each, or one thing for all of them, as the model has it."""

import pytest
import torch

import whylight as wl
from tests.unit.models import REAL, points

RULES = [{"rule": "gausslegendre", "n_steps": 32}, {"n_steps": 33}, {"method": "occlusion"}, {"method": "smoothgrad"}]


@pytest.fixture(autouse=True, params=["cpu", "gpu"])
def place(request, monkeypatch):
    """Also as on a GPU, where no fewer rows than there are go through the model."""
    if request.param == "gpu":
        monkeypatch.setattr("whylight.explainer.shared_inputs.rows_alone", lambda n, device: n)


def matrix(n: int) -> torch.Tensor:
    return torch.randn(n, n, generator=torch.Generator().manual_seed(5), dtype=REAL) / 3


def same(one: wl.Attribution, other: wl.Attribution) -> bool:
    return torch.allclose(one.attributions, other.attributions, rtol=0, atol=1e-12) and not one.notes


@pytest.mark.parametrize("options", RULES)
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_a_matrix_that_is_square_by_chance_is_not_repeated(n, options):
    a, x = matrix(n), points(n, n)
    model = lambda x, a: (x @ a).tanh() + x.sum(1, keepdim=True)
    found = wl.attribute(model, x, forward_kwargs={"a": a}, target=0, **options)
    assert same(found, wl.attribute(lambda x: model(x, a), x, target=0, **options))


@pytest.mark.parametrize("options", RULES)
def test_rows_of_their_own_are_repeated_beside_what_is_shared(options):
    n = 4
    a, own, x = matrix(n), points(n, n, seed=7), points(n, n)
    model = lambda x, a, own, flag: ((x * own) @ a).tanh() * flag[:, None]
    flags = torch.tensor([True, True, False, True])
    kwargs = {"own": own, "a": a, "flag": flags}
    found = wl.attribute(model, x, forward_kwargs=kwargs, target=1, **options)
    for i in range(n):
        alone = lambda x, i=i: model(x, a, own[i : i + 1].expand(len(x), -1), flags[i : i + 1].expand(len(x)))
        one = wl.attribute(alone, x[i : i + 1], target=1, **options)
        rest = 1e-12 if options.get("method") != "smoothgrad" else torch.inf  # draws differ
        assert torch.allclose(found.attributions[i], one.attributions[0], rtol=0, atol=rest)


def test_where_both_ways_run_the_samples_together_decide():
    n = 3
    weights, x = torch.tensor([1.0, 2.0, 3.0], dtype=REAL), points(n, 3)
    shared = lambda x, w: (x * w).tanh().sum(1)  # w[-1:] would run as well
    found = wl.attribute(shared, x, forward_kwargs={"w": weights}, n_steps=33)
    assert same(found, wl.attribute(lambda x: shared(x, weights), x, n_steps=33))
    own = lambda x, w: (x * w[:, None]).tanh().sum(1)
    found = wl.attribute(own, x, forward_kwargs={"w": weights}, n_steps=33)
    alone = [
        wl.attribute(lambda x, w=w: (x * w).tanh().sum(1), x[i : i + 1], n_steps=33) for i, w in enumerate(weights)
    ]
    assert torch.allclose(found.attributions, torch.cat([a.attributions for a in alone]), rtol=0, atol=1e-12)


def test_one_number_for_one_input():
    x, scale = points(1, 5), torch.tensor([2.0], dtype=REAL)
    model = lambda x, scale: (x * scale).tanh().sum(1)
    found = wl.attribute(model, x, forward_kwargs={"scale": scale}, n_steps=33)
    assert same(found, wl.attribute(lambda x: model(x, scale), x, n_steps=33))


def test_groups_know_it_too():
    x, a = points(1, 3), points(1, 3)
    model = lambda x, a: (x * a.squeeze()).sum(1)
    found = wl.contextual_decomposition(model, x, torch.tensor([1, 0, 0]), forward_kwargs={"a": a})
    assert found.score.item() == pytest.approx((x * a)[0, 0].item(), abs=1e-12)
    assert wl.interaction(model, x, [0], [1], forward_kwargs={"a": a}) == pytest.approx(0, abs=1e-12)
