"""Captum's own classes through the adapter give what calling Captum gives."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, points

attr = pytest.importorskip("captum.attr")
Captum = wl.methods.Captum


class Net(nn.Module):
    """Convolutions and a head, every ReLU a module of its own, as DeepLift wants it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.act = nn.Conv2d(3, 4, 3), nn.ReLU()
        self.second, self.act2 = nn.Conv2d(4, 5, 3), nn.ReLU()
        self.head = nn.Linear(5 * 16, 3)
        self.double()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.act2(self.second(self.act(self.first(x)))).flatten(1))


NET, X, START = Net().eval(), points(2, 3, 8, 8), points(1, 3, 8, 8, seed=4)
TARGET = torch.tensor([0, 2])
MASK = (torch.arange(8)[:, None] // 2 * 4 + torch.arange(8)[None] // 2)[None, None].repeat(1, 3, 1, 1)

CASES = {
    "Saliency": ({"abs": False}, {}),
    "InputXGradient": ({}, {}),
    "GuidedBackprop": ({}, {}),
    "DeepLift": ({}, {"baselines": START.expand_as(X)}),
    "FeatureAblation": ({"feature_mask": MASK}, {"baselines": START}),
    "Occlusion": ({"sliding_window_shapes": (3, 2, 2), "strides": (3, 2, 2)}, {"baselines": START}),
    "IntegratedGradients": ({"n_steps": 7, "method": "riemann_middle"}, {"baselines": START}),
    "ShapleyValueSampling": ({"n_samples": 2, "feature_mask": MASK}, {"baselines": START}),
    "KernelShap": ({"n_samples": 20, "feature_mask": MASK}, {"baselines": START}),
    "LRP": ({}, {}),
}


def seeded():
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_it_gives_what_captum_gives(name):
    kwargs, direct = CASES[name]
    x = X[:1] if name == "KernelShap" else X
    direct = {k: v[: len(x)] for k, v in direct.items()}
    seeded()
    theirs = getattr(attr, name)(NET).attribute(x.clone().requires_grad_(), target=TARGET[: len(x)], **kwargs, **direct)
    seeded()
    method = Captum(getattr(attr, name), **kwargs)
    found = wl.attribute(NET, x, target=TARGET[: len(x)].tolist(), baseline=START if direct else None, method=method)
    assert torch.allclose(found.attributions, theirs.detach().double(), rtol=0, atol=1e-12)
    assert found.provenance["method_label"] == f"{name} (Captum)"
    assert found.n_evaluations >= 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["DeepLift", "IntegratedGradients"])
def test_its_convergence_delta_comes_along(name):
    _, theirs = getattr(attr, name)(NET).attribute(X, START.expand_as(X), target=1, return_convergence_delta=True)
    found = wl.attribute(NET, X, target=1, baseline=START, method=Captum(name))
    assert torch.allclose(found.convergence_delta, theirs.double().detach(), rtol=0, atol=1e-12)
    if name == "DeepLift":
        assert found.convergence_delta.abs().max() < 1e-10
        assert torch.allclose(found.total, found.score - found.baseline_score, rtol=0, atol=1e-10)


