"""Integrated gradients against closed forms (float64), and the options of the method."""

import pytest
import torch

import whylight as wl
from tests.unit.closed_forms import KINKED, SMOOTH
from tests.unit.models import mlp, points
from whylight.quadrature.rules import RULES


def explain(case, **options):
    return wl.attribute(case.F, case.inputs, baseline=case.baseline, **options)


def worst(case, found) -> float:
    return float((found.attributions - case.answer).abs().max())


def relative(case, found) -> float:
    return float((found.attributions - case.answer).norm() / case.answer.norm())


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_smooth_functions_are_exact_with_gauss_legendre(case):
    found = explain(case, rule="gausslegendre", n_steps=24)
    assert worst(case, found) < 1e-10
    assert abs(found.convergence_delta.item()) < 1e-10


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_smooth_functions_are_exact_with_a_small_tolerance(case):
    found = explain(case, tol=1e-11)
    assert worst(case, found) < 1e-10
    assert found.final
    assert not [note for note in found.notes if "baseline" not in note]


@pytest.mark.parametrize("tol", [0.05, 0.01, 0.002])
@pytest.mark.parametrize("case", [*SMOOTH, *KINKED], ids=str)
def test_a_tolerance_is_kept(case, tol):
    found = explain(case, tol=tol)
    assert relative(case, found) <= 1.5 * tol
    assert found.map_error.item() <= tol or "Stopped" in found.notes[0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("case", KINKED, ids=str)
def test_kinked_functions_converge_like_one_over_n(case, rule):
    slope = float(case.inputs.abs().max()) * 4
    for n in (16, 50, 129, 400):
        assert worst(case, explain(case, rule=rule, n_steps=n)) <= slope / n


@pytest.mark.parametrize("case", [*SMOOTH, *KINKED], ids=str)
@pytest.mark.parametrize("rule", RULES)
def test_everything_that_is_reported_fits_together(case, rule):
    found = explain(case, rule=rule, n_steps=20)
    ends = case.F(case.inputs), case.F(case.baseline)
    assert torch.allclose(found.score, ends[0], rtol=0, atol=1e-12)
    assert torch.allclose(found.baseline_score, ends[1], rtol=0, atol=1e-12)
    gap = found.attributions.sum() - (ends[0] - ends[1])
    assert found.convergence_delta.item() == pytest.approx(gap.item(), abs=1e-12)
    if (ends[0] - ends[1]).item() != 0:
        assert found.relative_gap.item() == pytest.approx(abs(gap.item() / (ends[0] - ends[1]).item()), abs=1e-12)
    assert found.attributions.dtype == torch.float64
    assert found.error_estimate.shape == found.attributions.shape
    assert (found.error_estimate >= 0).all()
    assert found.n_evaluations == found.provenance["n_steps"] == 20
    assert found.provenance["rule"] == rule


def test_saturation_has_gradient_zero_but_an_attribution():
    case = KINKED[0]
    assert wl.attribute(case.F, case.inputs, method="input_gradient").attributions.item() == 0
    assert explain(case).attributions.item() == pytest.approx(1, abs=0.015)


@pytest.mark.parametrize("case", [KINKED[5], KINKED[6]], ids=str)
def test_without_the_factor_it_is_the_average_gradient(case):
    method = wl.methods.IntegratedGradients(n_steps=1500, rule="riemann_middle", multiply_by_inputs=False)
    found = explain(case, method=method)
    assert torch.allclose(found.attributions, torch.tensor([[0.5, -0.5]]).double(), rtol=0, atol=1e-3)
    assert abs(found.convergence_delta.item()) < 4e-3  # the gap is that of the products, not of the gradients


def sqrt_sum(x):
    return x.sum(1).sqrt()


@pytest.mark.parametrize("rule", ["riemann_middle", "riemann_right", "gausslegendre"])
def test_square_root_is_finite_where_the_end_point_is_left_out(rule):
    x = torch.tensor([[1.0, 3.0]], dtype=torch.float64)
    found = wl.attribute(sqrt_sum, x, rule=rule, n_steps=1000)
    assert torch.allclose(found.attributions, torch.tensor([[0.5, 1.5]]).double(), rtol=0.03)
    assert not any("NaN" in note for note in found.notes)


@pytest.mark.parametrize("rule", ["auto", "riemann_left", "riemann_trapezoid"])
def test_square_root_converges_with_a_note_where_the_gradient_is_infinite(rule):
    x = torch.tensor([[1.0, 3.0]], dtype=torch.float64)
    options = {} if rule == "auto" else {"n_steps": 2000}
    found = wl.attribute(sqrt_sum, x, rule=rule, **options)
    assert torch.allclose(found.attributions, torch.tensor([[0.5, 1.5]]).double(), rtol=0.04)
    assert any("NaN or infinite at 1 of" in note for note in found.notes)
    assert torch.isfinite(found.error_estimate).all()


def steep(x: torch.Tensor) -> torch.Tensor:
    """Rises from zero by 3 % for every doubling, however small: no number of points suffices."""
    return x.clamp(min=0).pow(0.05).sum(1)


def test_an_unmet_tolerance_says_so():
    x = torch.tensor([[1.0, 3.0]], dtype=torch.float64)
    found = wl.attribute(steep, x, tol=1e-4)
    assert found.final
    assert found.n_evaluations == 4097
    assert any("tol=0.0001 was asked for" in note and "try another baseline" in note for note in found.notes)
    assert not any("asked for" in note for note in wl.attribute(steep, x, baseline=x / 2, tol=1e-4).notes)


def test_a_square_root_is_met_at_its_corner():
    x = torch.tensor([[1.0, 3.0]], dtype=torch.float64)
    found = wl.attribute(sqrt_sum, x, tol=1e-4)
    assert found.n_evaluations < 200
    assert torch.allclose(found.attributions, x * x.sum() ** -0.5, rtol=2e-4)


def test_a_model_that_normalises_its_input_first_is_met_from_zero():
    x, weight = points(1, 8), points(1, 8, seed=5)[0]
    normed = lambda z: (z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt() * weight).sin().sum(1)  # as Llama
    found = wl.attribute(normed, x)
    assert not any("asked for" in note for note in found.notes)
    assert found.n_evaluations < 100
    fine = wl.attribute(normed, x, tol=1e-6)
    assert (found.attributions - fine.attributions).norm() < 0.015 * fine.attributions.norm()


@pytest.mark.parametrize("n", range(1, 71))
def test_every_number_of_points_reports_itself(n):
    assert wl.attribute(mlp(), points(1, 5), n_steps=n).n_evaluations == n


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_sums_are_kept_in_float64_whatever_the_models_dtype(dtype):
    x = points(2, 5)
    exact = wl.attribute(mlp(act=torch.nn.Tanh), x, target=0, n_steps=33).attributions
    found = wl.attribute(mlp(act=torch.nn.Tanh, dtype=dtype), x.to(dtype), target=0, n_steps=33)
    assert found.attributions.dtype == found.error_estimate.dtype == found.score.dtype == torch.float64
    unit = torch.finfo(dtype).eps * exact.abs().max()
    assert (found.attributions - exact).abs().max() < 10 * unit


def test_several_baselines_are_averaged_and_their_spread_kept():
    net, x = mlp(act=torch.nn.Tanh), points(3, 5)
    starts = [0.0, "mean", torch.ones(5).double(), lambda x: x / 2]
    parts = [wl.attribute(net, x, target=1, baseline=b, n_steps=20) for b in starts]
    found = wl.attribute(net, x, target=1, baseline=starts, n_steps=20)
    stacked = torch.stack([p.attributions for p in parts])
    assert torch.allclose(found.attributions, stacked.mean(0), rtol=0, atol=1e-13)
    assert torch.allclose(found.baseline_spread, stacked.std(0), rtol=0, atol=1e-13)
    assert torch.allclose(found.baseline_score, torch.stack([p.baseline_score for p in parts]).mean(0))
    assert found.n_evaluations == 80
    assert len(found.baselines) == 4
    assert all(p.baseline_spread is None for p in parts)


@pytest.mark.parametrize("n", [20, 65])
def test_baselines_that_take_their_points_in_different_rounds(n):
    kink = lambda x: (
        torch.relu(x - 0.9).sum(1) + torch.relu(x - 0.3).sum(1)
    )  # met late on one path, at once on the other
    x, starts = torch.ones(1, 3, dtype=torch.float64), [0.0, 0.95]
    found = wl.attribute(kink, x, baseline=starts, n_steps=n)
    parts = [wl.attribute(kink, x, baseline=b, n_steps=n).attributions for b in starts]
    assert found.n_evaluations == 2 * n
    torch.testing.assert_close(found.attributions, torch.stack(parts).mean(0), rtol=0, atol=1e-12)


def test_an_instance_carries_its_parameters_and_options_override_them():
    net, x = mlp(), points(1, 5)
    method = wl.methods.IntegratedGradients(tol=0.3, rule="riemann_left")
    assert wl.attribute(net, x, method=method, n_steps=12).provenance["n_steps"] == 12
    assert wl.attribute(net, x, method=method, rule="riemann_middle").provenance["rule"] == "riemann_middle"


def test_two_inputs_give_two_maps():
    first, second = points(4, 3, seed=1), points(4, 2, 2, seed=2)
    F = lambda a, b: a[:, 0] * b[:, 1, 0] + b[:, 0, 1] ** 3
    found = wl.attribute(F, (first, second), n_steps=9)
    half = first[:, 0] * second[:, 1, 0] / 2
    assert [tuple(m.shape) for m in found.attributions] == [(4, 3), (4, 2, 2)]
    assert torch.allclose(found.attributions[0][:, 0], half)
    assert torch.allclose(found.attributions[1][:, 1, 0], half)
    assert torch.allclose(found.attributions[1][:, 0, 1], second[:, 0, 1] ** 3)
    assert (found.attributions[0][:, 1:] == 0).all()
    assert found.convergence_delta.abs().max() < 1e-12
    assert all(e.shape == m.shape for e, m in zip(found.error_estimate, found.attributions, strict=True))


def test_a_score_that_jumps_is_told_from_an_exact_map():
    found = wl.attribute(lambda x: (x > 0.5).to(x).sum(1) + 0 * x.sum(1), torch.ones(1, 4).double())
    assert "jumps" in " ".join(found.notes)
