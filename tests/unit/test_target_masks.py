"""Negative indices, one-hot vectors and masks as targets: each explains what it picks, and what may be read in two ways is told."""

import numpy as np
import pytest
import torch

import whylight as wl
from tests.unit.models import REAL, mlp, points

OPTIONS = {"rule": "riemann_middle", "n_steps": 17}
TOKENS = 4


def tokens(x):
    """Scores `(N, tokens, classes)`, as language models give them."""
    return mlp()(x)[:, None] * torch.arange(1.0, TOKENS + 1, dtype=REAL)[:, None]


def maps(model, x, target, **options):
    return wl.attribute(model, x, target=target, **OPTIONS, **options)


@pytest.mark.parametrize(
    ("target", "plain"), [(-1, 2), (-3, 0), ((-1,), 2), ([-1, 0], [2, 0]), (wl.contrast(-1, 0), wl.contrast(2, 0))]
)
def test_negative_indices_count_from_the_end(target, plain):
    found, same = maps(mlp(), points(2, 5), target), maps(mlp(), points(2, 5), plain)
    assert torch.equal(found.attributions, same.attributions)
    assert found.target == same.target
    assert found.provenance["target_value"] == same.provenance["target_value"]


def test_negative_indices_into_higher_outputs():
    x = points(2, 5)
    for target, plain in [
        ((-1, 2), (TOKENS - 1, 2)),
        ((1, -2), (1, 1)),
        ([(-1, -1), (0, 0)], [(TOKENS - 1, 2), (0, 0)]),
    ]:
        assert torch.equal(maps(tokens, x, target).attributions, maps(tokens, x, plain).attributions)
    assert torch.equal(
        maps(tokens, x[:1], [(-1, 0), (0, -1)]).attributions, maps(tokens, x[:1], [(3, 0), (0, 2)]).attributions
    )
    assert torch.equal(maps(lambda x: x.sum(1), x, -1).attributions, maps(lambda x: x.sum(1), x, None).attributions)


def hot(*classes: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(classes), 3)


@pytest.mark.parametrize(
    ("target", "plain"),
    [
        (hot(2, 0), [2, 0]),
        (hot(2, 0).double(), [2, 0]),
        (hot(2, 0).bool(), [2, 0]),
        (hot(2, 0).tolist(), [2, 0]),
        (hot(1, 1).numpy(), 1),
        (hot(1)[0].bool(), 1),
        (hot(1)[0].double(), 1),
        (hot(1)[0].bool().tolist(), 1),
        (np.array([False, True, False]), 1),
    ],
)
def test_a_one_hot_vector_is_its_class(target, plain):
    found, same = maps(mlp(), points(2, 5), target), maps(mlp(), points(2, 5), plain)
    assert torch.equal(found.attributions, same.attributions)
    assert found.target == same.target


@pytest.mark.parametrize(
    "target", [hot(1).bool(), hot(1), hot(1)[0].bool(), hot(1).tolist(), hot(1)[0].bool().tolist()]
)
def test_a_one_hot_vector_of_one_input(target):
    labels = ["a", "b", "c"]
    assert maps(mlp(), points(1, 5), target, labels=labels).target == "b"
    assert torch.equal(maps(mlp(), points(1, 5), target).attributions, maps(mlp(), points(1, 5), 1).attributions)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_a_mask_adds_up_what_it_picks(output):
    x, mask = points(2, 5), torch.tensor([[True, False, True], [False, True, True]])
    found = maps(mlp(), x, mask, output=output)
    single = [maps(mlp(), x, k, output=output) for k in range(3)]
    expected = sum(mask[:, k, None] * single[k].attributions for k in range(3))
    assert torch.allclose(found.attributions, expected, rtol=0, atol=1e-12)
    assert torch.allclose(found.score, sum(mask[:, k] * single[k].score for k in range(3)), rtol=0, atol=1e-12)
    assert found.target == "sum of 2 outputs"
    assert found.provenance["unit"] == output


def test_a_mask_of_a_map_of_scores():
    x = points(2, 5)
    mask = torch.zeros(TOKENS, 3, dtype=torch.bool)
    mask[1:3, 0] = True
    found = maps(tokens, x, mask)
    assert torch.allclose(found.attributions, 5 * maps(mlp(), x, 0).attributions, rtol=0, atol=1e-12)
    assert torch.equal(found.attributions, maps(tokens, x, mask.long()).attributions)
    assert torch.equal(found.attributions, maps(tokens, x, mask.expand(2, -1, -1)).attributions)


def test_masks_are_told_apart_by_what_they_pick():
    x, store = points(1, 5), {}
    for picked in ([0, 1], [1, 2], [0, 2]):
        mask = torch.isin(torch.arange(3), torch.tensor(picked))
        widget = wl.explain(mlp(), x, target=mask, n_steps=9)
        store[tuple(picked)] = widget.wait().score.item()
    outputs = mlp()(x)[0]
    assert store == pytest.approx({k: outputs[list(k)].sum().item() for k in store})


@pytest.mark.parametrize(
    ("target", "n", "words"),
    [
        (torch.tensor([True, False]), 2, r"shape \(2, 3\), or \(3,\) for all samples; the target has shape \(2,\)"),
        (torch.zeros(3, dtype=torch.bool), 2, "picks none of the outputs"),
        (hot(2, 0).bool() & torch.tensor([[True], [False]]), 2, "picks none"),
        (hot(1)[0], 1, r"may be a one-hot vector or the numbers of 3 classes: give target=1"),
    ],
)
def test_what_is_no_mask_or_may_be_two_things_is_told(target, n, words):
    with pytest.raises(ValueError, match=words):
        maps(mlp(), points(n, 5), target)


def test_numbers_of_classes_stay_numbers_of_classes():
    x = points(3, 5)
    for given in (torch.tensor([0, 1, 0]), np.array([0, 1, 0]), [0, 1, 0]):
        assert torch.equal(maps(mlp(), x, given).attributions, maps(mlp(), x, [0, 1, 0]).attributions)
    several = maps(mlp(), x[:1], torch.tensor([2, 1])).attributions
    assert torch.equal(several, maps(mlp(), x[:1], [2, 1]).attributions)
    with pytest.raises(TypeError, match="got float"):
        maps(mlp(), x, torch.tensor([0.0, 1.0, 0.0]))
