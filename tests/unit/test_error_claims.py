"""What every method says of its own error: 0 only where the map is exact, a number where it is estimated, else unknown."""

import math

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import conv_net, mlp, points
from whylight.live.wire.frames import answer_message
from whylight.methods import METHODS
from whylight.show.readout import readout

M = wl.methods
EXACT, ESTIMATED, UNKNOWN = "exact", "estimated", "unknown"

# Every registered method, and why: those that define a number by a few passes are exact; sums in place of integrals and means of
# draws are estimated from themselves; a maximum over random copies has no estimate. The climbs of GGIG are off by rounding, if at all.
CLAIMS = {
    "integrated_gradients": (M.IntegratedGradients(n_steps=9), ESTIMATED),
    "ggig": (M.GGIG(n_steps=4, n_iter=3), f"{ESTIMATED} or {EXACT}"),
    "input_x_gradient": (M.InputXGradient(), EXACT),
    "input_gradient": (M.InputGradient(), EXACT),
    "smoothgrad": (M.SmoothGrad(n_samples=4), ESTIMATED),
    "smoothgrad_sq": (M.SmoothGradSquared(n_samples=4), ESTIMATED),
    "vargrad": (M.VarGrad(n_samples=4), ESTIMATED),
    "guided_ig": (M.GuidedIG(n_steps=16), ESTIMATED),
    "blur_ig": (M.BlurIG(n_steps=16), ESTIMATED),
    "idgi": (M.IDGI(n_steps=16), ESTIMATED),
    "split_ig": (M.SplitIG(n_steps=16), ESTIMATED),
    "expected_gradients": (M.ExpectedGradients(n_samples=9), ESTIMATED),
    "shapley_values": (M.ShapleyValues(n_samples=4), ESTIMATED),
    "occlusion": (M.Occlusion(), EXACT),
    "contextual_decomposition": (M.ContextualDecomposition(), EXACT),
    "finite_differences": (M.FiniteDifferences(), ESTIMATED),
    "geg": (M.GEG(n_models=3), UNKNOWN),
}

# What tells nothing of its error: a single draw or point, a path without a first look, and whatever rests on an unknown one.
NOTHING_KNOWN = [
    M.IntegratedGradients(n_steps=1, rule="riemann_left"),
    M.IntegratedGradients(n_steps=1, rule="gausslegendre"),
    M.SmoothGrad(n_samples=1),
    M.SmoothGradSquared(n_samples=1),
    M.VarGrad(n_samples=1),
    M.ExpectedGradients(n_samples=1),
    M.GuidedIG(n_steps=8),
    M.BlurIG(n_steps=8),
    M.IDGI(n_steps=8),
    M.SplitIG(n_steps=8),
    M.SmoothGrad(M.GEG(n_models=2), n_samples=2),
    M.VarGrad(M.GuidedIG(n_steps=8), n_samples=2),
]
PICTURE = points(1, 3, 8, 8)

CAPTUM_EXACT = ["Saliency", "InputXGradient", "DeepLift", "FeatureAblation", "ShapleyValues"]
CAPTUM_UNKNOWN = [
    "IntegratedGradients",
    "GradientShap",
    "KernelShap",
    "Lime",
    "ShapleyValueSampling",
    "FeaturePermutation",
]


def net_of_pictures():
    return conv_net().eval()


def said(found) -> str:
    """What an answer claims of its error, in its numbers, on paper and on the wire alike."""
    error, on_wire = found.error_estimate, answer_message(found, seq=1)["meta"]["map_error"]
    if error.isnan().all():
        assert math.isnan(float(found.map_error.mean()))
        assert on_wire is None
        assert ("map error unknown" in readout(found)) == found.final
        return UNKNOWN
    assert error.isfinite().all()
    assert on_wire is not None
    assert "unknown" not in readout(found)
    if error.any():
        assert "map error" in readout(found)
        return ESTIMATED
    return EXACT


def test_every_method_is_judged():
    assert CLAIMS.keys() == METHODS.keys()


@pytest.mark.parametrize("name", METHODS)
def test_what_is_claimed(name):
    method, claim = CLAIMS[name]
    *before, last = wl.refine(net_of_pictures(), PICTURE, target=1, baseline=0.5, method=method)
    assert said(last) in claim
    assert EXACT not in map(said, before), "what is not final is not exact"


@pytest.mark.parametrize("method", NOTHING_KNOWN, ids=lambda method: method.code(""))
def test_where_nothing_is_known(method):
    assert said(wl.attribute(net_of_pictures(), PICTURE, target=1, baseline=0.5, method=method)) == UNKNOWN


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
@pytest.mark.parametrize("name", CAPTUM_EXACT + CAPTUM_UNKNOWN)
def test_captums(name):
    pytest.importorskip("captum")
    draws = {"n_samples": 20} if name in ("KernelShap", "Lime") else {}
    baseline = {} if name in ("Saliency", "InputXGradient", "FeaturePermutation") else {"baseline": 0.5}
    if draws:
        pytest.importorskip("sklearn")
    x = points(3, 5) if name == "FeaturePermutation" else points(1, 5)
    found = wl.attribute(mlp(act=nn.Tanh), x, target=1, method=M.Captum(name, **draws), **baseline)
    assert said(found) == (EXACT if name in CAPTUM_EXACT else UNKNOWN)


def test_captums_classes_of_ones_own_claim_nothing():
    attr = pytest.importorskip("captum.attr")

    class Own(attr.Saliency):
        pass

    assert said(wl.attribute(mlp(), points(1, 5), target=1, method=M.Captum(Own))) == UNKNOWN


def test_the_error_within_is_in_the_average():
    net, x = mlp(), 5 * points(2, 5)
    rough = M.IntegratedGradients(n_steps=5)
    alone = wl.attribute(net, x, target=0, method=rough)
    error = lambda cls: wl.attribute(net, x, target=0, method=cls(rough, n_samples=3, noise_level=0)).error_estimate
    assert torch.allclose(error(M.SmoothGrad), alone.error_estimate, rtol=1e-9, atol=1e-12)
    most = (alone.attributions.abs() + alone.error_estimate).square() - alone.attributions.square()
    assert torch.allclose(error(M.SmoothGradSquared), most, rtol=1e-9, atol=1e-12)
    assert torch.allclose(error(M.VarGrad), alone.error_estimate.square(), rtol=1e-5, atol=1e-12)


def test_seeds_differ_by_what_is_said_or_it_is_unknown():
    net, x = mlp(act=nn.Tanh), points(1, 5)
    for cls in (M.SmoothGrad, M.ExpectedGradients):
        found = [wl.attribute(net, x, target=1, baseline=0.5, method=cls(n_samples=60, seed=s)) for s in range(20)]
        far = torch.stack([a.attributions for a in found]).std(0)
        assert (far < 2 * torch.stack([a.error_estimate for a in found]).mean(0)).all()