def test_gradient_shap_draws_from_all_baselines():
    data = points(4, 3, 8, 8, seed=9)
    seeded()
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    found = wl.attribute(
        NET, X[:1], target=0, baseline=list(data), method=Captum("GradientShap", n_samples=6, stdevs=0.1)
    )
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002
    seeded()
    theirs, gap = attr.GradientShap(NET).attribute(
        X[:1], data, n_samples=6, stdevs=0.1, target=0, return_convergence_delta=True
    )
    assert torch.allclose(found.attributions, theirs.detach(), rtol=0, atol=1e-12)
    assert torch.allclose(found.convergence_delta, gap.detach().mean().double().reshape(1), rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layer", ["second", NET.second], ids=["by name", "module"])
def test_grad_cam_is_enlarged_to_the_picture(layer):
    theirs = attr.LayerGradCam(NET, NET.second).attribute(X.clone().requires_grad_(), target=TARGET).detach()
    large = nn.functional.interpolate(theirs, size=(8, 8), mode="bilinear", align_corners=False)
    found = wl.attribute(NET, X, target=[0, 2], method=Captum("LayerGradCam", layer=layer))
    assert found.attributions.shape == X.shape
    assert torch.allclose(found.attributions.sum(1, keepdim=True), large, rtol=0, atol=1e-12)


def test_several_baselines_are_averaged():
    one, two = (
        wl.attribute(NET, X, target=1, baseline=b, method=Captum("FeatureAblation", feature_mask=MASK)).attributions
        for b in (0.0, 1.0)
    )
    both = wl.attribute(NET, X, target=1, baseline=[0.0, 1.0], method=Captum("FeatureAblation", feature_mask=MASK))
    assert torch.allclose(both.attributions, (one + two) / 2)
    assert torch.allclose(both.baseline_spread, (one - two).abs() / 2**0.5)


@pytest.mark.filterwarnings("ignore")
def test_the_model_is_found_as_it_was():
    net = Net().train()
    hooks = lambda: [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in net.modules()]
    before = hooks()
    for name in ("DeepLift", "GuidedBackprop", "LRP"):
        wl.attribute(net, X, target=1, method=Captum(name))
        assert hooks() == before
        assert all(m.training for m in net.modules())
        assert all(p.requires_grad and p.grad is None for p in net.parameters())


def test_text_and_further_arguments():
    model, text = Bag(), "one two three"
    ours = wl.attribute(model, text, tokenizer=WordTokenizer(), target=1, method="input_x_gradient")
    theirs = wl.attribute(model, text, tokenizer=WordTokenizer(), target=1, method=Captum("InputXGradient"))
    assert torch.allclose(ours.attributions, theirs.attributions, rtol=0, atol=1e-13)
    scaled = lambda x, scale: NET(x) * scale[:, None]
    scale = torch.tensor([2.0, 3.0]).double()
    found = wl.attribute(scaled, X, target=1, method=Captum("Saliency", abs=False), forward_kwargs={"scale": scale})
    plain = wl.attribute(NET, X, target=1, method="input_gradient").attributions
    assert torch.allclose(found.attributions, scale.reshape(2, 1, 1, 1) * plain, rtol=0, atol=1e-12)


def test_code_makes_it_again():
    method = Captum(attr.Occlusion, sliding_window_shapes=(3, 2, 2), strides=2)
    assert method.code() == "wl.methods.Captum('Occlusion', sliding_window_shapes=(3, 2, 2), strides=2)"
    assert eval(method.code()) == method
    assert Captum("LayerGradCam", layer=NET.second).code() == "wl.methods.Captum('LayerGradCam', layer=layer)"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Captum("DeepLfit"), "Did you mean 'DeepLift'"),
        (lambda: Captum(nn.Linear), "wraps classes of captum.attr"),
        (lambda: Captum("Saliency", absolute=True), "Unknown argument of Saliency 'absolute'. Did you mean 'abs'"),
        (lambda: Captum("LayerGradCam"), "LayerGradCam also needs layer"),
        (lambda: Captum("NoiseTunnel"), "NoiseTunnel also needs attribution_method"),
        (lambda: wl.attribute(NET, X, target=0, method=Captum("LayerGradCam", layer="secnd")), "Did you mean 'second'"),
        (
            lambda: wl.attribute(NET, X, target=0, method=Captum("LayerActivation", layer="head")),
            "cannot be laid over the input",
        ),
        (lambda: wl.attribute(NET.forward, X, target=0, method=Captum("DeepLift")), "must be a torch.nn.Module"),
    ],
)
def test_what_cannot_be_is_said(make, says):
    with pytest.raises(wl.WhylightError, match=says):
        make()


def test_without_captum_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ImportError, match=r"pip install 'whylight\[captum\]'"):
        Captum("DeepLift")
