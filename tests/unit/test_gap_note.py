"""A gap that is large, or larger than the stated error allows, is told whatever the rule; others are not."""

import dataclasses

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import REAL, mlp, points
from tests.unit.test_numbers import LONG
from whylight.explainer.gap_note import gap_note
from whylight.live.wire.frames import answer_message

M = wl.methods


def told(found) -> list[str]:
    return [note for note in found.notes if "The parts miss" in note]


def steep(z):
    """Almost all of its rise lies in the first hundredth of the way from zero."""
    return torch.tanh(300 * z[:, 0]) + 0.1 * z[:, 1]


def jump(z):
    return (z[:, 0] > 0.5).to(z) + z[:, 1]


X = torch.tensor([[1.0, 1.0]], dtype=REAL)
COARSE = [
    M.IntegratedGradients(n_steps=5),
    *(
        M.IntegratedGradients(n_steps=8, rule=rule)
        for rule in ("gausslegendre", "riemann_middle", "riemann_trapezoid", "riemann_right")
    ),
    M.IntegratedGradients(n_steps=8, rule="gausslegendre", multiply_by_inputs=False),
    M.GuidedIG(n_steps=16),
    M.SplitIG(n_steps=16),
    M.ExpectedGradients(n_samples=30),
]


@pytest.mark.parametrize("method", COARSE, ids=lambda method: method.code(""))
def test_a_large_gap_is_told_with_its_size_and_what_to_do(method):
    found = wl.attribute(steep, X, method=method)
    (note,) = told(found)
    assert float(found.overall_gap) > 0.05
    assert "Take more" in note
    assert ("n_samples=" if method.name == "expected_gradients" else "n_steps=") in note
    assert answer_message(found, seq=1)["meta"]["notes"] == list(found.notes)


@pytest.mark.parametrize(
    "method", [M.IntegratedGradients(n_steps=129), M.IntegratedGradients(n_steps=64, rule="gausslegendre")]
)
def test_a_jump_contradicts_the_stated_error(method):
    (note,) = told(wl.attribute(jump, X, method=method))
    assert "50\u2009%" in note
    assert "more than the stated error allows" in note
    assert "another baseline" in note


def test_what_another_note_says_is_not_told_again():
    found = wl.attribute(jump, X)
    assert any("Stopped after" in note for note in found.notes)
    assert not told(found)
    noisy = lambda z: mlp()(nn.functional.dropout(z, 0.5, training=True))
    found = wl.attribute(noisy, points(1, 5), target=0, n_steps=33)
    assert any("depends on what else is in the batch" in note for note in found.notes)
    assert not told(found)


def test_only_the_last_answer_is_told_of():
    found = list(wl.refine(steep, X, n_steps=4097))
    assert not any(map(told, found))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("act", [nn.ReLU, nn.Tanh, nn.GELU])
@pytest.mark.parametrize(
    "options", [{}, {"n_steps": 65}, {"n_steps": 65, "rule": "gausslegendre"}, {"tol": 1e-3}], ids=str
)
def test_good_answers_are_left_alone(act, dtype, options):
    for seed in range(4):
        x = 3 * points(3, 5, seed=seed, dtype=dtype)
        found = wl.attribute(mlp(seed, act=act, dtype=dtype), x, target=0, **options)
        assert not told(found)


def test_a_neutral_baseline_is_judged_by_the_size_of_the_parts():
    even = lambda z: (z[:, 0] - 1).square() + z[:, 1]
    x = torch.tensor([[2.0 + 1e-9, 0.0]], dtype=REAL)
    exact = wl.attribute(even, x, n_steps=9, rule="riemann_trapezoid")
    assert not told(exact)
    two = lambda z: torch.tanh(3 * z[:, 0]) - torch.tanh(3 * z[:, 1])  # both parts are large, their sum is nearly zero
    x = torch.tensor([[1.0, 1.0 + 1e-6]], dtype=REAL)
    found = wl.attribute(two, x, n_steps=9, rule="riemann_trapezoid")
    assert float(found.relative_gap) > 1e-3
    assert float(found.overall_gap) < 1e-6
    assert not told(found)
    off = wl.attribute(even, torch.tensor([[2.0 + 1e-9, 0.0]], dtype=REAL), n_steps=4, rule="riemann_left")
    (note,) = told(off)
    assert "% of the L2 norm of the map" in note
    assert not LONG.search(note)


def test_rounding_is_no_gap():
    x = 1000 + torch.rand(1, 50, generator=torch.Generator().manual_seed(0))
    w = torch.randn(50, generator=torch.Generator().manual_seed(1))
    w -= (w * x[0]).sum() / x.square().sum() * x[0]  # F(x) is nothing but rounding
    assert not told(wl.attribute(lambda z: z @ w, x, n_steps=9))


def test_of_a_batch_the_worst_sample_is_named():
    x = torch.tensor([[0.0, 1.0], [1e-3, 1.0], [1.0, 1.0], [1.0, 0.2]], dtype=REAL)
    (note,) = told(wl.attribute(steep, x, n_steps=8, rule="gausslegendre"))
    assert "for sample 4 of 4, and by too much for 1 other." in note


def test_slopes_are_no_parts():
    method = M.IntegratedGradients(n_steps=33, multiply_by_inputs=False)
    found = wl.attribute(mlp(act=nn.Tanh), 3 * points(2, 5), target=0, method=method)
    assert found.provenance["per_unit"]
    assert torch.equal(found.gap_scale, (found.score - found.baseline_score).abs())
    assert not told(found)


def test_an_unknown_error_is_contradicted_by_nothing():
    whole = wl.attribute(jump, X, n_steps=129)
    assert "stated error" in gap_note(whole)
    unknown = dataclasses.replace(whole, error_estimate=torch.full_like(whole.error_estimate, torch.nan))
    assert "stated error" not in gap_note(unknown)
    known = dataclasses.replace(whole, error_estimate=torch.ones_like(whole.error_estimate))
    assert "stated error" not in gap_note(known)
